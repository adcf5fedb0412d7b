package classify

import (
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"

	"tocsin/internal/fault"
)

// maxScales is how large a scales file may be: the shipped one has 8 KB.
const maxScales = 1 << 20

// LoadScales reads and checks a scales file; name is what faults call it. The error is a [fault.List] with every fault
// of the file, each with its place and remedy.
func LoadScales(name string, data []byte) (*Scales, error) {
	l := &loader{reader: reader{file: name, src: data}, s: &Scales{}}
	if root := l.parse(maxScales); root != nil {
		l.root(root)
	}
	if err := l.err(); err != nil {
		return nil, err
	}
	return l.s, nil
}

// A loader fills Scales from a file. Sections that refer to others are read after them, whatever their order in the
// file; a section that is missing or faulty gives no faults in what refers to it.
type loader struct {
	reader
	s *Scales
}

func (l *loader) root(root *yaml.Node) {
	section := map[string]*yaml.Node{}
	keep := func(key string) func(*yaml.Node) { return func(n *yaml.Node) { section[key] = n } }
	read := map[string]func(*yaml.Node){
		"scale":            l.head,
		"category":         l.category,
		"cause":            l.cause,
		"asset_importance": l.importance,
		"impact":           l.impact,
		"urgency":          l.urgency,
		"severity_class":   l.severity,
		"calendars":        l.readCalendars,
		"targets":          l.targets,
		"hold":             l.hold,
		"escalation":       l.readEscalation,
		"priority_matrix":  l.matrix,
		"profiles":         l.profiles,
		"promotion":        l.promotion,
		"reopen_window":    func(n *yaml.Node) { l.s.reopen = l.duration(n, "reopen_window", false) },
		"priority_change":  l.priorityChange,
		"sharing":          l.sharing,
		"aux_scores":       l.auxScores,
	}
	known := map[string]func(*yaml.Node){}
	for key := range read {
		known[key] = keep(key)
	}
	l.defaults()
	table := scalesKeys() // in the order of their references
	l.by(root, "the scales file", table, known)
	for _, s := range table {
		if n := section[s.Name]; n != nil {
			read[s.Name](n)
		}
	}
}

// defaults sets what the optional sections would.
func (l *loader) defaults() {
	l.s.reopen = defaultReopen
	l.s.stops = []string{"contain", "resolve"}
	l.s.change = PriorityChange{Record: "all", SLA: "segment", ReportBy: []string{"final", "highest"}}
	l.s.sharing = Sharing{DefaultTLP: "AMBER+STRICT", DefaultPAP: "AMBER", AlwaysStrip: stripFields()}
	l.s.cause = Causes{
		Intent: []string{"deliberate", "accidental", "environmental", "unknown"},
		Means:  []string{"technical", "non_technical"},
		Root:   rootCauses(),
	}
}

// idForm is what ids and names of the scale look like: they stand in URLs, metric labels and stored documents.
var idForm = regexp.MustCompile(idPattern)

// name reads an id.
func (l *loader) name(n *yaml.Node, what string) string {
	s, ok := l.text(n, what)
	if ok && !idForm.MatchString(s) {
		l.add(n, "use letters, digits, - _ and . (at most 64)", "%s %q is no id", what, s)
	}
	return s
}

func (l *loader) head(n *yaml.Node) {
	l.by(n, "scale", headKeys(), map[string]func(*yaml.Node){
		"id":             func(n *yaml.Node) { l.s.id = l.name(n, "scale id") },
		"version":        func(n *yaml.Node) { l.s.version = l.name(n, "scale version") },
		"primary_scheme": func(n *yaml.Node) { l.s.scheme = l.name(n, "primary_scheme") },
	})
}

