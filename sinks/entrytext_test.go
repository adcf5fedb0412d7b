package sinks

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tocsin"
)

func anEntry() tocsin.LogEntry {
	at := time.Date(2026, 11, 2, 10, 0, 0, 123, time.UTC)
	return tocsin.LogEntry{
		Incident: "202611-a", Tenant: "default", Seq: 70, Command: "c<>&", Action: tocsin.ActComment, Phase: "respond", By: tocsin.Actor{Kind: "person", ID: "ann", Role: "lead"},
		Recorded: at, Effective: at, From: tocsin.Declared, To: tocsin.Contained, Skipped: []tocsin.Status{tocsin.Acknowledged, tocsin.Eradicated}, Event: "e",
		Reason: "\"r\"\n\u2028", Text: "€😀\\", Data: json.RawMessage(`{"a":{"b":["}\"]",1.5]}}`), Prev: "p", Hash: "h",
		Personal: map[string]tocsin.Commitment{"by.id": {Hash: "x", Salt: "s"}, "text": {Hash: "y"}},
	}
}

// What the store writes is read the quick way, whichever fields it has.
func TestReadEntryIsQuickForItsOwn(t *testing.T) {
	whole := anEntry()
	for n := range reflect.TypeFor[tocsin.LogEntry]().NumField() {
		if v := reflect.ValueOf(whole).Field(n); v.IsZero() {
			t.Fatalf("the entry has a field %s that this test does not know", reflect.TypeFor[tocsin.LogEntry]().Field(n).Name)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		e := whole
		for _, field := range reflect.ValueOf(&e).Elem().Fields() {
			if rapid.Bool().Draw(t, "leave out") {
				field.SetZero()
			}
		}
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		got := anEntry() // of which nothing may be left
		rest, ok := CutEntry(string(text)+",more", &got)
		if !ok || rest != ",more" || !reflect.DeepEqual(got, e) {
			t.Fatalf("%t %q\n got %+v\nwant %+v", ok, rest, got, e)
		}
	})
}

// However a text is written, the quick way says what encoding/json says, or leaves it to that.
func FuzzReadEntry(f *testing.F) {
	text, err := json.Marshal(anEntry())
	if err != nil {
		f.Fatal(err)
	}
	bare, _ := json.Marshal(tocsin.LogEntry{})
	for _, seed := range []string{string(text), string(bare), `{}`, `{"incident":"a"`, string(text) + " ", "{\"incident\":\"\xff\",\"tenant\":\"\\ud800\""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := anEntry() // of which nothing may be left
		rest, ok := CutEntry(text, &got)
		if !ok || rest != "" {
			return
		}
		var want tocsin.LogEntry
		if err := json.Unmarshal([]byte(text), &want); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%q\n got %+v\nwant %+v (%v)", text, got, want, err)
		}
	})
}

func TestSpansOf(t *testing.T) {
	spans := SpansOf(map[string]int64{"202610-": 3, "202611-": 300, "202612-": 70_000})
	if len(spans) != 1+1+16+4096 || spans[0] != (tocsin.LogRange{To: "202610-"}) || spans[3] != (tocsin.LogRange{From: "202611-1", To: "202611-2"}) || spans[len(spans)-1] != (tocsin.LogRange{From: "202612-fff"}) {
		t.Errorf("%d spans: %v %v", len(spans), spans[:4], spans[len(spans)-1])
	}
	for n := range spans[1:] {
		if spans[n].To != spans[n+1].From || spans[n].From >= spans[n].To {
			t.Errorf("%v is followed by %v", spans[n], spans[n+1])
		}
	}
	if all := SpansOf(nil); len(all) != 1 || all[0] != (tocsin.LogRange{}) {
		t.Errorf("of none: %v", all)
	}
}
