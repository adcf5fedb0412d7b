package register

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tocsin"
)

// timers is the actor of what time alone brought about.
var timers = tocsin.Actor{Kind: "system", ID: "timers"}

// An Escalation is a step of the chain of a target: who is told of it, and when.
type Escalation struct {
	Offset     time.Duration // from the due time; negative: before it
	Tell       []string
	Priorities []string // empty: all
}

// escalationOfClocks is the name of the chain of all regulatory clocks.
const escalationOfClocks = "clock"

// Timers records what time alone brings about: targets and clocks that were due by now and are undecided (open and late,
// counted now and not at closure), and the steps of escalation that have come. Each entry takes effect at its own time,
// and its command id comes from the target, so that several daemons may call it, before and after a failover, and none
// is written twice. It returns how many it recorded.
func (r *Register) Timers(ctx context.Context, now time.Time) (int, error) {
	r = r.current()
	r.watch.mu.Lock()
	whole := r.watch.last.IsZero() || now.Sub(r.watch.last) >= settleEvery
	r.watch.mu.Unlock()
	q := tocsin.Query{Limit: 500}
	if whole {
		if _, err := r.Settle(ctx, now); err != nil {
			return 0, err
		}
		q.Status = []tocsin.Status{tocsin.Resolved} // clocks run on behind the resolution
	}
	for _, s := range tocsin.Stages() {
		if s.IsOpen() {
			q.Status = append(q.Status, s)
		}
	}
	done, seen, clocked := 0, map[string]bool{}, map[string]bool{}
	one := func(i tocsin.Incident) error {
		seen[i.ID] = true
		if slices.ContainsFunc(i.Clocks, func(c tocsin.Clock) bool { return c.IsOpen() }) {
			clocked[i.ID] = true
		}
		n, err := r.pass(ctx, i, now)
		done += n
		return err
	}
	if err := r.each(ctx, q, one); err != nil {
		return done, fmt.Errorf("open incidents: %w", err)
	}
	return done, r.clocks(ctx, seen, clocked, one)
}

// clocks passes the incidents that were seen with a clock that runs and are resolved now: all resolved ones are listed
// only when the watch begins, and now and then.
func (r *Register) clocks(ctx context.Context, seen, clocked map[string]bool, one func(tocsin.Incident) error) error {
	r.watch.mu.Lock()
	before := slices.Sorted(maps.Keys(r.watch.clocked))
	r.watch.mu.Unlock()
	for _, id := range before {
		if seen[id] {
			continue
		}
		i, err := r.Incident(ctx, id)
		if ignoreNotFound(err) != nil {
			return err
		}
		if err == nil && (i.Status.IsOpen() || i.Status == tocsin.Resolved) {
			if err := one(i); err != nil {
				return err
			}
		}
	}
	r.watch.mu.Lock()
	defer r.watch.mu.Unlock()
	r.watch.clocked = clocked
	return nil
}

// A tick is something that time alone brings about: a due time that passes, or a step of escalation.
type tick struct {
	at     time.Time
	target string // a target's name, or regime/stage
	due    time.Time
	step   int // of the chain, from 1; 0: the due time passes
	chain  Escalation
}

// command is the tick's id: the same whoever writes it.
func (t tick) command() string {
	if t.step == 0 {
		return fmt.Sprintf("timer:%s:%d", t.target, t.due.UnixNano())
	}
	return fmt.Sprintf("timer:escalate:%s:%d:%d", t.target, t.due.UnixNano(), t.chain.Offset)
}

// pass records what has come of one incident, in the order in which it came.
func (r *Register) pass(ctx context.Context, i tocsin.Incident, now time.Time) (int, error) {
	done := 0
	for _, t := range r.ticks(i, now) {
		_, wrote, err := r.write(ctx, i.ID, t.command(), func(v view) (*tocsin.LogEntry, error) {
			if !slices.ContainsFunc(r.ticks(v.incident, now), func(is tick) bool { return is.command() == t.command() }) {
				return nil, nil // it was decided meanwhile
			}
			return t.entry(v.incident)
		})
		if err != nil {
			return done, err
		}
		if wrote {
			done++
		}
	}
	return done, nil
}

