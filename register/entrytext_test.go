package register

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tocsin"
)

// The entry's text written by hand is what the canonical form of it would be, whichever fields it has.
func TestEntryTextIsCanonical(t *testing.T) {
	whole := tocsin.LogEntry{
		Incident: "202611-a", Tenant: "default", Seq: 7, Command: "c<>&", Action: tocsin.ActComment, Phase: "respond", By: ann, Recorded: t0, Effective: t0,
		From: tocsin.Declared, To: tocsin.Contained, Skipped: []tocsin.Status{tocsin.Acknowledged, tocsin.Eradicated}, Event: "e", Reason: "\"r\"\n\u2028", Text: "\xff€😀",
		Data: json.RawMessage(`{"a":1}`), Prev: "p", Hash: "h", Personal: map[string]tocsin.Commitment{"nothing": {Hash: "x"}},
	}
	for n := range reflect.TypeFor[tocsin.LogEntry]().NumField() {
		if v := reflect.ValueOf(whole).Field(n); v.IsZero() {
			t.Fatalf("the entry has a field %s that this test does not know", reflect.TypeFor[tocsin.LogEntry]().Field(n).Name)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		e := whole
		v := reflect.ValueOf(&e).Elem()
		for _, field := range v.Fields() {
			if rapid.Bool().Draw(t, "leave out") {
				field.SetZero()
			}
		}
		got, err := entryText(e)
		if err != nil {
			t.Fatal(err)
		}
		e.Hash = ""
		want, err := canonical(e)
		if err != nil || string(got) != string(want) {
			t.Fatalf("%v\n got %s\nwant %s", err, got, want)
		}
	})
}

// The commitment written by hand is the library's HMAC.
func TestCommitmentIsHMAC(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		salt, value := rapid.StringN(0, 80, 100).Draw(t, "salt"), rapid.StringN(0, 300, 400).Draw(t, "value")
		m := hmac.New(sha256.New, []byte(salt))
		m.Write(appendString(nil, value))
		if want := hex.EncodeToString(m.Sum(nil)); commitmentOf(salt, value) != want {
			t.Fatalf("%q under %q: %s, want %s", value, salt, commitmentOf(salt, value), want)
		}
	})
}

func FuzzCanonicalText(f *testing.F) {
	for _, text := range []string{`{"a":{"b":[1,-2,0,"x\u003c\n"]},"c":null}`, `{"b":1,"a":2}`, `{"a":1,"a":2}`, `[1.50,1e3,12345678901234567890,-0]`, `{"é":1,"z":2}`, `"\ud800"`, `tru`, `{"a":1} x`, "\"\xff\""} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		want, wrong := canonical(json.RawMessage(text))
		got, err := appendCanonicalText(nil, []byte(text))
		if wrong == nil && err != nil && tocsin.MemberTwice([]byte(text)) != "" {
			return // what says two things has no hash
		}
		if (err == nil) != (wrong == nil) || string(got) != string(want) && wrong == nil {
			t.Fatalf("%q\n got %s (%v)\nwant %s (%v)", text, got, err, want, wrong)
		}
	})
}

// Without its personal values an entry still has its hash; with others in their place the chain is broken.
func TestErasureKeepsTheProof(t *testing.T) {
	entries := chain(t)
	e := entries[2]
	if e.Personal["by.id"].Salt == "" || e.Personal["text"].Salt == "" {
		t.Fatalf("a person's comment has no commitments: %+v", e.Personal)
	}
	if gone, err := Erase(&e); !gone || err != nil || e.By.ID != "" || e.Text != "" || e.By.Role != "coordinator" {
		t.Fatalf("%t %v %+v", gone, err, e)
	}
	if hash, err := EntryHash(e); err != nil || hash != e.Hash {
		t.Errorf("without its values the entry has hash %s (%v), had %s", hash, err, e.Hash)
	}
	entries[2] = e
	if err := VerifyChain(entries); err == nil || !strings.Contains(err.Error(), "no entry says that it was erased") {
		t.Errorf("values that went in silence: %v", err)
	}
	for name, change := range map[string]func(*tocsin.LogEntry){
		"another value":      func(e *tocsin.LogEntry) { e.By.ID = "eve" },
		"value without salt": func(e *tocsin.LogEntry) { e.Personal["by.id"] = tocsin.Commitment{Hash: e.Personal["by.id"].Hash} },
		"salt without value": func(e *tocsin.LogEntry) { e.By.ID = "" },
		"another commitment": func(e *tocsin.LogEntry) {
			e.Personal["by.id"] = tocsin.Commitment{Hash: commitmentOf("00", "eve"), Salt: "00"}
		},
		"commitment left out":  func(e *tocsin.LogEntry) { delete(e.Personal, "by.id") },
		"commitment to no one": func(e *tocsin.LogEntry) { e.Personal["to.id"] = tocsin.Commitment{Hash: "x"} },
	} {
		entries := chain(t)
		change(&entries[2])
		if bad, ok := errors.AsType[*ChainError](VerifyChain(entries)); !ok || bad.Seq != 3 {
			t.Errorf("%s: %v", name, bad)
		}
	}
}

