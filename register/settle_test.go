package register

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"tocsin"
)

// A split or a merger that dies at any of its writes, before or after it took effect, is finished by the timers of
// another process, though nobody repeats the command and no event comes.
func TestWhatWasCutShortIsFinished(t *testing.T) {
	for _, action := range []tocsin.Action{tocsin.ActSplit, tocsin.ActMerge} {
		for _, after := range []bool{false, true} {
			for n := 1; n < 10; n++ {
				t.Run(fmt.Sprintf("%s, after %t, write %d", action, after, n), func(t *testing.T) {
					w := newWorld(t)
					i := w.three()
					other := w.apply(event("e9", 1, "192.0.2.77", "zoe"), proposed()).Incident
					cmd := Command{ID: "once", Incident: i.ID, Action: action, Events: []string{"202611-e3"}, Into: other.ID, By: ann, Effective: w.now}
					crashed := New(options(&failing{memory: w.store, at: n, after: after}, w.Register.opts.Now))
					_, err := crashed.Do(t.Context(), cmd)
					w.Register = New(options(w.store, w.Register.opts.Now))
					if _, err := w.Timers(t.Context(), w.now); err != nil {
						t.Fatal(err)
					}
					whole(t, w, err == nil, i.ID, other.ID)
					if n, err := w.Settle(t.Context(), w.now); n != 0 || err != nil {
						t.Errorf("settled %d again, %v", n, err)
					}
					w.store.verify(t)
				})
			}
		}
	}
}

// A promotion by a person that dies at any of its writes, before or after it took effect, is finished by the timers of
// another process, though nobody repeats it: the incident is listed and has the copies of its evidence. One that dies
// before the verdict leaves the event where it was, for people to decide on. The same command again is answered with
// the incident.
func TestPromotionCutShortIsFinished(t *testing.T) {
	for _, after := range []bool{false, true} {
		for n := 1; n < 9; n++ {
			t.Run(fmt.Sprintf("after %t, write %d", after, n), func(t *testing.T) {
				w := newWorld(t)
				e := event("e1", 0, "203.0.113.7", "ann")
				w.apply(e, pending())
				f := &failing{memory: w.store, at: n, after: after}
				o := options(f, w.Register.opts.Now)
				o.Exhibits = f
				cmd := Command{ID: "once", By: ann, Event: e.ID, Action: tocsin.ActPromote}
				if _, err := New(o).Do(t.Context(), cmd); err == nil && n < 7 {
					t.Error("it needs fewer writes")
				}
				o = options(w.store, w.Register.opts.Now)
				o.Exhibits = w.store
				w.Register = New(o)
				if _, err := w.Timers(t.Context(), w.now); err != nil {
					t.Fatal(err)
				}
				v, err := w.store.Verdict(t.Context(), e.ID)
				if err != nil {
					t.Fatal(err)
				}
				if decided := v.Assessment.State == tocsin.Promoted; decided != (len(w.store.incidents) == 1) {
					t.Errorf("the verdict is %s, and %d incidents are listed", v.Assessment.State, len(w.store.incidents))
				}
				if n, err := w.Settle(t.Context(), w.now); n != 0 || err != nil {
					t.Errorf("settled %d again, %v", n, err)
				}
				i, err := w.Do(t.Context(), cmd)
				if err != nil || i.Evidence != 1 || i.DeclaredBy != ann.ID || len(w.store.incidents) != 1 {
					t.Errorf("repeated: %v, %d copies, declared by %q, %d incidents", err, i.Evidence, i.DeclaredBy, len(w.store.incidents))
				}
				w.store.verify(t)
			})
		}
	}
}

// whole checks that a split and a merger are done on both sides or on none; acknowledged ones are done.
func whole(t *testing.T, w *world, acknowledged bool, id, other string) {
	t.Helper()
	i := w.incident(id)
	began := len(i.SplitInto) > 0 || i.Into != ""
	if acknowledged && !began {
		t.Error("what was acknowledged is not done")
	}
	for _, into := range i.SplitInto {
		got := w.incident(into)
		if !slices.Equal(got.Events, []string{"202611-e3"}) || got.SplitOf != id {
			t.Errorf("split off: %v of %s", got.Events, got.SplitOf)
		}
		if v, _ := w.store.Verdict(t.Context(), "202611-e3"); v.Incident != into {
			t.Errorf("the verdict names %s", v.Incident)
		}
	}
	took := w.incident(other)
	if slices.Contains(took.Children, id) != (i.Into == other) || (i.Into == other) != (i.Status == tocsin.MergedIncident) {
		t.Errorf("merged on one side: %v, into %q, %s", took.Children, i.Into, i.Status)
	}
	for _, id := range []string{id, other} { // what is listed is what the logs say
		shown, err := w.store.Incident(t.Context(), id)
		if err != nil || shown.Revision != w.incident(id).Revision {
			t.Errorf("%s is shown at revision %d: %v", id, shown.Revision, err)
		}
	}
}

