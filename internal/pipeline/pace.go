package pipeline

import (
	"cmp"
	"context"
	"slices"
	"sync"
	"time"

	"tocsin"
)

const (
	// paceAhead is how much event time a partition may be ahead of the slowest one: so that catching up after an outage
	// neither fills memory with what waits for the watermark nor evicts (delivery.md 3.3, 9).
	paceAhead = 10 * time.Minute
	// paceBeyond is how many records it may read while it is ahead: what others tell of themselves is some rounds old, and
	// history with little in it passes ten minutes with every record.
	paceBeyond = 5000
	paceStep   = paceAhead / 4          // of event time, which is worth telling others at once
	paceLook   = 100 * time.Millisecond // between two looks whether there is something to exchange in a hurry
	paceEvery  = 20                     // so many looks from one exchange to the next where there is no hurry
	paceWait   = 200 * time.Millisecond // of a partition that is ahead, before it looks again
	paceStale  = time.Minute            // after which nobody waits for a partition of which nothing is heard
)

// Paces are how far the input partitions of all daemons have come: those of this one as it goes, those of the others
// as they told the store. Nobody depends on it but for speed. The zero Paces knows of none; it is safe for concurrent
// use.
type Paces struct {
	mu     sync.Mutex
	own    map[tocsin.SourcePartition]pace
	others map[tocsin.SourcePartition]pace
	told   map[tocsin.SourcePartition]tocsin.InputProgress // of own, not yet stored
	stored map[tocsin.SourcePartition]time.Time            // the greatest time of own that others can know
	held   bool                                            // one of own was held back by another daemon's since the last exchange
}

// A pace is where one partition is.
type pace struct {
	greatest time.Time
	recorded bool // history is read at its own pace, and so are live sources
	atEnd    bool
	heard    time.Time
	beyond   int // records read since it is ahead, of own alone
}

// come notes how far a partition of this daemon has come, by so many records.
func (p *Paces) come(of *Progress, records int, atEnd bool, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.own == nil {
		p.own = map[tocsin.SourcePartition]pace{}
	}
	p.own[of.Partition] = pace{of.Greatest(), of.Policy.Recorded, atEnd, now, p.own[of.Partition].beyond + records}
}

// gone forgets partitions that are another's now.
func (p *Paces) gone(of tocsin.SourcePartition) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.own, of)
	delete(p.stored, of)
}

// tell keeps what is to be stored next.
func (p *Paces) tell(t tocsin.InputProgress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.told == nil {
		p.told = map[tocsin.SourcePartition]tocsin.InputProgress{}
	}
	p.told[t.SourcePartition] = t
}

// untold takes what is to be stored.
func (p *Paces) untold() []tocsin.InputProgress {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []tocsin.InputProgress
	for _, t := range p.told {
		all = append(all, t)
	}
	clear(p.told)
	p.held = false
	slices.SortFunc(all, func(a, b tocsin.InputProgress) int {
		return cmp.Or(cmp.Compare(a.Source, b.Source), cmp.Compare(a.Partition, b.Partition))
	})
	return all
}

// hear takes in what other daemons told.
func (p *Paces) hear(all []tocsin.InputProgress, recorded func(source string) bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.others = map[tocsin.SourcePartition]pace{}
	for _, t := range all {
		if _, ours := p.own[t.SourcePartition]; !ours {
			p.others[t.SourcePartition] = pace{greatest: t.Greatest, recorded: recorded(t.Source), atEnd: t.AtEnd, heard: t.At}
		}
	}
}

// Waits reports whether a partition is held back: it is too far ahead of the slowest one that is not at its end, in event
// time and in records.
func (p *Paces) Waits(of tocsin.SourcePartition, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	me, ours := p.own[of]
	byOwn, byOthers := ahead(of, me, p.own, now), ahead(of, me, p.others, now)
	switch {
	case !byOwn && !byOthers:
		if me.beyond = 0; ours {
			p.own[of] = me
		}
		return false
	case me.beyond < paceBeyond:
		return false
	}
	p.held = p.held || byOthers
	return true
}

