package classify

import (
	_ "embed"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tocsin"
	"tocsin/internal/fault"
)

//go:embed default.yml
var shipped []byte

// Scales are one organisation's scales: categories, impact, urgency, severity classes, priorities, targets and the
// rules of promotion. They are immutable and safe for concurrent use.
type Scales struct {
	id, version, scheme string

	classes    []class           // of the primary scheme, in the file's order
	local      map[string]string // own name -> class/type
	iso        []string
	crosswalk  map[string]string // class or class/type -> name of ISO/IEC 27035-2
	cause      Causes
	importance scale
	axes       map[string]scale // functional, information, recoverability, business_loss, social
	urgency    scale
	severity   []severityClass // the gravest first
	matrix     map[cell]string
	profiles   map[string]profile
	targets    []Target // the highest priority first
	calendars  map[string]Calendar
	stops      []string          // targets that a hold stops
	escalation map[string][]Step // by target
	promotion  promotion
	reopen     time.Duration
	change     PriorityChange
	sharing    Sharing
	aux        map[string]map[string]int
}

type class struct {
	name  string
	types []string
}

type cell struct{ class, urgency string }

// Default returns the shipped scale, tocsin-default.
func Default() *Scales {
	s, _ := LoadScales("default.yml", shipped) // a test holds that it has no fault
	return s
}

// DefaultText is the text of the shipped scale, to start an own one from.
func DefaultText() string { return string(shipped) }

// ID is the scale's id and version as every assessment records it, e.g. tocsin-default@2026.1.
func (s *Scales) ID() string { return s.id + "@" + s.version }

// Categories lists every category that a rule may have: class/type of the primary scheme in the file's order, then
// the local names, sorted.
func (s *Scales) Categories() []string {
	var all []string
	for _, c := range s.classes {
		for _, t := range c.types {
			all = append(all, c.name+"/"+t)
		}
	}
	return append(all, slices.Sorted(maps.Keys(s.local))...)
}

// undetermined is the category of an event whose rule has none that the scale knows.
const undetermined = "other/undetermined"

// Category resolves what a rule calls its category: itself for a class/type of the primary scheme, what it stands for
// for a local name. ok is false, and the category other/undetermined, for any other.
func (s *Scales) Category(name string) (category string, ok bool) {
	if mapped, isLocal := s.local[name]; isLocal {
		return mapped, true
	}
	if s.hasType(name) {
		return name, true
	}
	return undetermined, false
}

func (s *Scales) hasType(category string) bool {
	name, kind, _ := strings.Cut(category, "/")
	i := slices.IndexFunc(s.classes, func(c class) bool { return c.name == name })
	return i >= 0 && slices.Contains(s.classes[i].types, kind)
}

// ISO is the name of ISO/IEC 27035-2 for a category of the primary scheme, "other" where the crosswalk has none.
func (s *Scales) ISO(category string) string {
	if name, ok := s.crosswalk[category]; ok {
		return name
	}
	name, _, _ := strings.Cut(category, "/")
	if name, ok := s.crosswalk[name]; ok {
		return name
	}
	return "other"
}

// Countable reports whether incidents of a category count in statistics: all but tests (register.md, 4.4).
func (s *Scales) Countable(category string) bool {
	name, _, _ := strings.Cut(category, "/")
	return name != "test"
}

// Vocabularies are the words that people may use on an incident, each list in the scale's order.
type Vocabularies struct {
	Categories     []string // of the primary scheme and local names
	ISO            []string
	Functional     []string
	Information    []string
	Recoverability []string
	BusinessLoss   []string
	Social         []string
	Urgency        []string // the most urgent first
	Importance     []string // of assets
	Classes        []string // the gravest first
	Severities     []string // names of the classes, in their order
	Priorities     []string // the highest first
	Dispositions   []string
	Causes         Causes
	TLP            []string
	PAP            []string
}

// Causes are the vocabularies of an incident's causes.
type Causes struct {
	Intent []string
	Means  []string
	Root   []string
	Actor  []string // VERIS
	Action []string // VERIS
}

