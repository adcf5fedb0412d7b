package simulator

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"tocsin"
	"tocsin/register"
	"tocsin/sinks/elastic"
)

// A Verdict is what became of a scene.
type Verdict struct {
	Wrong    []string // what the store holds that it must not, or lacks; what must never happen and did
	Alerts   int
	Events   int
	Entries  int // of all incidents' logs
	Requests int // of all daemons
	Lives    int // of all daemons
	Took     time.Duration
}

// Play runs a scene to its end. It must be called within a bubble of testing/synctest, whose clock it uses.
func Play(ctx context.Context, kit *Kit, s Scene) (Verdict, error) {
	ctx, end := context.WithCancel(ctx)
	w := &world{
		Scene: s, kit: kit, begun: time.Now(), random: rand.New(rand.NewPCG(s.Seed, 2)), //nolint:gosec // a simulation wants numbers that come back
		away: map[string]time.Time{}, logs: map[string][]*log{"in": newLogs("in", s.Inputs), "matches": newLogs("matches", s.Matches), "events": newLogs("events", 1)},
		groups: map[string]*group{}, store: &store{indices: map[string]map[string]*document{}}, daemons: make([]*daemon, s.Daemons),
	}
	var running sync.WaitGroup
	for name, topic := range map[string]string{"detect": "in", "correlate": "matches", "registrar": "events"} {
		g := &group{world: w, name: name, topic: topic, committed: map[int32]int64{}, wanted: make(chan struct{}, 1)}
		w.groups[name] = g
		running.Go(func() { g.coordinate(ctx) })
	}
	running.Go(func() { w.produce(ctx) })
	lives := make([]int, s.Daemons)
	for n := range s.Daemons {
		running.Go(func() { lives[n] = w.live(ctx, n) })
	}
	for _, f := range s.Faults {
		running.Go(func() { w.fault(ctx, f) })
	}
	v := w.rest(ctx)
	end()
	running.Wait()
	w.release()
	v.Requests, v.Took = w.requests, time.Since(w.begun)
	for _, n := range lives {
		v.Lives += n
	}
	return v, nil
}

// produce appends the records to the input, each at its time.
func (w *world) produce(ctx context.Context) {
	for _, p := range w.Records {
		select {
		case <-time.After(time.Until(w.begun.Add(p.After))):
		case <-ctx.Done():
			return
		}
		w.mu.Lock()
		w.logs["in"][p.Partition].append(p.Value)
		w.mu.Unlock()
	}
}

// live gives a daemon one life after the other, and tells how many they were.
func (w *world) live(ctx context.Context, n int) (lives int) {
	for ; ctx.Err() == nil; lives++ {
		d, err := w.start(ctx, n)
		if err != nil {
			w.mu.Lock()
			w.violated("a daemon does not start: " + err.Error())
			w.mu.Unlock()
			return lives
		}
		d.parts.Wait()
		d.kill()
		select {
		case <-time.After(2 * time.Second):
		case <-ctx.Done():
		}
	}
	return lives
}

