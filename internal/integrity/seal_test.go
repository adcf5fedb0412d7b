package integrity

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"tocsin"
	"tocsin/register"
)

// The tree that is added to leaf by leaf is the one of package tlog, at every size.
func TestTreeIsThatOfRFC6962(t *testing.T) {
	var p peaked
	var stored []tlog.Hash
	r := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		out := make([]tlog.Hash, len(indexes))
		for i, n := range indexes {
			out[i] = stored[n]
		}
		return out, nil
	})
	for n := range int64(130) {
		l := tocsin.TreeLeaf{Incident: "i", Seq: n, Hash: fmt.Sprint(n)}
		want, err := tlog.StoredHashes(n, l.Text(), r)
		if err != nil {
			t.Fatal(err)
		}
		if got := p.add(leafHash(l)); !slices.Equal(got, want) {
			t.Fatalf("leaf %d completes %v, want %v", n, got, want)
		}
		stored = append(stored, want...)
		if root, err := tlog.TreeHash(n+1, r); err != nil || p.root() != root {
			t.Fatalf("root of %d: %v, want %v (%v)", n+1, p.root(), root, err)
		}
	}
}

func TestSealAndVerify(t *testing.T) {
	for name, open := range map[string]func(*testing.T) full{
		"memory": func(*testing.T) full { return newMemory() },
		"sqlite": func(t *testing.T) full { s, _ := newSQLite(t); return s },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, open(t))
			i := w.incident(1)
			w.incident(2)
			w.seal()
			w.seal() // nothing grew
			if err := w.register.Handle(t.Context(), register.Handling{Log: register.CustodyID(i.ID), Tenant: i.Tenant, Action: tocsin.ActAccess, By: ann}); err != nil {
				t.Fatal(err)
			}
			w.incident(3)
			w.seal()
			if trust := w.trust(); len(trust.Published) != 2 {
				t.Errorf("%d checkpoints were published, want 2", len(trust.Published))
			}
			sum, err := VerifyStore(t.Context(), w.store, w.trust())
			if err != nil || len(sum.Faults) > 0 || sum.Incidents != 3 || sum.Entries != 19 || sum.Proven != 19 || sum.Exhibits != 9 || sum.Checkpoints != 2 {
				t.Errorf("%+v (%v)", sum, err)
			}
			e := w.export(i)
			if r := VerifyExport(e, w.trust()); len(r.Faults) > 0 || r.Proven != 7 || r.Exhibits != 3 || len(r.Uncovered) != 2 {
				t.Errorf("%+v", r)
			}
			w.now = w.now.Add(time.Minute)
			late, err := w.register.Do(t.Context(), register.Command{ID: "late", Incident: i.ID, Action: tocsin.ActComment, By: ann, Text: "late"})
			if err != nil {
				t.Fatal(err)
			}
			if r := VerifyExport(w.export(late), w.trust()); len(r.Faults) > 0 || r.Proven != 7 || !strings.Contains(r.Uncovered[0], "1 entry, from number 7 on") {
				t.Errorf("%+v", r)
			}
			sum, err = VerifyStore(t.Context(), w.store, w.trust())
			if err != nil || len(sum.Faults) > 0 || sum.Proven != 19 || !strings.Contains(sum.Uncovered[0], "3 entries waiting") {
				t.Errorf("%+v (%v)", sum, err)
			}
		})
	}
}

// Several sealers, killed anywhere and begun anew, give each entry one leaf.
func TestEachEntryHasOneLeaf(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		store := newMemory()
		w := newWorld(t, store)
		sealers := []*Sealer{w.another(), w.another()}
		n := 0
		for range rapid.IntRange(1, 12).Draw(rt, "steps") {
			switch k := rapid.IntRange(0, 3).Draw(rt, "step"); k {
			case 0, 1:
				n++
				w.incident(n)
			case 2:
				sealers[rapid.IntRange(0, 1).Draw(rt, "which")] = w.another()
			default:
				w.now = w.now.Add(5 * time.Minute)
				if err := sealers[rapid.IntRange(0, 1).Draw(rt, "sealer")].Seal(t.Context()); err != nil {
					rt.Fatal(err)
				}
			}
		}
		w.sealer = w.another()
		w.seal()
		seen, all := map[tocsin.LogHead]bool{}, int64(0)
		stretches, err := store.Stretches(t.Context(), 0, 1000)
		if err != nil {
			rt.Fatal(err)
		}
		for _, st := range stretches {
			for _, l := range st.Leaves {
				at := tocsin.LogHead{Incident: l.Incident, Seq: l.Seq}
				if seen[at] {
					rt.Fatalf("%+v has two leaves", at)
				}
				seen[at] = true
				all++
			}
		}
		sum, err := VerifyStore(t.Context(), w.store, Trust{})
		if err != nil || len(sum.Faults) > 0 || int64(sum.Entries) != all || int64(sum.Proven) != all {
			rt.Fatalf("%d leaves, %+v (%v)", all, sum, err)
		}
	})
}

