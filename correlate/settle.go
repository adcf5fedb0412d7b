package correlate

import (
	"maps"
	"slices"

	"tocsin"
)

// settled says of every open event what has not been said of it yet: all inputs have come to their end, and nothing
// more may ever be. The events stay open, so that more records, should they come, go on with them.
func (e *Engine) settled() {
	for _, id := range slices.Sorted(maps.Keys(e.tracks)) {
		tk := e.tracks[id]
		e.settleScopes(tk)
		for _, st := range tk.sorted() {
			st.catchUp()
			for _, b := range st.bursts {
				for _, ev := range b.events {
					if ev.open && ev.count != ev.saidN {
						e.cause = max(e.watermark, ev.body.last.at) // after all that was said before the end
						e.say(st, b, ev, tocsin.MilestoneSettled)
					}
				}
			}
		}
	}
}
