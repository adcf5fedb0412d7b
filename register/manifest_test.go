package register

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tocsin"
)

// The manifest's text written by hand is its canonical form, whichever members it has.
func TestManifestTextIsCanonical(t *testing.T) {
	whole := tocsin.Manifest{
		Incident: "202611-a", Tenant: "default", Event: "e<>", Alert: "a\u2028", SHA256: "ab", Size: 7, MediaType: "text/plain", Source: "\xff€😀\n", Format: "ecs",
		Ref: tocsin.Ref{File: "f", Line: 1, Topic: "t", Partition: 2, Offset: 3, Incarnation: "i"}, At: t0, Received: t0.Add(time.Nanosecond),
		Acquired: tocsin.Acquired{At: t0, By: "registrar", Tool: "tocsin", How: `copied "so"`},
	}
	var each func(t *rapid.T, v reflect.Value)
	each = func(t *rapid.T, v reflect.Value) {
		for name, field := range v.Fields() {
			if rapid.IntRange(0, 3).Draw(t, name.Name) == 0 {
				field.SetZero()
			} else if field.Kind() == reflect.Struct && field.Type() != reflect.TypeFor[time.Time]() {
				each(t, field)
			}
		}
	}
	for n := range reflect.TypeFor[tocsin.Manifest]().NumField() {
		if v := reflect.ValueOf(whole).Field(n); v.IsZero() {
			t.Fatalf("the manifest has a field %s that this test does not know", reflect.TypeFor[tocsin.Manifest]().Field(n).Name)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		m := whole
		each(t, reflect.ValueOf(&m).Elem())
		got, err := appendManifest(nil, &m)
		if err != nil {
			t.Fatal(err)
		}
		if want, err := canonical(m); err != nil || string(got) != string(want) {
			t.Fatalf("%v\n got %s\nwant %s", err, got, want)
		}
	})
}

// Whatever is read of a collection by hand, encoding/json reads in the same way; what is written here is read by hand.
func FuzzReadCollection(f *testing.F) {
	for _, text := range []string{
		`{"items":[{"alert":"a","id":"b","sha256":"c"},{"alert":"","id":"","sha256":""}]}`, `{"items":[]}`, `{"items":[{"alert":"a","id":"b","sha256":"c"}],"missing":["x"]}`,
		`{"items":[{"alert":"a\n","id":"b","sha256":"c"}]}`, `{"items":[{"alert":"é","id":"b","sha256":"c"}]}`, `{"items":[{"alert":"a","id":"b","sha256":"c"},]}`,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := readCollection(text)
		var want collection
		if err := json.Unmarshal([]byte(text), &want); ok && (err != nil || !reflect.DeepEqual(got, want)) {
			t.Fatalf("%q\n got %+v\nwant %+v (%v)", text, got, want, err)
		}
	})
}

func TestReadCollection(t *testing.T) {
	c := collection{Items: []item{{"x", "a", "1"}, {"y", "b", "2"}}}
	data, err := pack(c)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := readCollection(string(data)); !ok || !reflect.DeepEqual(got, c) {
		t.Errorf("%s is read as %+v (%t)", data, got, ok)
	}
}
