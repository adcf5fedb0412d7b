package correlate

import (
	"time"

	"tocsin"
)

// reasonGap marks events that may lack alerts which were lost before anybody read them.
const reasonGap = "gap"

// Lost marks what alerts of a time that were lost may have been part of, as a marker with a gap does: where it is the log
// of the matches itself that lacks records.
func (e *Engine) Lost(to time.Time) { e.gap(tocsin.Gap{To: to}) }

// gap marks the events that are open now and that an alert of the gap could still have joined, from their next emission
// on, and those that open with alerts up to a window behind it: which rules the lost alerts would have matched, nobody
// knows.
func (e *Engine) gap(g tocsin.Gap) {
	from, to := nanos(g.From), nanos(g.To)
	for _, tk := range e.tracks {
		reach := max(tk.plan.linger(), tk.plan.novel.within, tk.plan.novel.idle)
		tk.doubt(reasonGap, to+reach)
		for st := range tk.states.all() { // each by itself: the order does not matter
			st.catchUp()
			for _, b := range st.bursts {
				for _, ev := range b.events {
					if ev.open && ev.body.last.at+reach >= from {
						ev.doubt(reasonGap)
					}
				}
			}
		}
		if tk.novel == nil {
			continue
		}
		for _, sc := range tk.novel.scopes { // likewise
			for _, ep := range sc.episodes {
				if ep.closeAt(&tk.plan.novel) >= from {
					ep.doubt(reasonGap)
				}
			}
		}
	}
	if e.next != nil {
		e.next.gap(g)
	}
}
