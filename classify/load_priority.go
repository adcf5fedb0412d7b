package classify

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"tocsin"
	"tocsin/internal/expression"
)

// defaultReopen is how long an ended incident takes new events where the scale does not say.
const defaultReopen = 14 * 24 * time.Hour

// A severityClass is a class of severity and the condition that makes an event one of it.
type severityClass struct {
	class string
	name  string
	score int
	rank  int // 1 for the least, as conditions see it under the name severity
	when  *expression.Condition
}

func (l *loader) severity(n *yaml.Node) {
	items := l.list(n, "severity_class")
	var classes, names []string
	lowest := 101
	for i, item := range items {
		c := severityClass{rank: len(items) - i, score: -1}
		var scoreAt, whenAt *yaml.Node
		l.by(item, "severity class", severityKeys(), map[string]func(*yaml.Node){
			"class": func(n *yaml.Node) { c.class = l.once(n, "severity class", &classes) },
			"name":  func(n *yaml.Node) { c.name = l.once(n, "severity name", &names) },
			"score": func(n *yaml.Node) {
				scoreAt = n
				if v, ok := l.whole(n, "score", 0, 100); ok {
					c.score = v
				}
			},
			"when": func(n *yaml.Node) {
				whenAt = n
				c.when = l.checked(n, "severity class", severityNames())
			},
		})
		if c.score >= lowest {
			l.add(scoreAt, "list the gravest class first", "score %d is not below the one before, %d", c.score, lowest)
		} else if c.score >= 0 {
			lowest = c.score
		}
		if c.when != nil && alwaysHolds(c.when) && i < len(items)-1 {
			l.add(whenAt, "put it last", "class %s always holds: no class after it is ever reached", c.class)
		}
		l.s.severity = append(l.s.severity, c)
	}
	l.catchAll(n, items)
}

// catchAll reports severity classes whose last one does not always hold.
func (l *loader) catchAll(n *yaml.Node, items []*yaml.Node) {
	if n.Kind != yaml.SequenceNode {
		return
	}
	const remedy = "end the list with a class whose when is 'true'"
	if len(items) == 0 {
		l.add(n, remedy, "severity_class is empty")
		return
	}
	if last := l.s.severity[len(items)-1]; last.when != nil && !alwaysHolds(last.when) {
		l.add(items[len(items)-1], remedy, "the last severity class, %s, does not always hold: some events would have none", last.class)
	}
}

func alwaysHolds(c *expression.Condition) bool { return strings.TrimSpace(c.Text()) == "true" }

// once reads an id that may stand once in its list.
func (l *loader) once(n *yaml.Node, what string, seen *[]string) string {
	s := l.name(n, what)
	if s != "" && slices.Contains(*seen, s) {
		l.add(n, "give each its own", "%s %q is used twice", what, s)
	}
	*seen = append(*seen, s)
	return s
}

// priorityForm is what a priority is called; the lower the number, the higher the priority.
var priorityForm = regexp.MustCompile(`^P[1-9]$`)

func (l *loader) targets(n *yaml.Node) {
	for _, p := range l.pairs(n, "targets") {
		if !priorityForm.MatchString(p.key.Value) {
			l.add(p.key, "priorities are P1 (the highest) to P9", "%q is no priority", p.key.Value)
		}
		t := Target{Priority: p.key.Value}
		what := "target " + t.Priority
		within := func(into *time.Duration, key string) func(*yaml.Node) {
			return func(n *yaml.Node) { *into = l.duration(n, what+" "+key, true) }
		}
		word := func(into *string, key string, valid ...string) func(*yaml.Node) {
			return func(n *yaml.Node) { *into, _ = l.oneOf(n, what+" "+key, valid) }
		}
		l.by(p.value, what, targetKeys(), map[string]func(*yaml.Node){
			"assess": within(&t.Assess, "assess"), "ack": within(&t.Ack, "ack"),
			"contain": within(&t.Contain, "contain"), "resolve": within(&t.Resolve, "resolve"),
			"calendar": func(n *yaml.Node) { t.Calendar = l.calendarName(n, what+" calendar") },
			"review":   word(&t.Review, "review", reviews...),
		})
		l.s.targets = append(l.s.targets, t)
	}
	slices.SortFunc(l.s.targets, func(a, b Target) int { return strings.Compare(a.Priority, b.Priority) })
}

