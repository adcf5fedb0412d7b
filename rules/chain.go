package rules

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"tocsin"
	"tocsin/internal/expression"
)

// maxRank is how many rules may rest on one another (engine.md, ruling 11).
const maxRank = 3

// ofEvents reports whether a field is one that events alone have.
func ofEvents(field string) bool {
	return strings.HasPrefix(field, "tocsin.rule.") || strings.HasPrefix(field, "tocsin.event.")
}

// A chainDraft is where the conditions of a rule stand, for what can be judged only once all rules are read.
type chainDraft struct {
	*reader
	nodes []*yaml.Node
	open  bool // it reads events without saying of which rules, by id or tag
	sees  []*Rule
	state int // 0 not walked, 1 being walked, 2 done
}

// place is the first condition that reads events.
func (c *chainDraft) place(r *Rule) *yaml.Node {
	for i, n := range c.nodes {
		if r.events>>i&1 == 1 || r.eventsOnly() {
			return n
		}
	}
	return c.nodes[0]
}

// chain finds out which rules read the events of which others, and gives all their ranks. Rules in a cycle or too high
// are faults and leave the set.
func (l *loader) chain() {
	for _, r := range l.rules {
		r.Rank = 1
		if l.chains[r] == nil {
			continue // Sigma's know no events
		}
		for i, x := range r.conditions {
			if r.eventsOnly() || slices.ContainsFunc(x.Fields(), ofEvents) {
				r.events |= 1 << i
			}
		}
	}
	if !slices.ContainsFunc(l.rules, func(r *Rule) bool { return r.events != 0 }) {
		return
	}
	slices.SortFunc(l.rules, func(a, b *Rule) int { return cmp.Compare(a.ID, b.ID) })
	g := l.graph()
	for _, r := range l.rules {
		if r.events != 0 {
			g.named(r)
			g.refuseEvents(r)
		}
	}
	for _, r := range l.rules {
		if g.drafts[r] != nil && g.drafts[r].open {
			g.unnamed(r)
		}
	}
	for _, r := range l.rules {
		g.rank(r, nil)
	}
	l.rules = slices.DeleteFunc(l.rules, func(r *Rule) bool { return g.bad[r] })
}

// A graph is the rules and whose events they read.
type graph struct {
	l      *loader
	eval   *expression.Evaluator
	drafts map[*Rule]*chainDraft
	static map[int]bool // slots of what is the same for all events of a rule
	id     int
	tags   int
	bad    map[*Rule]bool
}

func (l *loader) graph() *graph {
	g := &graph{l: l, drafts: l.chains, static: map[int]bool{}, bad: map[*Rule]bool{}}
	for _, f := range (&Rule{}).eventFields() {
		g.static[l.table.Slot(f.Name)] = true
	}
	g.id, g.tags = l.table.Slot("tocsin.rule.id"), l.table.Slot("tocsin.rule.tags")
	g.eval = l.table.Evaluator()
	return g
}

// nobody is an id and a tag that no rule has.
const nobody = "\x00"

// named finds the rules that r names by id or tag, and whether it would read events of others as well.
func (g *graph) named(r *Rule) {
	d := g.drafts[r]
	g.eval.Load(tocsin.NewFields([]tocsin.Field{
		{Name: "tocsin.rule.id", Value: tocsin.StringValue(nobody)}, {Name: "tocsin.rule.tags", Value: tocsin.StringsValue(nobody)},
	}), time.Time{})
	d.open = g.could(r, func(slot int) bool { return slot == g.id || slot == g.tags })
	g.missing(r)
	if d.open {
		return
	}
	for _, s := range g.l.rules {
		if g.feeds(s, r) {
			d.sees = append(d.sees, s)
		}
	}
}

// unnamed finds the rules whose events reach r, which names none: all that do not themselves rest on such a rule.
func (g *graph) unnamed(r *Rule) {
	for _, s := range g.l.rules {
		if !g.restsOnOpen(s, map[*Rule]bool{}) && g.feeds(s, r) {
			g.drafts[r].sees = append(g.drafts[r].sees, s)
		}
	}
}

func (g *graph) restsOnOpen(s *Rule, seen map[*Rule]bool) bool {
	d := g.drafts[s]
	if d == nil || seen[s] {
		return false
	}
	seen[s] = true
	return d.open || slices.ContainsFunc(d.sees, func(t *Rule) bool { return g.restsOnOpen(t, seen) })
}

// feeds reports whether an event of s may satisfy a condition of r.
func (g *graph) feeds(s, r *Rule) bool {
	if s.Status == Deprecated || r.Status == Deprecated || s.Status == Shadow && r.Status != Shadow {
		return false
	}
	g.eval.Load(tocsin.NewFields(s.eventFields()), time.Time{})
	return g.could(r, func(slot int) bool { return g.static[slot] })
}

