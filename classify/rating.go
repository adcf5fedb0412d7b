package classify

import (
	"maps"
	"slices"
	"strings"

	"tocsin"
	"tocsin/internal/expression"
)

// An Input is what severity classes look at. Of an incident that a person rates anew, what is not known of the rule
// and its alerts stays zero.
type Input struct {
	Category string        // class/type of the primary scheme, or a local name; "" counts as other/undetermined
	Impact   tocsin.Impact // conditions see 0 for an axis without a word
	Urgency  string
	Asset    int // 1 to 3; 0 counts as 1
	Rule     tocsin.RuleRef
	Count    int64
	Facts    tocsin.Facts
}

// A Rating is the severity class and the priority that follow from an [Input].
type Rating struct {
	Class    string
	Severity string // the class's name
	Score    int    // 0 to 100
	Priority string
	Why      []string // the class's condition with its values, and the cell of the matrix

	rank int
}

// Rate derives class and priority: what a person's change of impact, urgency or category leads to. The error names
// the words that the scale lacks.
func (s *Scales) Rate(in Input) (Rating, error) {
	words := map[string]string{
		"functional": in.Impact.Functional, "information": in.Impact.Information, "recoverability": in.Impact.Recoverability,
		"business_loss": in.Impact.BusinessLoss, "social": in.Impact.Social,
	}
	for _, axis := range axisNames() {
		if words[axis] == "" {
			continue // conditions see 0
		}
		if _, ok := s.axes[axis].value(words[axis]); !ok {
			return Rating{}, unknownWord(axis, words[axis], s.axes[axis].names())
		}
	}
	if _, ok := s.urgency.value(in.Urgency); !ok {
		return Rating{}, unknownWord("urgency", in.Urgency, s.urgency.names())
	}
	category, ok := s.Category(in.Category)
	if !ok && in.Category != "" {
		return Rating{}, unknownWord("category", in.Category, s.Categories())
	}
	in.Category = category
	t := &trace{}
	r := s.rate(s.values(in), in.Urgency, t)
	r.Why = t.steps
	return r, nil
}

// rate finds the first severity class that holds, and its cell of the matrix.
func (s *Scales) rate(v values, urgency string, t *trace) Rating {
	for _, c := range s.severity {
		if !t.holds(c.when, v, "severity class "+c.class) {
			continue
		}
		priority := s.matrix[cell{c.class, urgency}]
		t.add("severity class %s, %s (score %d): %s", c.class, c.name, c.score, v.reading(c.when))
		t.add("priority %s: class %s, urgency %s", priority, c.class, urgency)
		return Rating{Class: c.class, Severity: c.name, Score: c.score, Priority: priority, rank: c.rank}
	}
	return Rating{} // not reached: the last class always holds
}

// values are what conditions see: by name for people, and nested for the expression.
type values struct {
	flat map[string]any
	env  expression.Env
	said map[string]string // what people are told instead of the bare number
}

// values makes the closed environment of ruling 4: every name of [severityNames] has a value.
func (s *Scales) values(in Input) values {
	number := func(axis, name string) int { v, _ := s.axes[axis].value(name); return v }
	urgency, _ := s.urgency.value(in.Urgency)
	tactics := distinctTactics(in.Facts.Tactics, in.Rule.Tags)
	tags := in.Rule.Tags
	if tags == nil {
		tags = []string{}
	}
	flat := map[string]any{
		"rule.id": in.Rule.ID, "rule.level": in.Rule.Level, "rule.category": in.Rule.Category, "rule.tags": tags,
		"rule.confidence": in.Rule.Confidence,
		"count":           int(in.Count), "tactics": len(tactics), "asset": max(in.Asset, 1), "ioc": in.Facts.IOC,
		"risk": max(levels()[in.Rule.Level], in.Facts.Risk), "category": in.Category, "urgency": urgency,
		"functional": number("functional", in.Impact.Functional), "information": number("information", in.Impact.Information),
		"recoverability": number("recoverability", in.Impact.Recoverability),
		"business_loss":  number("business_loss", in.Impact.BusinessLoss), "social": number("social", in.Impact.Social),
	}
	said := map[string]string{}
	if len(tactics) > 0 {
		said["tactics"] = strings.Join(tactics[:min(len(tactics), 20)], " ")
	}
	return values{flat: flat, env: expression.NewEnv(flat), said: said}
}

// withSeverity adds the name severity: 1 for the least class.
func (v values) withSeverity(rank int) values {
	flat := maps.Clone(v.flat)
	flat["severity"] = rank
	return values{flat: flat, env: expression.NewEnv(flat), said: v.said}
}

// distinctTactics are the ATT&CK tactics that the alerts name (by id or name) and that the rule's tags name, in the
// words of the tags.
func distinctTactics(alerts, tags []string) []string {
	var all []string
	for _, name := range alerts {
		if t, ok := tactic(name); ok {
			all = append(all, t)
		} else if name != "" {
			all = append(all, quote(name))
		}
	}
	for _, tag := range tags {
		if name, ok := strings.CutPrefix(strings.ToLower(tag), "attack."); ok {
			if t, ok := tactic(name); ok {
				all = append(all, t)
			}
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// tactic resolves a tactic's id, name or tag to its tag.
func tactic(name string) (string, bool) {
	tactics := map[string]string{
		"ta0043": "reconnaissance", "ta0042": "resource-development", "ta0001": "initial-access", "ta0002": "execution",
		"ta0003": "persistence", "ta0004": "privilege-escalation", "ta0005": "defense-evasion", "ta0006": "credential-access",
		"ta0007": "discovery", "ta0008": "lateral-movement", "ta0009": "collection", "ta0011": "command-and-control",
		"ta0010": "exfiltration", "ta0040": "impact",
	}
	name = strings.NewReplacer(" ", "-", "_", "-").Replace(strings.ToLower(strings.TrimSpace(name)))
	if t, ok := tactics[name]; ok {
		return t, true
	}
	for _, t := range tactics {
		if t == name {
			return t, true
		}
	}
	return "", false
}
