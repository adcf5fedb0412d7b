package dossier

import (
	"cmp"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"tocsin"
)

func ordinal(n int) string { return strconv.Itoa(n) }

// An awarenessDoc is what the templates for teaching see: what happened and what was learnt, with nobody and nothing
// named. TLP:CLEAR.
type awarenessDoc struct {
	Title     string   `json:"title"`
	Summary   string   `json:"summary"`
	Category  string   `json:"category"`
	Priority  string   `json:"priority"`
	Cause     []fact   `json:"cause"`
	Concerned []string `json:"concerned"` // what took part, by role and kind
	Steps     []fact   `json:"steps"`     // what was done, how long after the detection
	Durations []fact   `json:"durations"`
	Controls  []string `json:"failed_controls"`
	Weak      int      `json:"vulnerabilities"`
	Lessons   []string `json:"lessons"`
	Month     string   `json:"month"`
	TLP       string   `json:"tlp"`
}

// Awareness writes an incident for people to learn from, without names.
func (p *Press) Awareness(w io.Writer, format string, f File, now time.Time) error {
	return p.write(w, nameAwareness, format, awarenessData(f))
}

func awarenessData(f File) awarenessDoc {
	i := f.Incident
	m := newMask(f)
	d := awarenessDoc{
		Title: m.hide(i.Title), Summary: m.hide(i.Summary), Category: i.Category, Priority: i.Priority, TLP: "CLEAR", Month: i.Opened.UTC().Format("January 2006"),
		Concerned: m.roles, Durations: durations(i), Controls: hideAll(m, i.FailedControls), Lessons: hideAll(m, i.Lessons), Steps: []fact{},
	}
	for _, v := range i.Vulnerabilities {
		if v.ID != tocsin.NoneFound {
			d.Weak++
		}
	}
	for _, c := range []fact{{"Root cause", i.RootCause}, {"Intent", i.Intent}, {"Means", i.Means}, {"How it turned out", i.Disposition}} {
		if c.Value != "" {
			d.Cause = append(d.Cause, c)
		}
	}
	detected := i.Timeline["detected"]
	for _, e := range f.Log {
		if e.To != "" {
			d.Steps = append(d.Steps, fact{string(e.To), after(detected, e.Effective)})
		}
	}
	return d
}

func after(from, to time.Time) string {
	if from.IsZero() || to.Before(from) {
		return "at once"
	}
	return duration(int64(to.Sub(from) / time.Second))
}

// A mask hides who and what an incident names, in all the texts of it.
type mask struct {
	values []hidden // the longest first, so that no part of one is left
	roles  []string
}

type hidden struct {
	value string
	as    string
	match *regexp.Regexp
}

// shapes are what names somebody or something whatever it is called: addresses, e-mail, links, hashes, ids, hosts.
var shapes = []*regexp.Regexp{
	regexp.MustCompile(`(?i)[a-z][a-z0-9+.-]*://\S+`),
	regexp.MustCompile(`(?i)[\p{L}\p{N}._%+-]+@[\p{L}\p{N}.-]+`),
	regexp.MustCompile(`\b\d{1,3}(?:\.\d{1,3}){3}(?:/\d{1,2})?\b`),
	regexp.MustCompile(`(?i)\b(?:[0-9a-f]{0,4}:){2,7}[0-9a-f]{0,4}\b`),
	regexp.MustCompile(`(?i)\b[0-9a-f]{16,}\b`),
	regexp.MustCompile(`(?i)\bINC-\d+-\d+\b`),
	regexp.MustCompile(`(?i)\b(?:[a-z0-9-]+\.)+[a-z]{2,}\b`),
	regexp.MustCompile(`\\\\?[\w.$-]+\\[\w.$\\-]+`),
	regexp.MustCompile(`\b\+?\d[\d ()/-]{6,}\d\b`),
}

// entityFields are names of fields that summaries have: they look like those of hosts, and name nobody.
var entityFields = []string{
	"source.ip", "source.domain", "destination.ip", "destination.domain", "host.name", "host.ip", "user.name", "user.target.name", "service.name",
	"process.executable", "file.path", "url.domain", "dns.question.registered_domain",
}

// newMask gathers every name that the incident, its events and its log hold.
func newMask(f File) *mask {
	m := &mask{roles: []string{}}
	count := map[string]int{}
	add := func(value, kind string) {
		if strings.TrimSpace(value) == "" || slices.ContainsFunc(m.values, func(h hidden) bool { return strings.EqualFold(h.value, value) }) {
			return
		}
		count[kind]++
		m.values = append(m.values, hidden{value: value, as: kind + " " + strconv.Itoa(count[kind])})
	}
	i := f.Incident
	entities := slices.Clone(i.Entities)
	for _, e := range f.Events {
		entities = append(entities, e.Entities...)
		for _, g := range e.Group {
			for _, v := range g.Value.Items() {
				entities = append(entities, tocsin.Entity{Field: g.Field, Value: v.Text(), Role: "related"})
			}
		}
	}
	for _, e := range entities {
		kind, _, _ := strings.Cut(e.Field, ".")
		add(e.Value, strings.TrimSpace(strings.ReplaceAll(cmp.Or(e.Role, "related")+" "+kind, "_", " ")))
	}
	for _, h := range m.values {
		m.roles = append(m.roles, h.as)
	}
	for _, name := range append(people(f), i.Tenant, i.Number, i.ID, i.Informant) {
		if name != "default" {
			add(name, "somebody or something")
		}
	}
	slices.SortStableFunc(m.values, func(a, b hidden) int { return len(b.value) - len(a.value) })
	for n := range m.values {
		m.values[n].match = regexp.MustCompile(`(?i)` + regexp.QuoteMeta(m.values[n].value))
	}
	return m
}

// people are all whom the incident and its log name.
func people(f File) []string {
	i := f.Incident
	all := []string{i.Coordinator, i.Assignee, i.DeclaredBy, i.Crisis.Owner}
	for _, t := range i.Teams {
		all = append(all, t.Name)
	}
	for _, u := range i.FollowUps {
		all = append(all, u.Owner)
	}
	for _, v := range i.Vulnerabilities {
		all = append(all, v.Asset, v.Owner)
	}
	for _, h := range i.Holds {
		all = append(all, h.By)
	}
	for _, e := range f.Log {
		if e.By.Kind == "person" || e.By.Kind == "token" {
			all = append(all, e.By.ID)
		}
	}
	return all
}

// hide takes out of a text all that names somebody or something.
func (m *mask) hide(text string) string {
	for _, h := range m.values {
		text = h.match.ReplaceAllLiteralString(text, "("+h.as+")")
	}
	for _, s := range shapes {
		text = s.ReplaceAllStringFunc(text, func(found string) string {
			if slices.Contains(entityFields, found) {
				return found
			}
			return "(hidden)"
		})
	}
	return text
}

func hideAll(m *mask, texts []string) []string {
	out := make([]string, len(texts))
	for n, t := range texts {
		out[n] = m.hide(t)
	}
	return out
}
