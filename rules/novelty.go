package rules

import (
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"tocsin"
	"tocsin/internal/schema"
)

// A Novelty is what a correlation of kind novelty is told beside its group key, which is its scope (docs/novelty.md has
// the formulae). Points and bits are in thousandths.
type Novelty struct {
	Hosts    [][]string // alternatives: the fields whose values together name a host; all but the first may be missing
	Links    []string   `json:",omitempty"` // fields whose equal values tie hosts together
	Words    string     `json:",omitempty"` // the list of words that name tactics where the alert does not
	Above    int64      // bits of rarity that give no points
	Most     int64      // bits of rarity at most
	Risk     int64      // by novelty: points, pairs and rules that an event needs
	Pairs    int
	Rules    int
	ColdRisk int64 // by tactics, while there is little history: points, tactics and rules
	Tactics  int
	ColdSet  int
	Member   int64 // points with which a pair of a host that takes part joins an event
	Newcomer int64 // points with which a pair of another host does
	Chain    int64 // points of a host that takes part, with which it joins an event that was silent for quiet
	Strong   int64 // points of all hosts that take part: a strong step
	Within   time.Duration
	LookBack time.Duration // how far earlier sessions of its hosts are told
	Session  int64         // points of a session that is told
}

// defaultNovelty are the figures that docs/quality.md accounts for.
func defaultNovelty() *Novelty {
	return &Novelty{
		Above: 6000, Most: 14_000, Risk: 75_000, Pairs: 4, Rules: 3, ColdRisk: 30_000, Tactics: 3, ColdSet: 4,
		Member: 1000, Newcomer: 3000, Chain: 12_000, Strong: 30_000, Within: 24 * time.Hour,
		LookBack: 72 * time.Hour, Session: 12_000,
	}
}

// The defaults of kind novelty's times.
const (
	noveltySpan   = time.Hour        // risk is of the last hour
	noveltyDecay  = 15 * time.Minute // in which a point halves
	noveltyQuiet  = time.Hour        // an event that nothing joined for so long is no longer active
	noveltyLearn  = 24 * time.Hour
	noveltyForget = 14 * 24 * time.Hour
	noveltyOpen   = 7 * 24 * time.Hour // an event that goes on for longer is closed, and another continues it
)

// maxPoints bounds what a rule of kind novelty asks for.
const maxPoints = 10_000

func hostsShape() schema.Shape {
	return schema.With(schema.List(schema.Either(field(), schema.With(fields(), "minItems", 1))), "minItems", 1)
}

func points() schema.Shape { return schema.Number(0, maxPoints) }

func rareKeys() []schema.Key {
	return []schema.Key{
		{Name: "above", Shape: points(), Says: "bits of rarity that give no points; 6"},
		{Name: "most", Shape: schema.Number(1, 60), Says: "bits of rarity at most; 14"},
	}
}

func novelKeys() []schema.Key {
	return []schema.Key{
		{Name: "risk", Shape: points(), Says: "75"},
		{Name: "pairs", Shape: schema.Whole(1, maxAtLeast), Says: "of a rule and a host; 4"},
		{Name: "rules", Shape: schema.Whole(1, maxAtLeast), Says: "3"},
	}
}

func coldKeys() []schema.Key {
	return []schema.Key{
		{Name: "risk", Shape: points(), Says: "30"},
		{Name: "tactics", Shape: schema.Whole(1, maxTactics), Says: "3"},
		{Name: "rules", Shape: schema.Whole(1, maxAtLeast), Says: "4"},
	}
}

func joinKeys() []schema.Key {
	return []schema.Key{
		{Name: "member", Shape: points(), Says: "of a pair of a host that takes part; 1"},
		{Name: "host", Shape: points(), Says: "of a pair of another host that is tied to one; 3"},
	}
}

func chainKeys() []schema.Key {
	return []schema.Key{
		{Name: "risk", Shape: points(), Says: "of a host that takes part; 12"},
		{Name: "strong", Shape: points(), Says: "what counts as a strong step; 30"},
		{Name: "within", Shape: schema.Duration(), Says: "so long after the last strong step; 24h"},
	}
}

func lookBackKeys() []schema.Key {
	return []schema.Key{
		{Name: "within", Shape: schema.Duration(), Says: "72h"},
		{Name: "points", Shape: points(), Says: "of a session of a host that is told; 12"},
	}
}

func noveltyKeys() []schema.Key {
	return []schema.Key{
		{Name: "hosts", Shape: hostsShape(), Says: "which fields name a host: alternatives, in order"},
		{Name: "links", Shape: fields(), Says: "fields whose equal values tie hosts together"},
		{Name: "words", Shape: schema.Matching("^list:.+"), Says: "list:NAME of words that name a tactic where the alert does not"},
		{Name: "rare", Shape: schema.Object(rareKeys()...), Says: "what bits of rarity are worth"},
		{Name: "novel", Shape: schema.Object(novelKeys()...), Says: "what opens an event by rarity"},
		{Name: "cold", Shape: schema.Object(coldKeys()...), Says: "what opens an event by tactics, while there is little history"},
		{Name: "join", Shape: schema.Object(joinKeys()...), Says: "points with which a pair joins an active event"},
		{Name: "chain", Shape: schema.Object(chainKeys()...), Says: "what joins an event that was quiet"},
		{Name: "look_back", Shape: schema.Object(lookBackKeys()...), Says: "earlier sessions that an event tells"},
	}
}