func (g *graph) could(r *Rule, known func(slot int) bool) bool {
	for i, x := range r.conditions {
		if r.events>>i&1 == 1 && g.eval.Could(x, known) {
			return true
		}
	}
	return false
}

// missing notes the ids that r names and no rule has.
func (g *graph) missing(r *Rule) {
	d := g.drafts[r]
	for i, x := range r.conditions {
		for _, id := range x.Named(g.id) {
			if slices.ContainsFunc(g.l.rules, func(o *Rule) bool { return o.ID == strings.ToLower(id) }) {
				continue
			}
			g.l.lints = append(g.l.lints, d.at(d.nodes[i], "no rule that is loaded has the id "+id, "load it, or name another"))
		}
	}
}

func (c *chainDraft) at(n *yaml.Node, message, remedy string) Fault {
	return c.reader.at(n.Line, n.Column, message, remedy)
}

// rank walks down from r; path are the rules above it.
func (g *graph) rank(r *Rule, path []*Rule) {
	d := g.drafts[r]
	if d == nil || r.events == 0 || d.state == 2 {
		return
	}
	if d.state == 1 {
		g.cycle(path[slices.Index(path, r):])
		return
	}
	d.state = 1
	r.Rank = 2
	for _, s := range d.sees {
		g.rank(s, append(slices.Clone(path), r))
		r.Rank = max(r.Rank, s.Rank+1)
	}
	d.state = 2
	if r.Rank > maxRank && !g.bad[r] {
		g.bad[r] = true
		below := slices.MaxFunc(d.sees, func(a, b *Rule) int { return a.Rank - b.Rank })
		g.fault(r, fmt.Sprintf("a chain of more than %d rules: it reads events of %q, which is the last that may read events", maxRank, below.Title), "read the events of a rule below it")
	}
}

// cycle makes a fault of rules that read each other's events.
func (g *graph) cycle(ring []*Rule) {
	if slices.ContainsFunc(ring, func(r *Rule) bool { return g.bad[r] }) {
		return
	}
	var names []string
	for _, r := range ring {
		g.bad[r] = true
		names = append(names, strconv.Quote(r.Title))
	}
	names = append(names, names[0])
	first := ring[0]
	remedy := "name the rules it is meant for by id, or leave one out with tocsin.rule.id != …"
	g.fault(first, "its events come back to it: "+strings.Join(names, " reads "), remedy)
}

// refuseEvents makes faults of rules whose kind cannot take back what it heard of an event.
func (g *graph) refuseEvents(r *Rule) {
	if r.Correlate.Kind == FirstSeen && r.events != 0 {
		g.bad[r] = true
		g.fault(r, "kind first_seen is over alerts: it does not read events", "count them with kind distinct")
	}
	if r.Correlate.Kind == NoveltyKind && r.events != 0 {
		g.bad[r] = true
		g.fault(r, "kind novelty is over alerts: it does not read events", "add the events' scores up with kind risk")
	}
}

func (g *graph) fault(r *Rule, message, remedy string) {
	d := g.drafts[r]
	g.l.faults = append(g.l.faults, d.at(d.place(r), message, remedy))
}

// eventsOnly reports whether the rule is over events alone.
func (r *Rule) eventsOnly() bool { return r.Correlate.Kind == Risk }

// Risk is what an event of the rule weighs: its level's points (informational 5, low 20, medium 40, high 70, critical
// 100) times its confidence, rounded to whole points, 0.5 up.
func (r *Rule) Risk() int64 {
	points := map[string]float64{"informational": 5, "low": 20, "medium": 40, "high": 70, "critical": 100}[r.Level]
	return int64(math.Floor(points*r.Confidence + 0.5))
}

