package register

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tocsin"
)

// bulky is the store of these tests as one that takes many documents at once, in any order, and counts its requests. A
// fault cuts a request short: some of its documents are written, and nobody learns which.
type bulky struct {
	*memory
	random   *rand.Rand
	requests int
}

// Originals counts as a request.
func (b *bulky) Originals(ctx context.Context, refs []tocsin.AlertRef) ([]tocsin.Alert, error) {
	b.requests++
	return b.memory.Originals(ctx, refs)
}

func newBulky(seed uint64) *bulky {
	return &bulky{memory: newMemory(), random: rand.New(rand.NewPCG(seed, 1))} //nolint:gosec // a test wants numbers that come back
}

var _ Bulk = (*bulky)(nil)

func (b *bulky) Load(ctx context.Context, w tocsin.Wanted) (d tocsin.Documents, err error) {
	b.requests++
	for _, id := range w.Verdicts {
		if v, err := b.Verdict(ctx, id); err == nil {
			d.Verdicts = append(d.Verdicts, v)
		}
	}
	for _, id := range w.Slots {
		if s, err := b.Slot(ctx, id); err == nil {
			d.Slots = append(d.Slots, s)
		}
	}
	for id, from := range w.Logs {
		entries, _ := b.Entries(ctx, id, from)
		d.Entries = append(d.Entries, entries...)
	}
	return d, nil
}

func (b *bulky) Save(ctx context.Context, d tocsin.Documents) ([]error, error) {
	b.requests++
	logs := map[string]bool{}
	var writes []func() error
	for _, s := range d.Slots {
		writes = append(writes, func() error { return b.PutSlot(ctx, s) })
	}
	for _, v := range d.Verdicts {
		writes = append(writes, func() error { return b.PutVerdict(ctx, v) })
	}
	for _, e := range d.Entries {
		if logs[e.Incident] {
			panic("two entries of one log in one request")
		}
		logs[e.Incident] = true
		writes = append(writes, func() error { return b.Append(ctx, e) })
	}
	for _, i := range d.Incidents {
		writes = append(writes, func() error { return b.PutIncident(ctx, i) })
	}
	for _, x := range d.Exhibits {
		writes = append(writes, func() error { return b.PutExhibits(ctx, []tocsin.Exhibit{x}) })
	}
	errs := make([]error, len(writes))
	for _, n := range b.random.Perm(len(writes)) {
		if errs[n] = writes[n](); errors.Is(errs[n], errFault) {
			return nil, errFault
		}
	}
	return errs, nil
}

func (b *bulky) NextOf(_ context.Context, counter string, n int64) (first int64, err error) {
	b.requests++
	err = b.write(func() error {
		first = b.counters[counter] + 1
		b.counters[counter] += n
		return nil
	})
	return first, err
}

// play gives a register the steps of a script, as many emissions at once as stand together, or one after the other
// where the store has no bulks. After a fault the same are given again, by a register that has seen nothing.
func play(t testing.TB, store Store, m *memory, steps []step) {
	t.Helper()
	clock := func() time.Time { return t0.Add(48 * time.Hour) }
	o := options(store, clock)
	o.Exhibits, _ = store.(Exhibits)
	r := New(o)
	for len(steps) > 0 {
		n := 1
		for steps[0].cmd == nil && n < len(steps) && steps[n].cmd == nil {
			n++
		}
		for _, s := range steps[:n] {
			if s.cmd == nil {
				m.events[s.e.ID] = encode(s.e)
			}
		}
		for try := 0; ; try++ {
			err := doAll(t.Context(), r, store, steps[:n])
			if err == nil {
				break
			}
			if !errors.Is(err, errFault) || try > 1 {
				t.Fatal(err)
			}
			r = New(o)
		}
		steps = steps[n:]
	}
}

func doAll(ctx context.Context, r *Register, s Store, steps []step) error {
	if steps[0].cmd != nil {
		return steps[0].do(ctx, r, s)
	}
	all := make([]Emission, len(steps))
	for n := range steps {
		all[n] = Emission{steps[n].e, steps[n].a}
	}
	return r.ApplyAll(ctx, all)
}

// The script, with as many emissions at once as stand together, gives what one after the other gives, wherever it is
// cut short; also where it ends with a reopening that is proposed, or no longer.
func TestCrashOfABatchHeals(t *testing.T) {
	proposal := slices.IndexFunc(script(), func(s step) bool { return s.e.ID == "202611-e6" }) + 1
	e6 := script()[proposal-1].e
	first, second, shared := event("e1", 0, "203.0.113.7", "ann"), event("e2", 3, "198.51.100.9", "ann"), proposed()
	shared.Shared = []tocsin.Entity{{Field: "user.name", Value: "ann"}}
	for name, steps := range map[string][]step{
		"script": script(), "proposal": script()[:proposal],
		"proposal dropped":      append(script()[:proposal], step{e: revision(e6, 2, tocsin.MilestoneWithdrawn), a: proposed()}),
		"survivor's assessment": {{e: first, a: shared}, {e: second, a: pending()}, {e: merged(second, "e1"), a: proposed()}},
	} {
		single := newMemory()
		play(t, single, single, steps)
		want := single.dump()
		whole := newBulky(1)
		play(t, whole, whole.memory, steps)
		if diff := cmp.Diff(want, whole.dump()); diff != "" {
			t.Fatalf("%s: -one by one +together:\n%s", name, diff)
		}
		for n := 1; n <= whole.writes; n++ {
			for _, after := range []bool{false, true} {
				b := newBulky(uint64(n)) //nolint:gosec // small
				b.failAt, b.after = n, after
				play(t, b, b.memory, steps)
				b.verify(t)
				if diff := cmp.Diff(want, b.dump()); diff != "" {
					t.Errorf("%s, write %d, done %v: -whole +crashed:\n%s", name, n, after, diff)
				}
			}
		}
	}
}

