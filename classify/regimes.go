package classify

import (
	_ "embed"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"tocsin/internal/schema"
)

//go:embed regimes.yml
var shippedRegimes []byte

// A Regime is a duty to report incidents by a time, as data: the daemon computes when, and gives no legal verdict.
type Regime struct {
	ID, Title, Source, Note string
	Effective, Checked      string // days
	ReviewedBy              string // nobody, or who checked it
	Anchor                  string // the mark from which its stages run
	Stages                  []RegimeStage
}

// A RegimeStage is one report that a regime asks for.
type RegimeStage struct {
	ID, Title, Source string
	Within            time.Duration // or
	Months            int           // calendar months
	Calendar          string        // 24x7 where it does not say
	Anchor            string        // the regime's, unless its own; "" where it runs after another stage
	After             string        // the stage whose submission it runs from
}

// DefaultRegimes are those in the binary.
func DefaultRegimes() []Regime {
	r, _ := LoadRegimes("regimes.yml", shippedRegimes, Default()) // a test holds that it has no fault
	return r
}

// DefaultRegimesText is the text of the shipped ones, to start an own file from.
func DefaultRegimesText() string { return string(shippedRegimes) }

// LoadRegimes reads a file of regimes; calendars are those of the scales. The error is a [fault.List].
func LoadRegimes(name string, data []byte, scales *Scales) ([]Regime, error) {
	l := &regimeLoader{loader: loader{reader: reader{file: name, src: data}, s: scales}}
	if root := l.parse(maxScales); root != nil {
		l.by(root, "the file of regimes", regimesKeys(), map[string]func(*yaml.Node){"regimes": l.regimes})
	}
	return l.all, l.err()
}

type regimeLoader struct {
	loader
	all []Regime
	ids []string
}

const withinPattern = `^([0-9]{1,3}mo|[0-9]{1,5}d|[0-9]{1,6}[hm])$`

var withinForm = regexp.MustCompile(withinPattern)

// markForm is what a mark of an incident's timeline is called.
var markForm = regexp.MustCompile(`^[a-z][a-z_]{0,40}$`)

func regimesKeys() []schema.Key {
	return []schema.Key{{Name: "regimes", Mandatory: true, Shape: schema.List(schema.Object(regimeKeys()...))}}
}

func regimeKeys() []schema.Key {
	return []schema.Key{
		{Name: "id", Mandatory: true, Shape: id()},
		{Name: "title", Mandatory: true, Shape: schema.Text()},
		{Name: "source", Mandatory: true, Shape: schema.Text(), Says: "the article"},
		{Name: "effective", Mandatory: true, Shape: schema.Day(), Says: "the day from which it applies"},
		{Name: "checked", Shape: schema.Day(), Says: "the day on which the source was read"},
		{Name: "reviewed_by", Mandatory: true, Shape: schema.Text(), Says: "who of counsel checked it, or nobody"},
		{Name: "note", Shape: schema.Text()},
		{Name: "anchor", Mandatory: true, Shape: schema.Matching(markForm.String()), Says: "aware, classified_major, materiality_determined, detected or a mark of your own"},
		{Name: "stages", Mandatory: true, Shape: schema.With(schema.List(schema.Object(regimeStageKeys()...)), "minItems", 1)},
	}
}

func regimeStageKeys() []schema.Key {
	return []schema.Key{
		{Name: "id", Mandatory: true, Shape: id()},
		{Name: "title", Mandatory: true, Shape: schema.Text()},
		{Name: "source", Mandatory: true, Shape: schema.Text()},
		{Name: "within", Mandatory: true, Shape: schema.Matching(withinPattern), Says: "72h, 14d, or 1mo: a calendar month"},
		{Name: "calendar", Shape: id()},
		{Name: "anchor", Shape: schema.Matching(markForm.String())},
		{Name: "after", Shape: id(), Says: "the stage whose submission it runs from"},
	}
}

