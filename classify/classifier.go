package classify

import (
	"slices"
	"strings"

	"tocsin"
)

// A Classifier assesses events by scales and assets. It is a pure function of the three, immutable and safe for
// concurrent use.
type Classifier struct {
	scales *Scales
	assets *Assets
}

// New makes a classifier; a nil a knows no assets.
func New(s *Scales, a *Assets) *Classifier { return &Classifier{scales: s, assets: a} }

// Scales returns the scales that the classifier goes by.
func (c *Classifier) Scales() *Scales { return c.scales }

// Assess classifies an event and says whether it becomes an incident. Why of the result tells each step with its
// values, in order.
func (c *Classifier) Assess(e tocsin.Event) tocsin.Assessment {
	s, t := c.scales, &trace{}
	a := tocsin.Assessment{Scale: s.ID(), Basis: "profile"}
	a.Category, a.CategoryISO = s.categorise(e.Rule, t)
	p := s.profileFor(e.Rule.Category, a.Category)
	t.profile(p)
	a.Impact, a.Urgency = s.shift(p, e.Rule.Level, t), p.urgency
	c.asset(e, &a, t)
	in := Input{
		Category: a.Category, Impact: a.Impact, Urgency: a.Urgency, Asset: a.Asset,
		Rule: e.Rule, Count: e.Count, Facts: e.Facts,
	}
	values := s.values(in)
	rating := s.rate(values, a.Urgency, t)
	a.Class, a.Severity, a.Score, a.Priority = rating.Class, rating.Severity, rating.Score, rating.Priority
	s.promote(e, values, rating, &a, t)
	a.Why = t.steps
	return a
}

// categorise maps the rule's category to the primary scheme.
func (s *Scales) categorise(rule tocsin.RuleRef, t *trace) (category, iso string) {
	category, ok := s.Category(rule.Category)
	iso = s.ISO(category)
	switch {
	case rule.Category == "":
		t.add("category %s: the rule has none (ISO/IEC 27035-2: %s)", category, iso)
	case !ok:
		t.add("category %s: %s has no %s (ISO/IEC 27035-2: %s)", category, s.scheme, quote(rule.Category), iso)
	case category != rule.Category:
		t.add("category %s, for which the rule's %s stands (ISO/IEC 27035-2: %s)", category, rule.Category, iso)
	default:
		t.add("category %s, of the rule (ISO/IEC 27035-2: %s)", category, iso)
	}
	return category, iso
}

// profileFor is the most specific profile: of the local name, the class/type, the class, or "*".
func (s *Scales) profileFor(local, category string) profile {
	name, _, _ := strings.Cut(category, "/")
	if _, isLocal := s.local[local]; !isLocal {
		local = category
	}
	for _, key := range []string{local, category, name} {
		if p, ok := s.profiles[key]; ok {
			return p
		}
	}
	return s.profiles["*"]
}

// levels are the levels of rules and the risk that each stands for (register.md, ruling 4 of section 0).
func levels() map[string]float64 {
	return map[string]float64{"informational": 10, "low": 25, "medium": 50, "high": 75, "critical": 95}
}

// shift moves the profile's information and functional impact by the rule's level: informational and low one step
// down, critical one step up.
func (s *Scales) shift(p profile, level string, t *trace) tocsin.Impact {
	words := p.words
	by := 0
	switch level {
	case "informational", "low":
		by = -1
	case "critical":
		by = 1
	}
	functional := s.axes["functional"].step(words["functional"], by)
	information := s.axes["information"].step(words["information"], by)
	if by != 0 {
		t.add("rule level %s: functional %s, information %s", level,
			changed(words["functional"], functional), changed(words["information"], information))
	} else {
		t.add("rule level %s: no shift", plain(level))
	}
	return tocsin.Impact{
		Functional: functional, Information: information, Recoverability: words["recoverability"],
		BusinessLoss: words["business_loss"], Social: words["social"],
	}
}

// asset finds the most important asset among the event's entities and group values.
func (c *Classifier) asset(e tocsin.Event, a *tocsin.Assessment, t *trace) {
	a.Asset, a.Platform = 1, "unknown"
	entities := slices.Clone(e.Entities)
	for _, g := range e.Group {
		for _, item := range g.Value.Items() {
			if !slices.ContainsFunc(entities, func(n tocsin.Entity) bool { return n.Field == g.Field && n.Value == item.Text() }) {
				entities = append(entities, tocsin.Entity{Field: g.Field, Value: item.Text(), Role: "related"})
			}
		}
	}
	var best Asset
	var entity tocsin.Entity
	var how string
	for _, n := range entities {
		asset, by, ok := c.assets.Of(n.Field, n.Value)
		if !ok {
			continue
		}
		if asset.Importance > best.Importance {
			best, entity, how = asset, n, by
		}
		if asset.Shared {
			a.Shared = append(a.Shared, n)
		}
	}
	if best.Importance == 0 {
		t.add("asset 1, assumed: no known asset among its entities (%d)", len(entities))
		return
	}
	a.Asset, a.AssetKnown, a.Owner = best.Importance, true, best.Owner
	if best.Platform != "" {
		a.Platform = best.Platform
	}
	t.add("asset %d (%s): %s %s is %s by %s%s; platform %s", best.Importance, c.scales.importance.name(best.Importance),
		entity.Field, quote(entity.Value), best.ID, how, ownedBy(best.Owner), a.Platform)
	if len(a.Shared) > 0 {
		t.add("shared assets, which join no events into an incident: %s", entityList(a.Shared))
	}
}

// promote lets the first promotion rule that takes the event decide; where none does, a person will.
func (s *Scales) promote(e tocsin.Event, v values, r Rating, a *tocsin.Assessment, t *trace) {
	v = v.withSeverity(r.rank)
	a.State, a.Mode = tocsin.Pending, tocsin.ModeManual
	for _, rule := range s.promotion.rules {
		if !t.holds(rule.when, v, "promotion rule "+rule.id) {
			continue
		}
		if e.Rule.Status == "shadow" && rule.mode != tocsin.ModeDismiss {
			t.add("promotion rule %s (%s): %s; but the rule is in status shadow: not promoted, stays pending", rule.id, rule.mode, v.reading(rule.when))
			return
		}
		a.Mode, a.Policy, a.Reason = rule.mode, rule.id, rule.reason
		if e.Rule.Status == "test" && rule.mode == tocsin.ModeAuto {
			a.Mode = tocsin.ModePropose
			t.add("the rule is in status test: what promotion rule %s would declare is proposed", rule.id)
		}
		a.State = stateOf(a.Mode)
		t.add("promotion rule %s (%s): %s; %s", rule.id, rule.mode, v.reading(rule.when), verdict(*a))
		return
	}
	t.add("no promotion rule holds for %s: pending until a person decides", v.decisive(s.promotion.rules))
}

// stateOf is what a mode of promotion makes of an event (ISO/IEC 27035-1, 4.5.3 c).
func stateOf(m tocsin.Mode) tocsin.AssessmentState {
	switch m {
	case tocsin.ModePropose, tocsin.ModeAuto:
		return tocsin.Promoted
	case tocsin.ModeDismiss:
		return tocsin.NotIncident
	default:
		return tocsin.Pending
	}
}

func verdict(a tocsin.Assessment) string {
	switch a.State {
	case tocsin.Promoted:
		return "promoted"
	case tocsin.NotIncident:
		return "not an incident: " + a.Reason
	default:
		return "pending until a person decides"
	}
}
