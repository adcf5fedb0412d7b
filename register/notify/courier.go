package notify

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"tocsin"
)

// A Register is what the courier reads of incidents.
type Register interface {
	Incident(ctx context.Context, id string) (tocsin.Incident, error)
	Incidents(ctx context.Context, q tocsin.Query) (tocsin.Page[tocsin.Incident], error)
	Entries(ctx context.Context, incident string, from int64) ([]tocsin.LogEntry, error)
}

// An Outbox keeps notices, and how far the log of each incident was turned into them; package sinks says what each
// method promises.
type Outbox interface {
	PutNotice(ctx context.Context, n tocsin.Notice) error
	Notice(ctx context.Context, id string) (tocsin.Notice, error)
	Notices(ctx context.Context, q tocsin.NoticeQuery) ([]tocsin.Notice, error)
	PutTold(ctx context.Context, incident string, seq int64) error
	Told(ctx context.Context, incidents []string) (map[string]int64, error)
	DropNotices(ctx context.Context, ids []string) error
}

// Options are what a courier works with. Config, Register, Outbox and Now are required.
type Options struct {
	Config    *Config
	Register  Register
	Outbox    Outbox
	Changes   Changes   // of the register's incidents; nil: all on which work goes on are looked at, again and again
	Publisher Publisher // of receivers of kind kafka; nil: there is none
	Now       func() time.Time
	Log       *slog.Logger
	Meters    Registerer // nil: not exposed
}

// A Courier turns log entries into notices and sends them. One courier at a time runs over one outbox, the registrar's; should
// two do so for a moment, a receiver may get a message twice, under one id. [Courier.Poke], [Courier.Status] and [Courier.Test]
// may be called at any time.
type Courier struct {
	Options
	metrics *metrics
	log     *slog.Logger
	going   atomic.Pointer[plan] // what it goes by
	made    time.Time

	mu    sync.Mutex
	poked map[string]time.Time // incidents whose log has grown, and when that was said
	wake  chan struct{}

	told  map[string]int64 // of the running courier alone
	begin time.Time        // entries recorded before it are not told
	last  time.Time        // when the notice that was made last is due
}

// A wire is a receiver and how it does.
type wire struct {
	Receiver
	config ReceiverConfig

	mu      sync.Mutex
	next    time.Time // not before
	failed  int       // in a row
	since   time.Time
	lastErr string
	sent    time.Time
}

// New makes a courier. It opens no connection.
func New(o Options) (*Courier, error) {
	d := &Courier{
		Options: o, metrics: newMetrics(o.Meters), log: o.Log, poked: map[string]time.Time{}, wake: make(chan struct{}, 1), told: map[string]int64{}, made: o.Now(),
	}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	d.log = d.log.With("component", "notify")
	p, err := d.plan(o.Config, nil)
	d.going.Store(p)
	return d, err
}

// Poke says that an incident's log has grown. What is never said is found by looking now and then.
func (d *Courier) Poke(incident string) {
	d.mu.Lock()
	d.poked[incident] = d.Now()
	d.mu.Unlock()
	select {
	case d.wake <- struct{}{}:
	default:
	}
}

const sendEvery = time.Second

// Run feeds and delivers until ctx is done. Failures are logged and repeated.
func (d *Courier) Run(ctx context.Context) {
	clear(d.told)
	tick := time.NewTicker(sendEvery)
	defer tick.Stop()
	var looked, pruned, sorted time.Time
	var goneBy *plan
	follow := &follower{}
	for ctx.Err() == nil {
		now := d.Now()
		err := d.feedPoked(ctx)
		if err == nil && (now.Sub(looked) >= lookEvery || now.Before(looked)) {
			if err = d.news(ctx, follow); err == nil {
				looked = now
			}
		}
		if p := d.going.Load(); err == nil && (p != goneBy || now.Sub(sorted) >= sortedEvery || now.Before(sorted)) {
			if err = d.Sort(ctx); err == nil {
				goneBy, sorted = p, now
			}
		}
		if err == nil {
			err = d.Deliver(ctx)
		}
		if err == nil && (now.Sub(pruned) >= pruneEvery || now.Before(pruned)) {
			if err = d.Prune(ctx); err == nil {
				pruned = now
			}
		}
		if err != nil && ctx.Err() == nil {
			d.log.WarnContext(ctx, "notices were not worked off, will be repeated", "err", err)
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-d.wake:
		}
	}
}

