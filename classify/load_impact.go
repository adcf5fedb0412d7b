package classify

import (
	"slices"
	"strconv"

	"go.yaml.in/yaml/v4"
)

// axisNames are the axes of impact in the order in which they are told.
func axisNames() []string {
	return []string{"functional", "information", "recoverability", "business_loss", "social"}
}

// ordered reads an ordered list of words with numbers.
func (l *loader) ordered(n *yaml.Node, what string) scale {
	var s scale
	for _, p := range l.pairs(n, what) {
		name := l.name(p.key, what)
		v, _ := l.whole(p.value, what+" "+name, 0, 10) // the word stays known where its number is faulty
		s.words = append(s.words, word{name: name, value: v})
	}
	if len(s.words) == 0 && n.Kind == yaml.MappingNode && len(n.Content) == 0 {
		l.add(n, "add a word and its number", "%s has no words", what)
	}
	return s
}

func (l *loader) importance(n *yaml.Node) {
	l.s.importance = l.ordered(n, "asset_importance")
	for v := 1; v <= 3 && len(l.s.importance.words) > 0; v++ {
		if l.s.importance.name(v) == "" {
			l.add(n, "give a word the number "+strconv.Itoa(v), "asset_importance has no word for %d", v)
		}
	}
	for _, p := range pairsOf(n) {
		if v, err := strconv.Atoi(p.value.Value); err == nil && (v < 1 || v > 3) {
			l.add(p.value, "importance is 1, 2 or 3", "asset_importance %s is %d", p.key.Value, v)
		}
	}
}

// pairsOf are a mapping's pairs without any check.
func pairsOf(n *yaml.Node) []pair {
	var all []pair
	if n.Kind == yaml.MappingNode {
		for i := 0; i+1 < len(n.Content); i += 2 {
			all = append(all, pair{n.Content[i], n.Content[i+1]})
		}
	}
	return all
}

func (l *loader) impact(n *yaml.Node) {
	l.s.axes = map[string]scale{}
	known := map[string]func(*yaml.Node){}
	for _, axis := range axisNames() {
		known[axis] = func(n *yaml.Node) { l.s.axes[axis] = l.ordered(n, axis) }
	}
	l.by(n, "impact", impactKeys(), known)
}

func (l *loader) urgency(n *yaml.Node) {
	s := l.ordered(n, "urgency")
	seen := map[int]string{}
	for _, p := range pairsOf(n) {
		v, err := strconv.Atoi(p.value.Value)
		if other, again := seen[v]; again && err == nil {
			l.add(p.value, "each word of urgency is a column of the priority matrix and needs its own number", "urgency %s has the number of %s", p.key.Value, other)
		}
		seen[v] = p.key.Value
	}
	slices.SortStableFunc(s.words, func(a, b word) int { return b.value - a.value })
	l.s.urgency = s
}

// A profile is what an event of a category starts from.
type profile struct {
	key     string
	words   map[string]string // axis -> word
	urgency string
}

func (l *loader) profiles(n *yaml.Node) {
	l.s.profiles = map[string]profile{}
	for _, p := range l.pairs(n, "profiles") {
		key := p.key.Value
		if _, isLocal := l.s.local[key]; key != "*" && !isLocal {
			l.knownCategory(p.key, key, true)
		}
		l.s.profiles[key] = l.profile(p.value, key)
	}
	if _, ok := l.s.profiles["*"]; !ok && n.Kind == yaml.MappingNode {
		l.add(n, `add "*": {…}`, `profiles lacks "*", for categories without a profile of their own`)
	}
}

func (l *loader) profile(n *yaml.Node, key string) profile {
	p := profile{key: key, words: map[string]string{}}
	known := map[string]func(*yaml.Node){"urgency": func(n *yaml.Node) {
		if w, ok := l.wordOf(n, "urgency", l.s.urgency); ok {
			p.urgency = w
		}
	}}
	for _, axis := range axisNames() {
		known[axis] = func(n *yaml.Node) {
			if w, ok := l.wordOf(n, axis, l.s.axes[axis]); ok {
				p.words[axis] = w
			}
		}
	}
	l.by(n, "profile "+key, profileKeys(), known)
	if p.words["recoverability"] == "" {
		p.words["recoverability"] = l.s.axes["recoverability"].least()
	}
	return p
}

// wordOf reads a word of a scale; a scale that could not be read takes any word.
func (l *loader) wordOf(n *yaml.Node, what string, s scale) (string, bool) {
	if len(s.words) == 0 {
		return l.text(n, what)
	}
	return l.oneOf(n, what, s.names())
}
