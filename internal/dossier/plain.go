package dossier

import (
	"encoding/json"
	"strings"
	"unicode"

	"tocsin"
)

// untyped is the data as the templates see it: by the names that JSON has, each text made what the format needs.
func untyped(data any, clean func(string) string) (any, error) {
	doc, err := json.Marshal(data)
	if err != nil {
		return nil, err
	}
	v, err := tocsin.PlainJSON(doc)
	if err != nil {
		return nil, err
	}
	return each(v, clean), nil
}

// each makes every text of a value clean.
func each(v any, clean func(string) string) any {
	switch v := v.(type) {
	case string:
		return clean(v)
	case json.Number:
		return v.String()
	case []any:
		for n := range v {
			v[n] = each(v[n], clean)
		}
	case map[string]any:
		for name := range v {
			v[name] = each(v[name], clean)
		}
	}
	return v
}

// harmless makes a text of an alert or a person harmless in Markdown: one line, no markup, no link, nothing that a
// terminal acts on, that shows nothing or that turns text around.
func harmless(s string) string {
	s = string(Visible([]byte(strings.Join(strings.Fields(s), " "))))
	s = strings.Map(func(r rune) rune {
		if r != ' ' && !unicode.IsPrint(r) {
			return '\uFFFD'
		}
		return r
	}, s)
	return strings.NewReplacer("\\", "\\\\", "`", "\\`", "*", "\\*", "_", "\\_", "[", "\\[", "]", "\\]", "<", "&lt;", ">", "&gt;", "|", "\\|", "#", "\\#",
		"://", "[:]//").Replace(s)
}
