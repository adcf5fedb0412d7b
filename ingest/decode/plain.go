package decode

import "strings"

// plain reads the lines that no other format claims but that say when: columns between commas, bars or tabulators, and
// sentences with a time in them. It reads those too of which a relay has cut the header off, where they name an address or
// speak of a login, and JSON behind a mark. Of what they say it takes what programs word alike (see said); all of it is the
// message.
func plain(dec *Decoder) text {
	d := dec.doc.dict
	says, pairs, message, kind, module := newSaid(d), newPairs(d), d.name("message"), d.name("event.kind"), d.name("event.module")
	return text{
		claims: func(line string) bool {
			return plainTime(line, nil) || marked(line) > 0 || telling(line) || paired(line)
		},
		read: func(line string, o *output) string {
			plainTime(line, o)
			if at := marked(line); at > 0 {
				dec.embedded(line[at:], o)
			} else if paired(line) {
				pairs.read(line, o)
			}
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

// marked finds the JSON that a line holds behind "@cee:" or signs alone, -1 where there is none.
func marked(line string) int {
	const most = 16 // bytes of a mark
	at := strings.IndexByte(line[:min(len(line), most)], '{')
	if at <= 0 || !strings.HasSuffix(line, "}") {
		return -1
	}
	switch strings.Trim(line[:at], "\ufeff \t:-") {
	case "", "@cee":
		return at
	}
	return -1
}

// telling reports whether a line says something that is worth keeping though nothing says when: it names an address, or
// it speaks of a login.
func telling(line string) bool {
	const least = 3 // words
	if len(line) > maxSaid || strings.IndexByte(line, 0) >= 0 {
		return false
	}
	words := 0
	for word := range strings.FieldsSeq(line) {
		if leadingAddress(word) != "" {
			return true
		}
		words++
	}
	small := strings.ToLower(line)
	return words >= least && (loginWord(small) || strings.Contains(small, "pam_") || strings.Contains(small, "session opened for ") || strings.Contains(small, "session closed for ") || strings.Contains(line, "COMMAND=")) ||
		mailQueue(line)
}

// paired reports whether a line holds pairs of key and value among its words, of which it begins with one.
func paired(line string) bool {
	const least = 4
	if len(line) > maxSaid || strings.Count(line, "=") < least {
		return false
	}
	body := line
	if word, after, ok := strings.Cut(line, " "); ok && inBrackets(word) {
		body = after
	}
	if _, _, ok := nextPair(body); !ok {
		return false
	}
	n := 0
	for word := range strings.FieldsSeq(body) {
		if _, _, ok := nextPair(word); ok {
			n++
		}
	}
	return n >= least
}
