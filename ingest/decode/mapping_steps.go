package decode

import (
	"strings"

	"github.com/elastic/go-grok"

	"tocsin"
)

// A step takes one text of the record apart into paths. One of its ways is set. It is immutable.
type step struct {
	from     string // path of the text; "message" is the line
	below    string // the paths that it makes stand below this one, "" for the root
	optional bool   // a record of which it finds nothing is of the format all the same
	only     condition
	groks    []pattern
	dissect  dissection
	pairs    *pairStyle
	columns  []string
	between  string // what stands between columns
}

// A pattern is one of grok. Only a line that holds one of needs can fit it, see [needed].
type pattern struct {
	// A file of a user's is compiled when it is loaded, for its faults. What is built in waits for its first line:
	// compiled, all of it takes 12 MB, and hardly anybody has more than some of the products. Tests compile it all.
	compiled func() (*grok.Grok, error)
	needs    []string
	starts   starts
}

// pairStyle says how key=value is written. The zero value is key=value with blanks between, values in quotation marks.
type pairStyle struct {
	between, equals string
}

// maxParsed is the most bytes of a text that a step looks at: patterns take time linear in the text, but a mapping may
// have many, and a hostile line may be as long as a record.
const maxParsed = 16 << 10

// A stepReader is a step with its names found.
type stepReader struct {
	*step
	source, base, guard *name
	found               []*name // of columns and dissections, by place
	named               map[string]*name
}

func newStepReader(s *step, d *dictionary) stepReader {
	r := stepReader{step: s, source: d.name(s.from), base: &d.root, named: map[string]*name{}}
	at := func(path string) *name {
		if s.below != "" {
			path = s.below + "." + path
		}
		return d.name(path)
	}
	if s.below != "" {
		r.base = d.name(s.below)
	}
	if s.only.path != "" {
		r.guard = d.name(s.only.path)
	}
	for _, key := range s.dissect.keys() {
		r.named[key] = at(key)
	}
	for _, column := range s.columns {
		n := (*name)(nil)
		if column != "" && column != "-" {
			n = at(column)
		}
		r.found = append(r.found, n)
	}
	return r
}

// run takes the text apart and reports whether there was anything to find. A step that is not for this record finds
// nothing and is content.
func (r *stepReader) run(in *doc) bool {
	if r.guard != nil && (!in.has(r.guard) || !r.only.holds(in.text(r.guard))) {
		return true
	}
	s := in.text(r.source)
	if s == "" {
		return false
	}
	if len(s) > maxParsed {
		in.mark(markTruncated)
		s = strings.ToValidUTF8(s[:maxParsed], "")
	}
	switch {
	case len(r.groks) > 0:
		return r.grok(s, in)
	case len(r.dissect.parts) > 0:
		return r.dissect.run(s, func(key, value string) { r.keep(in, r.named[key], value) })
	case r.pairs != nil:
		return r.pairs.run(s, func(key, value string) {
			if n := in.name(r.base, []byte(key)); n != nil {
				r.keep(in, n, value)
			}
		})
	default:
		return r.columnsOf(s, in)
	}
}

// keep adds a leaf; what is there already stays.
func (r *stepReader) keep(in *doc, n *name, value string) {
	if n == nil || value == "" || in.has(n) {
		return
	}
	if len(value) > in.limits.Value {
		in.mark(markTruncated)
		value = strings.ToValidUTF8(value[:in.limits.Value], "")
	}
	in.keep(n, tocsin.StringValue(value), false)
}

// grok takes the captures of the first pattern that fits.
func (r *stepReader) grok(s string, in *doc) bool {
	for i := range r.groks {
		g := &r.groks[i]
		if !holdsOne(s, g.needs) {
			continue
		}
		found := g.captures(s)
		if len(found) == 0 {
			continue
		}
		for key, value := range found {
			n := r.named[key]
			if n == nil {
				n = in.dict.name(strings.TrimPrefix(r.below+"."+key, "."))
				r.named[key] = n // as many as the patterns have captures
			}
			r.keep(in, n, value)
		}
		return true
	}
	return false
}

// captures are what the pattern keeps of a text, by path; none where it does not fit.
func (p *pattern) captures(s string) map[string]string {
	s, ok := p.starts.from(s)
	if !ok {
		return nil
	}
	g, err := p.compiled()
	if err != nil {
		return nil
	}
	found, err := g.ParseString(s)
	if err != nil {
		return nil
	}
	return found
}

// columnsOf cuts a text at what stands between its columns; within quotation marks it does not count.
func (r *stepReader) columnsOf(s string, in *doc) bool {
	for i := 0; i < len(r.found); i++ {
		value, rest, more := cutColumn(s, r.between)
		r.keep(in, r.found[i], value)
		if !more {
			return i > 0
		}
		s = rest
	}
	return true
}

func cutColumn(s, between string) (value, rest string, more bool) {
	if strings.HasPrefix(s, `"`) {
		for i := 1; i < len(s); i++ {
			switch {
			case s[i] != '"':
			case i+1 < len(s) && s[i+1] == '"': // a doubled one stands for itself
				i++
			default:
				_, rest, more = strings.Cut(s[i+1:], between)
				return strings.ReplaceAll(s[1:i], `""`, `"`), rest, more
			}
		}
	}
	value, rest, more = strings.Cut(s, between)
	return strings.TrimSpace(value), rest, more
}

// run finds the pairs of a text.
func (p *pairStyle) run(s string, take func(key, value string)) bool {
	const most = 512 // pairs
	n := 0
	if p.between != "" {
		for piece := range strings.SplitSeq(s, p.between) {
			if key, value, ok := strings.Cut(piece, p.equals); ok && n < most && strings.TrimSpace(key) != "" {
				take(strings.TrimSpace(key), strings.Trim(strings.TrimSpace(value), `"`))
				n++
			}
		}
		return n > 0
	}
	if pairStyleOf(s) == colonPairs {
		for _, pair := range splitPairs(s, nil) {
			take(pair[0], pair[1])
			n++
		}
		return n > 0
	}
	for s = strings.TrimLeft(s, " \t,;"); s != "" && n < most; s = strings.TrimLeft(s, " \t,;") {
		key, rest, ok := nextPair(s)
		if !ok {
			_, s, _ = strings.Cut(s, " ")
			continue
		}
		var value string
		value, s = pairValue(rest)
		take(key, strings.TrimRight(value, ",;"))
		n++
	}
	return n > 0
}