// drawn are emissions as a stream brings them: events of few addresses and users that open, grow, merge, close and are
// withdrawn, under any assessment.
func drawn(rt *rapid.T) []step {
	type living struct {
		e    tocsin.Event
		over bool
	}
	var steps []step
	var events []*living
	assess := func() tocsin.Assessment {
		a := rapid.SampledFrom([]func() tocsin.Assessment{proposed, proposed, pending, auto}).Draw(rt, "assessment")()
		if rapid.IntRange(0, 9).Draw(rt, "shared") == 0 {
			a.Shared = []tocsin.Entity{{Field: "user.name", Value: "ann"}}
		}
		return a
	}
	minute := 0
	for range rapid.IntRange(5, 40).Draw(rt, "steps") {
		minute += rapid.SampledFrom([]int{1, 3, 30, 1500}).Draw(rt, "later")
		n := rapid.IntRange(-3, len(events)-1).Draw(rt, "event")
		if n < 0 || events[n].over {
			address := fmt.Sprintf("203.0.113.%d", rapid.IntRange(1, 6).Draw(rt, "address"))
			user := rapid.SampledFrom([]string{"ann", "bert", "carl", "dora", "emil"}).Draw(rt, "user")
			l := &living{e: event(fmt.Sprintf("e%d", len(events)), minute, address, user)}
			events = append(events, l)
			steps = append(steps, step{e: l.e, a: assess()})
			continue
		}
		l := events[n]
		m := rapid.SampledFrom([]tocsin.Milestone{tocsin.MilestoneDoubled, tocsin.MilestoneDoubled, tocsin.MilestoneClosed, tocsin.MilestoneWithdrawn, tocsin.MilestoneMerged}).Draw(rt, "milestone")
		into := rapid.IntRange(0, len(events)-1).Draw(rt, "into")
		if m == tocsin.MilestoneMerged && into == n {
			m = tocsin.MilestoneDoubled
		}
		e := revision(l.e, l.e.Revision+1, m)
		if m == tocsin.MilestoneMerged {
			e.Activity, e.MergedInto = tocsin.Merged, events[into].e.ID
		}
		l.e, l.over = e, m != tocsin.MilestoneDoubled
		steps = append(steps, step{e: e, a: assess()})
	}
	return steps
}

// Any emissions together give what they give one after the other, also where a fault cuts them short.
func TestBatchIsTheSameAsOneByOne(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		steps := drawn(rt)
		single := newMemory()
		play(t, single, single, steps)
		b := newBulky(rapid.Uint64().Draw(rt, "seed"))
		b.failAt, b.after = rapid.IntRange(0, 2*len(steps)).Draw(rt, "fault"), rapid.Bool().Draw(rt, "done")
		play(t, b, b.memory, steps)
		b.verify(t)
		if diff := cmp.Diff(single.dump(), b.dump()); diff != "" {
			rt.Fatalf("-one by one +together:\n%s", diff)
		}
	})
}

// What has nothing in common shares its requests: a hundred events cost what one costs, but for their numbers.
func TestBatchSharesRequests(t *testing.T) {
	requests := func(events int) int {
		b := newBulky(1)
		var steps []step
		for n := range events {
			steps = append(steps, step{e: event(fmt.Sprintf("e%d", n), n, fmt.Sprintf("2001:db8::%x", n), fmt.Sprintf("user%d", n)), a: proposed()})
		}
		play(t, b, b.memory, steps)
		if len(b.incidents) != events {
			t.Errorf("%d incidents of %d events", len(b.incidents), events)
		}
		return b.requests
	}
	one, hundred := requests(1), requests(100)
	if one != 9 || hundred != one+6 {
		t.Errorf("%d requests for one event, %d for a hundred", one, hundred)
	}
}

// Another writer that changes what the batch rests on is seen: nothing of his is lost or done twice.
func TestBatchBesidePeople(t *testing.T) {
	b := newBulky(1)
	clock := func() time.Time { return t0.Add(48 * time.Hour) }
	r := New(options(b, clock))
	e := event("e1", 0, "203.0.113.7", "ann")
	b.events[e.ID] = encode(e)
	if err := r.ApplyAll(t.Context(), []Emission{{e, proposed()}}); err != nil {
		t.Fatal(err)
	}
	id := tocsin.IncidentID("default", e.ID, t0, 0)
	other := New(options(b, clock))
	between := &interrupted{bulky: b, at: 2, do: func() {
		if _, err := other.Do(t.Context(), Command{ID: "c1", By: ann, Incident: id, Action: tocsin.ActDeclare}); err != nil {
			t.Error(err)
		}
	}}
	r = New(options(between, clock))
	if err := r.ApplyAll(t.Context(), []Emission{{revision(e, 2, tocsin.MilestoneDoubled), proposed()}}); err != nil {
		t.Fatal(err)
	}
	b.verify(t)
	if got := len(b.log[id]); got != 3 {
		t.Errorf("%d log entries, want 3: founded, declared, doubled", got)
	}
}

// interrupted lets something happen before one of its requests.
type interrupted struct {
	*bulky
	at, n int
	do    func()
}

func (s *interrupted) Save(ctx context.Context, d tocsin.Documents) ([]error, error) {
	if s.n++; s.n == s.at {
		s.do()
	}
	return s.bulky.Save(ctx, d)
}
