package dossier

import (
	"cmp"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"tocsin"
)

// A mask hides who and what an incident names, in all the texts of it.
type mask struct {
	values []hidden // the longest first, so that no part of one is left
	roles  []string
}

type hidden struct {
	value string
	as    string
	word  bool // it is hidden where it is a word of its own, and stays where it is a part of one
	match *regexp.Regexp
}

// firstMark stands for the first of the values until all are hidden, the next one for the second: what a value is called
// is no text to hide values in. Texts have none of these marks: they are for private use.
const firstMark, lastMark = '\U000F0000', '\U0010FFFF'

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

// wordKinds are kinds of entities that may be called like a word. Addresses, hosts and all others are hidden wherever
// they stand.
var wordKinds = []string{"user", "group", "service", "process", "file"}

// lettersOnly are values that may be parts of words.
var lettersOnly = regexp.MustCompile(`^[\p{L}\p{M}\p{N}]+$`)

// newMask gathers every name that the incident, its events and its log hold.
func newMask(f File) *mask {
	m := &mask{roles: []string{}}
	count := map[string]int{}
	add := func(value, kind string, word bool) {
		if strings.TrimSpace(value) == "" || slices.ContainsFunc(m.values, func(h hidden) bool { return strings.EqualFold(h.value, value) }) {
			return
		}
		count[kind]++
		m.values = append(m.values, hidden{value: value, as: kind + " " + strconv.Itoa(count[kind]), word: word && lettersOnly.MatchString(value)})
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
		add(e.Value, strings.TrimSpace(strings.ReplaceAll(cmp.Or(e.Role, "related")+" "+kind, "_", " ")), slices.Contains(wordKinds, kind))
	}
	for _, h := range m.values {
		m.roles = append(m.roles, h.as)
	}
	for _, name := range append(people(f), i.Tenant, i.Number, i.ID, i.Informant) {
		if name != "default" {
			add(name, "somebody or something", true)
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
	text = strings.Map(func(r rune) rune {
		if r >= firstMark && r <= lastMark {
			return utf8.RuneError
		}
		return r
	}, text)
	for n, h := range m.values {
		text = h.replace(text, string(firstMark+rune(n)))
	}
	for _, s := range shapes {
		text = s.ReplaceAllStringFunc(text, func(found string) string {
			if slices.Contains(entityFields, found) {
				return found
			}
			return "(hidden)"
		})
	}
	var out strings.Builder
	for _, r := range text {
		if r < firstMark || r > lastMark {
			out.WriteRune(r)
			continue
		}
		out.WriteString("(" + m.values[r-firstMark].as + ")")
	}
	return out.String()
}

// replace puts a mark where the value stands.
func (h *hidden) replace(text, mark string) string {
	var out strings.Builder
	rest, from := 0, 0
	for {
		at := h.match.FindStringIndex(text[from:])
		if at == nil {
			return out.String() + text[rest:]
		}
		begin, end := from+at[0], from+at[1]
		if h.word && !apart(text, begin, end) {
			_, size := utf8.DecodeRuneInString(text[begin:])
			from = begin + size
			continue
		}
		out.WriteString(text[rest:begin] + mark)
		rest, from = end, end
	}
}

// apart reports whether a part of a text is a word of its own: letters go on with letters, digits with digits.
func apart(text string, from, to int) bool {
	before, _ := utf8.DecodeLastRuneInString(text[:from])
	first, _ := utf8.DecodeRuneInString(text[from:to])
	last, _ := utf8.DecodeLastRuneInString(text[from:to])
	after, _ := utf8.DecodeRuneInString(text[to:])
	return !goesOn(before, first) && !goesOn(last, after)
}

func goesOn(a, b rune) bool {
	letter := func(r rune) bool { return unicode.In(r, unicode.L, unicode.M) }
	return letter(a) && letter(b) || unicode.IsNumber(a) && unicode.IsNumber(b)
}

func hideAll(m *mask, texts []string) []string {
	out := make([]string, len(texts))
	for n, t := range texts {
		out[n] = m.hide(t)
	}
	return out
}
