package pipeline

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"tocsin"
	"tocsin/correlate"
	"tocsin/ingest"
	"tocsin/register"
	"tocsin/rules"
)

// Embedded is the whole pipeline over one journal: rows and what they lead to share a transaction.
type Embedded struct {
	Journal       Journal
	Store         Transactor
	Decoder       Decoder
	Registrar     func(register.Store) Registrar // within a transaction, by the scales in force
	Scaled        Scaled                         // by those that the journal names; nil: it names none
	Policies      []Policy                       // one per declared source
	Identities    Identities                     // of the sources that have one
	Config        correlate.Config
	SnapshotEvery time.Duration
	Now           func() time.Time
	Wake          <-chan struct{} // something was appended
	Retry         *Retry
	Log           *slog.Logger
	Metrics       *Metrics
	Health        *Health
	Engines       *Engines // where the engine may be asked; nil: nowhere
	Hearings      *Hearings

	mu        sync.Mutex // the engine's: it may be asked while it runs
	engine    *correlate.Engine
	set       *rules.Set
	matcher   *rules.Matcher
	offset    int64
	progress  map[string]*Progress
	quietAt   map[string]time.Time // when the source last brought something, by Now
	idle      map[string]bool
	snapshot  time.Time
	reloads   chan *rules.Set
	lastTick  time.Time
	accepted  time.Time // when the newest alert was accepted, or the start, by Now
	resumed   time.Time // the watermark at the start: ticks move the engine's own, which must not move them in turn
	batchSize int
	scales    string // hash of those that judge, as the journal names them; "": it has named none
	torn      bool   // the engine is ahead of what was written: it must not be saved
}

// batchRows bounds one transaction: 1,000 rows of a few kB stay below the size that SQLite's WAL spills at.
const batchRows = 1000

// Start restores the engine from its newest snapshot, or starts it afresh, with the given rules.
func (p *Embedded) Start(ctx context.Context, set *rules.Set) error {
	p.reloads = make(chan *rules.Set, 1)
	p.set, p.matcher, p.batchSize = set, newMatcher(set), batchRows
	p.progress, p.quietAt, p.idle = map[string]*Progress{}, map[string]time.Time{}, map[string]bool{}
	var listed []tocsin.SourcePartition
	for _, policy := range p.Policies {
		listed = append(listed, tocsin.SourcePartition{Source: policy.Source})
	}
	now := p.Now()
	for i, policy := range p.Policies {
		p.progress[policy.Source] = &Progress{Partition: listed[i], Policy: policy, Listed: listed}
		p.quietAt[policy.Source] = now
	}
	p.snapshot, p.accepted = now, now
	var snap tocsin.Snapshot
	err := p.Store.InTx(ctx, func(tx Outputs) (err error) {
		snap, err = tx.LatestSnapshot(ctx, 0)
		return err
	})
	switch {
	case errors.Is(err, tocsin.ErrNotFound):
		p.engine = correlate.New(p.Config, set)
		p.Health.Progress(p.engine, 0, 0, now)
		return nil
	case err != nil:
		return fmt.Errorf("read the snapshot: %w", err)
	}
	p.engine, err = correlate.Restore(p.Config, set, snap.State)
	if err != nil {
		return fmt.Errorf("restore the snapshot of offset %d: %w", snap.Offset, err)
	}
	p.offset, p.scales = snap.Offset, snap.Scales
	p.resumed = p.engine.Watermark()
	p.Health.Progress(p.engine, 0, p.offset, now)
	p.Log.InfoContext(ctx, "engine restored", "offset", snap.Offset, "watermark", snap.Watermark)
	return nil
}

// Reload hands over a new rule set, to be used from the next batch on. A set that was handed over and not used yet is
// replaced.
func (p *Embedded) Reload(set *rules.Set) {
	for {
		select {
		case p.reloads <- set:
			return
		default:
		}
		select {
		case <-p.reloads:
		default:
		}
	}
}

