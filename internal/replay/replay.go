// Package replay runs the daemon's own stages over recorded alerts, offline and deterministically: it serves `replay`,
// `decode`, `rules match` and `rules test`, and the project's own golden tests.
package replay

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"time"

	"tocsin"
	"tocsin/classify"
	"tocsin/correlate"
	"tocsin/ingest"
	"tocsin/ingest/decode"
	"tocsin/ingest/file"
	"tocsin/internal/pipeline"
	"tocsin/register"
	"tocsin/rules"
	"tocsin/sinks/memory"
)

// Options are what a replay is told.
type Options struct {
	Decoder    *decode.Decoder
	Field      string
	Received   time.Time // stands in for a missing receive time; zero for none
	Stdin      io.Reader
	MaxRecord  int64  // bytes of a line; 0: 1 MiB
	Format     string // decoder to use; "" or "auto" recognises each record
	Set        *rules.Set
	Scales     *classify.Scales
	Assets     *classify.Assets
	Disorder   time.Duration
	Lateness   time.Duration
	AllAlerts  bool // keep every reference, not the first and last 100
	Milestones bool // print every emission instead of the settled events
}

// A Summary counts what became of the input.
type Summary struct {
	Records   int64
	Alerts    int64
	Rejected  map[string]int64 // by reason
	Matches   int64
	Hidden    int64 // matches that an exception hides
	Events    int64
	Incidents int64
	Marks     map[string]int64
	Engine    correlate.Stats
}

// String is the last line of a replay's report.
func (s Summary) String() string {
	return fmt.Sprintf("%d alerts -> %d events -> %d incidents", s.Alerts, s.Events, s.Incidents)
}

// source is the name under which replayed records run.
const source = "replay"

// open makes a stream of each file.
func open(o Options, files []string) ([]*stream, func(), error) {
	var streams []*stream
	closeAll := func() {
		for _, s := range streams {
			_ = s.src.Close() // read-only
		}
	}
	for _, name := range files {
		again := func() (ingest.Source, error) {
			return file.Open([]string{name}, file.Options{Source: source, Format: o.Format, Received: o.Received, Stdin: o.Stdin, MaxRecord: o.MaxRecord})
		}
		src, err := again()
		if err != nil {
			closeAll()
			return nil, nil, err
		}
		s := &stream{src: src, dec: o.Decoder, field: o.Field, again: again}
		if name == "-" {
			s.again = nil
		}
		streams = append(streams, s)
	}
	return streams, closeAll, nil
}

// A player holds the stages of one replay.
type player struct {
	o         Options
	engine    *correlate.Ordered
	sequence  pipeline.Sequence
	matcher   *rules.Matcher
	assess    *classify.Classifier
	register  *register.Register
	store     *memory.Store
	out       *bufio.Writer
	settled   map[string]tocsin.Event
	order     []string
	greatest  time.Time
	seen      map[string]string // alert id -> digest, as the store would tell duplicates
	sum       Summary
	positions int64
	live      bool // alerts are correlated as they come, not in the order of their time
	plain     bool // events are neither assessed nor registered
	sightings pipeline.Sightings
	watched   []string
	clock     func() time.Duration     // what rules cost is measured by it; nil: not at all
	stepped   map[string]time.Duration // spent in the engine, by rule
}

// Run replays files and writes events and incidents to w as NDJSON, events before the incidents that hold them.
func Run(ctx context.Context, o Options, files []string, w io.Writer) (Summary, error) {
	streams, closeAll, err := open(o, files)
	if err != nil {
		return Summary{}, err
	}
	defer closeAll()
	p := newPlayer(o, w)
	if err := merge(ctx, streams, func(in Input) error { return p.feed(ctx, in) }); err != nil {
		return p.sum, err
	}
	if err := p.finish(ctx); err != nil {
		return p.sum, err
	}
	return p.sum, p.out.Flush()
}

func newPlayer(o Options, w io.Writer) *player {
	store := memory.New()
	return &player{
		o: o, engine: correlate.NewOrdered(correlate.Config{AllEvidence: o.AllAlerts}, o.Set), matcher: o.Set.Matcher(), watched: o.Set.Watched(),
		assess: classify.New(o.Scales, o.Assets), store: store, register: newRegister(store, o.Scales),
		out: bufio.NewWriterSize(w, 1<<16), settled: map[string]tocsin.Event{}, seen: map[string]string{},
		sum: Summary{Rejected: map[string]int64{}, Marks: map[string]int64{}},
	}
}

