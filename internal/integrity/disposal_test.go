package integrity

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/register"
)

// onStores runs a test over each embedded store.
func onStores(t *testing.T, test func(t *testing.T, w *world)) {
	t.Run("memory", func(t *testing.T) { test(t, newWorld(t, newMemory())) })
	t.Run("sqlite", func(t *testing.T) {
		store, _ := newSQLite(t)
		test(t, newWorld(t, store))
	})
}

const year = 365 * 24 * time.Hour

// end closes an incident.
func (w *world) end(i tocsin.Incident) tocsin.Incident {
	w.t.Helper()
	for _, c := range []register.Command{
		{Action: tocsin.ActResolve, Disposition: "true_positive_impact", RootCause: "malicious_action"},
		{Action: tocsin.ActReview, Text: "reviewed"},
		{Action: tocsin.ActClose},
	} {
		i = w.do(i, c)
	}
	return i
}

func (w *world) do(i tocsin.Incident, c register.Command) tocsin.Incident {
	w.t.Helper()
	w.now = w.now.Add(time.Minute)
	c.ID, c.Incident, c.By = tocsin.Hash(i.ID, string(c.Action), w.now.String()), i.ID, ann
	out, err := w.register.Do(w.t.Context(), c)
	if err != nil {
		w.t.Fatalf("%s: %v", c.Action, err)
	}
	return out
}

func (w *world) hold(i tocsin.Incident, on bool) {
	w.t.Helper()
	w.now = w.now.Add(time.Minute)
	cmd := register.Command{ID: tocsin.Hash("hold", w.now.String()), Incident: i.ID, By: ann, Reason: "order 17"}
	if _, err := w.register.Hold(w.t.Context(), cmd, on); err != nil {
		w.t.Fatal(err)
	}
}

// dispose asks for what ended more than a year ago to be disposed of.
func (w *world) dispose(in register.Disposer, i tocsin.Incident) (register.Disposable, error) {
	return w.register.Dispose(w.t.Context(), in, register.Disposing{Incident: i.ID, Before: w.now.Add(-year), By: ann, Reason: "policy 3", Rule: "a year"})
}

// goes wants so many originals to go.
func (w *world) goes(i tocsin.Incident, want int) {
	w.t.Helper()
	if d, err := w.dispose(w.store, i); err != nil || len(d.Exhibits) != want || d.Held != "" {
		w.t.Errorf("%d exhibits go, held by %q (%v), want %d", len(d.Exhibits), d.Held, err, want)
	}
}

func (w *world) custody(i tocsin.Incident) []tocsin.LogEntry {
	w.t.Helper()
	entries, err := w.store.Entries(w.t.Context(), register.CustodyID(i.ID), 1)
	if err != nil || len(entries) > 0 && register.VerifyChain(entries) != nil {
		w.t.Errorf("custody: %v %v", err, register.VerifyChain(entries))
	}
	return entries
}

// checked is the check of the whole register.
func (w *world) checked() Summary {
	w.t.Helper()
	w.settle()
	sum, err := verifyStore(w.t.Context(), w.store, w.trust(), 0)
	if err != nil {
		w.t.Fatal(err)
	}
	return sum
}

// What ended long enough ago loses its originals: the custody says so first, and every check counts them.
func TestDisposalOfOriginals(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		gone, other := w.end(w.incident(1)), w.incident(2)
		w.seal()
		before := w.export(gone)
		w.goes(gone, 0)
		w.now = w.now.Add(year + time.Hour)
		w.goes(other, 0)
		was := w.custody(gone)
		dry, err := w.register.Disposable(t.Context(), w.store, gone.ID, w.now.Add(-year))
		if err != nil || len(dry.Exhibits) != 3 || dry.Size() == 0 || len(w.custody(gone)) != len(was) {
			t.Errorf("only told: %+v (%v)", dry, err)
		}
		w.goes(gone, 3)
		w.goes(gone, 0) // again: nothing
		custody := w.custody(gone)
		last := custody[len(custody)-1]
		if len(custody) != len(was)+1 || last.Action != tocsin.ActDispose || last.Reason != "policy 3" || last.By != ann ||
			!strings.Contains(string(last.Data), before.Evidence[2].SHA256) || !strings.Contains(string(last.Data), `"rule":"a year"`) {
			t.Errorf("custody: %+v", last)
		}
		w.seal()
		sum := w.checked()
		if len(sum.Faults) > 0 || sum.Disposed != 3 || sum.Exhibits != 6 {
			t.Errorf("%d disposed of %d exhibits, faults %v", sum.Disposed, sum.Exhibits, sum.Faults)
		}
		w.seal()
		after := w.export(gone)
		w.seal()
		after.Proof, _ = Prove(t.Context(), w.store, w.signing.Public, after.Log, after.Custody)
		if r := VerifyExport(after, w.trust()); len(r.Faults) > 0 || r.Disposed != 3 || slices.ContainsFunc(r.Uncovered, func(u string) bool { return strings.Contains(u, "original bytes") }) {
			t.Errorf("exported afterwards: %+v", r)
		}
		if r := VerifyExport(before, w.trust()); len(r.Faults) > 0 || r.Exhibits != 3 || r.Disposed != 0 {
			t.Errorf("exported before: %+v", r)
		}
		after.Evidence[0].Original = before.Evidence[0].Original // a copy of before is held against the manifest of now
		r := VerifyExport(after, w.trust())
		if len(r.Faults) > 0 || r.Disposed != 2 || !strings.Contains(strings.Join(r.Notes, "\n"), "1 original there still") {
			t.Errorf("with a copy of before: %+v", r)
		}
	})
}