// A Line is how one receiver does.
type Line struct {
	Receiver string    `json:"receiver"`
	Kind     string    `json:"kind"`
	Waiting  int       `json:"waiting" doc:"notices due and not yet sent; at most 500 are counted"`
	Sent     time.Time `json:"sent,omitzero" doc:"when the last one was, since the start of the daemon that sends"`
	Failing  time.Time `json:"failing,omitzero" doc:"since when it cannot be reached"`
	Error    string    `json:"error,omitempty"`
	// Removed is a receiver that the configuration has no more.
	Removed     bool `json:"removed,omitempty" doc:"the file of routes has it no more"`
	Undelivered int  `json:"undelivered,omitempty" doc:"notices that it did not get, of the latest 500 that nobody got; they are sent should it come back"`
}

// Status tells how each receiver does, in the order of their names, and behind them those that were removed with notices
// undelivered.
func (d *Courier) Status(ctx context.Context) ([]Line, error) {
	var all []Line
	lines := d.going.Load().lines
	for _, name := range slices.Sorted(maps.Keys(lines)) {
		w := lines[name]
		waiting, err := d.Outbox.Notices(ctx, tocsin.NoticeQuery{Receiver: name, State: tocsin.NoticeWaiting, Until: d.Now(), Limit: 500})
		if err != nil {
			return nil, err
		}
		d.metrics.waiting.WithLabelValues(name).Set(float64(len(waiting)))
		w.mu.Lock()
		all = append(all, Line{Receiver: name, Kind: w.config.Kind, Waiting: len(waiting), Sent: w.sent, Failing: w.since, Error: w.lastErr})
		w.mu.Unlock()
	}
	gone, err := d.goneLines(ctx, lines)
	return append(all, gone...), err
}

// Failing tells what keeps a receiver from being reached, the longest first; "" where none fails.
func (d *Courier) Failing() (detail string, since time.Time) {
	lines := d.going.Load().lines
	for _, name := range slices.Sorted(maps.Keys(lines)) {
		w := lines[name]
		w.mu.Lock()
		if !w.since.IsZero() && (since.IsZero() || w.since.Before(since)) {
			detail, since = name+": "+w.lastErr, w.since
		}
		w.mu.Unlock()
	}
	return detail, since
}

// Routes are those of the configuration in force.
func (d *Courier) Routes() []Route { return d.going.Load().config.Routes }

// Notices lists notices of the outbox.
func (d *Courier) Notices(ctx context.Context, q tocsin.NoticeQuery) ([]tocsin.Notice, error) {
	return d.Outbox.Notices(ctx, q)
}

// A Tried is what became of a test at one receiver.
type Tried struct {
	Receiver string `json:"receiver"`
	Sent     bool   `json:"sent"`
	Error    string `json:"error,omitempty"`
}

// Test sends a message to each receiver of a route at once, past the outbox. The error is [tocsin.ErrNotFound].
func (d *Courier) Test(ctx context.Context, route string) ([]Tried, error) {
	p := d.going.Load()
	r, ok := p.config.route(route)
	if !ok {
		return nil, fmt.Errorf("route %.80q: %w", route, tocsin.ErrNotFound)
	}
	now := d.Now()
	var all []Tried
	for _, name := range r.To {
		ctx, cancel := context.WithTimeout(ctx, sendTimeout)
		err := p.lines[name].Send(ctx, testMessage(route, tocsin.Hash("test", route, name, now.UTC().Format(time.RFC3339Nano)), now))
		cancel()
		t := Tried{Receiver: name, Sent: err == nil}
		if err != nil {
			t.Error = plain(err.Error(), 500)
		}
		all = append(all, t)
	}
	return all, nil
}
