package pipeline

import (
	"context"
	"time"

	"tocsin"
	"tocsin/correlate"
)

// pause is how long the loop may sleep before a source could have become idle.
func (p *Embedded) pause() time.Duration {
	least := time.Second
	for _, policy := range p.Policies {
		if policy.IdleAfter > 0 {
			least = min(least, policy.IdleAfter)
		}
	}
	return least
}

// quiet appends a row that declares idle what has brought nothing for its idle_after, with a tick where all are. It is
// called only when the journal has been read to its end, so that what lags is never called idle.
func (p *Embedded) quiet(ctx context.Context) error {
	now := p.Now()
	p.Health.Progress(p.engine, 0, p.offset, now) // whose counts may be those of the middle of a burst
	var names []string
	all, fresh := true, false
	for _, policy := range p.Policies {
		switch {
		case policy.Recorded:
			all = false
		case now.Sub(p.quietAt[policy.Source]) >= policy.IdleAfter:
			names = append(names, policy.Source)
			fresh = fresh || !p.idle[policy.Source]
		default:
			all = false
		}
	}
	var tick time.Time
	if all {
		tick = p.tick(now)
	}
	if len(names) == 0 || (!fresh && tick.IsZero()) {
		return nil
	}
	return p.Retry.Do(ctx, "journal", func() error { return p.Journal.AppendQuiet(ctx, Quiet{Idle: names, Tick: tick}) })
}

// tick is the time that has come when nothing says otherwise: the greatest accepted time and the time passed since it
// was accepted, less the disorder (ruling 4). Zero where nothing waits for it.
func (p *Embedded) tick(now time.Time) time.Time {
	const every = 10 * time.Second // of the clock: a tick is a row of the journal
	if now.Sub(p.lastTick) < every || openEvents(p.engine.Stats()) == 0 {
		return time.Time{}
	}
	var greatest time.Time
	var disorder time.Duration
	for _, pr := range p.progress {
		if pr.Greatest().After(greatest) {
			greatest = pr.Greatest()
		}
		disorder = max(disorder, pr.Policy.Disorder)
	}
	if greatest.IsZero() && !p.resumed.IsZero() { // nothing came since a restart
		greatest = p.resumed.Add(disorder)
	}
	if greatest.IsZero() {
		return time.Time{}
	}
	p.lastTick = now
	return greatest.Add(now.Sub(p.accepted)).Add(-disorder)
}

// markQuiet tells the engine what a quiet row says.
func (p *Embedded) markQuiet(row Row) []tocsin.Event {
	var events []tocsin.Event
	if row.Quiet.Feedback != nil {
		p.engine.Lower(*row.Quiet.Feedback)
	}
	for i, name := range row.Quiet.Idle {
		pr, ok := p.progress[name]
		if !ok {
			continue
		}
		p.idle[name] = true
		m := pr.Marker(row.Offset)
		m.Idle = true
		if i == len(row.Quiet.Idle)-1 {
			m.Tick = row.Quiet.Tick
		}
		events = append(events, p.engine.Mark(m)...)
		pr.Told()
	}
	for _, name := range row.Quiet.Ended {
		if pr, ok := p.progress[name]; ok {
			m := pr.Marker(row.Offset)
			m.Ended = true
			events = append(events, p.engine.Mark(m)...)
			pr.Told()
		}
	}
	return events
}

func openEvents(s correlate.Stats) int {
	n := 0
	for _, r := range s.Rules {
		n += r.OpenEvents
	}
	return n
}