// A register that holds less than was published of it is not signed any more.
func TestRolledBackIsNotSigned(t *testing.T) {
	w := newWorld(t, newMemory())
	w.incident(1)
	w.seal()
	old := newWorld(t, newMemory())
	old.anchor, old.signing = w.anchor, w.signing
	old.sealer = old.another()
	old.now = w.now
	old.incident(2)
	if err := old.sealer.Seal(t.Context()); !errors.Is(err, ErrRolledBack) {
		t.Errorf("a shorter tree: %v", err)
	}
	old.incident(3)
	if got, err := old.store.Checkpoints(t.Context(), 0, 9); err != nil || len(got) != 0 {
		t.Errorf("it was signed: %+v (%v)", got, err)
	}
}

// While a key is changed, checkpoints are signed by both; either is enough.
func TestKeyIsChanged(t *testing.T) {
	w := newWorld(t, newMemory())
	i := w.incident(1)
	w.seal()
	first := w.signing
	second, err := OpenSigning(t.TempDir()+"/key", "tocsin", true)
	if err != nil {
		t.Fatal(err)
	}
	w.signing = Signing{Signers: slices.Concat(first.Signers, second.Signers), Public: slices.Concat(first.Public, second.Public)}
	w.sealer = w.another()
	w.incident(2)
	w.seal()
	e := w.export(i)
	for n, public := range []string{first.Public[0], second.Public[0]} {
		keys, err := ParseKeys("# comment\n" + public + "\n")
		if err != nil {
			t.Fatal(err)
		}
		if r := VerifyExport(e, Trust{Keys: keys}); len(r.Faults) > 0 {
			t.Errorf("key %d: %v", n, r.Faults)
		}
	}
	stranger, err := OpenSigning(t.TempDir()+"/key", "tocsin", true)
	if err != nil {
		t.Fatal(err)
	}
	keys, _ := ParseKeys(stranger.Public[0])
	if r := VerifyExport(e, Trust{Keys: keys}); len(r.Faults) == 0 {
		t.Error("signed by nobody who is trusted, and no fault")
	}
}

// Who changes the key by the documents has all public keys beside it: old checkpoints and new ones are good.
func TestPublicKeysAreKept(t *testing.T) {
	file := t.TempDir() + "/key"
	first, err := OpenSigning(file, "tocsin", true)
	if err != nil {
		t.Fatal(err)
	}
	text, err := MakeKey(t.TempDir()+"/key", "tocsin")
	if err != nil {
		t.Fatal(err)
	}
	second, err := ParseSigning(string(text))
	if err != nil {
		t.Fatal(err)
	}
	was, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for _, keys := range []string{string(was) + string(text), string(text), string(text)} {
		if err := os.WriteFile(file, []byte(keys), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenSigning(file, "tocsin", true); err != nil {
			t.Fatal(err)
		}
	}
	public, err := os.ReadFile(file + ".pub")
	if want := first.Public[0] + "\n" + second.Public[0] + "\n"; err != nil || string(public) != want {
		t.Errorf("public keys %q (%v), want %q", public, err, want)
	}
}

func TestKeyFileIsTheOwnersAlone(t *testing.T) {
	file := t.TempDir() + "/deep/key"
	made, err := OpenSigning(file, "tocsin", true)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v (%v)", info.Mode(), err)
	}
	public, err := os.ReadFile(file + ".pub")
	if err != nil || strings.TrimSpace(string(public)) != made.Public[0] {
		t.Errorf("public key %q (%v), want %q", public, err, made.Public)
	}
	if _, err := MakeKey(file, "tocsin"); err == nil {
		t.Error("a key was written over another")
	}
	secret, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ParseSigning(string(secret) + "x" + string(secret)); err == nil || strings.Contains(err.Error(), strings.TrimSpace(string(secret))) {
		t.Errorf("a broken key: %v", err)
	}
}

