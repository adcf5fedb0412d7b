package correlate

import "slices"

// A groupRisk is the standing of a group: what its contributions add up to.
type groupRisk struct {
	novel, cold        int64
	pairs, rules       int // with points by rarity
	tactics            []string
	coldRules          int
	novelRules, coldOf map[*novelRule]bool
	novelPairs         map[uint64]bool
}

// riskOf adds up, at a time, what contributions count for: each half for each decay that it is older, by tactics for each span,
// and of one rule the third and later ones half. What is rare comes together within minutes or by chance; an attacker goes from one
// tactic to the next in his own time.
func (sc *scope) riskOf(all []*contribution, now int64) groupRisk {
	g := groupRisk{novelRules: make(map[*novelRule]bool), coldOf: make(map[*novelRule]bool), novelPairs: make(map[uint64]bool)}
	slices.SortStableFunc(all, func(a, b *contribution) int { return a.first.compare(b.first) })
	times := make(map[*novelRule]int, len(all))
	for _, c := range all {
		if c.points > 500 {
			g.novelPairs[c.pair.id()], g.novelRules[c.pair.rule] = true, true
		}
		if c.cold > 0 {
			g.coldOf[c.pair.rule] = true
			for _, t := range c.tactics {
				if i, ok := slices.BinarySearch(g.tactics, t); !ok {
					g.tactics = slices.Insert(g.tactics, i, t)
				}
			}
		}
		if !c.counts {
			continue
		}
		weight := int64(2)
		if times[c.pair.rule]++; times[c.pair.rule] > 2 {
			weight = 1
		}
		age := max(now-c.at, 0)
		g.novel += decayed(c.points*c.graded.weight/1000, age, sc.tk.plan.decay) * weight / 2
		g.cold += decayed(c.cold, age, sc.tk.plan.span) * weight / 2
	}
	g.pairs, g.rules, g.coldRules = len(g.novelPairs), len(g.novelRules), len(g.coldOf)
	return g
}

// opens says which of the two bars a group passes, "" for neither.
func (n *novelPlan) opens(g *groupRisk) string {
	switch {
	case g.novel >= n.risk && g.pairs >= n.pairs && g.rules >= n.rules:
		return "novelty"
	case g.cold >= n.coldRisk && len(g.tactics) >= n.tactics && g.coldRules >= n.coldSet:
		return "tactics"
	}
	return ""
}

// risk notes the risk of a group for its hour.
func (sc *scope) noteRisk(novel, cold int64) {
	n := sc.plan()
	risk, bar := novel, n.risk
	if cold*max(n.risk, 1) > novel*max(n.coldRisk, 1) { // nearer to its own bar
		risk, bar = cold, n.coldRisk
	}
	hour := floor(sc.now, hourSpan)
	if k := len(sc.hours); k > 0 && sc.hours[k-1].hour >= hour {
		if last := &sc.hours[k-1]; risk*max(last.bar, 1) > last.risk*max(bar, 1) {
			last.risk, last.bar = risk, bar
		}
		return
	}
	sc.hours = append(sc.hours, hourRisk{hour, risk, bar})
	if len(sc.hours) > maxHours {
		sc.hours = slices.Delete(sc.hours, 0, len(sc.hours)-maxHours)
	}
}
