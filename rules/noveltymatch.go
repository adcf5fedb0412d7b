package rules

import (
	"net/netip"
	"strings"

	"tocsin"
)

// The places of [tocsin.Match.Values] of a rule of kind novelty.
const (
	NoveltyHost     = iota // its name
	NoveltyApart           // what tells hosts of one name apart, null for nothing
	NoveltyRule            // which rule of the source fired
	NoveltyTactics         // ATT&CK tactics as tags name them: those of the alert, else the one that its rule's name speaks of
	NoveltySeverity        // whole number, in hundredths: 60 minor, 100, 150 grave
	NoveltyLinks           // values that tie hosts together
	NoveltyValues          // how many there are
)

// novelSlots are the fields that a rule of kind novelty reads.
type novelSlots struct {
	hosts    [][]int
	rule     int
	links    []int
	severity int
	module   int
	words    wordTable
}

func (s *Set) novelSlots(r *Rule, tables map[string]wordTable) *novelSlots {
	n := r.Correlate.Novelty
	if n == nil {
		return nil
	}
	out := &novelSlots{
		rule: s.table.Slot(r.Correlate.Field), severity: s.table.Slot("event.severity"), module: s.table.Slot("event.module"), words: tables[n.Words],
	}
	for _, fields := range n.Hosts {
		var slots []int
		for _, f := range fields {
			slots = append(slots, s.table.Slot(f))
		}
		out.hosts = append(out.hosts, slots)
	}
	for _, f := range n.Links {
		out.links = append(out.links, s.table.Slot(f))
	}
	return out
}

// novelty are the values of a match of kind novelty; nil where the alert names no host or no rule.
func (m *Matcher) novelty(n *novelSlots, facts *tocsin.Facts) []tocsin.Value {
	name := m.first(n.rule)
	if name == "" {
		return nil
	}
	values := make([]tocsin.Value, NoveltyValues)
	for _, slots := range n.hosts {
		host := m.first(slots[0])
		if host == "" {
			continue
		}
		values[NoveltyHost] = tocsin.StringValue(host)
		var apart []string
		for _, slot := range slots[1:] {
			apart = append(apart, m.first(slot))
		}
		if len(apart) > 0 {
			values[NoveltyApart] = tocsin.StringValue(strings.Join(apart, " "))
		}
		break
	}
	if values[NoveltyHost].Kind() == tocsin.Null {
		return nil
	}
	values[NoveltyRule] = tocsin.StringValue(name)
	values[NoveltyTactics] = m.tacticsOf(n, name, facts)
	values[NoveltySeverity] = tocsin.IntValue(m.severityOf(n, facts))
	values[NoveltyLinks] = m.linksOf(n, values[NoveltyHost].Text(), values[NoveltyApart].Text())
	return values
}

// first is the text of a field's value, of several the first: a host's addresses come in an order.
func (m *Matcher) first(slot int) string {
	v := m.eval.Get(slot)
	if v.Kind() == tocsin.List {
		for _, item := range v.Items() {
			if s := item.Text(); s != "" {
				return shortened(s)
			}
		}
		return ""
	}
	return shortened(v.Text())
}

func shortened(s string) string {
	v, _ := normal(tocsin.StringValue(s), false).Str()
	return v
}

func (m *Matcher) tacticsOf(n *novelSlots, name string, facts *tocsin.Facts) tocsin.Value {
	var own []tocsin.Value
	for _, t := range facts.Tactics {
		if known := tacticName(t); known != "" {
			own = append(own, tocsin.StringValue(known))
		}
	}
	if len(own) > 0 {
		return tocsin.ListValue(own...)
	}
	if m.spoken == nil || len(m.spoken) >= maxSpoken {
		m.spoken = make(map[string]tocsin.Value)
	}
	t, known := m.spoken[name]
	if !known {
		if tactic := n.words.tactic(name); tactic != "" {
			t = tocsin.ListValue(tocsin.StringValue(tactic))
		}
		m.spoken[strings.Clone(name)] = t
	}
	return t
}

// maxSpoken bounds the names whose tactic a matcher remembers.
const maxSpoken = 1 << 14

// severityOf is how grave the source calls the alert, in hundredths: 60 minor, 150 grave, 100 where nothing says it.
func (m *Matcher) severityOf(n *novelSlots, facts *tocsin.Facts) int64 {
	score, known := facts.Risk, facts.Risk > 0
	if level, ok := m.eval.Get(n.severity).Float(); ok && !known {
		known = true
		switch m.eval.Get(n.module).Text() {
		case "suricata": // 1 is the gravest of three
			score = 110 - 35*level
		case "wazuh": // 0 to 15
			score = level * 100 / 15
		default:
			score = level
		}
	}
	switch {
	case !known:
		return 100
	case score < 33:
		return 60
	case score < 66:
		return 100
	}
	return 150
}

// linksOf are the values that tie the alert's host to others: those of its links, and its host's own addresses, since who is
// attacked in one alert may attack in another, or answer.
func (m *Matcher) linksOf(n *novelSlots, host, apart string) tocsin.Value {
	if len(n.links) == 0 {
		return tocsin.NullValue()
	}
	var all []tocsin.Value
	for _, slot := range n.links {
		for _, item := range m.eval.Get(slot).Items() {
			if s := item.Text(); s != "" && len(all) < maxGroup && !everywhere(s) {
				all = append(all, tocsin.StringValue(shortened(s)))
			}
		}
	}
	own := func(s string) {
		if _, err := netip.ParseAddr(s); err == nil && len(all) < maxGroup && !everywhere(s) {
			all = append(all, tocsin.StringValue(s))
		}
	}
	own(host)
	for one := range strings.FieldsSeq(apart) {
		own(one)
	}
	if len(all) == 0 {
		return tocsin.NullValue()
	}
	return tocsin.ListValue(all...)
}

// everywhere reports whether a text is an address that names no one machine.
func everywhere(s string) bool {
	at, err := netip.ParseAddr(s)
	return err == nil && (at.IsLoopback() || at.IsUnspecified() || at.IsMulticast() || at.IsLinkLocalUnicast())
}
