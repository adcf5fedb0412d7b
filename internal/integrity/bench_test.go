//go:build unix

package integrity

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"tocsin"
	"tocsin/internal/cputime"
	"tocsin/register"
	"tocsin/sinks/elastic"
	"tocsin/sinks/sqlite"
)

// busy is a register of so many incidents with so many entries each, sealed: as incidents go, founded by an event, with a
// few steps, three exhibits, and what people remark.
func busy(t testing.TB, incidents, entries int) *world {
	t.Helper()
	w := newWorld(t, newMemory())
	for n := range incidents {
		i := w.incident(n + 1)
		w.remark(i, entries-int(i.Revision))
	}
	w.seal()
	return w
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

// inSQLite copies a register into a file.
func inSQLite(t testing.TB, from full) (to *sqlite.Store, file string) {
	t.Helper()
	to, file = newSQLite(t)
	d := copyOf(t, from)
	err := to.InTx(context.WithoutCancel(t.Context()), func(tx *sqlite.Store) error {
		ctx := context.WithoutCancel(t.Context())
		for id := range d[incidents] {
			entries, err := from.Entries(ctx, id, 1)
			if err != nil {
				return err
			}
			for _, e := range entries {
				if err := tx.Append(ctx, e); err != nil {
					return err
				}
			}
			if err := tx.PutIncident(ctx, decode[tocsin.Incident](d[incidents][id])); err != nil {
				return err
			}
		}
		var all []tocsin.Exhibit
		for _, x := range d[exhibits] {
			all = append(all, decode[tocsin.Exhibit](x))
		}
		return tx.PutExhibits(ctx, all)
	})
	if err != nil {
		t.Fatal(err)
	}
	tree, err := from.Stretches(t.Context(), 0, 1_000_000)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range tree {
		if err := to.PutStretch(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	signed, err := from.Checkpoints(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range signed {
		if err := to.PutCheckpoint(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	return to, file
}

// inElastic copies a register into the real server, as the registrar writes it: many documents at a time.
func inElastic(b testing.TB, from full) Verifiable {
	b.Helper()
	s := newRawElastic(b, &strings.Builder{})
	to := s.full.(*elastic.Store)
	d, ctx := copyOf(b, from), b.Context()
	must := func(errs []error, err error) {
		if err := errors.Join(append(errs, err)...); err != nil {
			b.Fatal(err)
		}
	}
	for ids := range slices.Chunk(slices.Sorted(maps.Keys(d[incidents])), 200) {
		var some tocsin.Documents
		for _, id := range ids {
			entries, err := from.Entries(ctx, id, 1)
			must(nil, err)
			some.Incidents, some.Entries = append(some.Incidents, decode[tocsin.Incident](d[incidents][id])), append(some.Entries, entries...)
			names, err := register.ExhibitIDs(entries)
			must(nil, err)
			copies, err := from.Exhibits(ctx, id, names, true)
			must(nil, err)
			some.Exhibits = append(some.Exhibits, copies...)
		}
		errs, err := to.Save(ctx, some)
		must(errs, err)
	}
	tree, err := from.Stretches(ctx, 0, 1_000_000)
	must(nil, err)
	for _, st := range tree {
		must(nil, to.PutStretch(ctx, st))
		s.refresh()
	}
	signed, err := from.Checkpoints(ctx, 0, 1000)
	must(nil, err)
	for _, c := range signed {
		must(nil, to.PutCheckpoint(ctx, c))
	}
	s.refresh()
	return to
}

// What a check of a whole register in Elasticsearch takes; of ten thousand incidents in the long form.
func BenchmarkVerifyElastic(b *testing.B) {
	n := 300
	if longForm() {
		n = 10_000
	}
	w := busy(b, n, 20)
	trust, s := w.trust(), inElastic(b, w.store)
	b.ReportAllocs()
	entries, before := 0, cputime.Process()
	for b.Loop() {
		sum, err := VerifyStore(b.Context(), s, trust)
		if err != nil || len(sum.Faults) > 0 || sum.Proven < 20*n {
			b.Fatal(sum, err)
		}
		entries += sum.Entries
	}
	perSecond(b, entries, cputime.Process()-before)
}

// What a check of a whole register takes: entries a second, over all cores.
func BenchmarkVerifyStore(b *testing.B) {
	w := busy(b, 300, 20)
	trust := w.trust()
	file, _ := inSQLite(b, w.store)
	for name, s := range map[string]Verifiable{"memory": w.store, "sqlite": file} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			entries, before := 0, cputime.Process()
			for b.Loop() {
				sum, err := VerifyStore(b.Context(), s, trust)
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