// What the auditor has fits a file: an export goes through JSON and is still whole.
func TestExportIsOneFile(t *testing.T) {
	w := newWorld(t, newMemory())
	i := w.incident(1)
	w.seal()
	text, err := json.MarshalIndent(w.export(i), "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	var back Export
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	if r := VerifyExport(back, w.trust()); len(r.Faults) > 0 || r.Proven != 6 {
		t.Errorf("%+v", r)
	}
	later := w.trust() // of a time after the file
	w.incident(2)
	w.seal()
	later = Trust{Keys: later.Keys, Published: w.trust().Published[1:]}
	if r := VerifyExport(back, later); len(r.Faults) > 0 || !strings.Contains(strings.Join(r.Uncovered, " "), "1 later than it") {
		t.Errorf("%+v", r)
	}
	if r := VerifyExport(w.export(i), Trust{Keys: later.Keys, Published: w.trust().Published[:1]}); len(r.Faults) > 0 || len(r.Notes) != 2 {
		t.Errorf("with an earlier checkpoint: %+v", r)
	}
}

// Who made a file, and when, is what the custody in it tells, which is there and whole.
func TestExportTellsOfItself(t *testing.T) {
	w := newWorld(t, newMemory())
	i := w.incident(1)
	w.seal()
	w.export(i) // an earlier one
	w.now = w.now.Add(time.Hour)
	for what, tt := range map[string]struct {
		change func(*Export)
		want   string
	}{
		"as it was":         {func(*Export) {}, ""},
		"no custody":        {func(e *Export) { e.Custody = nil }, "does not tell that ann made this file"},
		"a custody cut":     {func(e *Export) { e.Custody = e.Custody[:1] }, "does not tell that ann made this file"},
		"by another":        {func(e *Export) { e.Exported.By.ID = "eve" }, "does not tell that eve made this file"},
		"at another time":   {func(e *Export) { e.Exported.At = e.Exported.At.Add(-24 * time.Hour) }, "does not tell that ann made this file"},
		"by what version":   {func(e *Export) { e.Exported.Version = "other" }, `says that it was made with "other", and its custody "test"`},
		"by no version":     {func(e *Export) { e.Exported.Version = "" }, `says that it was made with "", and its custody "test"`},
		"by nobody":         {func(e *Export) { e.Exported = Exported{} }, "does not say who made it"},
		"an exhibit twice":  {func(e *Export) { e.Evidence = append(e.Evidence, e.Evidence[0]) }, "is in the file twice"},
		"another's custody": {func(e *Export) { e.Custody = w.export(w.incident(2)).Custody }, "is of another incident"},
	} {
		e := w.export(i)
		tt.change(&e)
		var found []string
		for _, f := range VerifyExport(e, w.trust()).Faults {
			found = append(found, f.Error())
		}
		if all := strings.Join(found, "\n"); !strings.Contains(all, tt.want) || tt.want == "" && all != "" {
			t.Errorf("%s: %q, want %q", what, all, tt.want)
		}
	}
}

// A custody of before does not tell with what a file was made: that is told, and is no fault.
func TestExportOfBeforeTellsNoVersion(t *testing.T) {
	w := newWorld(t, newMemory())
	i := w.incident(1)
	w.seal()
	e := w.export(i, map[string]bool{"originals": true})
	r := VerifyExport(e, w.trust())
	if all := strings.Join(r.Uncovered, "\n"); len(r.Faults) > 0 || !strings.Contains(all, "with which version the file was made") {
		t.Errorf("%v, %q", r.Faults, all)
	}
}

func FuzzOpenCheckpoint(f *testing.F) {
	c, err := Statement{Origin: "tocsin", Size: 5, At: t0}.sign()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(c.Note)
	f.Add("a\n1\nx\n\n— a b\n")
	f.Fuzz(func(_ *testing.T, text string) {
		for _, one := range SplitCheckpoints(text) {
			_, _ = OpenCheckpoint(one, nil)
		}
		_, _ = ParseKeys(text)
		_, _ = ParseSigning(text)
	})
}