// Run processes the journal until ctx is done, then saves the engine. It returns only on an error that no retry cures.
func (p *Embedded) Run(ctx context.Context) error {
	defer p.Engines.open(0, &p.mu, func() *correlate.Engine { return p.engine })()
	timer := time.NewTimer(p.pause())
	defer timer.Stop()
	for {
		rows, err := p.read(ctx)
		switch {
		case ctx.Err() != nil:
			return p.close(context.WithoutCancel(ctx))
		case err != nil:
			return err
		case len(rows) > 0:
			if err := p.apply(ctx, rows); err != nil {
				return p.ended(ctx, err)
			}
			continue
		}
		timer.Reset(p.pause())
		select {
		case <-ctx.Done():
		case <-p.Wake:
		case set := <-p.reloads:
			err = p.use(ctx, set)
		case <-timer.C:
			err = p.quiet(ctx)
		}
		if err != nil {
			return p.ended(ctx, err)
		}
	}
}

// ended turns the error that a done ctx causes into a clean end.
func (p *Embedded) ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return p.close(context.WithoutCancel(ctx))
	}
	return err
}

func (p *Embedded) read(ctx context.Context) ([]Row, error) {
	select {
	case set := <-p.reloads:
		if err := p.use(ctx, set); err != nil {
			return nil, err
		}
	default:
	}
	if err := p.renew(ctx); err != nil {
		return nil, err
	}
	var rows []Row
	err := p.Retry.Do(ctx, "journal", func() (err error) {
		rows, err = p.Journal.Read(ctx, p.offset, p.batchSize)
		return err
	})
	return p.uniform(rows), err
}

// renew takes over lists that have changed and saves the engine at once: a restart must not look earlier rows up in them.
func (p *Embedded) renew(ctx context.Context) error {
	if r, ok := p.Decoder.(Renewer); ok && r.Renew() {
		return p.settle(ctx, nil)
	}
	return nil
}

// A work is a batch of rows on its way: what was computed once is not computed again when its write is repeated,
// since the engine has moved on.
type work struct {
	rows    []Row
	stepped bool
	events  []tocsin.Event
	found   map[int64]Detection
}

// apply takes rows through all the stages in one transaction.
func (p *Embedded) apply(ctx context.Context, rows []Row) error {
	w := &work{rows: rows}
	last := rows[len(rows)-1].Offset
	p.rescale(rows)
	p.reuse()
	err := p.Retry.Do(ctx, "write", func() error {
		return p.Store.InTx(ctx, func(tx Outputs) error {
			detections, err := p.detect(ctx, tx, rows)
			if err != nil {
				return err
			}
			if !w.stepped {
				p.torn = true
				w.events, w.found, w.stepped = p.step(rows, detections), detections, true
			}
			return p.write(ctx, tx, w.events, last)
		})
	})
	if err != nil {
		return err
	}
	p.offset, p.torn = last, false
	p.count(w)
	p.Health.Progress(p.engine, 0, last, p.Now())
	return nil
}

// reuse lets the matches to come be written over those of the rows before, which are done with.
func (p *Embedded) reuse() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.engine.Release()
	p.matcher.Reuse()
}

func (p *Embedded) count(w *work) {
	for _, row := range w.rows {
		if dn, ok := w.found[row.Offset]; ok {
			p.Metrics.detected(row.Record.Source, &dn)
			p.Hearings.note(row.Record)
		}
	}
	p.Metrics.emitted(w.events)
}

// detect runs the detector over the rows, each run of one source as one call.
func (p *Embedded) detect(ctx context.Context, tx Outputs, rows []Row) (map[int64]Detection, error) {
	d := &Detector{Decoder: p.Decoder, Matcher: p.matcher, Alerts: tx, Dead: tx, Identities: p.Identities}
	found := make(map[int64]Detection, len(rows))
	for start := 0; start < len(rows); {
		if rows[start].Record == nil {
			start++
			continue
		}
		source, end := rows[start].Record.Source, start
		var records []ingest.Record
		for end < len(rows) && rows[end].Record != nil && rows[end].Record.Source == source {
			records = append(records, *rows[end].Record)
			end++
		}
		out, err := d.Detect(ctx, p.policy(source), records)
		if err != nil {
			return nil, err
		}
		for i, dn := range out {
			found[rows[start+i].Offset] = dn
		}
		start = end
	}
	return found, nil
}

func (p *Embedded) policy(source string) Policy { return p.of(source).Policy }