// A legal hold, also one on what an incident was merged into, an open incident and a reopened one keep their originals.
func TestDisposalKeeps(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		child, parent, back := w.incident(1), w.incident(2), w.end(w.incident(3))
		w.do(child, register.Command{Action: tocsin.ActMerge, Into: parent.ID})
		w.now = w.now.Add(year + time.Hour)
		w.goes(child, 0) // what it is part of goes on
		w.end(parent)
		w.do(back, register.Command{Action: tocsin.ActReopen, Reason: "again"})
		w.goes(child, 0)
		w.hold(parent, true)
		w.now = w.now.Add(year + time.Hour)
		for _, i := range []tocsin.Incident{child, parent} {
			if d, err := w.dispose(w.store, i); err != nil || len(d.Exhibits) != 3 || d.Held != parent.Number {
				t.Errorf("held by %q: %d exhibits (%v)", d.Held, len(d.Exhibits), err)
			}
		}
		w.goes(back, 0)
		w.seal()
		if sum := w.checked(); len(sum.Faults) > 0 || sum.Disposed > 0 {
			t.Errorf("%d disposed of (%v)", sum.Disposed, sum.Faults)
		}
		w.hold(parent, false)
		w.goes(child, 3)
		w.goes(parent, 3)
	})
}

// A brittle store fails at the write after so many; half of the originals may be gone by then.
type brittle struct {
	full
	writes int
}

var errBrittle = errors.New("the store is away")

func (b *brittle) fails() bool { b.writes--; return b.writes < 0 }

func (b *brittle) Append(ctx context.Context, e tocsin.LogEntry) error {
	if b.fails() {
		return errBrittle
	}
	return b.full.Append(ctx, e)
}

func (b *brittle) DropOriginals(ctx context.Context, incident string, ids []string) error {
	for _, id := range ids {
		if b.fails() {
			return errBrittle
		}
		if err := b.full.DropOriginals(ctx, incident, []string{id}); err != nil {
			return err
		}
	}
	return nil
}

// Cut short at any write, it is completed by asking again, and the custody has one entry. In between nothing is a fault, and
// what is there still is told.
func TestDisposalCutShort(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		for n := range 4 {
			i := w.end(w.incident(n + 1))
			w.now = w.now.Add(year + time.Hour)
			store := &brittle{w.store, n}
			r := register.New(register.Options{Store: store, Now: func() time.Time { return w.now }})
			q := register.Disposing{Incident: i.ID, Before: w.now.Add(-year), By: ann, Reason: "policy 3"}
			if _, err := r.Dispose(t.Context(), store, q); !errors.Is(err, errBrittle) {
				t.Fatalf("cut short after %d writes: %v", n, err)
			}
			w.seal()
			sum := w.checked()
			if told := strings.Contains(strings.Join(sum.Notes, "\n"), "there still"); len(sum.Faults) > 0 || told != (n > 0) || sum.Disposed != 3*n+max(n-1, 0) {
				t.Errorf("after %d writes: %d disposed of, notes %v, faults %v", n, sum.Disposed, sum.Notes, sum.Faults)
			}
			w.goes(i, 3-max(n-1, 0))
			w.goes(i, 0)
			if custody := w.custody(i); len(custody) != 1 {
				t.Errorf("after %d writes: %d entries", n, len(custody))
			}
			w.seal()
			if sum := w.checked(); len(sum.Faults) > 0 || len(sum.Notes) > 0 || sum.Disposed != 3*(n+1) {
				t.Errorf("completed: %d disposed of, notes %v, faults %v", sum.Disposed, sum.Notes, sum.Faults)
			}
		}
	})
}

