//go:build unix

package integrity

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"tocsin"
	"tocsin/internal/cputime"
	"tocsin/register"
	"tocsin/sinks/elastic"
	"tocsin/sinks/memory"
	"tocsin/sinks/sqlite"
)

// busy is a register of so many incidents with so many entries each, sealed: as incidents go, founded by an event, with a
// few steps, three exhibits, and what people remark.
func busy(t testing.TB, incidents, entries int) *world {
	t.Helper()
	w := newWorld(t, newMemory())
	w.work(1, incidents, entries)
	w.seal()
	return w
}

// work founds incidents with the numbers from one to another.
func (w *world) work(from, to, entries int) (ids []string) {
	w.t.Helper()
	for n := from; n <= to; n++ {
		i := w.incident(n)
		w.remark(i, entries-int(i.Revision))
		ids = append(ids, i.ID)
	}
	return ids
}

func (w *world) remark(i tocsin.Incident, times int) {
	w.t.Helper()
	for k := range times {
		_, err := w.register.Do(w.t.Context(), register.Command{
			ID: fmt.Sprint("remark ", i.ID, k), Incident: i.ID, Action: tocsin.ActComment, By: ann, Text: "asked the owner of web1 whether the accounts are in use; two of them are, the others were locked",
		})
		if err != nil {
			w.t.Fatal(err)
		}
	}
}

// fill is what [busy] makes, in another store: made in memory, saved and sealed some incidents at a time, so that memory
// does not grow with it.
func (w *world) fill(incidents, entries int, save func(tocsin.Documents) error) {
	w.t.Helper()
	const atOnce, unsealed = 100, 5 // 2000 entries are 2 MB in a request; a checkpoint covers five times as many
	for from, n := 1, 1; from <= incidents; from, n = from+atOnce, n+1 {
		made := newWorld(w.t, numbered{newMemory(), int64(from - 1)})
		made.now = w.now
		to := min(from+atOnce-1, incidents)
		if err := save(made.documents(made.work(from, to, entries))); err != nil {
			w.t.Fatal(err)
		}
		if w.now = made.now; n%unsealed == 0 || to == incidents {
			w.seal()
		}
	}
}

// numbered is a store in memory whose incidents are numbered from behind a number on.
type numbered struct {
	*memory.Store
	behind int64
}

func (n numbered) Next(ctx context.Context, counter string) (int64, error) {
	at, err := n.Store.Next(ctx, counter)
	return n.behind + at, err
}

// documents are all of some incidents.
func (w *world) documents(ids []string) (d tocsin.Documents) {
	w.t.Helper()
	ctx := w.t.Context()
	for _, id := range ids {
		i, err := w.store.Incident(ctx, id)
		if err != nil {
			w.t.Fatal(err)
		}
		entries, err := w.store.Entries(ctx, id, 1)
		if err != nil {
			w.t.Fatal(err)
		}
		names, err := register.ExhibitIDs(entries)
		if err != nil {
			w.t.Fatal(err)
		}
		copies, err := w.store.Exhibits(ctx, id, names, true)
		if err != nil {
			w.t.Fatal(err)
		}
		d.Incidents, d.Entries, d.Exhibits = append(d.Incidents, i), append(d.Entries, entries...), append(d.Exhibits, copies...)
	}
	return d
}

// filledSQLite is a register in a file.
func filledSQLite(t testing.TB, file string, incidents, entries int) *world {
	t.Helper()
	s, err := sqlite.Open(t.Context(), sqlite.Options{Path: file})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	w, ctx := newWorld(t, s), t.Context()
	w.fill(incidents, entries, func(d tocsin.Documents) error {
		return s.InTx(ctx, func(tx *sqlite.Store) error {
			for _, e := range d.Entries {
				if err := tx.Append(ctx, e); err != nil {
					return err
				}
			}
			for _, i := range d.Incidents {
				if err := tx.PutIncident(ctx, i); err != nil {
					return err
				}
			}
			return tx.PutExhibits(ctx, d.Exhibits)
		})
	})
	return w
}

// filledElastic is a register on the real server, written as the registrar writes it: many documents at a time.
func filledElastic(t testing.TB, incidents, entries int) *world {
	t.Helper()
	s := newRawElastic(t, &strings.Builder{})
	to, w := s.full.(*elastic.Store), newWorld(t, s.full)
	w.settle = s.refresh
	w.fill(incidents, entries, func(d tocsin.Documents) error {
		errs, err := to.Save(t.Context(), d)
		return errors.Join(append(errs, err)...)
	})
	s.refresh()
	return w
}

// What a check of a whole register in Elasticsearch takes; of ten thousand incidents in the long form.
func BenchmarkVerifyElastic(b *testing.B) {
	n := 300
	if longForm() {
		n = 10_000
	}
	w := filledElastic(b, n, 20)
	trust := w.trust()
	b.ReportAllocs()
	entries, before := 0, cputime.Process()
	for b.Loop() {
		sum, err := VerifyStore(b.Context(), w.store, trust)
		if err != nil || len(sum.Faults) > 0 || sum.Proven < 20*n {
			b.Fatal(sum, err)
		}
		entries += sum.Entries
	}
	perSecond(b, entries, cputime.Process()-before)
}

// What a check of a whole register takes: entries a second, over all cores.
func BenchmarkVerifyStore(b *testing.B) {
	for name, w := range map[string]*world{"memory": busy(b, 300, 20), "sqlite": filledSQLite(b, filepath.Join(b.TempDir(), "register.db"), 300, 20)} {
		trust := w.trust()
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			entries, before := 0, cputime.Process()
			for b.Loop() {
				sum, err := VerifyStore(b.Context(), w.store, trust)
				if err != nil || len(sum.Faults) > 0 || sum.Proven < 6000 {
					b.Fatal(sum, err)
				}
				entries += sum.Entries
			}
			perSecond(b, entries, cputime.Process()-before)
		})
	}
}

// What a check of one file takes: entries a second, on one core.
func BenchmarkVerifyExport(b *testing.B) {
	w := newWorld(b, newMemory())
	i := w.incident(1)
	w.remark(i, 500)
	w.seal()
	e, trust := w.export(i), w.trust()
	b.ReportAllocs()
	entries, before := 0, cputime.Process()
	for b.Loop() {
		r := VerifyExport(e, trust)
		if len(r.Faults) > 0 || r.Proven < 500 {
			b.Fatal(r)
		}
		entries += r.Entries
	}
	perSecond(b, entries, cputime.Process()-before)
}
