package register

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"tocsin"
)

// three is a declared incident of three events: e1 and e2 about one address, e3 about ann alone.
func (w *world) three() tocsin.Incident {
	w.t.Helper()
	i := w.declared()
	w.apply(event("e2", 5, "203.0.113.7", "bert"), proposed())
	w.apply(event("e3", 9, "198.51.100.9", "ann"), proposed())
	return w.incident(i.ID)
}

func TestSplit(t *testing.T) {
	w := newWorld(t)
	i := w.three()
	w.refused(Command{Incident: i.ID, Action: "split"}, "the events to move")
	w.refused(Command{Incident: i.ID, Action: "split", Events: []string{"nope"}}, `"nope" is none`)
	w.refused(Command{Incident: i.ID, Action: "split", Events: i.Events}, "an event that stays")
	alerts := i.Alerts
	cmd := Command{ID: "apart", Incident: i.ID, Action: "split", Events: []string{"202611-e3"}, Reason: "another attacker"}
	i = w.do(cmd)
	if len(i.SplitInto) != 1 || len(i.Events) != 2 || i.Alerts != alerts-10 {
		t.Fatalf("%v, events %v, %d alerts", i.SplitInto, i.Events, i.Alerts)
	}
	for _, e := range i.Entities {
		if e.Value == "198.51.100.9" {
			t.Error("the entity that went is still here")
		}
	}
	n := w.incident(i.SplitInto[0])
	if n.SplitOf != i.ID || n.Status != tocsin.Declared || !slices.Equal(n.Events, []string{"202611-e3"}) || n.Alerts != 10 || n.Number == "" || n.Priority != "P2" || n.Coordinator != "ann" {
		t.Errorf("%+v", n)
	}
	if !n.Countable || !i.Countable || n.Targets["resolve"].Due.IsZero() {
		t.Errorf("countable %t and %t, targets %v", n.Countable, i.Countable, n.Targets)
	}
	for at, want := range map[string]string{"e1": i.ID, "e2": i.ID, "e3": n.ID} {
		if v, _ := w.store.Verdict(t.Context(), "202611-"+at); v.Incident != want {
			t.Errorf("%s is in %s, want %s", at, v.Incident, want)
		}
	}
	if out := w.apply(revision(event("e3", 9, "198.51.100.9", "ann"), 2, tocsin.MilestoneDoubled), proposed()); out.Incident.ID != n.ID || out.Incident.Alerts != 20 {
		t.Errorf("its next emission went to %s", out.Incident.ID)
	}
	if out := w.apply(event("e4", 12, "198.51.100.9", "carl"), proposed()); out.Incident.ID != n.ID {
		t.Errorf("an event of its address went to %s", out.Incident.ID)
	}
	if out := w.apply(event("e5", 13, "203.0.113.7", "dora"), proposed()); out.Incident.ID != i.ID {
		t.Errorf("an event of the other address went to %s", out.Incident.ID)
	}
	if again := w.do(cmd); len(again.SplitInto) != 1 {
		t.Errorf("given twice: %v", again.SplitInto)
	}
	w.store.verify(t)
}

// What was split comes back by a merger, and nothing is counted twice.
func TestSplitAndMergeAgain(t *testing.T) {
	w := newWorld(t)
	was := w.three()
	i := w.do(Command{Incident: was.ID, Action: "split", Events: []string{"202611-e3", "202611-e2"}})
	w.do(Command{Incident: i.SplitInto[0], Action: "merge", Into: i.ID})
	i = w.incident(i.ID)
	if len(i.Events) != 3 || i.Alerts != was.Alerts || len(i.Entities) != len(was.Entities) {
		t.Errorf("events %v, %d alerts, want %d; %v", i.Events, i.Alerts, was.Alerts, i.Entities)
	}
	if out := w.apply(revision(event("e3", 9, "198.51.100.9", "ann"), 2, tocsin.MilestoneDoubled), proposed()); out.Incident.ID != i.ID {
		t.Errorf("its next emission went to %s", out.Incident.ID)
	}
	w.store.verify(t)
}