// Tactics are the ids of the ATT&CK tactics that the rule's tags name, in the order of the tags.
func (r *Rule) Tactics() []string {
	var ids []string
	for _, tag := range r.Tags {
		if id := tactics[strings.ToLower(tag)]; id != "" && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	return ids
}

var tactics = map[string]string{
	"attack.reconnaissance": "TA0043", "attack.resource-development": "TA0042", "attack.initial-access": "TA0001",
	"attack.execution": "TA0002", "attack.persistence": "TA0003", "attack.privilege-escalation": "TA0004",
	"attack.defense-evasion": "TA0005", "attack.credential-access": "TA0006", "attack.discovery": "TA0007",
	"attack.lateral-movement": "TA0008", "attack.collection": "TA0009", "attack.command-and-control": "TA0011",
	"attack.exfiltration": "TA0010", "attack.impact": "TA0040",
}

// eventFields are the fields that are the same for all events of the rule.
func (r *Rule) eventFields() []tocsin.Field {
	return []tocsin.Field{
		{Name: "tocsin.rule.id", Value: tocsin.StringValue(r.ID)},
		{Name: "tocsin.rule.title", Value: tocsin.StringValue(r.Title)},
		{Name: "tocsin.rule.version", Value: tocsin.StringValue(r.Version)},
		{Name: "tocsin.rule.status", Value: tocsin.StringValue(r.Status)},
		{Name: "tocsin.rule.level", Value: tocsin.StringValue(r.Level)},
		{Name: "tocsin.rule.category", Value: tocsin.StringValue(r.Category)},
		{Name: "tocsin.rule.tags", Value: tocsin.StringsValue(r.Tags...)},
		{Name: "tocsin.rule.risk", Value: tocsin.IntValue(r.Risk())},
	}
}

// buildChains enters the rules that read events under those whose events they may match.
func (s *Set) buildChains(l *loader) {
	s.listeners = map[string][]int32{}
	for i := range l.table.Slots() {
		if ofEvents(l.table.Name(i)) {
			s.reserved = append(s.reserved, i)
		}
	}
	for i, r := range s.rules {
		if d := l.chains[r]; d != nil {
			for _, from := range d.sees {
				s.listeners[from.ID] = append(s.listeners[from.ID], int32(i))
			}
		}
	}
	for i, r := range s.rules {
		s.compiled[i].chained = r.Rank > 1 || s.Heard(r.ID)
	}
}

// Heard reports whether a rule of the set may match events of the rule with the id.
func (s *Set) Heard(rule string) bool { return len(s.listeners[rule]) > 0 }

// Chained reports whether the rule with the id reads events, or others read its: such rules are correlated in one place.
func (s *Set) Chained(rule string) bool {
	i, ok := s.byID[rule]
	return ok && s.compiled[i].chained
}

// An Opening is an event as it opened, for the rules that read events: the alert that it stands for.
type Opening struct {
	Event    string // id, also the alert's
	Tenant   string
	Rule     string // id
	Group    tocsin.Group
	Entities []tocsin.Entity
	Alert    tocsin.AlertRef
}

// Opened returns the matches of an event that opened, numbered from 0: of the rules that read events, and of these only
// the conditions that do. Nothing comes of an event whose rule the set does not have.
func (m *Matcher) Opened(o Opening) []tocsin.Match {
	from := m.set.Rule(o.Rule)
	if from == nil {
		return nil
	}
	a := openedAlert(from, o)
	m.begin(&a)
	m.eval.Original(nil)
	var out []tocsin.Match
	for _, i := range m.set.listeners[o.Rule] {
		if bits := m.holds(int(i), m.set.rules[i].events); bits != 0 {
			out = m.matches(out, int(i), bits, &a)
		}
	}
	for i := range out {
		out[i].Index, out[i].Alert = i, o.Alert
	}
	return out
}

// openedAlert is an opened event as the rules that listen to its rule read it.
func openedAlert(from *Rule, o Opening) tocsin.Alert {
	fields := append(from.eventFields(), tocsin.Field{Name: "tocsin.event.id", Value: tocsin.StringValue(o.Event)})
	if ids := from.Tactics(); len(ids) > 0 {
		fields = append(fields, tocsin.Field{Name: "threat.tactic.id", Value: tocsin.StringsValue(ids...)})
	}
	own := map[string][]tocsin.Value{}
	var names []string
	add := func(name string, v tocsin.Value) {
		if ofEvents(name) || name == "threat.tactic.id" || v.IsAbsent() || v.Kind() == tocsin.Null {
			return
		}
		if _, known := own[name]; !known {
			names = append(names, name)
		}
		if !slices.ContainsFunc(own[name], func(w tocsin.Value) bool { return w.Text() == v.Text() }) {
			own[name] = append(own[name], v)
		}
	}
	for _, g := range o.Group {
		for _, v := range g.Value.Items() {
			add(g.Field, v)
		}
	}
	for _, e := range o.Entities {
		add(e.Field, tocsin.StringValue(e.Value))
	}
	for _, name := range names {
		v := own[name][0]
		if len(own[name]) > 1 {
			v = tocsin.ListValue(own[name]...)
		}
		fields = append(fields, tocsin.Field{Name: name, Value: v})
	}
	return tocsin.Alert{
		ID: o.Event, Tenant: o.Tenant, Source: o.Alert.Source, Ref: o.Alert.Ref, Time: o.Alert.Time, Received: o.Alert.Received,
		Fields: tocsin.NewFields(fields),
	}
}