// fault lets one thing go wrong.
func (w *world) fault(ctx context.Context, f Fault) {
	select {
	case <-time.After(f.After):
	case <-ctx.Done():
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	until := time.Now().Add(f.Lasting)
	d := w.daemons[f.Daemon]
	switch f.Kind {
	case "store away":
		w.away["store"] = until
	case "log away":
		w.away["log"] = until
	case "store crowded":
		w.crowded = until
	case "rebalance":
		for _, name := range slices.Sorted(maps.Keys(w.groups)) {
			w.groups[name].want()
		}
	}
	switch {
	case d == nil:
	case f.Kind == "crash":
		d.crash()
	case f.Kind == "stop":
		d.stop()
	case f.Kind == "freeze":
		d.frozen = until
		if f.Lasting > session {
			for _, name := range slices.Sorted(maps.Keys(w.groups)) {
				time.AfterFunc(session, func() {
					w.mu.Lock()
					defer w.mu.Unlock()
					w.groups[name].want()
				})
			}
		}
	}
}

// late is when the daemons must have come to rest.
const late = 5 * time.Minute

// rest waits until nothing is written any more and compares; what is wrong may come right for some time yet.
func (w *world) rest(ctx context.Context) Verdict {
	const quiet = idleAfter + 7*time.Second
	for {
		time.Sleep(2 * time.Second)
		w.mu.Lock()
		still, over := !w.faulty() && time.Since(w.changed) > quiet, time.Since(w.begun) > late
		w.mu.Unlock()
		if !still && !over {
			continue
		}
		v, err := w.compare(ctx)
		if err != nil {
			v.Wrong = append(v.Wrong, err.Error())
		}
		if over || len(v.Wrong) == 0 {
			return v
		}
		time.Sleep(8 * time.Second)
	}
}

// compare tells what the store holds and should not, or should and does not.
func (w *world) compare(ctx context.Context) (Verdict, error) {
	want, err := w.expected(ctx)
	if err != nil {
		return Verdict{}, fmt.Errorf("oracle: %w", err)
	}
	got, err := w.found(ctx)
	if err != nil {
		return Verdict{}, fmt.Errorf("store: %w", err)
	}
	v := Verdict{Alerts: len(want.alerts), Events: len(want.events)}
	w.mu.Lock()
	v.Wrong = append(v.Wrong, w.broken...)
	w.mu.Unlock()
	v.Wrong = append(v.Wrong, differ("alert", want.alerts, got.alerts, func(bool) string { return "" })...)
	v.Wrong = append(v.Wrong, differ("dead letter", want.dead, got.dead, func(bool) string { return "" })...)
	v.Wrong = append(v.Wrong, differ("event", want.events, got.events, event)...)
	v.Wrong = append(v.Wrong, differ("incident", want.incidents, got.incidents, incident)...)
	v.Wrong = append(v.Wrong, differ("log of incident", want.logs, got.logs, entries)...)
	for _, id := range slices.Sorted(maps.Keys(got.logs)) {
		v.Entries += len(got.logs[id])
		if err := register.VerifyChain(got.logs[id]); err != nil {
			v.Wrong = append(v.Wrong, err.Error())
		}
	}
	return v, nil
}

// found is what the simulated store holds.
func (w *world) found(ctx context.Context) (outcome, error) {
	out := outcome{alerts: map[string]bool{}, dead: map[string]bool{}, events: map[string]tocsin.Event{}}
	w.mu.Lock()
	for index, docs := range w.store.indices {
		for id, doc := range docs {
			switch {
			case strings.HasPrefix(index, "tocsin-alerts-"):
				out.alerts[id] = true
			case index == "tocsin-deadletter":
				out.dead[id] = true
			case strings.HasPrefix(index, "tocsin-events-"):
				var e struct {
					Doc tocsin.Event `json:"doc"`
				}
				if err := json.Unmarshal(doc.source, &e); err != nil {
					w.mu.Unlock()
					return out, err
				}
				out.events[id] = e.Doc
			}
		}
	}
	w.Fail, w.away, w.crowded = 0, map[string]time.Time{}, time.Time{}
	w.mu.Unlock()
	looking := &daemon{world: w}
	looking.dead, looking.kill = context.WithCancel(ctx)
	defer looking.kill()
	st, err := elastic.New(elastic.Config{Addresses: []string{"http://127.0.0.1:1"}, Transport: wire{looking}})
	if err != nil {
		return out, err
	}
	return out, out.read(ctx, st, st.Incidents)
}

func differ[T any](what string, want, got map[string]T, text func(T) string) []string {
	var wrong []string
	for _, id := range slices.Sorted(maps.Keys(want)) {
		g, ok := got[id]
		switch a, b := text(want[id]), text(g); {
		case !ok:
			wrong = append(wrong, fmt.Sprintf("%s %s is missing: %s", what, id, a))
		case a != b:
			wrong = append(wrong, fmt.Sprintf("%s %s is\n\t%s and not\n\t%s", what, id, b, a))
		}
	}
	for _, id := range slices.Sorted(maps.Keys(got)) {
		if _, ok := want[id]; !ok {
			wrong = append(wrong, fmt.Sprintf("%s %s is too much: %s", what, id, text(got[id])))
		}
	}
	return wrong
}

func event(e tocsin.Event) string {
	group, _ := json.Marshal(e.Group)
	return fmt.Sprintf("%s %s %s %s..%s count %d revision %d %s", e.Rule.Title, group, e.Activity, e.First.Format(time.TimeOnly), e.Last.Format(time.TimeOnly), e.Count, e.Revision, e.Digest)
}

func incident(i tocsin.Incident) string {
	return fmt.Sprintf("%s %s %s revision %d of %v", i.Title, i.Status, i.Priority, i.Revision, i.Events)
}

// entries are a log's, in no order: when an event closes is told with the watermark, which moves in other steps where
// several daemons read than in a replay.
func entries(all []tocsin.LogEntry) string {
	var out []string
	for _, e := range all {
		out = append(out, fmt.Sprintf("%s %s %s %s>%s", e.Action, e.Command, e.Event, e.From, e.To))
	}
	slices.Sort(out)
	return strings.Join(out, "; ")
}
