package sinks

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tocsin"
)

// A stretch that was written is read by hand, and as encoding/json reads it.
func TestReadStretch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := tocsin.Stretch{
			First: rapid.Int64Range(0, 1<<50).Draw(t, "first"), Hashes: rapid.SliceOf(rapid.Byte()).Draw(t, "hashes"),
			At: time.Unix(rapid.Int64Range(0, 1<<33).Draw(t, "at"), rapid.Int64Range(0, 999_999_999).Draw(t, "fraction")).UTC(),
		}
		for range rapid.IntRange(1, 5).Draw(t, "leaves") {
			s.Leaves = append(s.Leaves, tocsin.TreeLeaf{Incident: rapid.String().Draw(t, "log"), Seq: rapid.Int64Range(1, 1<<40).Draw(t, "seq"), Hash: rapid.StringMatching(`[0-9a-f]{64}`).Draw(t, "hash")})
		}
		text, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var want tocsin.Stretch
		if err := json.Unmarshal(text, &want); err != nil {
			t.Fatal(err)
		}
		got, ok := readStretch(string(text))
		if s.Hashes != nil && (!ok || !reflect.DeepEqual(got, want)) {
			t.Fatalf("%s\n got %+v (%t)\nwant %+v", text, got, ok, want)
		}
		if got, err := ReadStretch(string(text)); err != nil || !reflect.DeepEqual(got, want) {
			t.Fatalf("%s\n got %+v (%v)\nwant %+v", text, got, err, want)
		}
	})
}

// Whatever is read by hand, encoding/json reads in the same way.
func FuzzReadStretch(f *testing.F) {
	good := `{"first":3,"leaves":[{"incident":"202611-a","seq":1,"hash":"ab"},{"incident":"x","seq":2,"hash":""}],"hashes":"AAEC","at":"2026-11-02T10:00:00Z"}`
	f.Add(good)
	for _, bad := range []string{`"AAEC"`, `"AA\nEC"`, `"AAE"`, `[]`, `null`} {
		f.Add(strings.Replace(good, `"AAEC"`, bad, 1))
	}
	f.Add(strings.Replace(good, `"seq":1`, `"seq":01`, 1))
	f.Fuzz(func(t *testing.T, text string) {
		got, ok := readStretch(text)
		var want tocsin.Stretch
		if err := json.Unmarshal([]byte(text), &want); ok && (err != nil || !reflect.DeepEqual(got, want)) {
			t.Fatalf("%q\n got %+v\nwant %+v (%v)", text, got, want, err)
		}
	})
}