// ticks are those of an incident that have come by now and are not recorded.
func (r *Register) ticks(i tocsin.Incident, now time.Time) []tick {
	var all []tick
	if i.Status.IsOpen() {
		for name, t := range i.Targets {
			late := t.Met != nil && !*t.Met && t.BreachedS == 0
			if t.Paused.IsZero() && (t.Met == nil || late) {
				all = append(all, r.due(i.Priority, name, name, t.Due, t.Escalated, t.Met == nil, now)...)
			}
		}
	}
	for _, c := range i.Clocks {
		if c.IsOpen() && !c.Due.IsZero() && i.Status != tocsin.MergedIncident && i.Status != tocsin.Rejected {
			all = append(all, r.due(i.Priority, c.Name(), escalationOfClocks, c.Due, c.Escalated, c.Met == nil, now)...)
		}
	}
	slices.SortFunc(all, func(a, b tick) int {
		return cmp.Or(a.at.Compare(b.at), strings.Compare(a.target, b.target), cmp.Compare(a.step, b.step))
	})
	return all
}

// due are the ticks of one target that have come. What should have been told before the due time is not told behind it.
func (r *Register) due(priority, target, chain string, due time.Time, taken int, undecided bool, now time.Time) []tick {
	var all []tick
	passed := now.After(due)
	if undecided && passed {
		all = append(all, tick{at: due, target: target, due: due})
	}
	for n, step := range r.opts.Escalation[chain] {
		at := due.Add(step.Offset)
		switch {
		case n < taken || now.Before(at), step.Offset < 0 && passed:
		case len(step.Priorities) > 0 && !slices.Contains(step.Priorities, priority):
		default:
			all = append(all, tick{at: at, target: target, due: due, step: n + 1, chain: step})
		}
	}
	return all
}

// entry is what the tick writes into the log.
func (t tick) entry(i tocsin.Incident) (*tocsin.LogEntry, error) {
	e := &tocsin.LogEntry{Tenant: i.Tenant, Action: tocsin.ActTimer, By: timers, Effective: t.at, Text: "due and not done: " + t.target}
	var payload any = passed{Target: t.target, Due: t.due}
	if t.step > 0 {
		payload = escalated{Target: t.target, Due: t.due, Step: t.step, Tell: t.chain.Tell}
		e.Action, e.Text = tocsin.ActEscalate, t.says()
	}
	var err error
	e.Data, err = pack(payload)
	return e, err
}

// says tells of a step in words.
func (t tick) says() string {
	when := "is due now"
	switch {
	case t.chain.Offset < 0:
		when = "is due in " + short(-t.chain.Offset)
	case t.chain.Offset > 0:
		when = "is late by " + short(t.chain.Offset)
	}
	return fmt.Sprintf("%s %s, told: %s", t.target, when, strings.Join(t.chain.Tell, ", "))
}

// short is a duration without the units that it has none of.
func short(d time.Duration) string {
	text := d.String()
	if d%time.Minute == 0 {
		text = strings.TrimSuffix(text, "0s")
	}
	if d%time.Hour == 0 {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// An escalated is the payload of escalate.
type escalated struct {
	Target string    `json:"target"`
	Due    time.Time `json:"due"`
	Step   int       `json:"step"` // from 1
	Tell   []string  `json:"tell"`
}

// escalate records that a step of escalation was taken.
func (s *state) escalate(_ tocsin.LogEntry, p escalated) {
	if t, ok := s.incident.Targets[p.Target]; ok && t.Due.Equal(p.Due) {
		t.Escalated = max(t.Escalated, p.Step)
		s.incident.Targets[p.Target] = t
	}
	if n := clockAt(s.incident.Clocks, p.Target); n >= 0 && s.incident.Clocks[n].Due.Equal(p.Due) {
		s.incident.Clocks = slices.Clone(s.incident.Clocks)
		s.incident.Clocks[n].Escalated = max(s.incident.Clocks[n].Escalated, p.Step)
	}
}