// A crash at each write of a split, before and after it took effect, is completed by the same command, or by the next
// emission of the event.
func TestSplitIsCompleted(t *testing.T) {
	for _, repeat := range []bool{true, false} {
		for _, after := range []bool{false, true} {
			for n := 1; n < 12; n++ {
				t.Run(fmt.Sprintf("repeat %t, after %t, write %d", repeat, after, n), func(t *testing.T) {
					w := newWorld(t)
					i := w.three()
					cmd := Command{ID: "apart", Incident: i.ID, Action: "split", Events: []string{"202611-e3"}, By: ann, Effective: w.now}
					s := &failing{memory: w.store, at: n, after: after}
					crashed := New(options(s, w.Register.opts.Now))
					_, err := crashed.Do(t.Context(), cmd)
					w.Register = New(options(w.store, w.Register.opts.Now))
					parted := w.incident(i.ID).SplitInto
					if repeat || len(parted) == 0 {
						if _, err := w.Do(t.Context(), cmd); err != nil {
							t.Fatal(err)
						}
					}
					w.apply(revision(event("e3", 9, "198.51.100.9", "ann"), 2, tocsin.MilestoneDoubled), proposed())
					parted = w.incident(i.ID).SplitInto
					if len(parted) != 1 {
						t.Fatalf("%v after %v", parted, err)
					}
					if got := w.incident(parted[0]); !slices.Equal(got.Events, []string{"202611-e3"}) || got.Alerts != 20 {
						t.Errorf("events %v, %d alerts", got.Events, got.Alerts)
					}
					w.store.verify(t)
				})
			}
		}
	}
}

// failing is a store whose write number at fails, before it takes effect or after, as do all that come after it.
type failing struct {
	*memory
	one   sync.Mutex // write at a time: memory has its own lock
	at, n int
	after bool
}

var errCrash = errors.New("crash")

func (f *failing) write(do func() error) error {
	f.one.Lock()
	defer f.one.Unlock()
	f.n++
	switch {
	case f.n > f.at || f.n == f.at && !f.after:
		return errCrash
	case f.n == f.at:
		if err := do(); err != nil {
			return err
		}
		return errCrash
	}
	return do()
}

func (f *failing) Append(ctx context.Context, e tocsin.LogEntry) error {
	return f.write(func() error { return f.memory.Append(ctx, e) })
}

func (f *failing) PutIncident(ctx context.Context, i tocsin.Incident) error {
	return f.write(func() error { return f.memory.PutIncident(ctx, i) })
}

func (f *failing) PutVerdict(ctx context.Context, v tocsin.Verdict) error {
	return f.write(func() error { return f.memory.PutVerdict(ctx, v) })
}

func (f *failing) PutSlot(ctx context.Context, s tocsin.Slot) error {
	return f.write(func() error { return f.memory.PutSlot(ctx, s) })
}

func TestAnEventIsSplitOffOnce(t *testing.T) {
	w := newWorld(t)
	i := w.three()
	var wg sync.WaitGroup
	var mu sync.Mutex
	done := 0
	for n := range 8 {
		wg.Go(func() {
			r := New(options(w.store, w.Register.opts.Now))
			_, err := r.Do(t.Context(), Command{ID: fmt.Sprint("s", n), Incident: i.ID, Action: "split", Events: []string{"202611-e3"}, By: ann})
			mu.Lock()
			defer mu.Unlock()
			if _, refused := errors.AsType[*Refusal](err); err == nil {
				done++
			} else if !refused {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := New(options(w.store, nil)); done != 1 {
		now, err := got.Incident(t.Context(), i.ID)
		t.Errorf("split %d times: %v %v", done, now.SplitInto, err)
	}
	w.store.verify(t)
}
