package decode

import (
	"errors"
	"strings"
)

// A dissection takes a text apart at fixed delimiters: "%{month} %{day->} %{?skipped} %{}[%{pid}]: %{text}". A key that
// ends in -> may be followed by its delimiter several times; ? and the empty key skip; + adds to the key before it.
type dissection struct {
	lead  string // before the first key
	parts []dissected
}

type dissected struct {
	key            string // "" is skipped
	join, repeated bool
	until          string // the delimiter behind it; "" for the rest
}

// parseDissection reads a pattern.
func parseDissection(pattern string) (dissection, error) {
	var d dissection
	lead, rest, ok := strings.Cut(pattern, "%{")
	if !ok {
		return d, errors.New("there is no %{key} in it")
	}
	d.lead = lead
	for {
		key, after, ok := strings.Cut(rest, "}")
		if !ok {
			return d, errors.New("a %{ has no }")
		}
		p := dissected{}
		key, p.repeated = strings.CutSuffix(key, "->")
		key, p.join = strings.CutPrefix(key, "+")
		if strings.HasPrefix(key, "?") {
			key = ""
		}
		p.key = key
		more := false
		p.until, rest, more = strings.Cut(after, "%{")
		if more && p.until == "" {
			return d, errors.New("nothing stands between two keys: where one ends cannot be told")
		}
		d.parts = append(d.parts, p)
		if !more {
			return d, nil
		}
	}
}

func (d *dissection) keys() []string {
	var keys []string
	for _, p := range d.parts {
		if p.key != "" {
			keys = append(keys, p.key)
		}
	}
	return keys
}

// run hands the values of a text to take. It reports false, and hands over nothing, where a delimiter is missing.
func (d *dissection) run(s string, take func(key, value string)) bool {
	rest, ok := strings.CutPrefix(s, d.lead)
	if !ok {
		return false
	}
	values := make([]string, len(d.parts))
	for i, p := range d.parts {
		if p.until == "" {
			values[i], rest = rest, ""
			continue
		}
		if values[i], rest, ok = strings.Cut(rest, p.until); !ok {
			return false
		}
		for p.repeated && strings.HasPrefix(rest, p.until) {
			rest = rest[len(p.until):]
		}
	}
	joined := map[string]string{}
	for i, p := range d.parts {
		if p.join {
			joined[p.key] += " " + values[i]
		}
	}
	for i, p := range d.parts {
		if p.key != "" && !p.join {
			take(p.key, strings.TrimSpace(values[i])+joined[p.key])
		}
	}
	return true
}
