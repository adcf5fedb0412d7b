package web

import (
	"slices"
	"time"

	"tocsin"
)

// A Clock is one target of an incident as it stands now. The zero Clock is none.
type Clock struct {
	Name  string // assess, acknowledge, contain, resolve
	State string // running, soon, late, met or missed
	Text  string // how much is left, or by how much it is late
	Share int    // percent of the time that is gone, 0 to 100
	Due   time.Time
}

// order is that of the lifecycle.
var order = []string{"assess", "acknowledge", "contain", "resolve"}

// clocks are the targets of an incident in the order of its life.
func clocks(i *tocsin.Incident, now time.Time) []Clock {
	var out []Clock
	for _, name := range order {
		if t, ok := i.Targets[name]; ok {
			out = append(out, clock(i, name, t, now))
		}
	}
	return out
}

// nextClock is the undecided target that is due first; the zero Clock where none runs.
func nextClock(i *tocsin.Incident, now time.Time) Clock {
	running := slices.DeleteFunc(clocks(i, now), func(c Clock) bool { return c.State == "met" || c.State == "missed" })
	if len(running) == 0 || !i.Status.IsOpen() {
		return Clock{}
	}
	return slices.MinFunc(running, func(a, b Clock) int { return a.Due.Compare(b.Due) })
}

func clock(i *tocsin.Incident, name string, t tocsin.Target, now time.Time) Clock {
	c := Clock{Name: name, Due: t.Due, Share: 100}
	decided := t.Met != nil && (*t.Met || t.BreachedS > 0)
	switch {
	case decided && *t.Met:
		c.State, c.Text = "met", "met"
	case decided:
		c.State, c.Text = "missed", "missed by "+seconds(t.BreachedS)
	case !i.Status.IsOpen():
		c.State, c.Text = "missed", "not reached"
	case now.After(t.Due):
		c.State, c.Text = "late", "late by "+span(now.Sub(t.Due))
	default:
		c.State, c.Text = "running", span(t.Due.Sub(now))+" left"
		whole := t.Due.Sub(starts(i, name))
		if whole > 0 {
			c.Share = int(100 * min(1, max(0, 1-float64(t.Due.Sub(now))/float64(whole))))
		}
		if c.Share >= 75 {
			c.State = "soon"
		}
	}
	return c
}

// starts is when a target began to run: assess at the detection, the others at the declaration.
func starts(i *tocsin.Incident, name string) time.Time {
	if declared, ok := i.Timeline["declared"]; ok && name != "assess" {
		return declared
	}
	return began(i)
}
