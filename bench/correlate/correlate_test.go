package main

import (
	"fmt"
	"io"
	"maps"
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