// noveltyReaders read the keys of kind novelty.
func (d *draft) noveltyReaders() map[string]func(*yaml.Node) {
	c := &d.rule.Correlate
	n := defaultNovelty()
	if c.Kind == NoveltyKind {
		c.Novelty = n
	}
	return map[string]func(*yaml.Node){
		"hosts": d.readHosts(n),
		"links": d.fields(&n.Links),
		"words": d.readWords(n),
		"rare": d.part("rare", rareKeys(), map[string]func(*yaml.Node){
			"above": d.thousandths(&n.Above, 0, maxPoints), "most": d.thousandths(&n.Most, 1, 60),
		}),
		"novel": d.part("novel", novelKeys(), map[string]func(*yaml.Node){
			"risk": d.thousandths(&n.Risk, 0, maxPoints), "pairs": d.whole(&n.Pairs, 1, maxAtLeast), "rules": d.whole(&n.Rules, 1, maxAtLeast),
		}),
		"cold": d.part("cold", coldKeys(), map[string]func(*yaml.Node){
			"risk": d.thousandths(&n.ColdRisk, 0, maxPoints), "tactics": d.whole(&n.Tactics, 1, maxTactics), "rules": d.whole(&n.ColdSet, 1, maxAtLeast),
		}),
		"join": d.part("join", joinKeys(), map[string]func(*yaml.Node){
			"member": d.thousandths(&n.Member, 0, maxPoints), "host": d.thousandths(&n.Newcomer, 0, maxPoints),
		}),
		"chain": d.part("chain", chainKeys(), map[string]func(*yaml.Node){
			"risk": d.thousandths(&n.Chain, 0, maxPoints), "strong": d.thousandths(&n.Strong, 0, maxPoints), "within": d.positive(&n.Within),
		}),
		"look_back": d.part("look_back", lookBackKeys(), map[string]func(*yaml.Node){
			"within": d.positive(&n.LookBack), "points": d.thousandths(&n.Session, 0, maxPoints),
		}),
	}
}

// part reads a mapping that is the value of a key.
func (d *draft) part(name string, keys []schema.Key, readers map[string]func(*yaml.Node)) func(*yaml.Node) {
	return func(v *yaml.Node) { d.by(v, name, keys, readers) }
}

// thousandths reads a number from least to most.
func (d *draft) thousandths(into *int64, least, most float64) func(*yaml.Node) {
	return func(v *yaml.Node) {
		n, ok := tocsin.NumberValue(v.Value)
		f, _ := n.Float()
		if v.Kind != yaml.ScalarNode || !ok || f < least || f > most {
			d.fault(v, "", "a number from %g to %g is wanted here", least, most)
			return
		}
		*into = int64(f*1000 + 0.5)
	}
}

func (d *draft) readHosts(n *Novelty) func(*yaml.Node) {
	return d.list(func(v *yaml.Node) {
		var names []string
		if v.Kind == yaml.SequenceNode {
			d.fields(&names)(v)
		} else {
			names = append(names, "")
			d.field(&names[0])(v)
		}
		if len(names) == 0 {
			d.fault(v, "name the field that tells hosts apart", "a host of no fields")
			return
		}
		n.Hosts = append(n.Hosts, names)
	})
}

func (d *draft) readWords(n *Novelty) func(*yaml.Node) {
	return func(v *yaml.Node) {
		name, listed := strings.CutPrefix(v.Value, "list:")
		switch _, known := d.l.wordTables[name]; {
		case v.Kind != yaml.ScalarNode || !listed:
			d.fault(v, "write list:NAME", "words names no list")
		case !known:
			d.fault(v, "put the words into lists/"+name+".csv, with the columns value and tactic", "there is no table %q", name)
		default:
			n.Words = name
		}
	}
}

// novelty checks and completes what only a novelty has.
func (d *draft) novelty(v *yaml.Node) {
	c := &d.rule.Correlate
	c.AtLeast = 1
	for into, value := range map[*time.Duration]time.Duration{
		&c.Span: noveltySpan, &c.Decay: noveltyDecay, &c.Learn: noveltyLearn, &c.Forget: noveltyForget, &c.MaxOpen: noveltyOpen,
	} {
		if *into == 0 && !(into == &c.Learn && d.learn) {
			*into = value
		}
	}
	if !d.quiet {
		c.Quiet, d.quiet = noveltyQuiet, true
	}
	n := c.Novelty
	if len(n.Hosts) > maxGroup || slices.ContainsFunc(n.Hosts, func(one []string) bool { return len(one) > maxGroup }) || len(n.Links) > maxGroup {
		d.fault(v, "", "hosts or links of more than %d fields", maxGroup)
	}
	if c.Forget < 24*time.Hour {
		d.fault(v, "14d is the default", "forget %s: a pair that is forgotten within a day is new every day", c.Forget)
	}
	if n.Most <= n.Above {
		d.fault(v, "make most greater", "rare: no rarity above %g bits is left where it is %g at most", float64(n.Above)/1000, float64(n.Most)/1000)
	}
}