func (l *loader) matrix(n *yaml.Node) {
	l.s.matrix = map[cell]string{}
	known, required := map[string]func(*yaml.Node){}, []string{}
	for _, c := range l.s.severity {
		if c.class != "" {
			known[c.class] = func(n *yaml.Node) { l.row(n, c.class) }
			required = append(required, c.class)
		}
	}
	if len(known) == 0 || len(l.s.urgency.words) == 0 {
		return // its rows or columns are not known
	}
	l.keys(n, "priority_matrix", known, required...)
}

// row reads a row of the matrix: one priority for each urgency, the most urgent first.
func (l *loader) row(n *yaml.Node, class string) {
	what := "priority_matrix row " + class
	items, columns := l.list(n, what), l.s.urgency.words
	if n.Kind != yaml.SequenceNode {
		return
	}
	if len(items) < len(columns) {
		missing := scale{columns[len(items):]}.names()
		l.add(n, "columns are the words of urgency: "+strings.Join(l.s.urgency.names(), ", "), "%s has no cell for %s", what, strings.Join(missing, ", "))
	}
	for i, item := range items {
		if i >= len(columns) {
			l.add(item, "remove it", "%s has %d cells, and urgency has %d words", what, len(items), len(columns))
			break
		}
		valid := l.s.priorities()
		if len(valid) == 0 {
			continue
		}
		if p, ok := l.oneOf(item, what+" under "+columns[i].name, valid); ok {
			l.s.matrix[cell{class, columns[i].name}] = p
		}
	}
}

func (l *loader) priorityChange(n *yaml.Node) {
	c := &l.s.change
	l.by(n, "priority_change", changeKeys(), map[string]func(*yaml.Node){
		"record":    func(n *yaml.Node) { c.Record, _ = l.oneOf(n, "record", records) },
		"sla":       func(n *yaml.Node) { c.SLA, _ = l.oneOf(n, "sla", slas) },
		"report_by": func(n *yaml.Node) { c.ReportBy = l.words(n, "report_by", reportBys) },
	})
}

// stripFields are the fields of an incident that name people, which exports leave out.
func stripFields() []string { return []string{"informant", "coordinator", "suspected_person"} }

func rootCauses() []string { return tocsin.RootCauses() }

func (l *loader) sharing(n *yaml.Node) {
	s := &l.s.sharing
	l.by(n, "sharing", sharingKeys(), map[string]func(*yaml.Node){
		"default_tlp": func(n *yaml.Node) { s.DefaultTLP, _ = l.oneOf(n, "default_tlp", tlp()) },
		"default_pap": func(n *yaml.Node) { s.DefaultPAP, _ = l.oneOf(n, "default_pap", pap()) },
		"export_max": func(n *yaml.Node) {
			s.ExportMax = map[string]string{}
			for _, p := range l.pairs(n, "export_max") {
				s.ExportMax[p.key.Value], _ = l.oneOf(p.value, "export_max "+p.key.Value, tlp())
			}
		},
		"always_strip": func(n *yaml.Node) { s.AlwaysStrip = l.words(n, "always_strip", nil) },
	})
}

func (l *loader) auxScores(n *yaml.Node) {
	l.s.aux = map[string]map[string]int{}
	for _, p := range l.pairs(n, "aux_scores") {
		words := map[string]int{}
		for _, w := range l.pairs(p.value, p.key.Value) {
			if v, ok := l.whole(w.value, fmt.Sprintf("%s %s", p.key.Value, strconv.Quote(w.key.Value)), 0, 100); ok {
				words[w.key.Value] = v
			}
		}
		l.s.aux[p.key.Value] = words
	}
}