// Vocabularies returns the scale's words. The caller may change them.
func (s *Scales) Vocabularies() Vocabularies {
	v := Vocabularies{
		Categories: s.Categories(), ISO: slices.Clone(s.iso),
		Functional: s.axes["functional"].names(), Information: s.axes["information"].names(),
		Recoverability: s.axes["recoverability"].names(), BusinessLoss: s.axes["business_loss"].names(),
		Social: s.axes["social"].names(), Urgency: s.urgency.names(), Importance: s.importance.names(),
		Priorities: s.priorities(), Dispositions: tocsin.Dispositions(), Causes: s.cause.clone(), TLP: tlp(), PAP: pap(),
	}
	for _, c := range s.severity {
		v.Classes, v.Severities = append(v.Classes, c.class), append(v.Severities, c.name)
	}
	return v
}

func (c Causes) clone() Causes {
	return Causes{
		Intent: slices.Clone(c.Intent), Means: slices.Clone(c.Means), Root: slices.Clone(c.Root),
		Actor: slices.Clone(c.Actor), Action: slices.Clone(c.Action),
	}
}

// Priority is the priority of a severity class and an urgency. The error names the word that the scale lacks.
func (s *Scales) Priority(class, urgency string) (string, error) {
	if p, ok := s.matrix[cell{class, urgency}]; ok {
		return p, nil
	}
	if _, ok := s.urgency.value(urgency); !ok {
		return "", unknownWord("urgency", urgency, s.urgency.names())
	}
	return "", unknownWord("severity class", class, s.Vocabularies().Classes)
}

func unknownWord(what, word string, valid []string) error {
	return fmt.Errorf("unknown %s %q: %s", what, word, fault.DidYouMean(word, valid))
}

// A Target is what a priority asks for: times by which something must have happened, 0 for none.
type Target struct {
	Priority string
	Assess   time.Duration // from detection, on a proposal too
	Ack      time.Duration // these three from the declaration
	Contain  time.Duration
	Resolve  time.Duration
	Calendar string // 24x7, business, or one of the scale's
	Review   string // required, optional or none
}

// Targets lists the targets, the highest priority first.
func (s *Scales) Targets() []Target { return slices.Clone(s.targets) }

// Target is the target of a priority; ok is false for one that the scale lacks.
func (s *Scales) Target(priority string) (t Target, ok bool) {
	i := slices.IndexFunc(s.targets, func(t Target) bool { return t.Priority == priority })
	if i < 0 {
		return Target{}, false
	}
	return s.targets[i], true
}

func (s *Scales) priorities() []string {
	names := make([]string, len(s.targets))
	for i, t := range s.targets {
		names[i] = t.Priority
	}
	return names
}

// ReopenWindow is how long after its end an incident takes new events as a proposed reopening.
func (s *Scales) ReopenWindow() time.Duration { return s.reopen }

// ConfirmAutoWithin is how soon a coordinator must confirm an incident that a policy declared; 0 for no limit.
func (s *Scales) ConfirmAutoWithin() time.Duration { return s.promotion.confirm }

// PriorityChange says how a change of priority is kept and reported.
type PriorityChange struct {
	Record   string   // all or last
	SLA      string   // segment: each priority's time is judged by its own target; final: all by the last
	ReportBy []string // of initial, final, highest
}

// PriorityChange returns the scale's.
func (s *Scales) PriorityChange() PriorityChange {
	c := s.change
	c.ReportBy = slices.Clone(c.ReportBy)
	return c
}

// Sharing says how far what an incident holds may go.
type Sharing struct {
	DefaultTLP  string
	DefaultPAP  string
	ExportMax   map[string]string // destination -> the most restricted TLP that may go there
	AlwaysStrip []string          // fields that no export holds
}

// Sharing returns the scale's.
func (s *Scales) Sharing() Sharing {
	out := s.sharing
	out.ExportMax, out.AlwaysStrip = maps.Clone(out.ExportMax), slices.Clone(out.AlwaysStrip)
	return out
}

// AuxScores are further scores by name and word, e.g. nciss.
func (s *Scales) AuxScores() map[string]map[string]int {
	out := make(map[string]map[string]int, len(s.aux))
	for name, words := range s.aux {
		out[name] = maps.Clone(words)
	}
	return out
}

func tlp() []string { return []string{"CLEAR", "GREEN", "AMBER", "AMBER+STRICT", "RED"} }

func pap() []string { return []string{"CLEAR", "GREEN", "AMBER", "RED"} }
