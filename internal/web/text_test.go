package web

import (
	"testing"
	"time"

	"tocsin"
)

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0 s", 59 * time.Second: "59 s", time.Minute: "1 min", 90 * time.Second: "1 min 30 s", time.Hour: "1 h", 61 * time.Minute: "1 h 1 min",
		25 * time.Hour: "1 d 1 h", 48 * time.Hour: "2 d", 400 * time.Hour: "16 d", 10 * time.Hour: "10 h", 600 * time.Second: "10 min",
	} {
		if got := span(d); got != want {
			t.Errorf("%s is %q, want %q", d, got, want)
		}
	}
	if got := ago(t0, t0.Add(time.Hour)); got != "in 1 h" {
		t.Error(got)
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int64]string{0: "0", 999: "999", 1000: "1 000", 1234567: "1 234 567", -1000: "-1 000"} {
		if got := count(n); got != want {
			t.Errorf("%d is %q", n, got)
		}
	}
}

func TestClocks(t *testing.T) {
	detected := t0
	i := &tocsin.Incident{
		Status: tocsin.Proposed, Timeline: map[string]time.Time{"detected": detected},
		Targets: map[string]tocsin.Target{"assess": {Due: t0.Add(time.Hour)}},
	}
	for _, c := range []struct {
		at          time.Duration
		state, text string
	}{
		{15 * time.Minute, "running", "45 min left"},
		{50 * time.Minute, "soon", "10 min left"},
		{61 * time.Minute, "late", "late by 1 min"},
	} {
		if got := nextClock(i, t0.Add(c.at)); got.State != c.state || got.Text != c.text {
			t.Errorf("after %s: %+v", c.at, got)
		}
	}
	yes, no := true, false
	i.Targets["assess"] = tocsin.Target{Due: t0, Met: &yes}
	if c := nextClock(i, t0); c.Name != "" {
		t.Errorf("a target that was met runs: %+v", c)
	}
	i.Targets["contain"] = tocsin.Target{Due: t0.Add(time.Hour), Met: &no}
	if c := nextClock(i, t0.Add(2*time.Hour)); c.State != "late" {
		t.Errorf("a target that a timer found late: %+v", c)
	}
	i.Status, i.Targets["contain"] = tocsin.Resolved, tocsin.Target{Due: t0, Met: &no, BreachedS: 3600}
	if c := nextClock(i, t0); c.Name != "" {
		t.Errorf("a resolved incident has a running clock: %+v", c)
	}
	if all := clocks(i, t0); len(all) != 2 || all[1].Text != "missed by 1 h" {
		t.Errorf("%+v", all)
	}
}

func TestFold(t *testing.T) {
	log := func(actions ...tocsin.Action) []tocsin.LogEntry {
		var out []tocsin.LogEntry
		for _, a := range actions {
			out = append(out, tocsin.LogEntry{Action: a})
		}
		return out
	}
	r := tocsin.ActRevise
	var shape []int
	for _, p := range fold(log(tocsin.ActPromote, r, r, tocsin.ActComment, r, r, r, tocsin.ActLate, tocsin.ActDeclare, r)) {
		shape = append(shape, len(p.Entries))
	}
	want := []int{1, 1, 1, 1, 4, 1, 1}
	if len(shape) != len(want) || shape[4] != 4 {
		t.Errorf("%v, want %v", shape, want)
	}
}
