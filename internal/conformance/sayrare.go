package conformance

import (
	"fmt"
	"strings"

	"tocsin"
)

// explain writes how an event of kind novelty came about: where it opens the bar that it passed and the pairs that it
// opened with, where it closes all pairs and what they joined by.
func (p *player) explain(ev *tocsin.Event) {
	n := ev.Novelty
	if n == nil || ev.Milestone != tocsin.MilestoneOpened && ev.Milestone != tocsin.MilestoneClosed {
		return
	}
	if ev.Milestone == tocsin.MilestoneOpened {
		fmt.Fprintf(&p.out, "    by %s: risk %g of %g, %d pairs, %d rules", n.By, n.Risk, n.Bar, n.Pairs, n.Rules)
		if len(n.Tactics) > 0 {
			fmt.Fprintf(&p.out, ", %s", strings.Join(n.Tactics, ", "))
		}
		fmt.Fprintln(&p.out)
	}
	for _, m := range n.Members {
		fmt.Fprintf(&p.out, "    %s on %s: %s", m.Rule, m.Host, m.Joined)
		if m.With != "" {
			fmt.Fprintf(&p.out, " with %s", m.With)
		}
		fmt.Fprintf(&p.out, ", %g bits (%d of %d), %g points", m.Rarity, m.Fired, m.Observed, m.Points)
		if m.Tactic != "" {
			fmt.Fprintf(&p.out, ", %g by %s", m.Cold, m.Tactic)
		}
		fmt.Fprintf(&p.out, ", alerts %d\n", m.Alerts)
	}
	for _, e := range n.Earlier {
		fmt.Fprintf(&p.out, "    possibly earlier: %s on %s, %s to %s, %g points\n", strings.Join(e.Rules, ", "), e.Host, clock(e.First), clock(e.Last), e.Points)
	}
}