// An original that is gone and of which no entry says that it was disposed of stays a fault, and a disposal does not hide it.
func TestDisposalHidesNoLoss(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		i := w.end(w.incident(1))
		ids, err := register.ExhibitIDs(w.export(i).Log)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.store.DropOriginals(t.Context(), i.ID, ids[1:2]); err != nil {
			t.Fatal(err)
		}
		w.seal()
		lost := func() {
			t.Helper()
			if sum := w.checked(); len(sum.Faults) != 1 || !strings.Contains(sum.Faults[0].Error(), ids[1]) || !strings.Contains(sum.Faults[0].Error(), "its bytes are gone, and no entry of the custody says") {
				t.Errorf("faults %v", sum.Faults)
			}
		}
		lost()
		w.now = w.now.Add(year + time.Hour)
		if d, err := w.dispose(w.store, i); err != nil || len(d.Exhibits) != 2 || d.Odd != 1 {
			t.Errorf("disposed of: %+v (%v)", d, err)
		}
		w.seal()
		lost()
		if sum := w.checked(); sum.Disposed != 2 {
			t.Errorf("%d disposed of", sum.Disposed)
		}
		var gone *GoneError
		for n, want := range map[int]string{0: "was disposed of on 2027-11-02 by ann: policy 3", 1: "no entry of the custody says"} {
			if _, err := w.custodian().Original(t.Context(), i, ids[n], "", ann); !errors.As(err, &gone) || !strings.Contains(err.Error(), want) {
				t.Errorf("exhibit %d: %v", n, err)
			}
		}
		all, err := w.custodian().List(t.Context(), i)
		if err != nil || len(all) != 3 || all[0].Disposed == nil || all[1].Disposed != nil || all[2].Disposed == nil {
			t.Errorf("listed: %+v (%v)", all, err)
		}
	})
}

// A copy that no entry names, as a daemon that was killed leaves it of an alert that was copied again, goes with the one that
// one names. One that was planted stays a fault.
func TestDisposalOfUnnamed(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) { w.unnamedGo() })
}

func TestDisposalOfUnnamedElastic(t *testing.T) {
	_, w := elasticWorld(t)
	w.unnamedGo()
}

func (w *world) unnamedGo() {
	t := w.t
	t.Helper()
	i, other := w.end(w.incident(1)), w.end(w.incident(2))
	left, planted := w.copied(i), w.copied(other)
	left.Acquired.Tool = "tocsin of before"
	w.plant(left)
	planted.Alert = "another"
	w.plant(planted)
	w.now = w.now.Add(year + time.Hour)
	w.goes(i, 4)
	w.settle()
	w.goes(i, 0)
	if d, err := w.dispose(w.store, other); err != nil || len(d.Exhibits) != 3 || d.Odd != 1 {
		t.Errorf("disposed of: %d exhibits, %d odd (%v)", len(d.Exhibits), d.Odd, err)
	}
	w.seal()
	sum := w.checked()
	if sum.Disposed != 7 || len(sum.Faults) != 1 || !strings.Contains(sum.Faults[0].Error(), "incident "+other.ID) || len(sum.Notes) > 0 {
		t.Errorf("%d disposed of, notes %v, faults %v", sum.Disposed, sum.Notes, sum.Faults)
	}
	if !strings.Contains(strings.Join(sum.Uncovered, "\n"), "1 exhibit that no entry names") {
		t.Errorf("not covered: %v", sum.Uncovered)
	}
}

// The bytes of such a copy that are gone and of which no entry says so are a fault.
func TestUnnamedWithoutBytes(t *testing.T) {
	onStores(t, func(t *testing.T, w *world) {
		i := w.incident(1)
		left := w.copied(i)
		left.Acquired.Tool, left.Original = "tocsin of before", nil
		w.plant(left)
		w.seal()
		if sum := w.checked(); len(sum.Faults) != 1 || !strings.Contains(sum.Faults[0].Error(), "its bytes are gone, and no entry of the custody says") {
			t.Errorf("faults %v", sum.Faults)
		}
	})
}

func (w *world) custodian() Custodian {
	return Custodian{Register: w.register, Store: w.store, Public: w.signing.Public, Now: func() time.Time { return w.now }, Version: "test"}
}

// An export from which the custody's entry was cut is a finding, and so is a file of which the text was changed.
func TestDisposalCutFromFile(t *testing.T) {
	w := newWorld(t, newMemory())
	i := w.end(w.incident(1))
	w.now = w.now.Add(year + time.Hour)
	w.goes(i, 3)
	w.export(i)
	w.seal()
	e := w.export(i)
	e.Custody = e.Custody[1:]
	if r := VerifyExport(e, w.trust()); len(r.Faults) == 0 || r.Disposed != 0 {
		t.Errorf("without the entry: %+v", r)
	}
	e = w.export(i)
	text, err := Encode(e)
	if err != nil {
		t.Fatal(err)
	}
	if _, r, err := VerifyFile(text, w.trust()); err != nil || len(r.Faults) > 0 || r.Disposed != 3 {
		t.Errorf("as it is: %+v (%v)", r, err)
	}
	if _, r, err := VerifyFile([]byte(strings.Replace(string(text), e.Evidence[0].ID, e.Evidence[1].ID, 1)), w.trust()); err != nil || len(r.Faults) == 0 {
		t.Errorf("changed: %+v (%v)", r, err)
	}
	if !json.Valid(text) {
		t.Error("no JSON")
	}
}
