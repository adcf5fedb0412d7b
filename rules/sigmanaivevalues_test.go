package rules_test

import (
	"encoding/base64"
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

func (p *naiveParser) item(key string, v any) bool {
	parts := strings.Split(key, "|")
	field, modifiers := parts[0], parts[1:]
	values, ok := v.([]any)
	if !ok {
		values = []any{v}
	}
	has := func(m string) bool { return slices.Contains(modifiers, m) }
	hit := 0
	for _, one := range values {
		if p.value(field, modifiers, one) {
			hit++
		}
	}
	result := hit > 0
	if has("all") {
		result = hit == len(values)
	}
	return result != has("neq")
}

func (p *naiveParser) value(field string, modifiers []string, v any) bool {
	if field == "" {
		return p.tests(p.record.texts, append(modifiers, "contains"), v)
	}
	places, _ := p.route.places(field)
	spellings := []any{v}
	for _, s := range p.route.values[field][strings.ToLower(fmt.Sprint(v))] {
		spellings = append(spellings, s)
	}
	some := false
	for _, place := range places {
		has := p.record.values(place)
		switch {
		case slices.Contains(modifiers, "exists"):
			_, there := p.record.fields[place]
			some = some || there || p.record.below(place)
		case v == nil:
			some = some || len(has) > 0 || p.record.below(place)
		default:
			some = some || slices.ContainsFunc(spellings, func(s any) bool { return p.tests(has, modifiers, s) })
		}
	}
	if v == nil || v == false && slices.Contains(modifiers, "exists") {
		return !some
	}
	return some
}

func (p *naiveParser) tests(has, modifiers []string, v any) bool {
	is := func(m string) bool { return slices.Contains(modifiers, m) }
	text := fmt.Sprint(v)
	switch {
	case is("re"):
		var flags strings.Builder
		for _, m := range modifiers {
			if m == "i" || m == "m" || m == "s" {
				flags.WriteString(m)
			}
		}
		if flags.String() != "" {
			text = "(?" + flags.String() + ")" + text
		}
		re := regexp.MustCompile(text)
		return slices.ContainsFunc(has, func(h string) bool { return re.MatchString(h) || re.MatchString(strings.TrimSuffix(h, "\n")) })
	case is("cidr"):
		net := netip.MustParsePrefix(text)
		return slices.ContainsFunc(has, func(h string) bool {
			addr, err := netip.ParseAddr(h)
			return err == nil && net.Contains(addr.Unmap())
		})
	case is("fieldref"):
		places, _ := p.route.places(text)
		for _, place := range places {
			for _, other := range p.record.values(place) {
				if slices.ContainsFunc(has, func(h string) bool { return p.relates(strings.ToLower(h), strings.ToLower(other), modifiers) }) {
					return true
				}
			}
		}
		return false
	case is("gt"), is("gte"), is("lt"), is("lte"):
		want, _ := strconv.ParseFloat(text, 64)
		return slices.ContainsFunc(has, func(h string) bool {
			n, err := strconv.ParseFloat(h, 64)
			return err == nil && naiveNumber.MatchString(h) && (is("gt") && n > want || is("gte") && n >= want || is("lt") && n < want || is("lte") && n <= want)
		})
	}
	_, isText := v.(string)
	for _, form := range naiveForms(text, isText, modifiers) {
		for _, h := range has {
			a, b := form, []rune(h)
			if !is("cased") {
				b = []rune(strings.ToLower(h))
				a = slices.Clone(form)
				for i := range a {
					if a[i] >= 0 {
						a[i] = []rune(strings.ToLower(string(a[i])))[0]
					}
				}
			}
			if wildly(a, b) {
				return true
			}
		}
	}
	return false
}

func (p *naiveParser) relates(a, b string, modifiers []string) bool {
	switch {
	case slices.Contains(modifiers, "contains"):
		return strings.Contains(a, b)
	case slices.Contains(modifiers, "startswith"):
		return strings.HasPrefix(a, b)
	case slices.Contains(modifiers, "endswith"):
		return strings.HasSuffix(a, b)
	default:
		return a == b
	}
}

// naiveNumber is what counts as a number: the spelling of JSON.
var naiveNumber = regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]*)?([eE][-+]?[0-9]+)?$`)

// The wildcards of a pattern of runes.
const (
	anyRun = -1
	anyOne = -2
)

// naiveForms are the patterns of a value after its modifiers.
func naiveForms(text string, wild bool, modifiers []string) [][]rune {
	var form []rune
	in := []rune(text)
	for i := 0; i < len(in); i++ {
		switch c := in[i]; {
		case wild && c == '\\' && i+1 < len(in) && strings.ContainsRune(`*?\`, in[i+1]):
			i++
			form = append(form, in[i])
		case wild && c == '*':
			form = append(form, anyRun)
		case wild && c == '?':
			form = append(form, anyOne)
		default:
			form = append(form, c)
		}
	}
	forms := [][]rune{form}
	for _, m := range modifiers {
		var next [][]rune
		for _, f := range forms {
			switch m {
			case "contains":
				next = append(next, append(append([]rune{anyRun}, f...), anyRun))
			case "startswith":
				next = append(next, append(slices.Clone(f), anyRun))
			case "endswith":
				next = append(next, append([]rune{anyRun}, f...))
			case "windash":
				next = append(next, naiveDashes(f)...)
			case "wide", "utf16le":
				var w []rune
				for _, c := range f {
					w = append(w, c)
					if c >= 0 {
						w = append(w, 0)
					}
				}
				next = append(next, w)
			case "base64":
				next = append(next, []rune(base64.StdEncoding.EncodeToString([]byte(string(f)))))
			case "base64offset":
				for i, cut := range []int{0, 2, 3} {
					s := strings.Repeat(" ", i) + string(f)
					e := base64.StdEncoding.EncodeToString([]byte(s))
					next = append(next, []rune(e[cut:len(e)-[]int{0, 3, 2}[len(s)%3]]))
				}
			default:
				next = append(next, f)
			}
		}
		forms = next
	}
	return forms
}

func naiveDashes(f []rune) [][]rune {
	word := regexp.MustCompile(`^[\pL\pN_]$`)
	isWord := func(i int) bool { return i >= 0 && i < len(f) && f[i] >= 0 && word.MatchString(string(f[i])) }
	for i, c := range f {
		if (c == '-' || c == '/') && !isWord(i-1) && isWord(i+1) {
			var out [][]rune
			for _, tail := range naiveDashes(f[i+1:]) {
				for _, d := range "-/\u2013\u2014\u2015" {
					out = append(out, append(append(slices.Clone(f[:i]), d), tail...))
				}
			}
			return out
		}
	}
	return [][]rune{f}
}

// wildly matches a whole text.
func wildly(pattern, s []rune) bool {
	star, mark, i, j := -1, 0, 0, 0
	for j < len(s) {
		switch {
		case i < len(pattern) && pattern[i] == anyRun:
			star, mark = i, j
			i++
		case i < len(pattern) && (pattern[i] == anyOne || pattern[i] == s[j]):
			i, j = i+1, j+1
		case star >= 0:
			mark++
			i, j = star+1, mark
		default:
			return false
		}
	}
	for i < len(pattern) && pattern[i] == anyRun {
		i++
	}
	return i == len(pattern)
}
