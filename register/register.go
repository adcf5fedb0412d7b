package register

import (
	"cmp"
	"log/slog"
	"time"

	"tocsin"
)

// Options are what a register works with and by. Store is required; the scales' data are plain values, since the
// register knows no scale.
type Options struct {
	Store  Store
	Now    func() time.Time // nil: the machine's clock
	Logger *slog.Logger     // nil: silent
	Meters Registerer       // nil: not exposed

	Targets       map[string]Targets      // by priority; a priority that is not there has none
	Calendars     map[string]Calendar     // by name; `business` is Monday to Friday, 08:00 to 18:00 UTC, where it is not there
	HoldStops     []string                // targets whose time does not run while an incident is on hold
	Escalation    map[string][]Escalation // by target, and under `clock` for the clocks of regimes; the earliest step first
	Regimes       []Regime                // whose clocks may be started
	ReopenWindow  time.Duration           // how long after its end an incident may be reopened; 0: 14 days
	ConfirmWithin time.Duration           // by when a person must confirm a policy's declaration; 0: no limit
	Vocabulary    Vocabulary              // what a person may set
	// Rate classifies by the scale's own functions where a person changes impact or urgency; nil: only what is set
	// changes. An axis of the impact that is empty was never assessed and counts as the scale's least. An error refuses
	// the command.
	Rate func(impact tocsin.Impact, urgency string, asset int) (Rating, error)
	// CategoryISO is the scale's crosswalk; nil: none.
	CategoryISO func(category string) string

	// Wrote is told of each incident whose log has grown through this register, once the entry is stored; nil: nobody is. It
	// must not wait. What it is not told of (a kill, a transaction that is taken back) it must find by itself.
	Wrote func(incident string)

	// Teams are those that somebody is a member of, by name; nil: nobody is in any.
	Teams func(name string) []string

	Exhibits Exhibits // where the originals of alerts are copied to; nil: nowhere
	Tool     string   // name and version of what copies them

	// Renew brings what follows from the scales up to date, at the beginning of each command, batch and pass of timers;
	// nil: it stays as it is. It must be quick, and may be called concurrently.
	Renew func(*Options)

	MaxSlots int // entity values that one incident claims; 0: 50 (register.md, ruling 2 of section 0)
	// MaxEvents is how many events one incident takes; the next one founds an incident of its own, related to it; 0: 5,000.
	MaxEvents int
	Attempts  int // how often a write is tried against other writers; 0: 64
}

// Targets are the times within which an incident of one priority must be worked on; 0 is no target. Assess runs from
// the detection, the others from the declaration.
type Targets struct {
	Assess, Acknowledge, Contain, Resolve time.Duration
	Calendar                              string // 24x7, business, or another of the calendars; "": 24x7
	Review                                string // required, optional or none: the post-incident review
}

// A Rating is what the scale makes of impact, urgency and asset.
type Rating struct {
	Severity, Class, Priority string
}

// A Vocabulary lists the words that a person may set. An empty list allows any word.
type Vocabulary struct {
	Categories []string // class or class/type
	Urgency    []string
	Priorities []string
	Impact     map[string][]string // by axis: functional, information, recoverability, business_loss, social
}

// A Register keeps incidents: the registrar calls Apply for each emission of an event, people's commands come in
// through Do, and Timers is called now and then. It is safe for concurrent use, also by several daemons over one
// store: an incident's log takes one writer at a time.
type Register struct {
	store   Store
	opts    Options
	log     *slog.Logger
	metrics *metrics
	cache   *cache
	watch   *watch
	numbers *numbers // that were handed out to this register and are not used yet
}

// New returns a register over a store.
func New(opts Options) *Register {
	if opts.Now == nil {
		opts.Now = func() time.Time { return time.Now() } //nolint:forbidigo // the default clock; recorded times only
	}
	opts.defaults()
	log := opts.Logger
	if log == nil {
		log = slog.New(slog.DiscardHandler)
	}
	return &Register{
		store: opts.Store, opts: opts, log: log.With("component", "register"),
		metrics: newMetrics(opts.Meters), cache: newCache(), watch: &watch{}, numbers: &numbers{},
	}
}

func (o *Options) defaults() {
	o.ReopenWindow = cmp.Or(o.ReopenWindow, 14*24*time.Hour)
	o.MaxSlots = cmp.Or(o.MaxSlots, 50)
	o.MaxEvents = cmp.Or(o.MaxEvents, 5000)
	o.Attempts = cmp.Or(o.Attempts, 64)
}

// targets are the due times that begin to run for a priority: from detection for a proposal, from the declaration for
// the rest.
func (r *Register) targets(priority string, at time.Time, names ...string) map[string]time.Time {
	t, ok := r.opts.Targets[priority]
	if !ok {
		return nil
	}
	due := map[string]time.Time{}
	for _, name := range names {
		within := map[string]time.Duration{
			"assess": t.Assess, "acknowledge": t.Acknowledge, "contain": t.Contain, "resolve": t.Resolve,
		}[name]
		if within > 0 {
			due[name] = r.calendar(t.Calendar).Due(at, within)
		}
	}
	return due
}

// afterDeclaration are the targets that run from the declaration.
func (r *Register) afterDeclaration(priority string, at time.Time) map[string]time.Time {
	return r.targets(priority, at, "acknowledge", "contain", "resolve")
}

// now is the clock without its monotonic part, so that a stored time equals itself.
func (r *Register) now() time.Time { return r.opts.Now().UTC().Round(0) }
