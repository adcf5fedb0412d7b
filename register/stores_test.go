package register

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
	memorystore "tocsin/sinks/memory"
	"tocsin/sinks/sqlite"
)

// An eventStore is a store that events can be put into.
type eventStore interface {
	Store
	StoreEvents(ctx context.Context, events []tocsin.Event) error
}

// The script gives the same logs and incidents in each embedded store as in the tests' own, also the second time.
func TestScriptOnTheStores(t *testing.T) {
	own := newMemory()
	run(t, own, script())
	for name, open := range map[string]func(*testing.T) eventStore{
		"memory": func(*testing.T) eventStore { return memorystore.New() },
		"sqlite": func(t *testing.T) eventStore {
			s, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "register.db")})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
			return s
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t)
			for range 2 {
				r := New(options(s, func() time.Time { return t0.Add(48 * time.Hour) }))
				for n, st := range script() {
					if st.cmd == nil {
						if err := s.StoreEvents(t.Context(), []tocsin.Event{st.e}); err != nil {
							t.Fatal(err)
						}
					}
					if err := st.do(t.Context(), r, s); err != nil {
						t.Fatalf("step %d: %v", n, err)
					}
				}
			}
			for id := range own.log {
				same(t, own, s, id)
			}
		})
	}
}

// same compares one incident's log and projection in two stores.
func same(t *testing.T, a, b Store, id string) {
	t.Helper()
	want, _ := a.Entries(t.Context(), id, 1)
	got, err := b.Entries(t.Context(), id, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := VerifyChain(got); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(stable(decode[any](encode(want))), stable(decode[any](encode(got)))); diff != "" {
		t.Errorf("log of %s: %s", id, diff)
	}
	i, err := b.Incident(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	j, err := Project(got)
	if diff := cmp.Diff(encode(j), encode(i)); diff != "" || err != nil {
		t.Errorf("projection of %s: %v %s", id, err, diff)
	}
}

func TestRebuild(t *testing.T) {
	w := newWorld(t)
	i := w.declared()
	want := w.store.incidents[i.ID]
	delete(w.store.incidents, i.ID)
	if _, err := w.Rebuild(t.Context(), i.ID); err != nil || w.store.incidents[i.ID] != want {
		t.Errorf("%v\n got %s\nwant %s", err, w.store.incidents[i.ID], want)
	}
	delete(w.store.incidents, i.ID)
	e := decode[tocsin.LogEntry](w.store.log[i.ID][1])
	e.Reason = "changed"
	w.store.log[i.ID][1] = encode(e)
	if _, err := w.Rebuild(t.Context(), i.ID); err == nil || w.store.incidents[i.ID] != "" {
		t.Errorf("rebuilt from a log that is not intact: %v", err)
	}
}

// BenchmarkApply is one event that founds, joins and revises: 1,000 addresses, five emissions an event.
func BenchmarkApply(b *testing.B) {
	m := memorystore.New()
	r := New(options(m, func() time.Time { return t0 }))
	n := 0
	for b.Loop() {
		e := event(fmt.Sprintf("e%d", n/5), n%1000, fmt.Sprintf("10.0.%d.%d", n/5%1000/250, n/5%250), "ann"+fmt.Sprint(n/5))
		e.Revision = int64(n%5 + 1)
		if _, err := r.Apply(b.Context(), e, proposed()); err != nil {
			b.Fatal(err)
		}
		n++
	}
}
