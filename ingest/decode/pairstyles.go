package decode

import "strings"

// The ways in which sources write pairs of key and value.
type pairsKind uint8

const (
	blankPairs     pairsKind = iota // a=b c="d e"
	barPairs                        // a=b|c=d e
	colonPairs                      // a:"b"; c:"d"
	commaPairs                      // a=b,c="d e",f=g h
	semicolonPairs                  // a=b;c=d e
)

// pairStyleOf tells how the pairs of a text are written, from its beginning.
func pairStyleOf(s string) pairsKind {
	head := s[:min(len(s), 512)]
	if strings.Count(head, ";") >= 2 && strings.Count(head, `:"`) >= 3 && strings.Count(head, `";`) >= 2 {
		if key, _, ok := strings.Cut(head, `:"`); ok && plainKey(strings.TrimSpace(key)) {
			return colonPairs
		}
	}
	if strings.Count(head, "|") >= 3 {
		if pairsBetween(head, "|") {
			return barPairs
		}
		return blankPairs
	}
	switch {
	case pairsBetweenCommas(head):
		return commaPairs
	case strings.Count(head, ";") >= 4 && pairsBetween(head, ";"):
		return semicolonPairs
	}
	return blankPairs
}

// pairsBetween reports whether a text begins with four pairs that a sign parts.
func pairsBetween(s, sign string) bool {
	const least = 4
	n := 0
	for piece := range strings.SplitSeq(s, sign) {
		key, _, ok := strings.Cut(piece, "=")
		if !ok || !plainKey(strings.TrimSpace(key)) {
			break
		}
		n++
	}
	return n >= least
}

// pairsBetweenCommas reports whether a text begins with four pairs that commas part, without blanks.
func pairsBetweenCommas(s string) bool {
	const least = 4
	for range least {
		key, rest, ok := nextPair(s)
		if !ok || key == "" || s[0] == ' ' {
			return false
		}
		if _, s = commaValue(rest); s == "" || s[0] != ',' {
			return false
		}
		s = s[1:]
	}
	return true
}

// commaValue reads a value: in quotation marks, or to the next comma.
func commaValue(s string) (value, rest string) {
	if s != "" && (s[0] == '"' || s[0] == '\'') {
		return pairValue(s)
	}
	end := strings.IndexByte(s, ',')
	if end < 0 {
		return s, ""
	}
	return s[:end], s[end:]
}

// nextPair cuts a text at the equals sign of the pair that it begins with.
func nextPair(s string) (key, rest string, ok bool) {
	const most = 64 // bytes of a key
	s = strings.TrimLeft(s, " \t,;")
	for i := range min(len(s), most) {
		c := s[i]
		switch {
		case c == '=':
			return s[:i], s[i+1:], i > 0
		case c == '_' || c == '-' || c == '.' || c >= '0' && c <= '9' || c|0x20 >= 'a' && c|0x20 <= 'z':
		default:
			return "", s, false
		}
	}
	return "", s, false
}

// pairValue reads a value: in quotation marks, or to the next blank.
func pairValue(s string) (value, rest string) {
	if s != "" && (s[0] == '"' || s[0] == '\'') {
		for i := 1; i < len(s); i++ {
			switch s[i] {
			case '\\':
				i++
			case s[0]:
				return s[1:i], s[i+1:]
			}
		}
	}
	end := strings.IndexAny(s, " \t")
	if end < 0 {
		return s, ""
	}
	return s[:end], s[end:]
}

// plainKey reports whether a text is one word, as keys are.
func plainKey(s string) bool { return s != "" && len(s) <= 64 && cefKey(s) }

// splitPairs appends the pairs of a text. Words between pairs are passed over.
func splitPairs(s string, to [][2]string) [][2]string {
	const most = 256 // pairs
	switch style := pairStyleOf(s); style {
	case colonPairs:
		for s != "" && len(to) < most {
			key, rest, ok := strings.Cut(s, `:"`)
			if !ok {
				break
			}
			value, after := pairValue(`"` + rest)
			to = append(to, [2]string{strings.Trim(key, " ;:"), value})
			s = strings.TrimLeft(after, "; ")
		}
	case barPairs, semicolonPairs:
		sign := "|"
		if style == semicolonPairs {
			sign = ";"
		}
		for piece := range strings.SplitSeq(s, sign) {
			if key, value, ok := strings.Cut(piece, "="); ok && len(to) < most && plainKey(strings.TrimSpace(key)) {
				to = append(to, [2]string{strings.TrimSpace(key), strings.Trim(value, `" `)})
			}
		}
	case commaPairs:
		return splitCommas(s, to, most)
	default:
		for s = strings.TrimLeft(s, " \t,;"); s != "" && len(to) < most; s = strings.TrimLeft(s, " \t,;") {
			key, rest, ok := nextPair(s)
			if !ok {
				_, s, _ = strings.Cut(s, " ")
				continue
			}
			var value string
			value, s = pairValue(rest)
			if value == "" && strings.HasPrefix(s, " ") { // a blank has slipped before an address
				if ip, _ := addressAndPort(firstWord(s)); isAddress(ip) {
					value, s = pairValue(strings.TrimLeft(s, " "))
				}
			}
			if strings.HasPrefix(s, " ") { // a comma parts the pairs, not one of several values
				value = strings.TrimSuffix(value, ",")
			}
			if clock := clockBehind(value, s); clock != "" {
				value, s = value+" "+clock, s[1+len(clock):]
			}
			to = append(to, [2]string{key, value})
		}
	}
	return to
}

