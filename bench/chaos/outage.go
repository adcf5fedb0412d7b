package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"
)

// An outage is a run in which Elasticsearch is away for long, then a broker for a moment, then one daemon after the other,
// and each promise about that is measured by itself. In the end records run out of the input before they are read.
type outage struct {
	*play
	rows []measured
}

// A measured promise, for the table at the end.
type measured struct {
	what, figure, bar string
	held              bool
}

func (o *outage) note(held bool, what, bar, figure string, args ...any) {
	o.rows = append(o.rows, measured{what, fmt.Sprintf(figure, args...), bar, held})
	o.say("%s: %s (%s)", what, o.rows[len(o.rows)-1].figure, bar)
	if !held {
		o.trouble("%s: %s, promised is %s", what, o.rows[len(o.rows)-1].figure, bar)
	}
}

// The promises (delivery.md, section 5), and what the run is made of.
const (
	mostGrowth   = 64 << 20
	leastCatchUp = 2.0 // times the rate at which records come in
	brokerReads  = 30 * time.Second
	takeOver     = 3 * time.Second // beyond the session
	warmUp       = 60 * time.Second
	baseline     = 20 * time.Second // at its end, which the memory is compared with
	brokerAway   = 3 * time.Second
	evenWithin   = 5 // seconds' worth of records may be on their way
)

// act is what happens while records come in.
func (o *outage) act(ctx context.Context) error {
	if err := o.until(ctx, time.Minute, o.calmNow); err != nil {
		return fmt.Errorf("the daemons did not start: %w", err)
	}
	if err := pause(ctx, warmUp); err != nil {
		return err
	}
	if err := o.storeAway(ctx); err != nil {
		return err
	}
	if err := o.brokerAway(ctx); err != nil {
		return err
	}
	for n := range o.fleet {
		if err := o.daemonAway(ctx, n); err != nil {
			return err
		}
	}
	return pause(ctx, o.calm)
}

// storeAway ends Elasticsearch for as long as was asked, and looks at the daemons before, meanwhile and behind it.
func (o *outage) storeAway(ctx context.Context) error {
	usual := o.lags(ctx)
	begun := time.Now()
	if err := o.crash("elasticsearch"); err != nil {
		return err
	}
	o.say("Elasticsearch is away")
	var told time.Duration // until every daemon said that it is degraded, and why
	for time.Since(begun) < o.away {
		if err := pause(ctx, time.Second); err != nil {
			return err
		}
		if told == 0 && o.allTell(ctx, "elasticsearch") {
			told = time.Since(begun)
		}
	}
	still := o.allTell(ctx, "elasticsearch")
	o.note(told > 0 && still, "health tells why it is degraded", "every daemon, to the end", "after %.0f s, at the end %v", told.Seconds(), still)
	behind, err := o.behind(ctx)
	if err != nil {
		return err
	}
	shown := o.lags(ctx)["detect"]
	o.note(shown*10 >= behind*9, "lag that the metric shows", "90 % of what waits", "%d of %d records", shown, behind)
	if err := o.up(ctx); err != nil {
		return err
	}
	return o.catchUp(ctx, begun, usual)
}

// catchUp waits until all that waited is in the register, and tells how long that took.
func (o *outage) catchUp(ctx context.Context, begun time.Time, usual map[string]int64) error {
	back := time.Now()
	waited, err := o.behind(ctx)
	if err != nil {
		return err
	}
	o.say("Elasticsearch is back after %.0f s, %d records wait", back.Sub(begun).Seconds(), waited)
	var read time.Duration // until the input was read
	few := int64(evenWithin * o.rate)
	err = o.until(ctx, 2*o.away+2*time.Minute, func() bool {
		if pause(ctx, 500*time.Millisecond) != nil {
			return false
		}
		now, err := o.behind(ctx)
		if read == 0 && err == nil && now <= few {
			read = time.Since(back)
		}
		lags := o.lags(ctx)
		return read > 0 && len(lags) == 3 && lags["correlate"] <= usual["correlate"]+few && lags["registrar"] <= usual["registrar"]+few
	})
	took := time.Since(back)
	speed := func(d time.Duration) float64 {
		return (float64(waited) + float64(o.rate)*d.Seconds()) / d.Seconds() / float64(o.rate)
	}
	if read == 0 {
		read = took
	}
	figure := fmt.Sprintf("%.1f times, in %.0f s", speed(took), took.Seconds())
	if err != nil {
		figure = fmt.Sprintf("not in %.0f s", took.Seconds())
	}
	o.note(err == nil && speed(took) >= leastCatchUp, "caught up, all stages", "2.0 times the input", "%s; the input alone %.1f times, in %.0f s", figure, speed(read), read.Seconds())
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, d := range o.fleet {
		before, away := o.memoryOf(d.pid(), begun, back)
		_, most := o.memoryOf(d.pid(), back, time.Now())
		o.note(before > 0 && away-before < mostGrowth, "memory of "+d.name+" meanwhile", "less than 64 MiB more", "%d MiB before, at most %d MiB, %+d", before>>20, away>>20, (away-before)>>20)
		o.note(before > 0 && most < memoryLimit, "memory of "+d.name+", catching up", fmt.Sprintf("less than %d MiB", memoryLimit>>20), "at most %d MiB, %+d", most>>20, (most-before)>>20)
	}
	evicted := o.sum(ctx, "tocsin_engine_evicted_total")
	o.note(evicted == 0, "keys evicted", "none", "%.0f", evicted)
	well := o.until(ctx, 30*time.Second, func() bool { return o.allWell(ctx) })
	o.note(well == nil, "health is well again", "every daemon", "%v", well == nil)
	return nil
}

