package elastic

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tocsin"
	"tocsin/sinks"
)

// The document written by hand is what its fields would be, and it is read quickly and as it is.
func TestEntryDocument(t *testing.T) {
	at := time.Date(2026, 11, 2, 10, 0, 0, 123, time.UTC)
	whole := tocsin.LogEntry{
		Incident: "202611-a", Tenant: "default", Seq: 70, Command: "c<>&", Action: tocsin.ActComment, Phase: "respond", By: tocsin.Actor{Kind: "person", ID: "änn\n", Role: "lead"},
		Recorded: at, Effective: at, From: tocsin.Declared, To: tocsin.Contained, Event: "e", Text: "€\u2028", Data: json.RawMessage(`{"a":1}`), Prev: "p", Hash: "h",
	}
	rapid.Check(t, func(t *rapid.T) {
		e := whole
		for _, field := range reflect.ValueOf(&e).Elem().Fields() {
			if rapid.Bool().Draw(t, "leave out") {
				field.SetZero()
			}
		}
		got, err := entryDocument(&e)
		if err != nil {
			t.Fatal(err)
		}
		want, err := stored(e.Effective, "event", object{
			"id": e.ID(), "incident": e.Incident, "tenant": e.Tenant, "seq": e.Seq, "action": e.Action, "phase": e.Phase, "command": e.Command,
			"by": object{"kind": e.By.Kind, "id": e.By.ID, "role": e.By.Role}, "from": e.From, "to": e.To, "order": object{"recorded": sinks.Nanos(e.Recorded)},
		}, e)
		if err != nil || string(got) != string(want) {
			t.Fatalf("%v\n got %s\nwant %s", err, got, want)
		}
		if back, err := readEntryDocument(string(got)); err != nil || !reflect.DeepEqual(back, e) {
			t.Fatalf("%v: %+v, want %+v", err, back, e)
		}
	})
	doc, err := entryDocument(&whole)
	if err != nil {
		t.Fatal(err)
	}
	for was, is := range map[string]string{`"action":"comment"`: `"action":"close"`, `"seq":70,"tenant"`: `"seq":71,"tenant"`, `{"@timestamp":"2026`: `{"@timestamp":"2025`} {
		forged := strings.Replace(string(doc), was, is, 2)
		if was == `"action":"comment"` {
			forged = strings.Replace(string(doc), `{"action":"comment"`, `{"action":"close"`, 1)
		}
		if _, err := readEntryDocument(forged); forged == string(doc) || err == nil {
			t.Errorf("%s: %v", is, err)
		}
	}
}

func TestReadHits(t *testing.T) {
	hits, err := hitsOf(`{"took":1,"hits":{"total":3,"hits":[{"_index":"i","_id":"a:1","_score":null,"_source":{"doc": {"x":1}},"sort":["a:1"]}]}}`)
	want := []wholeHit{{"i", "a:1", `{"doc": {"x":1}}`, json.RawMessage(`["a:1"]`)}}
	if err != nil || !reflect.DeepEqual(hits, want) {
		t.Errorf("%+v (%v)", hits, err)
	}
	for _, odd := range []string{``, `[]`, `{}`, `{"hits":{"hits":[{"_id":1}]}}`, `{"hits":{"hits":[`, `<html>`} {
		if _, err := hitsOf(odd); err == nil {
			t.Errorf("%q is taken for an answer", odd)
		}
	}
}
