package register

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"tocsin"
)

func (m *memory) Unlisted(_ context.Context, _ time.Time, limit int) (ids []string, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range slices.Sorted(maps.Keys(m.log)) {
		if _, listed := m.incidents[id]; !listed && len(ids) < limit {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// What a person reports and dies at any of its writes, before or after it took effect, is listed by the timers of
// another process if its log was begun, and is not there at all otherwise. The same command again is answered with it.
func TestReportCutShortIsFinished(t *testing.T) {
	for _, after := range []bool{false, true} {
		for n := 1; n < 4; n++ {
			t.Run(fmt.Sprintf("after %t, write %d", after, n), func(t *testing.T) {
				w := newWorld(t)
				cmd := Command{ID: "once", Action: tocsin.ActCreate, Title: "The mail server encrypts its files", Priority: "P1", By: ann, Effective: w.now}
				_, err := New(options(&failing{memory: w.store, at: n, after: after}, w.Register.opts.Now)).Do(t.Context(), cmd)
				if n < 3 && err == nil {
					t.Fatal("it was not cut short")
				}
				begun := len(w.store.log)
				w.Register = New(options(w.store, w.Register.opts.Now))
				if _, err := w.Timers(t.Context(), w.now); err != nil {
					t.Fatal(err)
				}
				if len(w.store.incidents) != begun {
					t.Errorf("%d logs, %d incidents are listed", begun, len(w.store.incidents))
				}
				if n, err := w.Settle(t.Context(), w.now); n != 0 || err != nil {
					t.Errorf("settled %d again, %v", n, err)
				}
				i, err := w.Do(t.Context(), cmd)
				if err != nil || i.Revision != 1 || len(w.store.incidents) != 1 {
					t.Errorf("repeated: %v, revision %d, %d incidents", err, i.Revision, len(w.store.incidents))
				}
				w.store.verify(t)
			})
		}
	}
}

// A log that is not intact keeps nobody from finishing the others, and the timers from passing.
func TestDamageHoldsNothingUp(t *testing.T) {
	w := newWorld(t)
	for n, title := range []string{"one", "two"} {
		f := &failing{memory: w.store, at: 1, after: true}
		cmd := Command{ID: fmt.Sprint("c", n), Action: tocsin.ActCreate, Title: title, Priority: "P1", By: ann, Effective: w.now}
		if _, err := New(options(f, w.Register.opts.Now)).Do(t.Context(), cmd); err == nil {
			t.Fatal("it was not cut short")
		}
	}
	ids, err := w.store.Unlisted(t.Context(), time.Time{}, 10)
	if err != nil || len(ids) != 2 {
		t.Fatalf("%v (%v)", ids, err)
	}
	e := decode[tocsin.LogEntry](w.store.log[ids[0]][0])
	e.Prev = "another"
	w.store.log[ids[0]][0] = encode(e)
	w.Register = New(options(w.store, w.Register.opts.Now))
	if n, err := w.Settle(t.Context(), w.now); n != 1 || err != nil {
		t.Errorf("settled %d, %v", n, err)
	}
	if _, listed := w.store.incidents[ids[1]]; !listed {
		t.Error("the sound one is not listed")
	}
}
