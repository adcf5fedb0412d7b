package sinks

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"tocsin"
)

var exhibit = tocsin.Exhibit{ID: "x1", Manifest: tocsin.Manifest{
	Incident: "202611-a", Tenant: "default", Event: "e<>", Alert: "a", SHA256: "ab", Size: 7, MediaType: "text/plain", Source: "€", Format: "ecs",
	Ref: tocsin.Ref{File: "f", Line: 1, Topic: "t", Partition: 2, Offset: 3, Incarnation: "i"},
	At:  time.Date(2026, 11, 2, 10, 0, 0, 5, time.UTC), Received: time.Date(2026, 11, 2, 10, 0, 1, 0, time.UTC),
	Acquired: tocsin.Acquired{At: time.Date(2026, 11, 2, 10, 0, 2, 0, time.UTC), By: "registrar", Tool: "tocsin", How: "copied"},
}}

// A copy that was written is read by hand, whichever parts of its place it has, and as encoding/json reads it.
func TestReadExhibit(t *testing.T) {
	for parts := range 1 << 8 {
		x := exhibit
		if parts&(1<<7) != 0 {
			x.Original = []byte("a record\xff")
		}
		ref := reflect.ValueOf(&x.Ref).Elem()
		for n := range ref.NumField() {
			if parts&(1<<n) != 0 {
				ref.Field(n).SetZero()
			}
		}
		if parts&(1<<6) != 0 {
			x.Received = time.Time{}
		}
		text, err := json.Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := readExhibit(string(text)); !ok || !reflect.DeepEqual(got, x) {
			t.Fatalf("%s\n got %+v (%t)\nwant %+v", text, got, ok, x)
		}
	}
}

// Whatever is read by hand, encoding/json reads in the same way.
func FuzzReadExhibit(f *testing.F) {
	text, err := json.Marshal(exhibit)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(text))
	f.Add(strings.TrimSuffix(string(text), "}") + `,"original":"YQ=="}`)
	f.Add(strings.TrimSuffix(string(text), "}") + `,"original":""}`)
	for _, change := range [][2]string{{`"file":"f",`, ``}, {`"line":1`, `"line":-1`}, {`"partition":2`, `"partition":4294967297`}, {`{"file"`, `{,"file"`}, {`"t"`, `"t",`}} {
		f.Add(strings.Replace(string(text), change[0], change[1], 1))
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := readExhibit(text)
		var want tocsin.Exhibit
		if err := json.Unmarshal([]byte(text), &want); ok && (err != nil || !reflect.DeepEqual(got, want)) {
			t.Fatalf("%q\n got %+v\nwant %+v (%v)", text, got, want, err)
		}
	})
}