func (l *loader) category(n *yaml.Node) {
	if l.s.scheme == "" {
		return // its key's name is not known
	}
	var local, iso, crosswalk *yaml.Node
	l.keys(n, "category", map[string]func(*yaml.Node){
		l.s.scheme:                            l.scheme,
		"local":                               func(n *yaml.Node) { local = n },
		"iso27035_2":                          func(n *yaml.Node) { iso = n },
		"crosswalk_" + l.s.scheme + "_to_iso": func(n *yaml.Node) { crosswalk = n },
	}, l.s.scheme, "iso27035_2")
	if local != nil {
		l.local(local)
	}
	if iso != nil {
		l.s.iso = l.words(iso, "iso27035_2", nil)
		if !slices.Contains(l.s.iso, "other") {
			l.add(iso, "add other", "iso27035_2 lacks other, for what the crosswalk leaves out")
		}
	}
	if crosswalk != nil {
		l.crosswalk(crosswalk)
	}
}

func (l *loader) scheme(n *yaml.Node) {
	for _, p := range l.pairs(n, l.s.scheme) {
		name := l.name(p.key, "category class")
		types := l.words(p.value, name, nil)
		for _, item := range l.listOf(p.value) {
			l.name(item, "category type")
		}
		l.s.classes = append(l.s.classes, class{name: name, types: types})
	}
	if !l.s.hasType(undetermined) && n.Kind == yaml.MappingNode {
		l.add(n, "add other: [undetermined]", "%s lacks %s, for what no rule classifies", l.s.scheme, undetermined)
	}
}

// listOf are the text members of a sequence that was already checked to be one.
func (l *loader) listOf(n *yaml.Node) []*yaml.Node {
	if n.Kind != yaml.SequenceNode {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(n.Content), func(c *yaml.Node) bool { return c.Kind != yaml.ScalarNode || c.Value == "" })
}

func (l *loader) local(n *yaml.Node) {
	l.s.local = map[string]string{}
	for _, p := range l.pairs(n, "local") {
		name := l.name(p.key, "local category")
		l.by(p.value, name, localKeys(), map[string]func(*yaml.Node){
			"maps_to": func(n *yaml.Node) {
				if to, ok := l.text(n, "maps_to"); ok && l.knownCategory(n, to, false) {
					l.s.local[name] = to
				}
			},
		})
	}
}

// knownCategory reports a category that the scheme lacks; classAllowed accepts a class alone.
func (l *loader) knownCategory(n *yaml.Node, category string, classAllowed bool) bool {
	if len(l.s.classes) == 0 || l.s.hasType(category) {
		return true
	}
	valid := slices.DeleteFunc(l.s.Categories(), func(c string) bool { return !strings.Contains(c, "/") })
	if classAllowed {
		names := l.classNames()
		if slices.Contains(names, category) {
			return true
		}
		valid = append(valid, names...)
	}
	remedy := fault.DidYouMean(category, valid)
	if remedy == "" {
		remedy = "classes are: " + strings.Join(l.classNames(), ", ")
	}
	l.add(n, remedy, "unknown category %q", category)
	return false
}

func (l *loader) classNames() []string {
	names := make([]string, len(l.s.classes))
	for i, c := range l.s.classes {
		names[i] = c.name
	}
	return names
}

func (l *loader) crosswalk(n *yaml.Node) {
	l.s.crosswalk = map[string]string{}
	for _, p := range l.pairs(n, "crosswalk") {
		known := l.knownCategory(p.key, p.key.Value, true)
		if to, ok := l.oneOf(p.value, "crosswalk of "+p.key.Value, l.s.iso); ok && known {
			l.s.crosswalk[p.key.Value] = to
		}
	}
}

func (l *loader) cause(n *yaml.Node) {
	words := func(into *[]string, what string) func(*yaml.Node) {
		return func(n *yaml.Node) { *into = l.words(n, what, nil) }
	}
	l.by(n, "cause", causeKeys(), map[string]func(*yaml.Node){
		"intent": words(&l.s.cause.Intent, "intent"),
		"means":  words(&l.s.cause.Means, "means"),
		// The register keeps root causes as a closed list of its own: a scale may narrow it.
		"root": func(n *yaml.Node) { l.s.cause.Root = l.words(n, "root", rootCauses()) },
		"veris": func(n *yaml.Node) {
			l.by(n, "veris", verisKeys(), map[string]func(*yaml.Node){
				"actor": words(&l.s.cause.Actor, "actor"), "action": words(&l.s.cause.Action, "action"),
			})
		},
	})
}