// feed takes one input through the stages.
func (p *player) feed(ctx context.Context, in Input) error {
	p.sum.Records++
	if in.Rejection != nil {
		p.sum.Rejected[in.Rejection.Reason]++
		return nil
	}
	a := in.Alert
	if p.repeated(a) {
		p.sum.Marks["duplicate"]++
		return nil
	}
	p.sum.Alerts++
	for _, mark := range a.Marks {
		p.sum.Marks[mark]++
	}
	for _, m := range p.matcher.Match(a) {
		if m.Suppressed != "" {
			p.sum.Hidden++
			continue
		}
		p.sum.Matches++
		m.Recorded = !p.live
		pipeline.Own(&m, nil)
		if err := p.emit(ctx, p.step(m)); err != nil {
			return err
		}
	}
	p.positions++
	p.sightings.See(p.watched, p.matcher.Sees())
	if !a.Time.After(p.greatest) {
		return nil
	}
	p.greatest = a.Time
	err := p.emit(ctx, p.engine.Mark(p.marker()))
	p.sightings.Told()
	if err != nil {
		return err
	}
	return p.apply(ctx, p.sequence.Until(p.engine.Watermark()))
}

// repeated tells what the alert store would: the same id with the same content is a duplicate, with other content it
// becomes an alert of its own (delivery.md 3.3, 5).
func (p *player) repeated(a *tocsin.Alert) bool {
	digest := a.Digest()
	known, ok := p.seen[a.ID]
	if ok && known == digest {
		return true
	}
	if ok {
		a.ResendOf, a.ID = a.ID, tocsin.AlertID(a.Tenant, a.Ref, digest)
	}
	p.seen[a.ID] = digest
	return false
}

func (p *player) marker() tocsin.Marker {
	part := tocsin.SourcePartition{Source: source}
	m := tocsin.Marker{
		SourcePartition: part, Offset: p.positions, Greatest: p.greatest, Recorded: !p.live,
		Disorder: p.o.Disorder, Lateness: p.o.Lateness, Listed: []tocsin.SourcePartition{part},
	}
	p.sightings.Tell(&m)
	return m
}

// emit takes emissions in; they reach the registrar in the order of event time.
func (p *player) emit(ctx context.Context, events []tocsin.Event) error {
	for _, e := range events {
		if err := p.apply(ctx, p.sequence.Add(e, 0)); err != nil {
			return err
		}
	}
	return nil
}

// apply registers emissions and keeps or prints them.
func (p *player) apply(ctx context.Context, events []tocsin.Event) error {
	for _, e := range events {
		if p.plain {
			p.settle(e)
			continue
		}
		if _, err := p.register.Apply(ctx, e, p.assess.Assess(e)); err != nil {
			return fmt.Errorf("register event %s: %w", e.ID, err)
		}
		p.settle(e)
		if p.o.Milestones {
			if err := p.print(ctx, e); err != nil {
				return err
			}
		}
	}
	return nil
}

// settle keeps the last word of an event.
func (p *player) settle(e tocsin.Event) {
	if _, ok := p.settled[e.ID]; !ok {
		p.order = append(p.order, e.ID)
	}
	p.settled[e.ID] = e
}

// finish declares the end of the input, where the watermark is the greatest time, and prints what settled.
func (p *player) finish(ctx context.Context) error {
	end := p.marker()
	end.Ended = true
	if err := p.emit(ctx, p.engine.Mark(end)); err != nil {
		return err
	}
	if err := p.apply(ctx, p.sequence.Rest()); err != nil {
		return err
	}
	p.sum.Events, p.sum.Engine = int64(len(p.order)), p.engine.Stats()
	if !p.o.Milestones {
		for _, id := range p.order {
			if err := p.print(ctx, p.settled[id]); err != nil {
				return err
			}
		}
	}
	incidents, err := All(ctx, p.store)
	if err != nil {
		return err
	}
	p.sum.Incidents = int64(len(incidents))
	for _, i := range incidents {
		i.Head = "" // a hash over when the log was written, which differs from run to run
		if err := p.line(incident{Kind: "incident", Incident: i}); err != nil {
			return err
		}
	}
	return nil
}

func (p *player) print(ctx context.Context, e tocsin.Event) error {
	if v, err := p.store.Verdict(ctx, e.ID); err == nil {
		e.Assessment = &v.Assessment
	}
	return p.line(e)
}

// incident is the output form of an incident.
type incident struct {
	Kind string `json:"kind"`
	tocsin.Incident
}

func (p *player) line(v any) error {
	text, err := json.Marshal(v)
	if err != nil {
		return err
	}
	_, err = p.out.Write(append(text, '\n'))
	return err
}

// All lists every incident of a store, oldest first.
func All(ctx context.Context, store register.Projection) ([]tocsin.Incident, error) {
	var all []tocsin.Incident
	q := tocsin.Query{Limit: 500}
	for {
		page, err := store.Incidents(ctx, q)
		if err != nil {
			return nil, err
		}
		all = append(all, page.Items...)
		if page.Cursor == "" {
			slices.Reverse(all)
			return all, nil
		}
		q.Cursor = page.Cursor
	}
}

var _ ingest.Source = (*file.Source)(nil)