// ahead reports whether a partition is too far ahead of one of the others.
func ahead(of tocsin.SourcePartition, me pace, all map[tocsin.SourcePartition]pace, now time.Time) bool {
	for sp, other := range all { // any of them: the order does not matter
		slow := sp != of && !other.atEnd && other.recorded == me.recorded && !other.greatest.IsZero() && now.Sub(other.heard) < paceStale
		if slow && me.greatest.Sub(other.greatest) > paceAhead {
			return true
		}
	}
	return false
}

// moved reports whether other daemons may wait for a partition of this one, which has come so far.
func (p *Paces) moved(from, to time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.others) > 0 && to.Sub(from) >= paceStep
}

// hurry reports whether an exchange should not wait: one of own is held back, or has come so far that another may be.
func (p *Paces) hurry() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.held {
		return true
	}
	for sp, t := range p.told {
		if len(p.others) > 0 && t.Greatest.Sub(p.stored[sp]) >= paceStep {
			return true
		}
	}
	return false
}

// known notes what was stored.
func (p *Paces) known(told []tocsin.InputProgress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.stored == nil {
		p.stored = map[tocsin.SourcePartition]time.Time{}
	}
	for _, t := range told {
		p.stored[t.SourcePartition] = t.Greatest
	}
}

// resume reads where earlier owners of a generation's partitions left them, and takes the partitions over: with an
// epoch above every earlier one, also where the consumer group began to count anew.
func (d *KafkaDetect) resume(ctx context.Context, gen *Generation) (map[tocsin.SourcePartition]tocsin.InputProgress, error) {
	if d.Store == nil || len(gen.Partitions) == 0 {
		return nil, nil
	}
	var of []tocsin.SourcePartition
	for _, p := range gen.Partitions {
		of = append(of, d.sourcePartition(p))
	}
	last := map[tocsin.SourcePartition]tocsin.InputProgress{}
	err := d.Retry.Do(ctx, "elasticsearch", func() error {
		known, err := d.Store.Progress(ctx, of)
		if err != nil {
			return err
		}
		clear(last)
		for _, t := range known {
			last[t.SourcePartition] = t
		}
		now := make([]tocsin.InputProgress, 0, len(of))
		for _, sp := range of {
			t := last[sp]
			t.SourcePartition, t.Epoch, t.At = sp, max(int64(gen.ID), t.Epoch+1), d.Now()
			last[sp] = t
			now = append(now, t)
		}
		return d.Store.StoreProgress(ctx, now)
	})
	return last, err
}

// exchange stores what this daemon's partitions have told and reads what others have, until ctx ends. It is advice: what
// fails is tried again with the next round.
func (d *KafkaDetect) exchange(ctx context.Context) {
	tick := time.NewTicker(paceLook)
	defer tick.Stop()
	for look := 0; ; look++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if look%paceEvery != 0 && !d.Paces.hurry() {
			continue
		}
		told := d.Paces.untold()
		if len(told) > 0 && d.Store.StoreProgress(ctx, told) != nil {
			for _, t := range told {
				d.Paces.tellAgain(t)
			}
			continue
		}
		d.Paces.known(told)
		listed, err := d.Listed(ctx)
		if err != nil {
			continue
		}
		if all, err := d.Store.Progress(ctx, listed); err == nil {
			d.Paces.hear(all, d.recorded)
			d.watch(all)
		}
	}
}

// tellAgain puts back what could not be stored, unless there is newer.
func (p *Paces) tellAgain(t tocsin.InputProgress) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, newer := p.told[t.SourcePartition]; !newer {
		p.told[t.SourcePartition] = t
	}
}

// recorded reports whether a source replays history.
func (d *KafkaDetect) recorded(source string) bool {
	for _, in := range d.Inputs { // topics of one source agree
		if in.Source == source {
			return in.Recorded
		}
	}
	return false
}

// wait holds a partition back while it is too far ahead.
func (d *KafkaDetect) wait(ctx context.Context, in *input) error {
	for d.Paces.Waits(in.progress.Partition, d.Now()) {
		d.Metrics.paced(in.policy.Source)
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(paceWait):
		}
	}
	return nil
}
