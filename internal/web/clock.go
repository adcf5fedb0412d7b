package web

import (
	"slices"
	"time"

	"tocsin"
)

// A Clock is one target of an incident as it stands now. The zero Clock is none.
type Clock struct {
	Name  string // assess, acknowledge, contain, resolve, or regime/stage
	State string // running, soon, late, met or missed
	Text  string // how much is left, or by how much it is late
	Share int    // percent of the time that is gone, 0 to 100
	Due   time.Time
	Ticks bool // what is left, or late, changes as time passes
}

// ISO is when it is due, as scripts read it.
func (c Clock) ISO() string { return c.Due.UTC().Format(time.RFC3339) }

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
	for _, c := range i.Clocks {
		out = append(out, report(c, now))
	}
	return out
}

// report is a regulatory clock: it runs whatever the incident's status is, until the report is made or waived.
func report(c tocsin.Clock, now time.Time) Clock {
	k := Clock{Name: c.Name(), Due: c.Due, Share: 100, State: "met"}
	switch {
	case c.Waived:
		k.Text = "waived: " + c.Reason
	case !c.Submitted.IsZero() && c.BreachedS > 0:
		k.State, k.Text = "missed", "submitted, late by "+seconds(c.BreachedS)
	case !c.Submitted.IsZero():
		k.Text = "submitted"
	case c.Due.IsZero():
		k.State, k.Text, k.Share = "running", "waits for "+c.Anchor, 0
	default:
		k = running(k, c.From, now)
	}
	if c.IsOpen() && !c.Pessimistic.IsZero() && !c.Pessimistic.Equal(c.Due) {
		k.Text += "; from the detection: " + running(Clock{Due: c.Pessimistic}, c.From, now).Text
	}
	return k
}

// running is a clock that is not decided.
func running(c Clock, from, now time.Time) Clock {
	c.Ticks = true
	if now.After(c.Due) {
		c.State, c.Text = "late", "late by "+span(now.Sub(c.Due))
		return c
	}
	c.State, c.Text = "running", span(c.Due.Sub(now))+" left"
	if whole := c.Due.Sub(from); whole > 0 {
		c.Share = int(100 * min(1, max(0, 1-float64(c.Due.Sub(now))/float64(whole))))
	}
	if c.Share >= 75 {
		c.State = "soon"
	}
	return c
}

// nextClock is the undecided target that is due first; the zero Clock where none runs.
func nextClock(i *tocsin.Incident, now time.Time) Clock {
	run := slices.DeleteFunc(clocks(i, now), func(c Clock) bool { return c.State == "met" || c.State == "missed" || c.Due.IsZero() })
	if len(run) == 0 || !i.Status.IsOpen() {
		return Clock{}
	}
	return slices.MinFunc(run, func(a, b Clock) int { return a.Due.Compare(b.Due) })
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
	case !t.Paused.IsZero():
		c.State, c.Text, c.Share = "running", "stopped by a hold", 0
	default:
		c = running(c, starts(i, name), now)
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
