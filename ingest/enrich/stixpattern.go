package enrich

import (
	"errors"
	"fmt"
	"strings"
)

// A stixValue is one value that a pattern asks for.
type stixValue struct {
	kind kind
	text string
}

// stixPaths are the object paths that alerts have a field for.
var stixPaths = map[string]kind{
	"ipv4-addr:value": address, "ipv6-addr:value": address, "domain-name:value": domain, "url:value": link, "email-addr:value": mail,
	"file:hashes.md5": md5Hash, "file:hashes.'md5'": md5Hash, "file:hashes.sha-1": sha1Hash, "file:hashes.'sha-1'": sha1Hash, "file:hashes.sha1": sha1Hash,
	"file:hashes.'sha1'": sha1Hash, "file:hashes.sha-256": sha256Hash, "file:hashes.'sha-256'": sha256Hash, "file:hashes.sha256": sha256Hash, "file:hashes.'sha256'": sha256Hash,
	"file:hashes.sha-512": sha512Hash, "file:hashes.'sha-512'": sha512Hash, "file:hashes.sha512": sha512Hash, "file:hashes.'sha512'": sha512Hash,
	"email-message:from_ref.value": mail, "email-message:sender_ref.value": mail,
}

// readPattern reads a STIX pattern as the values of which any one is a hit. It is not usable where it asks for more than
// one value at once, for what is not equal, or for things that alerts have no field for. The error says where it is no
// pattern.
func readPattern(text string) (values []stixValue, usable bool, err error) {
	r := &patternReader{rest: text, usable: true}
	for more := true; more; {
		if err := r.observation(); err != nil {
			return nil, false, err
		}
		switch word := r.word(); word {
		case "":
			more = false
		case "OR":
		default: // AND, FOLLOWEDBY, WITHIN …: one value is not enough
			return nil, false, nil
		}
	}
	return r.values, r.usable && len(r.values) > 0, nil
}

type patternReader struct {
	rest   string
	values []stixValue
	usable bool
}

func (r *patternReader) space() { r.rest = strings.TrimLeft(r.rest, " \t\r\n") }

// take cuts a mark off, or says that it is not there.
func (r *patternReader) take(mark string) bool {
	r.space()
	rest, ok := strings.CutPrefix(r.rest, mark)
	if ok {
		r.rest = rest
	}
	return ok
}

// word cuts letters off.
func (r *patternReader) word() string {
	r.space()
	end := strings.IndexFunc(r.rest, func(c rune) bool { return (c < 'A' || c > 'Z') && (c < 'a' || c > 'z') })
	if end < 0 {
		end = len(r.rest)
	}
	word := r.rest[:end]
	if word == "" && r.rest != "" {
		word = r.rest[:1]
	}
	r.rest = r.rest[len(word):]
	return word
}

func (r *patternReader) observation() error {
	if r.take("(") { // observations in brackets
		r.usable = false
		r.rest = ""
		return nil
	}
	if !r.take("[") {
		return fmt.Errorf("%s should begin with [", quoted(r.rest))
	}
	for {
		if err := r.comparison(); err != nil {
			return err
		}
		if r.take("]") {
			return nil
		}
		switch word := r.word(); word {
		case "OR":
		case "AND":
			r.usable = false
		case "":
			return errors.New("a ] is missing")
		default:
			return fmt.Errorf("%s stands where OR, AND or ] should", quoted(word))
		}
	}
}

// comparison reads path = 'value', path IN ('a', 'b') or path ISSUBSET '192.0.2.0/24'.
func (r *patternReader) comparison() error {
	for r.take("(") {
		r.usable = false // which belongs together is not told apart
	}
	r.space()
	end := strings.IndexAny(r.rest, " \t=!<>")
	if end <= 0 {
		return fmt.Errorf("%s is no comparison", quoted(r.rest))
	}
	path := strings.ToLower(r.rest[:end])
	r.rest = r.rest[end:]
	if !strings.Contains(path, ":") {
		return fmt.Errorf("%s is no object path", quoted(path))
	}
	operator := ""
	for _, mark := range []string{"!=", ">=", "<=", "=", ">", "<"} {
		if r.take(mark) {
			operator = mark
			break
		}
	}
	if operator == "" {
		operator = r.word()
	}
	texts, err := r.literals()
	if err != nil {
		return err
	}
	for r.take(")") {
		r.usable = false
	}
	k := stixPaths[path]
	switch {
	case k == noKind:
		r.usable = false
	case operator == "=" || operator == "IN":
	case operator == "ISSUBSET" && k == address:
		k = network
	default:
		r.usable = false
	}
	for _, text := range texts {
		kind := k
		if k == address && strings.Contains(text, "/") {
			kind = network
		}
		r.values = append(r.values, stixValue{kind, text})
	}
	return nil
}

// literals reads one literal, or a list of them.
func (r *patternReader) literals() ([]string, error) {
	list := r.take("(")
	var texts []string
	for {
		text, err := r.literal()
		if err != nil {
			return nil, err
		}
		texts = append(texts, text)
		switch {
		case !list, r.take(")"):
			return texts, nil
		case !r.take(","):
			return nil, fmt.Errorf("%s stands where , or ) should", quoted(r.rest))
		}
	}
}

// literal reads a quoted text, in which a backslash stands before a quote or a backslash. Numbers and times are read too.
func (r *patternReader) literal() (string, error) {
	if !r.take("'") {
		r.usable = r.usable && strings.HasPrefix(r.rest, "'")
		end := strings.IndexAny(r.rest, " \t,)]")
		if end <= 0 {
			return "", fmt.Errorf("%s is no value", quoted(r.rest))
		}
		if r.take("t'") || r.take("b'") || r.take("h'") {
			_, rest, _ := strings.Cut(r.rest, "'")
			r.rest = rest
			return "", nil
		}
		text := r.rest[:end]
		r.rest = r.rest[end:]
		return text, nil
	}
	var b strings.Builder
	for i := 0; i < len(r.rest); i++ {
		switch c := r.rest[i]; {
		case c == '\\' && i+1 < len(r.rest):
			i++
			b.WriteByte(r.rest[i])
		case c == '\'':
			r.rest = r.rest[i+1:]
			return b.String(), nil
		default:
			b.WriteByte(c)
		}
	}
	return "", errors.New("a ' is missing")
}
