package decode

import (
	"strings"

	"tocsin"
)

// An endsReader reads from where to where a text says that something went: "192.0.2.1(33) -> 198.51.100.2(22)", "from
// 192.0.2.1 to 198.51.100.2", "between 192.0.2.1 (PC) and 198.51.100.2", "relay=mx.example[198.51.100.2]:25".
type endsReader struct {
	ips, ports [2]*name
}

func newEnds(d *dictionary) *endsReader {
	return &endsReader{
		ips:   [2]*name{d.name("source.ip"), d.name("destination.ip")},
		ports: [2]*name{d.name("source.port"), d.name("destination.port")},
	}
}

// betweenWords are the words before the one end, and those between it and the other.
var betweenWords = [...][2]string{{"from ", " to "}, {"between ", " and "}, {"src ", " dst "}}

// towards are what stands before the address that a program turned to.
var towards = [...]string{"relay=", ": host ", "connect to ", "connecting to ", "connection to ", "connection established to ", " TLS for "}

// read sets both ends where the text tells both, or the far one where it tells that alone. It sets nothing beside an end
// that is known already.
func (e *endsReader) read(m string, o *output) {
	if len(m) > maxSaid || o.has(e.ips[0]) || o.has(e.ips[1]) {
		return
	}
	if e.arrow(m, o) || e.words(m, o) || e.abreast(m, o) {
		return
	}
	for _, mark := range towards {
		if _, after, ok := strings.Cut(m, mark); ok {
			if address := leadingAddress(after); address != "" {
				o.address(e.ips[1], nil, address)
				return
			}
		}
	}
}

// arrow reads what stands on both sides of an arrow.
func (e *endsReader) arrow(m string, o *output) bool {
	const most = 4 // arrows looked at
	from := 0
	for range most {
		at := strings.Index(m[from:], "->")
		if at < 0 {
			return false
		}
		at += from
		from = at + len("->")
		if e.pair(lastWord(strings.TrimRight(m[:at], " ")), firstWord(m[from:]), o) {
			return true
		}
	}
	return false
}

// words reads what stands behind words that go together.
func (e *endsReader) words(m string, o *output) bool {
	const reach = 96 // bytes from the one end to the other
	for _, pair := range betweenWords {
		for rest := m; ; {
			_, after, ok := strings.Cut(rest, pair[0])
			if !ok {
				break
			}
			rest = after
			one := firstWord(after)
			if address, _ := endOf(one); address == "" {
				continue
			}
			if _, other, ok := strings.Cut(after[:min(len(after), reach)], pair[1]); ok {
				begin := strings.Index(after, pair[1]) + len(pair[1])
				if other != "" && e.pair(one, firstWord(after[begin:]), o) {
					return true
				}
			}
		}
	}
	return false
}

// abreast reads columns between blanks that hold both ends and their ports, in either order: "192.0.2.1 50100 198.51.100.2 80"
// and "192.0.2.1 198.51.100.2 50100 80".
func (e *endsReader) abreast(m string, o *output) bool {
	const most = 16 // words looked at
	var words [most]string
	n := 0
	for word := range strings.FieldsSeq(m) {
		if words[n], n = word, n+1; n == most {
			break
		}
	}
	for i := 0; i+3 < n; i++ {
		if !isAddress(words[i]) {
			continue
		}
		for _, at := range [...][3]int{{1, 2, 3}, {2, 1, 3}} {
			from, to, other := words[i+at[0]], words[i+at[1]], words[i+at[2]]
			if _, ok := digits(from, 1, 5); !ok || !isAddress(to) {
				continue
			}
			if _, ok := digits(other, 1, 5); ok {
				return e.pair(words[i]+"/"+from, to+"/"+other, o)
			}
		}
	}
	return false
}

// pair sets both ends if both are addresses.
func (e *endsReader) pair(from, to string, o *output) bool {
	texts, ports := [2]string{}, [2]string{}
	for i, word := range [2]string{from, to} {
		if texts[i], ports[i] = endOf(word); texts[i] == "" {
			return false
		}
	}
	for i := range texts {
		o.address(e.ips[i], nil, texts[i])
		if n, ok := digits(ports[i], 1, 5); ok && n < 1<<16 {
			o.keep(e.ports[i], tocsin.IntValue(int64(n)))
		}
	}
	return true
}

// endOf takes "192.0.2.1", "192.0.2.1:33", "192.0.2.1(33)", "192.0.2.1/33" and "outside:192.0.2.1/33" apart; the address
// is "" where there is none.
func endOf(word string) (address, port string) {
	word = strings.Trim(word, "\"'<>,; ")
	word = strings.TrimRight(word, ".")
	if isAddress(word) {
		return word, ""
	}
	for _, between := range [...]string{"(", "/", ":"} {
		at := strings.LastIndex(word, between)
		if at <= 0 {
			continue
		}
		head, tail := strings.Trim(word[:at], "[]"), strings.TrimRight(word[at+1:], ")]")
		if colon := strings.LastIndexByte(head, ':'); colon > 0 && !isAddress(head) {
			head = head[colon+1:] // an interface before it
		}
		if isAddress(head) {
			return head, tail
		}
		if between == ":" && isAddress(tail) {
			return tail, ""
		}
	}
	if address = leadingAddress(word); address != "" {
		return address, ""
	}
	return "", ""
}

func firstWord(s string) string {
	s = strings.TrimLeft(s, " ")
	if before, _, ok := strings.Cut(s, " "); ok {
		return before
	}
	return s
}

func lastWord(s string) string { return s[strings.LastIndexByte(s, ' ')+1:] }
