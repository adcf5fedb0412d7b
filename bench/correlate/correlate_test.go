package main

import (
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin/bench/internal/logon"
)

// The measurement is tested with few logons and without the other engines: our engine must say what a slow reading of
// the rule says, since that is what the others are held against.
func TestFirstFirings(t *testing.T) {
	for _, lane := range logon.Lanes() {
		s := &side{lane: lane, mode: "whole", events: 6000, keys: 20, span: time.Minute, first: map[string]firing{}}
		if err := s.load(); err != nil {
			t.Fatal(err)
		}
		s.play()
		if want := slowly(lane, s.events, s.keys); !maps.Equal(want, s.first) {
			t.Errorf("%s: %s", lane, difference(want, s.first))
		}
	}
}

// slowly is when each user first fires and of which alerts, by counting every window anew.
func slowly(lane string, events, keys int) map[string]firing {
	type numbered struct {
		logon.Logon
		id string
	}
	logons, first := map[int][]numbered{}, map[string]firing{}
	logon.All(events, keys, func(i int, l logon.Logon) {
		recent, id := logons[l.User], fmt.Sprintf("%032x", i)
		for len(recent) > 0 && l.At-recent[0].At >= 60_000 {
			recent = recent[1:]
		}
		failed := func(r numbered) bool { return r.Failed }
		holds := lane == "sequence" && !l.Failed && slices.ContainsFunc(recent, failed)
		if l.Failed || lane == "sequence" {
			recent = append(recent, numbered{l, id})
		}
		if l.Failed {
			addresses := map[int]bool{}
			for _, r := range recent {
				addresses[r.IP] = true
			}
			holds = lane == "distinct" && len(addresses) >= 10 || (lane == "count" || lane == "twenty") && len(recent) >= 10
		}
		logons[l.User] = recent
		if _, known := first[logon.UserName(l.User)]; holds && !known {
			var ids []string
			for _, r := range recent {
				ids = append(ids, r.id)
			}
			first[logon.UserName(l.User)] = firing{l.At, strings.Join(ids, ",")}
		}
	})
	return first
}

func TestFlags(t *testing.T) {
	for _, args := range []string{"-lane nothing", "-events 1", "-keys 0", "-rounds 0"} {
		if err := run(t.Context(), strings.Fields(args), io.Discard); err == nil {
			t.Errorf("%s: no error", args)
		}
	}
}

// From records of JSON it says the same of the same users, at the same times.
func TestWritten(t *testing.T) {
	dir := t.TempDir()
	events, firings := filepath.Join(dir, "events.ndjson"), filepath.Join(dir, "firings")
	if err := logon.WriteJSON(events, 6000, 20); err != nil {
		t.Fatal(err)
	}
	for _, lane := range logon.Lanes() {
		if err := ownWritten([]string{lane, events, firings}); err != nil {
			t.Fatal(err)
		}
		got, err := readFirings(firings)
		if err != nil {
			t.Fatal(err)
		}
		sameTime := func(a, b firing) bool { return a.at == b.at }
		if want := slowly(lane, 6000, 20); !maps.EqualFunc(want, got, sameTime) {
			t.Errorf("%s: %s", lane, difference(want, got))
		}
	}
}

// What rsigma writes is read to the second of the last alert that it names.
func TestReferences(t *testing.T) {
	file := filepath.Join(t.TempDir(), "refs")
	text := `{"group_key":[["user.name","user1"]],"event_refs":[{"timestamp":1000},{"timestamp":1003}]}
{"group_key":[["user.name","user1"]],"event_refs":[{"timestamp":1000},{"timestamp":1009}]}
`
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := readReferences(file); err != nil || !maps.Equal(got, map[string]int64{"user1": 1003}) {
		t.Errorf("%v, %v", got, err)
	}
}