// of is the progress of a source; one that is no longer declared still has rows in the journal.
func (p *Embedded) of(source string) *Progress {
	if known, ok := p.progress[source]; ok {
		return known
	}
	policy := p.Policies[0]
	policy.Source = source
	added := &Progress{Partition: tocsin.SourcePartition{Source: source}, Policy: policy}
	p.progress[source] = added
	return added
}

// step feeds the engine: each record's matches, then how far its source has come.
func (p *Embedded) step(rows []Row, detections map[int64]Detection) []tocsin.Event {
	p.mu.Lock()
	defer p.mu.Unlock()
	var events []tocsin.Event
	now := p.Now()
	foreseen := 0
	for i, row := range rows {
		for ; foreseen < min(i+correlate.Ahead+1, len(rows)); foreseen++ {
			p.engine.ForeseeAlert(detections[rows[foreseen].Offset].Matches)
		}
		if row.Quiet != nil {
			events = append(events, p.markQuiet(row)...)
			continue
		}
		dn := detections[row.Offset]
		pr := p.of(row.Record.Source)
		p.quietAt[row.Record.Source], p.accepted = now, now
		woke := p.idle[row.Record.Source]
		p.idle[row.Record.Source] = false
		for _, m := range dn.Matches {
			events = append(events, p.engine.Step(m)...)
		}
		if dn.Alert == nil {
			continue
		}
		pr.See(dn.Watched, dn.Sees)
		if pr.Accept(dn.Alert.Time) || woke {
			events = append(events, p.engine.Mark(pr.Marker(row.Offset))...)
			pr.Told()
		}
	}
	return events
}

// write stores what the rows led to, the snapshot when it is due, and how far the journal has been applied.
func (p *Embedded) write(ctx context.Context, tx Outputs, events []tocsin.Event, offset int64) error {
	if len(events) > 0 {
		if err := tx.StoreEvents(ctx, events); err != nil {
			return fmt.Errorf("store %d events: %w", len(events), err)
		}
	}
	by, err := p.registrar(ctx, tx)
	if err != nil {
		return err
	}
	if err := by.Apply(ctx, events); err != nil {
		return fmt.Errorf("register %d events: %w", len(events), err)
	}
	if now := p.Now(); now.Sub(p.snapshot) >= p.SnapshotEvery {
		if err := p.save(ctx, tx, offset); err != nil {
			return err
		}
	}
	return tx.SetApplied(ctx, offset)
}

func (p *Embedded) save(ctx context.Context, tx Outputs, offset int64) error {
	now := p.Now()
	p.mu.Lock()
	state := p.engine.Snapshot()
	p.mu.Unlock()
	err := tx.StoreSnapshot(ctx, tocsin.Snapshot{
		Offset: offset, Set: p.set.Hash, Format: correlate.SnapshotFormat, Watermark: p.engine.Watermark(), State: state, Taken: now,
		Scales: p.scales,
	})
	if err != nil {
		return fmt.Errorf("save the engine: %w", err)
	}
	p.snapshot = now
	return nil
}

// use swaps the rules between two batches and saves the engine at once, so that a restart never has to run old rows
// through new rules.
func (p *Embedded) use(ctx context.Context, set *rules.Set) error {
	p.mu.Lock()
	events := p.engine.Use(set)
	p.mu.Unlock()
	p.set, p.matcher = set, newMatcher(set)
	return p.settle(ctx, events)
}

// settle writes events that no row led to, and saves the engine.
func (p *Embedded) settle(ctx context.Context, events []tocsin.Event) error {
	p.snapshot, p.torn = time.Time{}, true
	err := p.Retry.Do(ctx, "write", func() error {
		return p.Store.InTx(ctx, func(tx Outputs) error { return p.write(ctx, tx, events, p.offset) })
	})
	p.torn = err != nil
	return err
}

// close saves the engine at the end, unless it has said what could not be written: then it is to say it again, from
// the state before.
func (p *Embedded) close(ctx context.Context) error {
	if p.torn {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second) // delivery.md 3.1, 16
	defer cancel()
	return p.Store.InTx(ctx, func(tx Outputs) error { return p.save(ctx, tx, p.offset) })
}