func (l *regimeLoader) regimes(n *yaml.Node) {
	for _, item := range l.list(n, "regimes") {
		r := Regime{}
		text := func(into *string, key string) func(*yaml.Node) {
			return func(n *yaml.Node) { *into, _ = l.text(n, "regime "+key) }
		}
		var stages *yaml.Node
		l.by(item, "regime", regimeKeys(), map[string]func(*yaml.Node){
			"id":    func(n *yaml.Node) { r.ID = l.once(n, "regime", &l.ids) },
			"title": text(&r.Title, "title"), "source": text(&r.Source, "source"), "note": text(&r.Note, "note"),
			"effective": l.day(&r.Effective, "effective"), "checked": l.day(&r.Checked, "checked"),
			"reviewed_by": text(&r.ReviewedBy, "reviewed_by"),
			"anchor":      func(n *yaml.Node) { r.Anchor = l.mark(n) },
			"stages":      func(n *yaml.Node) { stages = n },
		})
		if stages != nil {
			l.stages(stages, &r)
		}
		l.all = append(l.all, r)
	}
}

// mark reads the name of a mark.
func (l *regimeLoader) mark(n *yaml.Node) string {
	name, ok := l.text(n, "anchor")
	if ok && !markForm.MatchString(name) {
		l.add(n, "use lower-case letters and _, e.g. aware", "anchor %q is no mark", name)
	}
	return name
}

func (l *regimeLoader) day(into *string, key string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		text, ok := l.text(n, "regime "+key)
		if _, err := time.Parse(time.DateOnly, text); ok && err != nil {
			l.wrong(n, "regime "+key, "a day such as 2018-05-25")
		}
		*into = text
	}
}

func (l *regimeLoader) stages(n *yaml.Node, r *Regime) {
	var ids []string
	items := l.list(n, "stages")
	if n.Kind == yaml.SequenceNode && len(items) == 0 {
		l.add(n, "a regime asks for one report at least", "regime %s has no stages", r.ID)
	}
	for _, item := range items {
		s := RegimeStage{Calendar: "24x7"}
		var after, anchor *yaml.Node
		l.by(item, "stage", regimeStageKeys(), map[string]func(*yaml.Node){
			"id":       func(n *yaml.Node) { s.ID = l.once(n, "stage of "+r.ID, &ids) },
			"title":    func(n *yaml.Node) { s.Title, _ = l.text(n, "stage title") },
			"source":   func(n *yaml.Node) { s.Source, _ = l.text(n, "stage source") },
			"within":   func(n *yaml.Node) { s.Within, s.Months = l.within(n) },
			"calendar": func(n *yaml.Node) { s.Calendar = l.calendarName(n, "stage calendar") },
			"anchor":   func(n *yaml.Node) { anchor, s.Anchor = n, l.mark(n) },
			"after":    func(n *yaml.Node) { after = n; s.After, _ = l.text(n, "after") },
		})
		switch {
		case after != nil && anchor != nil:
			l.add(after, "keep one of them", "stage %s runs from an anchor and after a stage", s.ID)
		case after != nil && !slices.Contains(ids[:max(len(ids)-1, 0)], s.After):
			l.unknown(after, "stage "+s.ID+" runs after a stage that is not before it:", ids[:max(len(ids)-1, 0)])
		case after == nil && anchor == nil:
			s.Anchor = r.Anchor
		}
		r.Stages = append(r.Stages, s)
	}
}

// within reads 72h, 14d or 1mo.
func (l *regimeLoader) within(n *yaml.Node) (time.Duration, int) {
	text, ok := l.text(n, "within")
	if !ok {
		return 0, 0
	}
	if !withinForm.MatchString(text) {
		l.wrong(n, "within", "a time such as 72h, 14d or 1mo (a calendar month)")
		return 0, 0
	}
	if months, ok := strings.CutSuffix(text, "mo"); ok {
		m, _ := strconv.Atoi(months)
		if m == 0 {
			l.add(n, "write 1mo", "within %s is no time", text)
		}
		return 0, m
	}
	d, _ := parseDuration(text)
	if d <= 0 {
		l.add(n, "write 72h", "within %s is no time", text)
	}
	return d, 0
}

// RegimesSchema is the JSON Schema of a file of regimes, for editors.
func RegimesSchema() ([]byte, error) {
	return schema.Document("Regulatory clocks of tocsin", schema.Object(regimesKeys()...), nil)
}