// memoryOf is the most that a process had just before a time, and from then on.
func (o *outage) memoryOf(pid int, from, to time.Time) (before, most int64) {
	o.watch.mu.Lock()
	defer o.watch.mu.Unlock()
	for _, s := range o.watch.memory[pid] {
		switch {
		case s.at.After(to) || s.at.Before(from.Add(-baseline)):
		case s.at.Before(from):
			before = max(before, s.bytes)
		default:
			most = max(most, s.bytes)
		}
	}
	return before, most
}

// brokerAway ends the broker and starts it again.
func (o *outage) brokerAway(ctx context.Context) error {
	const broker = "kafka-1"
	if err := o.crash(broker); err != nil {
		return err
	}
	if err := pause(ctx, brokerAway); err != nil {
		return err
	}
	read := o.sumOf(ctx, "tocsin_kafka_records_total", `topic="`+o.topic()+`"`)
	started := time.Now()
	up := make(chan error, 1)
	go func() { up <- o.up(ctx) }()
	port, dial := loopback(o.base+firstBroker), net.Dialer{Timeout: time.Second}
	var listens time.Time
	err := o.until(ctx, 2*time.Minute, func() bool {
		if listens.IsZero() {
			if c, err := dial.DialContext(ctx, "tcp", port); err == nil {
				listens = time.Now()
				c.Close()
			}
		}
		return o.sumOf(ctx, "tocsin_kafka_records_total", `topic="`+o.topic()+`"`) > read
	})
	took, whole := time.Since(listens), time.Since(started)
	o.note(err == nil && took <= brokerReads, "broker back, first record read", "30 s", "%.1f s after it listens, %.1f s after its start", took.Seconds(), whole.Seconds())
	if err := errors.Join(err, <-up); err != nil {
		return err
	}
	return o.even(ctx)
}

// even waits until nothing is behind.
func (o *outage) even(ctx context.Context) error {
	few := int64(evenWithin * o.rate)
	err := o.until(ctx, 2*time.Minute, func() bool {
		now, err := o.behind(ctx)
		return err == nil && now <= few && len(o.owned(ctx)) == inputs+shards+1
	})
	if err != nil {
		return fmt.Errorf("the daemons do not come to the end of the input: %w", err)
	}
	return pause(ctx, 5*time.Second)
}

// daemonAway kills one daemon for good, looks how long its partitions stand still, and puts another in its place.
func (o *outage) daemonAway(ctx context.Context, n int) error {
	d := o.fleet[n]
	had := o.ownedBy(ctx, d)
	if !d.end() {
		return fmt.Errorf("%s does not run", d.name)
	}
	killed := time.Now()
	// Of those that nobody writes to nothing can be seen.
	err := o.until(ctx, time.Minute, func() bool {
		now := o.owned(ctx)
		for p, next := range had {
			if now[p] <= next {
				return false
			}
		}
		return true
	})
	took := time.Since(killed)
	limit := o.session + takeOver
	o.note(err == nil && took <= limit, fmt.Sprintf("%s killed, its %d partitions go on", d.name, len(had)), "session + 3 s = "+limit.String(), "after %.1f s", took.Seconds())
	next := o.replace(n)
	next.launch()
	if err := errors.Join(err, o.until(ctx, time.Minute, next.running)); err != nil {
		return err
	}
	return o.even(ctx)
}

// replace puts a new daemon in the place of one that has ended, which is asked at the end how.
func (o *outage) replace(n int) *daemon {
	d := o.fleet[n]
	next := &daemon{name: d.name, binary: d.binary, file: d.file, env: d.env}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.guests, o.fleet[n] = append(o.guests, d), next
	return next
}

// table is the outcome for people.
func (o *outage) table() string {
	var b strings.Builder
	wide := 0
	for _, r := range o.rows {
		wide = max(wide, len(r.what))
	}
	for _, r := range o.rows {
		fmt.Fprintf(&b, "%-4s %-*s  %s (promised: %s)\n", map[bool]string{true: "ok", false: "NOT"}[r.held], wide, r.what, r.figure, r.bar)
	}
	return b.String()
}
