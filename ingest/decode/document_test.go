package decode

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
	"tocsin/ingest"
)

func TestDocument(t *testing.T) {
	s := tocsin.StringValue
	a := tocsin.Alert{Time: time.Date(2026, 3, 1, 10, 0, 0, 5, time.UTC), ID: "i", Format: "f", Tenant: "default", Fields: tocsin.NewFields([]tocsin.Field{
		{Name: "source.ip", Value: s("192.0.2.1")},
		{Name: "source.geo.name", Value: s("x")},
		{Name: "source-x", Value: s("y")},
		{Name: "a", Value: s("scalar")},
		{Name: "a-b", Value: s("between")},
		{Name: "a.b", Value: s("deeper")},
		{Name: "a.b.c", Value: s("deepest")},
		{Name: "odd..name", Value: s("whole")},
		{Name: ".x", Value: s("dot")},
		{Name: "n", Value: tocsin.IntValue(7)},
		{Name: "l", Value: tocsin.StringsValue("<", "\"")},
	})}
	got, err := Document(a, "case-1")
	if err != nil {
		t.Fatal(err)
	}
	var doc map[string]any
	if err := json.Unmarshal(got, &doc); err != nil {
		t.Fatalf("%v\n%s", err, got)
	}
	delete(doc, "tocsin")
	want := map[string]any{
		"@timestamp": "2026-03-01T10:00:00.000000005Z", "labels": map[string]any{"case_id": "case-1"},
		"source": map[string]any{"ip": "192.0.2.1", "geo": map[string]any{"name": "x"}}, "source-x": "y", "n": 7.0, "l": []any{"<", "\""},
		"a": map[string]any{"value": "scalar", "b": map[string]any{"value": "deeper", "c": "deepest"}}, "a-b": "between", "odd..name": "whole", ".x": "dot",
	}
	if diff := cmp.Diff(want, doc); diff != "" {
		t.Errorf("document (-want +got):\n%s", diff)
	}
}

func TestUnwrap(t *testing.T) {
	for line, want := range map[string][2]string{
		`{"id":"c1","input":"raw \" text"}`: {`raw " text`, "c1"},
		`{"id":7,"event":{"original":"x"}}`: {"x", "7"},
		`{"event.original":"y"}`:            {"y", ""},
		`{"id":"c","input":{"a":1}}`:        {`{"a":1}`, "c"},
	} {
		field := "input"
		if want[0] == "x" || want[0] == "y" {
			field = "event.original"
		}
		raw, id, err := Unwrap([]byte(line), field)
		if err != nil || string(raw) != want[0] || id != want[1] {
			t.Errorf("Unwrap(%s) = %q, %q, %v", line, raw, id, err)
		}
	}
	for _, line := range []string{"", "text", `{"id":"x"}`, `{"input":5}`, `[1]`} {
		if _, _, err := Unwrap([]byte(line), "input"); !errors.Is(err, ErrWrapped) {
			t.Errorf("Unwrap(%q): %v", line, err)
		}
	}
}

// A name that others lie below, and names between them that sort before the dot, some of which have others below them too.
func TestDocumentOfNamesBetween(t *testing.T) {
	for text, want := range map[string]string{
		`{"e":1,"e x.y":2,"e.d":3}`:                     `{"e":{"d":3,"value":1},"e x":{"y":2}}`,
		`{"e":1,"e x":2,"e x.y":3,"e-z":4,"e.d":5}`:     `{"e":{"d":5,"value":1},"e x":{"y":3,"value":2},"e-z":4}`,
		`{"e":1,"e x":2,"e.d":3,"e.d x.y":4,"e.d.f":5}`: `{"e":{"d":{"f":5,"value":3},"d x":{"y":4},"value":1},"e x":2}`,
	} {
		a, rejected := newTest(t).Decode(ingest.Record{Value: []byte(text), Received: testReceived})
		if rejected != nil {
			t.Fatal(rejected)
		}
		doc, err := Document(a, "")
		var got struct{ JSON json.RawMessage }
		if err != nil || json.Unmarshal(doc, &got) != nil || string(got.JSON) != want {
			t.Errorf("%s: %v\n%s\nwant %s", text, err, got.JSON, want)
		}
	}
}
