package decode

import "strings"

// plain reads the lines that no other format claims but that say when: columns between commas, bars or tabulators, and
// sentences with a time in them. Of what they say it takes what programs word alike (see said); all of it is the message.
func plain(dec *Decoder) text {
	d := dec.doc.dict
	says, message, kind, module := newSaid(d), d.name("message"), d.name("event.kind"), d.name("event.module")
	return text{
		claims: func(line string) bool { return plainTime(line, nil) },
		read: func(line string, o *output) string {
			plainTime(line, o)
			says.text(line, o)
			o.put(message, line)
			o.put(kind, "event")
			o.put(module, "plain")
			return ""
		},
	}
}

// plainTime finds the first time that stands as a column of its own near the beginning of a line.
func plainTime(line string, o *output) bool {
	const most, columns = 256, 8
	head := line[:min(len(line), most)]
	for _, between := range []string{",", "|", "\t", ";"} {
		rest := head
		for range columns {
			column, after, more := strings.Cut(rest, between)
			if t, ok := parseTime(strings.Trim(strings.TrimSpace(column), `"'[]()`)); ok && len(column) > 9 && !yearless(t) {
				if o != nil {
					o.time = t
				}
				return true
			}
			if !more {
				break
			}
			rest = after
		}
	}
	return false
}