// A person is erased from a log: nothing names them any more, the chain holds, and what is shown is without them.
func TestEraseIn(t *testing.T) {
	w := newWorld(t)
	i := w.declared()
	w.do(Command{Incident: i.ID, Action: tocsin.ActComment, Text: "asked Bert", By: bert})
	w.do(Command{Incident: i.ID, Action: tocsin.ActAssign, Assignee: "bert"})
	other := New(options(w.store, func() time.Time { return w.now }))
	if _, err := other.Incident(t.Context(), i.ID); err != nil { // it has the name in its memory
		t.Fatal(err)
	}
	q := Erasing{Incident: i.ID, Person: "bert", By: ann, Reason: "asked for it, ticket 7"}
	n, err := w.EraseIn(t.Context(), w.store, q)
	if err != nil || n != 3 {
		t.Fatalf("%d values (%v), want 3: actor, text, assignee", n, err)
	}
	entries, err := w.store.Entries(t.Context(), i.ID, 1)
	if err != nil || VerifyChain(entries) != nil {
		t.Fatal(err, VerifyChain(entries))
	}
	if _, err := other.Do(t.Context(), Command{ID: "later", Incident: i.ID, Action: tocsin.ActAcknowledge, By: ann}); err != nil {
		t.Fatal(err)
	}
	shown, err := w.store.Incident(t.Context(), i.ID)
	if text := strings.ToLower(encode(entries) + encode(shown)); err != nil || strings.Contains(text, "bert") {
		t.Errorf("the name is still there (%v): %s", err, text)
	}
	if n, err := w.EraseIn(t.Context(), w.store, q); n != 0 || err != nil {
		t.Errorf("again: %d (%v)", n, err)
	}
}

// Nor do the verdicts on its events, where a person decided.
func TestEraseInVerdicts(t *testing.T) {
	w := newWorld(t)
	w.apply(event("e1", 0, "203.0.113.7", "ann"), pending())
	w.do(Command{Action: tocsin.ActDismiss, Event: "202611-e1", Disposition: "false_positive", Text: "Bert did it", By: ann})
	i := w.do(Command{Action: tocsin.ActPromote, Event: "202611-e1", Text: "no, it was not me", By: bert})
	w.do(Command{Incident: i.ID, Action: tocsin.ActHandOver, Coordinator: "ann", Text: "all"})
	q := Erasing{Incident: i.ID, Person: "bert", By: ann, Reason: "asked for it, ticket 7"}
	if n, err := w.EraseIn(t.Context(), w.store, q); err != nil || n == 0 {
		t.Fatal(n, err)
	}
	v := w.verdict(t, "e1")
	if text := strings.ToLower(encode(v)); strings.Contains(text, "bert") || v.By.Kind != "person" || len(v.Decisions) != 2 {
		t.Errorf("verdict %s", text)
	}
	if n, err := w.EraseIn(t.Context(), w.store, q); n != 0 || err != nil || w.verdict(t, "e1").Version != v.Version {
		t.Errorf("again: %d (%v), version %d", n, err, w.verdict(t, "e1").Version)
	}
}

// Cut short at any write, with it done or not, it is completed by asking again.
func TestEraseInCutShort(t *testing.T) {
	for _, after := range []bool{false, true} {
		for n, cut := 1, true; cut; n++ {
			w := newWorld(t)
			w.apply(event("e1", 0, "203.0.113.7", "ann"), pending())
			i := w.do(Command{Action: tocsin.ActPromote, Event: "202611-e1", Text: "so said Bert", By: ann})
			w.do(Command{Incident: i.ID, Action: tocsin.ActAssign, Assignee: "bert"})
			w.store.failAt, w.store.after = w.store.writes+n, after
			q := Erasing{Incident: i.ID, Person: "bert", By: ann, Reason: "asked for it, ticket 7"}
			_, err := w.EraseIn(t.Context(), w.store, q)
			cut = err != nil
			w.store.failAt = 0
			w.Register = New(w.opts)
			if _, err := w.EraseIn(t.Context(), w.store, q); err != nil {
				t.Fatal(n, err)
			}
			w.store.verify(t)
			if text := strings.ToLower(encode(w.store.dump())); strings.Contains(text, "bert") {
				t.Errorf("cut at write %d (done: %v), the name is still there: %s", n, after, text)
			}
			before := w.store.writes
			if _, err := w.EraseIn(t.Context(), w.store, q); err != nil || w.store.writes != before {
				t.Errorf("once more writes %d times (%v)", w.store.writes-before, err)
			}
		}
	}
}

func BenchmarkVerifyChain(b *testing.B) {
	w := newWorld(b)
	i := w.apply(event("e1", 0, "203.0.113.7", "ann"), proposed()).Incident
	for n := range 200 {
		if n%2 == 0 {
			w.apply(revision(event("e1", 0, "203.0.113.7", "ann"), int64(n+2), tocsin.MilestoneDoubled), proposed())
		} else {
			w.do(Command{Incident: i.ID, Action: tocsin.ActComment, Text: "looked at the host, nothing more to see"})
		}
	}
	entries, err := w.store.Entries(b.Context(), i.ID, 1)
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if err := VerifyChain(entries); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(entries)*b.N)/b.Elapsed().Seconds(), "entries/s")
}
