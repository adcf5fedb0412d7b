package conformance

import (
	"fmt"
	"strings"
	"time"

	"tocsin"
)

// clock is a time as stories write it.
func clock(t time.Time) string {
	if t.IsZero() {
		return "none"
	}
	text := t.Format("15:04:05.999999999")
	if n := int(t.Sub(midnight()).Hours()) / 24; n > 0 {
		text = fmt.Sprintf("%dd%s", n, text)
	}
	return text
}

// name is e1, e2, … in the order of the events' first words.
func (p *player) name(id string) string {
	if _, ok := p.names[id]; !ok {
		p.names[id] = fmt.Sprintf("e%d", len(p.names)+1)
	}
	return p.names[id]
}

// show writes a line for each event that a line of the log has brought about.
func (p *player) show(cause string, events []tocsin.Event) {
	for _, ev := range events {
		var key, ids []string
		for _, g := range ev.Group {
			key = append(key, g.Value.Text())
		}
		for _, a := range ev.Evidence.Alerts {
			ids = append(ids, a.ID)
		}
		if len(ids) > 12 {
			ids = append(append(ids[:3:3], "…"), ids[len(ids)-3:]...)
		}
		fmt.Fprintf(&p.out, "%s: %s %s", cause, p.name(ev.ID), ev.Milestone)
		if string(ev.Milestone) != "opened" && string(ev.Activity) != string(ev.Milestone) {
			fmt.Fprintf(&p.out, " (%s)", ev.Activity)
		}
		fmt.Fprintf(&p.out, " key=%s %s-%s count=%d alerts=%s", strings.Join(key, ","), clock(ev.First), clock(ev.Last), ev.Count, strings.Join(ids, ","))
		if ev.Evidence.Truncated {
			fmt.Fprintf(&p.out, " (%d of %d kept)", len(ev.Evidence.Alerts), ev.Count)
		}
		var made []string
		for _, id := range ev.Evidence.Events {
			made = append(made, p.name(id))
		}
		if len(made) > 0 {
			fmt.Fprintf(&p.out, " events=%s", strings.Join(made, ","))
		}
		if ev.Continues != "" {
			fmt.Fprintf(&p.out, " continues=%s", p.name(ev.Continues))
		}
		if ev.MergedInto != "" {
			fmt.Fprintf(&p.out, " into=%s", p.name(ev.MergedInto))
		}
		if ev.Backfill {
			fmt.Fprint(&p.out, " backfill")
		}
		if len(ev.Completeness.Degraded) > 0 {
			fmt.Fprintf(&p.out, " degraded=%s", strings.Join(ev.Completeness.Degraded, ","))
		}
		fmt.Fprintln(&p.out)
		p.explain(&ev)
	}
}

// stats writes the counts that are not zero.
func (p *player) stats() {
	st := p.engine.Stats()
	fmt.Fprintf(&p.out, "stats: watermark=%s", clock(st.Watermark))
	show := func(name string, n int64) {
		if n != 0 {
			fmt.Fprintf(&p.out, " %s=%d", name, n)
		}
	}
	if st.Holder != "" {
		fmt.Fprintf(&p.out, " holder=%s", st.Holder)
	}
	show("fenced", st.Fenced)
	for _, r := range st.Rules {
		show("keys", int64(r.Keys))
		show("open", int64(r.OpenEvents))
		show("duplicates", r.Duplicates)
		show("late", r.Late["src"])
		show("stale", r.Stale)
		show("evicted", r.Evicted)
		show("values", int64(r.Values))
		show("refused", r.Refused)
		for _, b := range r.Blind {
			fmt.Fprintf(&p.out, " blind=%s", b.Reason)
		}
	}
	for _, r := range p.set.States() {
		show("hidden", r.Hidden)
		show("errors", r.Errors)
		if r.Quarantined {
			fmt.Fprint(&p.out, " quarantined")
		}
	}
	fmt.Fprintln(&p.out)
}
