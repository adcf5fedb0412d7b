package authoring

import (
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"tocsin/classify"
	"tocsin/rules"
)

// A Coverage says what a set's rules cover: of ATT&CK by their tags, and of the scale by their categories. Deprecated
// rules, which do not run, cover nothing.
type Coverage struct {
	Scale      string    `json:"scale"`
	Rules      int       `json:"rules"`
	Techniques []Covered `json:"techniques"` // by id: T1110.003
	Tactics    []Covered `json:"tactics"`    // by tag: credential-access
	Categories []Covered `json:"categories"` // every type of the scale, in its order
	Uncovered  []string  `json:"uncovered"`  // categories without a rule
	Untagged   []string  `json:"untagged"`   // ids of rules that name no technique
}

// Covered is a technique, a tactic or a category and the rules that name it.
type Covered struct {
	Name  string   `json:"name"`
	Rules []string `json:"rules"` // ids, sorted

	titles []string
}

var (
	techniqueTag = regexp.MustCompile(`^attack\.(t[0-9]{4}(?:\.[0-9]{3})?)$`)
	otherTag     = regexp.MustCompile(`^attack\.[a-z]+[0-9]+$`) // groups, software, mitigations: attack.g0016
)

// Cover works out what the rules cover.
func Cover(set *rules.Set, scales *classify.Scales) Coverage {
	c := Coverage{Scale: scales.ID(), Techniques: []Covered{}, Tactics: []Covered{}, Uncovered: []string{}, Untagged: []string{}}
	for _, category := range scales.Categories() {
		if strings.Contains(category, "/") {
			c.Categories = append(c.Categories, Covered{Name: category, Rules: []string{}})
		}
	}
	for _, r := range set.Rules() {
		if r.Status == rules.Deprecated {
			continue
		}
		c.Rules++
		c.rule(r)
	}
	byName := func(a, b Covered) int { return strings.Compare(a.Name, b.Name) }
	slices.SortFunc(c.Techniques, byName)
	slices.SortFunc(c.Tactics, byName)
	for _, category := range c.Categories {
		if len(category.Rules) == 0 {
			c.Uncovered = append(c.Uncovered, category.Name)
		}
	}
	return c
}

func (c *Coverage) rule(r *rules.Rule) {
	tagged := false
	for _, tag := range r.Tags {
		tag = strings.ReplaceAll(strings.ToLower(tag), "_", "-") // Sigma has had both spellings
		switch m := techniqueTag.FindStringSubmatch(tag); {
		case m != nil:
			tagged = true
			c.Techniques = covers(c.Techniques, strings.ToUpper(m[1]), r)
		case strings.HasPrefix(tag, "attack.") && !otherTag.MatchString(tag):
			c.Tactics = covers(c.Tactics, strings.TrimPrefix(tag, "attack."), r)
		}
	}
	if !tagged {
		c.Untagged = append(c.Untagged, r.ID)
	}
	if i := slices.IndexFunc(c.Categories, func(x Covered) bool { return x.Name == r.Category }); i >= 0 {
		c.Categories[i].Rules = append(c.Categories[i].Rules, r.ID)
	}
}

// covers adds a rule to what has the name, once.
func covers(all []Covered, name string, r *rules.Rule) []Covered {
	i := slices.IndexFunc(all, func(x Covered) bool { return x.Name == name })
	if i < 0 {
		all, i = append(all, Covered{Name: name}), len(all)
	}
	if !slices.Contains(all[i].Rules, r.ID) {
		all[i].Rules, all[i].titles = append(all[i].Rules, r.ID), append(all[i].titles, r.Title)
	}
	return all
}

// WriteText writes the coverage for people.
func (c Coverage) WriteText(w io.Writer) error {
	out := &errWriter{w: w}
	out.printf("%d rules name %d techniques of %d tactics\n", c.Rules, len(c.Techniques), len(c.Tactics))
	for _, t := range c.Techniques {
		out.printf("  %-10s %d  %s\n", t.Name, len(t.Rules), strings.Join(t.titles, "; "))
	}
	if n := len(c.Untagged); n > 0 {
		out.printf("%d rules name no technique\n", n)
	}
	out.printf("%d of %d categories of %s have no rule\n", len(c.Uncovered), len(c.Categories), c.Scale)
	for _, name := range c.Uncovered {
		out.printf("  %s\n", name)
	}
	return out.err
}

// WriteJSON writes the coverage as one object.
func (c Coverage) WriteJSON(w io.Writer) error { return indentedJSON(w, c) }

func indentedJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// layer is a layer of the ATT&CK Navigator, format 4.5.
type layer struct {
	Name        string           `json:"name"`
	Versions    layerVersions    `json:"versions"`
	Domain      string           `json:"domain"`
	Description string           `json:"description"`
	Sorting     int              `json:"sorting"` // 3: the highest score first
	Techniques  []layerTechnique `json:"techniques"`
	Gradient    layerGradient    `json:"gradient"`
}

type layerVersions struct {
	Navigator string `json:"navigator"` // the least that reads the format
	Layer     string `json:"layer"`
}

type layerTechnique struct {
	ID       string `json:"techniqueID"`
	Score    *int   `json:"score,omitempty"` // absent: only techniques below it are covered
	Comment  string `json:"comment,omitempty"`
	Enabled  bool   `json:"enabled"`
	ShowSubs bool   `json:"showSubtechniques,omitempty"`
}

type layerGradient struct {
	Colors []string `json:"colors"`
	Least  int      `json:"minValue"`
	Most   int      `json:"maxValue"`
}

// WriteLayer writes the techniques as a layer of the ATT&CK Navigator, format 4.5; the score of a technique is its number of
// rules.
func (c Coverage) WriteLayer(w io.Writer) error {
	l := layer{
		Name: "tocsin rules", Versions: layerVersions{Navigator: "4.9.0", Layer: "4.5"}, Domain: "enterprise-attack", Sorting: 3,
		Description: fmt.Sprintf("%d rules; the score of a technique is how many of them name it", c.Rules),
		Gradient:    layerGradient{Colors: []string{"#ffffff", "#66b1ff"}, Most: 1}, Techniques: []layerTechnique{},
	}
	at := map[string]int{}
	for _, t := range c.Techniques {
		score := len(t.Rules)
		l.Gradient.Most = max(l.Gradient.Most, score)
		parent, _, sub := strings.Cut(t.Name, ".")
		if _, ok := at[parent]; sub && !ok {
			at[parent] = len(l.Techniques)
			l.Techniques = append(l.Techniques, layerTechnique{ID: parent, Enabled: true})
		}
		if sub {
			l.Techniques[at[parent]].ShowSubs = true
		} else {
			at[t.Name] = len(l.Techniques)
		}
		l.Techniques = append(l.Techniques, layerTechnique{ID: t.Name, Score: &score, Comment: strings.Join(t.titles, "\n"), Enabled: true})
	}
	return indentedJSON(w, l)
}
