package decode

import (
	"strings"
	"time"
)

// plain reads the lines that no other format claims but that say when: columns between commas, bars or tabulators, and
// sentences with a time in them. It reads those too of which a relay has cut the header off, where they name an address or
// speak of a login, and JSON behind a mark. Of what they say it takes what programs word alike (see said); all of it is the
// message.
func plain(dec *Decoder) text {
	d := dec.doc.dict
	says, pairs, message, kind, module, program := dec.says, newPairs(d), d.name("message"), d.name("event.kind"), d.name("event.module"), d.name("process.name")
	return text{
		claims: func(line string) bool {
			return plainTime(line, time.Time{}, nil) || dated(line) || marked(line) > 0 || telling(line) || paired(line) || listed(line) || pairsOf(line) != "" || says.headless.of(line) != ""
		},
		read: func(line string, o *output) string {
			if !plainTime(line, dec.received, o) {
				o.time, _ = timeInside(line)
			}
			h := header{priority: -1, message: line, app: says.headless.of(line)}
			says.flows.read(h, o)
			says.messages.alarm(h, o)
			if at := marked(line); at > 0 {
				dec.embedded(line[at:], o)
			} else if body := pairsOf(line); body != "" {
				pairs.read(body, o)
			} else if paired(line) {
				pairs.read(line, o)
			} else if listed(line) && !says.login(h, o) {
				pairs.listed(line, o)
			}
			says.record(line, o)
			says.people(h, o)
			says.columns(line, o)
			o.put(program, h.app)
			o.put(message, line)
			o.put(kind, "event")
			o.put(module, "plain")
			return ""
		},
	}
}

// dated reports whether a line tells a time near its beginning and says something besides.
func dated(line string) bool {
	const least = 3 // words
	_, ok := timeInside(line)
	return ok && len(line) <= maxSaid && (strings.Contains(line, "|") || len(strings.Fields(line)) >= least) && strings.IndexByte(line, 0) < 0
}

// plainTime finds the first time that stands as a column of its own near the beginning of a line.
func plainTime(line string, received time.Time, o *output) bool {
	const most, columns = 256, 8
	head := line[:min(len(line), most)]
	for _, between := range []string{",", "|", "\t", ";", "> <", "  "} {
		rest := head
		for i := range columns {
			column, after, more := strings.Cut(rest, between)
			if t, number, ok := columnTime(column, after, between); ok && (!number || countsAsTime(t, received, i == 0)) {
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

// columnTime is the time that a column tells, with the clock in the column after it where it is a day alone.
func columnTime(column, after, between string) (t time.Time, number, ok bool) {
	const quotes, shortest = `"'[]()<>#`, 8
	text := strings.Trim(strings.TrimSpace(column), quotes)
	if len(text) < shortest {
		return time.Time{}, false, false
	}
	if strings.Count(text, "-")+strings.Count(text, "/") == 2 && len(text) <= len("2026-03-01") {
		clock, _, _ := strings.Cut(after, between)
		clock = strings.Trim(strings.TrimSpace(clock), quotes)
		if t, ok = parseTime(text + " " + clock); ok && len(clock) >= len("1:00:00") && !yearless(t) {
			return t, false, true
		}
	}
	t, ok = parseTime(text)
	return t, strings.Trim(text, "0123456789.") == "", ok && len(column) > 9 && !yearless(t)
}

// countsAsTime reports whether a number in a column may be a count of seconds or their parts since 1970: the first column
// alone, and a time within some years of when the record came, or of those in which there are such records. Others are
// identifiers, sizes and telephone numbers.
func countsAsTime(t, received time.Time, first bool) bool {
	const back, ahead = 5 * 365 * 24 * time.Hour, 24 * time.Hour
	if received.IsZero() {
		return first && t.Year() > 2004 && t.Year() < 2036
	}
	return first && t.After(received.Add(-back)) && t.Before(received.Add(ahead))
}

// marked finds the JSON that a line holds behind "@cee:", signs alone or the name of what wrote it, -1 where there is none.
func marked(line string) int {
	const most = 64 // bytes of a mark
	at := strings.IndexByte(line[:min(len(line), most)], '{')
	if at <= 0 || !strings.HasSuffix(line, "}") {
		return -1
	}
	switch mark := strings.Trim(line[:at], "\ufeff \t:-"); {
	case mark == "", mark == "@cee":
		return at
	case !strings.ContainsAny(mark, `{}"=,;|<`) && strings.HasPrefix(strings.TrimLeft(line[at+1:], " "), `"`):
		return at // the name of what wrote it
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
	words, may := 0, mayAddress(line)
	for word := range strings.FieldsSeq(line) {
		if may && namesAddress(word) {
			return true
		}
		words++
	}
	small := strings.ToLower(line)
	return words >= least && (loginWord(small) || strings.Contains(small, "pam_") || strings.Contains(small, "session opened for ") || strings.Contains(small, "session closed for ") || strings.Contains(line, "COMMAND=")) ||
		mailQueue(line)
}

// namesAddress reports whether an address stands in a word, between whatever signs.
func namesAddress(word string) bool {
	if leadingAddress(word) != "" {
		return true
	}
	for part := range strings.FieldsFuncSeq(word, func(r rune) bool { return strings.ContainsRune(`,;()<>[]{}='"|`, r) }) {
		if at := strings.IndexByte(part, ':'); at > 0 && isLetter(part[at-1]) && leadingAddress(part[at+1:]) != "" {
			return true
		}
		if leadingAddress(part) != "" {
			return true
		}
	}
	return false
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