// A reopening that dies at any of its writes, before or after it took effect, is finished by the timers of another
// process: the events that were the reason for it are in the incident, and nothing else is.
func TestReopeningCutShortIsFinished(t *testing.T) {
	for _, after := range []bool{false, true} {
		for n := 1; n < 9; n++ {
			t.Run(fmt.Sprintf("after %t, write %d", after, n), func(t *testing.T) {
				w := newWorld(t)
				i := w.declared()
				w.do(Command{Incident: i.ID, Action: tocsin.ActResolve, Disposition: "true_positive_impact"})
				w.apply(event("e2", 90, "203.0.113.7", "ann"), proposed())
				w.apply(event("e3", 95, "203.0.113.7", "zoe"), proposed())
				w.apply(event("e4", 96, "203.0.113.7", "yan"), proposed())
				w.do(Command{Event: "202611-e4", Action: tocsin.ActDismiss, Disposition: "false_positive"})
				crashed := New(options(&failing{memory: w.store, at: n, after: after}, w.Register.opts.Now))
				_, err := crashed.Do(t.Context(), Command{ID: "once", Incident: i.ID, Action: tocsin.ActReopen, Reason: "again", By: ann, Effective: w.now})
				w.Register = New(options(w.store, w.Register.opts.Now))
				if _, err := w.Timers(t.Context(), w.now); err != nil {
					t.Fatal(err)
				}
				now := w.incident(i.ID)
				want := []string{"202611-e1"}
				if now.ReopenCount == 1 {
					want = append(want, "202611-e2", "202611-e3")
				} else if err == nil {
					t.Error("what was acknowledged is not done")
				}
				if !slices.Equal(now.Events, want) {
					t.Errorf("events %v, want %v", now.Events, want)
				}
				for _, e := range want[1:] {
					if v, _ := w.store.Verdict(t.Context(), e); v.Incident != i.ID || v.By != ann {
						t.Errorf("the verdict on %s: %+v", e, v)
					}
				}
				if shown, err := w.store.Incident(t.Context(), i.ID); err != nil || shown.Revision != now.Revision {
					t.Errorf("shown at revision %d of %d: %v", shown.Revision, now.Revision, err)
				}
				if n, err := w.Settle(t.Context(), w.now); n != 0 || err != nil {
					t.Errorf("settled %d again, %v", n, err)
				}
				w.store.verify(t)
			})
		}
	}
}

// What people went on with is theirs: a merger that was cut short is not finished behind their backs.
func TestWhatPeopleWentOnWithStays(t *testing.T) {
	w := newWorld(t)
	i := w.three()
	other := w.apply(event("e9", 1, "192.0.2.77", "zoe"), proposed()).Incident
	crashed := New(options(&failing{memory: w.store, at: 2, after: true}, w.Register.opts.Now))
	if _, err := crashed.Do(t.Context(), Command{ID: "m", Incident: i.ID, Action: tocsin.ActMerge, Into: other.ID, By: ann}); err == nil {
		t.Fatal("it was not cut short")
	}
	w.Register = New(options(w.store, w.Register.opts.Now))
	w.now = w.now.Add(time.Minute)
	w.do(Command{Incident: i.ID, Action: tocsin.ActComment, Text: "I go on with this one"})
	if _, err := w.Timers(t.Context(), w.now); err != nil {
		t.Fatal(err)
	}
	if got := w.incident(i.ID); got.Into != "" {
		t.Errorf("merged into %s", got.Into)
	}
}

// A slot that the source took anew after the split stays its own, however often the split is looked at.
func TestSettleLeavesWhatIsWhole(t *testing.T) {
	w := newWorld(t)
	i := w.three()
	w.do(Command{Incident: i.ID, Action: tocsin.ActSplit, Events: []string{"202611-e3"}})
	before := w.incident(i.ID).Revision
	for range 2 {
		if n, err := New(options(w.store, w.Register.opts.Now)).Settle(t.Context(), w.now); n != 0 || err != nil {
			t.Errorf("settled %d, %v", n, err)
		}
	}
	if now := w.incident(i.ID).Revision; now != before {
		t.Errorf("revision %d, was %d", now, before)
	}
}
