package decode

import "strings"

// Pairs between commas, as people read them: "AccessControlRuleName: deny-all, SrcIP: 192.0.2.1, User: alice" and
// "ConfigVersionId=11, Device IP Address=192.0.2.1". Their keys may hold blanks.

const (
	fewestListed = 4   // pairs that make a list
	mostListed   = 256 // that are read
)

// listed reports whether a text holds such pairs, one behind the other.
func listed(s string) bool {
	if strings.Count(s, ",") < fewestListed-1 || len(s) > 16<<10 {
		return false
	}
	n := 0
	for piece := range strings.SplitSeq(s, ",") {
		if _, _, ok := listedPair(piece); ok {
			if n++; n >= fewestListed {
				return true
			}
		}
	}
	return false
}

// listedPair takes a piece between commas apart: a key of a few words, a colon or an equals sign, the value.
func listedPair(piece string) (key, value string, ok bool) {
	const longest, words = 48, 4
	piece = strings.TrimSpace(piece)
	at := strings.IndexAny(piece, ":=")
	if at <= 0 || at > longest || piece[at] == ':' && at+1 < len(piece) && piece[at+1] != ' ' {
		return "", "", false
	}
	key = strings.TrimSpace(piece[:at])
	if key == "" || !isLetter(key[0]) || strings.Count(key, " ") >= words {
		return "", "", false
	}
	for i := range len(key) {
		if c := key[i]; !isLetter(c) && (c < '0' || c > '9') && c != ' ' && c != '_' && c != '-' && c != '.' {
			return "", "", false
		}
	}
	return key, strings.Trim(strings.TrimSpace(piece[at+1:]), `"'<>`), true
}

// listed sets what the pairs of a list say whose keys are known.
func (p *pairReader) listed(s string, o *output) {
	p.pairs = p.pairs[:0]
	n := 0
	for piece := range strings.SplitSeq(s, ",") {
		if n++; n > mostListed {
			break
		}
		key, value, ok := listedPair(piece)
		if key = strings.ReplaceAll(key, " ", "_"); ok && value != "" && (p.keys[key] != nil || p.guess.key(key) != nil) {
			p.pairs = append(p.pairs, [2]string{key, value})
		}
	}
	if len(p.pairs) == 0 {
		return
	}
	p.time(o)
	p.all(o)
	p.classify(o)
}

// columns sets the ends that a line of columns names: the first address is who speaks, and a second one, where there is
// no third, is whom to.
func (s *said) columns(line string, o *output) {
	const fewest = 6 // columns
	if o.has(s.ends.ips[1]) || strings.Count(line, ",") < fewest-1 || len(line) > maxSaid || !mayAddress(line) {
		return
	}
	var found []string
	for column := range strings.SplitSeq(line, ",") {
		column = strings.Trim(strings.TrimSpace(column), `"`)
		if isAddress(column) && (len(found) == 0 || found[len(found)-1] != column) {
			found = append(found, column)
		}
	}
	if len(found) == 0 || o.has(s.logins.ip) && o.text(s.logins.ip) != found[0] {
		return
	}
	o.address(s.logins.ip, nil, found[0])
	if len(found) == 2 {
		o.address(s.ends.ips[1], nil, found[1])
	}
	s.sort(header{priority: -1, message: line}, o)
}
