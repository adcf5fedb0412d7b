package main

import (
	"slices"
	"testing"
	"time"
)

// series is what a process had, a look a second: so many seconds, growing by so many MiB a minute, in calm or not.
type series struct {
	seconds int
	growth  float64
	calm    bool
	least   int64 // MiB it begins with; 0: where the last one ended
}

func looks(parts ...series) (all []sample) {
	at, mib := time.Unix(0, 0), 60.0
	for _, p := range parts {
		if p.least > 0 {
			mib = float64(p.least)
		}
		for range p.seconds {
			all = append(all, sample{at, int64(mib * (1 << 20)), p.calm})
			at, mib = at.Add(time.Second), mib+p.growth/60
		}
	}
	return all
}

func TestWeightTells(t *testing.T) {
	for name, c := range map[string]struct {
		looks     []sample
		stretches int
		want      []string
	}{
		"calm and level":                       {looks(series{seconds: 120, calm: true}), 1, nil},
		"a leak":                               {looks(series{seconds: 120, growth: 60, calm: true}), 1, []string{"a daemon's memory grew by 60 MiB a minute in calm"}},
		"a leak in the last of many stretches": {looks(series{seconds: 90, calm: true}, series{seconds: 5}, series{seconds: 31, growth: 40.5, calm: true}), 2, []string{"a daemon's memory grew by 40 MiB a minute in calm"}},
		"steep while it catches up, level behind it":    {looks(series{seconds: 90, growth: 80}, series{seconds: 60, calm: true}), 1, nil},
		"steep while it starts":                         {looks(series{seconds: 25, growth: 200, calm: true}, series{seconds: 60, calm: true}), 1, nil},
		"too much, though only while it catches up":     {looks(series{seconds: 10, least: 513}, series{seconds: 90, least: 100, calm: true}), 1, []string{"a daemon had 513 MiB"}},
		"never calm for long":                           {looks(series{seconds: 60}, series{seconds: 29, calm: true}, series{seconds: 5}, series{seconds: 29, calm: true}), 0, []string{"no daemon was in calm for 30s: whether memory grows cannot be told"}},
		"what a daemon gave back between two stretches": {looks(series{seconds: 70, calm: true, least: 200}, series{seconds: 40}, series{seconds: 40, calm: true, least: 90}), 2, nil},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWatch(nil, nil, nil, 0)
			w.memory[1] = c.looks
			got := w.weight()
			if got.stretches != c.stretches || !slices.Equal(got.troubles(true), c.want) {
				t.Errorf("%d stretches, %q", got.stretches, got.troubles(true))
			}
		})
	}
}

// Looks that are far apart are no stretch: the process was stopped, or the machine was.
func TestStretchHasNoHole(t *testing.T) {
	all := looks(series{seconds: 55, calm: true}, series{seconds: 25, calm: true})
	for i := 55; i < len(all); i++ {
		all[i].at = all[i].at.Add(time.Minute)
	}
	if got := calmStretches(all); len(got) != 0 {
		t.Errorf("%d stretches", len(got))
	}
}

// A rest is over when each daemon was in calm for long enough within it.
func TestCalmSince(t *testing.T) {
	w := newWatch(nil, nil, nil, 0)
	w.memory[1] = looks(series{seconds: 95, calm: true})
	begun := w.memory[1][0].at
	for at, want := range map[time.Duration]bool{0: true, 60 * time.Second: true, 70 * time.Second: false} {
		if got := w.calmSince(1, begun.Add(at)); got != want {
			t.Errorf("a rest from %v on is over: %v", at, got)
		}
	}
	if w.calmSince(2, begun) {
		t.Error("a process that nobody looked at")
	}
}

// What is done to the run, and what waits in it, ends the calm.
func TestCalmEnds(t *testing.T) {
	w := newWatch(nil, nil, nil, 10)
	if w.calm() {
		t.Error("calm from the start")
	}
	w.unrest = time.Now().Add(-calmAfter)
	if !w.calm() {
		t.Error("no calm")
	}
	over := w.disturb()
	w.unrest = time.Now().Add(-calmAfter)
	if w.calm() {
		t.Error("calm while a fault is done")
	}
	over()
	if w.calm() {
		t.Error("calm just behind a fault")
	}
	w.unrest = time.Now().Add(-calmAfter)
	w.waits(t.Context()) // nobody can be asked
	if !w.calm() {
		t.Error("no calm where no log is looked at")
	}
}