// clockBehind is the time of day that follows a day which is a pair's value: "time=2026-03-01 10:00:00 fw=…", "" for none.
func clockBehind(value, rest string) string {
	const day, clock = len("2026-03-01"), len("10:00:00")
	if len(value) != day || value[4] != '-' || value[7] != '-' || len(rest) <= clock || rest[0] != ' ' || rest[3] != ':' || rest[6] != ':' {
		return ""
	}
	word := firstWord(rest)
	if strings.Trim(word, "0123456789:.") != "" {
		return ""
	}
	return word
}

// twoPlaces is a day or a time of day with a zero before each part of one digit: "2026-3-1", "9:05:07".
func twoPlaces(s string, between byte) string {
	const parts = 3
	if strings.Count(s, string(between)) != parts-1 || len(s) >= len("2026-03-01") || len(s) == len("10:00:00") && s[2] == between {
		return s
	}
	to := make([]byte, 0, len("2026-03-01"))
	from := 0
	for i := range len(s) + 1 {
		if i < len(s) && s[i] != between {
			continue
		}
		if i-from == 1 {
			to = append(to, '0')
		}
		to = append(to, s[from:min(i+1, len(s))]...)
		from = i + 1
	}
	return string(to)
}

// splitCommas is splitPairs for pairs between commas, of which it takes no more than most.
func splitCommas(s string, to [][2]string, most int) [][2]string {
	for s != "" && len(to) < most {
		s = strings.TrimLeft(s, " ,")
		key, rest, ok := nextPair(s)
		if !ok {
			_, s, _ = strings.Cut(s, ",")
			continue
		}
		var value string
		value, s = commaValue(rest)
		to = append(to, [2]string{key, strings.TrimSpace(value)})
	}
	return to
}

// flowStart finds where a text behind words of its own says what flowed from where to where: "src=… dst=…". It is -1
// where it does not.
func flowStart(m string) int {
	if !strings.Contains(m, "dst=") && !strings.Contains(m, "dstip=") {
		return -1
	}
	head := " " + m[:min(len(m), 256)]
	if at := strings.Index(head, " src"); at >= 0 && (strings.HasPrefix(head[at:], " src=") || strings.HasPrefix(head[at:], " srcip=")) {
		// the pairs before it too
		from := at
		for from > 0 {
			before := strings.LastIndexByte(head[:from], ' ')
			if before < 0 || !strings.Contains(head[before:from], "=") {
				break
			}
			from = before
		}
		return from
	}
	return -1
}

// structured sets what the structured data of RFC 5424 say, as firewalls do; what stands there of the sender and of time
// itself is none of it.
func (p *pairReader) structured(data []param, o *output) {
	p.pairs = p.pairs[:0]
	for _, d := range data {
		switch d.id {
		case "timeQuality", "origin", "meta":
		default:
			if p.keys[d.name] != nil || p.guess.key(d.name) != nil {
				p.pairs = append(p.pairs, [2]string{d.name, d.value})
			}
		}
	}
	if len(p.pairs) == 0 {
		return
	}
	p.all(o)
	p.classify(o)
	if o.text(p.kind) != "alert" {
		o.put(p.rule, o.text(p.ruleset))
	}
}

// saysNothing reports whether a value is one of those that stand for none.
func saysNothing(value string) bool {
	switch value {
	case "", "-", "--", "---", "N/A", "n/a", "None", "none", "null", "NULL", "(null)", "unknown", "UNKNOWN":
		return true
	}
	return false
}

// addressAndPort takes "192.0.2.5:443:X0" apart; a text that is no such thing is all address.
func addressAndPort(s string) (ip, port string) {
	if isAddress(s) {
		return s, ""
	}
	if bare := withoutPort(s); bare != s {
		return bare, s[strings.LastIndexByte(s, ':')+1:]
	}
	parts := strings.Split(s, ":")
	if len(parts) >= 2 && isAddress(parts[0]) {
		if _, ok := digits(parts[1], 1, 5); ok {
			return parts[0], parts[1]
		}
		return parts[0], ""
	}
	return s, ""
}
