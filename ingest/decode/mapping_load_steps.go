package decode

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/elastic/go-grok"
	"github.com/elastic/go-grok/patterns"
	"go.yaml.in/yaml/v4"

	"tocsin/internal/fault"
)

// maxPattern is the most bytes of a pattern: what a person can still read, and bounds what it costs on a hostile line.
const maxPattern = 4 << 10

// A grokSet holds the patterns that a file may name: the library's, and the file's own.
type grokSet struct {
	own map[string]string
}

func newGrokSet() *grokSet { return &grokSet{own: map[string]string{}} }

// addresses are the library's patterns of addresses in a form that takes a tenth of the time: without a group for each part, and
// without a look at what a number is, as what fits is read as an address anyway. Whatever is an address fits.
func addresses() map[string]string {
	return map[string]string{
		"IPV4": `\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}`,
		"IPV6": `(?:(?:[0-9A-Fa-f]+:){6}(?:[0-9A-Fa-f]+:[0-9A-Fa-f]+|%{IPV4})|(?:[0-9A-Fa-f]+(?::[0-9A-Fa-f]+)*)?::(?:[0-9A-Fa-f]+:)*(?:%{IPV4}|[0-9A-Fa-f]+)?)(?:%\w+)?`,
	}
}

// compile makes a pattern of its text. Go's regular expressions take time linear in the line, whatever the pattern.
func (s *grokSet) compile(text string) (*grok.Grok, error) {
	g, err := grok.NewWithPatterns(patterns.Syslog, patterns.Httpd, addresses(), s.own)
	if err == nil {
		err = g.Compile(text, true)
	}
	return g, err
}

// textSigns reads what tells the format's lines: {has, any, begins, header, program, sentences}, or true.
func (l *mappingLoader) textSigns(n *yaml.Node) {
	l.m.lines = &lineSigns{}
	if n.Kind == yaml.ScalarNode && n.Value == "true" {
		return
	}
	l.members(n, "text", func(key, value *yaml.Node) {
		switch key.Value {
		case "has":
			l.m.lines.has = l.texts(value, "has")
		case "any":
			l.m.lines.any = l.texts(value, "any")
		case "begins":
			l.m.lines.begins = l.texts(value, "begins")
		case "header":
			l.m.lines.header = value.Value == "syslog"
			if value.Value != "syslog" && value.Value != "none" {
				l.add(value, "write syslog or none", "unknown header %q", value.Value)
			}
		case "program":
			l.m.lines.programs, l.m.lines.header = map[string]bool{}, true
			for _, name := range l.texts(value, "program") {
				l.m.lines.programs[name] = true
				l.m.lines.initials = l.m.lines.initials.or(bytesOf(name[:1]))
			}
		case "sentences":
			l.m.lines.sentences = l.flag(value, "sentences")
		default:
			l.add(key, fault.DidYouMean(key.Value, []string{"any", "begins", "has", "header", "program", "sentences"}), "unknown key %q", key.Value)
		}
	})
}

// patterns are the file's own, by name.
func (l *mappingLoader) patterns(n *yaml.Node) {
	l.members(n, "patterns", func(key, value *yaml.Node) {
		if strings.Trim(key.Value, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") != "" {
			l.add(key, "use capitals, digits and _", "%q is no name of a pattern", key.Value)
			return
		}
		l.grok.own[key.Value] = l.text(value, "a pattern")
	})
	if l.builtIn {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(l.grok.own)) {
		if _, err := l.grok.compile("%{" + name + "}"); err != nil {
			l.add(n, "", "the pattern %s: %v", name, err)
		}
	}
}

func (l *mappingLoader) steps(n *yaml.Node) {
	if n.Kind != yaml.SequenceNode {
		l.add(n, "write - before each step", "parse must be a list of steps")
		return
	}
	for _, item := range n.Content {
		l.m.parse = append(l.m.parse, l.step(item))
	}
}

func (l *mappingLoader) step(n *yaml.Node) step {
	s := step{from: "message", between: ","}
	ways := 0
	style := pairStyle{equals: "="}
	keys := []string{"below", "between", "columns", "dissect", "equals", "from", "grok", "optional", "pairs", "when"}
	l.members(n, "a step of parse", func(key, value *yaml.Node) {
		switch key.Value {
		case "from":
			s.from = l.text(value, "from")
		case "below":
			s.below = l.text(value, "below")
		case "optional":
			s.optional = l.flag(value, "optional")
		case "when":
			l.members(value, "when", func(key, value *yaml.Node) { s.only = l.condition(key, value) })
		case "grok":
			ways++
			s.groks = l.groks(value)
		case "dissect":
			ways++
			s.dissect = l.dissection(value)
		case "pairs":
			ways++
			s.pairs = &style
		case "columns":
			ways++
			s.columns = l.texts(value, "columns")
		case "between":
			s.between = unescape(l.text(value, "between"))
			style.between = s.between
		case "equals":
			style.equals = l.text(value, "equals")
		default:
			l.add(key, fault.DidYouMean(key.Value, keys), "unknown key %q", key.Value)
		}
	})
	if ways != 1 {
		l.add(n, "", "a step has one of grok, dissect, pairs and columns")
	}
	if style.equals != "=" && style.between == "" {
		l.add(n, "say what stands between pairs", "equals needs between")
	}
	return s
}

// unescape lets a file write a tabulator as \t whatever its quotation marks.
func unescape(s string) string { return cmp.Or(map[string]string{`\t`: "\t", `\n`: "\n"}[s], s) }

func (l *mappingLoader) groks(n *yaml.Node) []pattern {
	var all []pattern
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		items = n.Content
	}
	for _, item := range items {
		text := l.text(item, "a pattern")
		if len(text) > maxPattern {
			l.add(item, "", "the pattern is longer than %d bytes", maxPattern)
			continue
		}
		p := pattern{compiled: sync.OnceValues(func() (*grok.Grok, error) { return l.grok.compile(text) }), needs: needed(text), starts: startsOf(text)}
		if !l.builtIn {
			l.tryPattern(item, p)
		}
		all = append(all, p)
	}
	return all
}

// tryPattern says what is wrong with a pattern.
func (l *mappingLoader) tryPattern(n *yaml.Node, p pattern) {
	switch g, err := p.compiled(); {
	case err != nil:
		l.add(n, "", "the pattern: %v", err)
	case !g.HasCaptureGroups():
		l.add(n, "write %{IP:source} for what is to be kept", "the pattern keeps nothing")
	}
}

func (l *mappingLoader) dissection(n *yaml.Node) dissection {
	d, err := parseDissection(l.text(n, "dissect"))
	if err != nil {
		l.add(n, "", "dissect: %v", err)
	}
	return d
}

// zone is of times that name none: a name of the time zone database, or an offset.
func (l *mappingLoader) zone(n *yaml.Node) {
	text := l.text(n, "zone")
	if at, err := time.Parse("-07:00", text); err == nil {
		_, seconds := at.Zone()
		l.m.zone = time.FixedZone(text, seconds)
		return
	}
	zone, err := time.LoadLocation(text)
	if err != nil || text == "Local" || text == "" {
		l.add(n, "write Europe/Berlin or +02:00", "there is no zone %q", text)
		return
	}
	l.m.zone = zone
}
