package decode

import (
	"cmp"
	"strings"
	"time"

	"tocsin"
)

// conversions are the words of a field's "as".
var conversions = map[string]func(tocsin.Value) tocsin.Value{
	"text":  asText,
	"lower": func(v tocsin.Value) tocsin.Value { return each(v, strings.ToLower) },
	"upper": func(v tocsin.Value) tocsin.Value { return each(v, strings.ToUpper) },
	"base": func(v tocsin.Value) tocsin.Value {
		return each(v, func(s string) string { _, base := splitPath(s); return base })
	},
	"words": func(v tocsin.Value) tocsin.Value {
		return tocsin.StringsValue(strings.FieldsFunc(v.Text(), func(r rune) bool { return r == ',' || r == ' ' || r == ';' })...)
	},
	"time": func(v tocsin.Value) tocsin.Value {
		if t := timeOf(v); !t.IsZero() && !yearless(t) {
			return tocsin.StringValue(t.Format(time.RFC3339Nano))
		}
		return tocsin.Value{}
	},
	"severity":  func(v tocsin.Value) tocsin.Value { return levelOf(strings.ToLower(v.Text())) },
	"transport": transport,
	"address":   func(v tocsin.Value) tocsin.Value { return each(v, withoutPort) },
	"user": func(v tocsin.Value) tocsin.Value { // without the domain that stands before a backslash
		return each(v, func(s string) string {
			if at := strings.Index(s, "%40"); at > 0 && !strings.Contains(s, "@") { // as it stands in addresses of the web
				s = s[:at] + "@" + s[at+len("%40"):]
			}
			return s[strings.LastIndexByte(s, '\\')+1:]
		})
	},
	"joined": func(v tocsin.Value) tocsin.Value { // the words of a list, as they stand in a command line
		texts := make([]string, 0, v.Len())
		for _, item := range v.Items() {
			texts = append(texts, item.Text())
		}
		return tocsin.StringValue(strings.Join(texts, " "))
	},
	"domain": func(v tocsin.Value) tocsin.Value { // without the dot of the root at its end
		return each(v, func(s string) string { return cmp.Or(strings.TrimSuffix(s, "."), s) })
	},
	"labels": func(v tocsin.Value) tocsin.Value { return each(v, dnsLabels) },
	"first": func(v tocsin.Value) tocsin.Value {
		if v.Len() == 0 {
			return tocsin.Value{}
		}
		return v.At(0)
	},
}

// dnsLabels is the name that is written by its labels and their lengths: "(3)www(4)shop(0)".
func dnsLabels(s string) string {
	var name []string
	for part := range strings.SplitSeq(s, "(") {
		if _, label, ok := strings.Cut(part, ")"); ok && label != "" {
			name = append(name, label)
		}
	}
	return strings.Join(name, ".")
}
