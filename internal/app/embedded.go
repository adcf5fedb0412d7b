package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"tocsin"
	"tocsin/correlate"
	"tocsin/ingest"
	"tocsin/ingest/file"
	ingesthttp "tocsin/ingest/http"
	"tocsin/internal/config"
	"tocsin/internal/integrity"
	"tocsin/internal/pipeline"
	"tocsin/register"
	"tocsin/rules"
	"tocsin/sinks"
	"tocsin/sinks/sqlite"
)

// A backend is what the HTTP side of the daemon needs of the mode it runs in.
type backend struct {
	store   store
	assess  func(context.Context, tocsin.Event) error // hands an event to the registrar; nil: by the store
	journal ingesthttp.Journal
	reload  func(context.Context, *rules.Set) error // puts a set in force
	rescale func(context.Context, *scaleSet) error  // makes a scale set known before it is in force; nil: nobody else judges
	backlog func(context.Context) (int64, error)
	listen  func(context.Context) listening // to the sources
}

// A store is what the API reads and writes through.
type store interface {
	register.Store
	sinks.DeadLetters
	sinks.Dispositions
	sinks.Outbox
	sinks.VerdictLister
	sinks.Outcomes
	sinks.AlertLister
	sinks.Counts
	sinks.Measures
	sinks.Backlogs
	sinks.Volumes
	sinks.AuditLog
	sinks.Searcher
	sinks.Informants
	sinks.EventStore
	sinks.EvidenceStore
	sinks.StateStore
	integrity.Store
}

// intakeSource is the name of the HTTP intake among the sources.
const intakeSource = "http"

// openEmbedded opens the SQLite store and the pipeline over its journal.
func (a *App) openEmbedded(ctx context.Context) (backend, error) {
	if err := a.lockPatiently(ctx); err != nil {
		return backend{}, err
	}
	st, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(a.cfg.DataDir, "tocsin.db"), MaxBytes: int64(a.cfg.SQLite.MaxBytes)})
	if err != nil {
		return backend{}, fmt.Errorf("open the register in %s: %w", a.cfg.DataDir, err)
	}
	a.onStop("register", func(context.Context) error { return st.Close() })
	j, err := openJournal(ctx, st)
	if err != nil {
		return backend{}, err
	}
	if err := j.enforceScales(ctx, a.judging.Load()); err != nil {
		return backend{}, err
	}
	dec, err := a.mappings.decoder()
	if err != nil {
		return backend{}, err
	}
	p := &pipeline.Embedded{
		Journal: j, Store: transactor{j}, Decoder: dec, Policies: policies(a.cfg), Identities: identities(a.cfg),
		Registrar: func(s register.Store) pipeline.Registrar { return a.assessor(s) }, Scaled: a.scaled(j),
		Config: correlate.Config{Lateness: a.cfg.Intake.Lateness}, SnapshotEvery: a.cfg.Engine.SnapshotEvery,
		Now: a.now, Wake: j.wake, Retry: a.retry, Log: a.log, Metrics: a.metrics, Health: a.health, Engines: a.engines, Hearings: &pipeline.Hearings{},
	}
	if err := p.Start(ctx, a.sets.Current()); err != nil {
		return backend{}, err
	}
	a.runs("pipeline", p.Run)
	if err := a.openUpkeep(st, j); err != nil {
		return backend{}, err
	}
	in := intake{j: j, cap: a.cfg.Intake.Backlog}
	if err := a.ways(ctx, in); err != nil {
		return backend{}, err
	}
	for _, s := range a.cfg.Sources {
		if s.Kind == "file" && !s.Follow {
			a.runs("source "+s.Name, func(ctx context.Context) error { return a.readFiles(ctx, s, j) })
		}
	}
	reload := func(_ context.Context, set *rules.Set) error {
		a.sets.Reload(set)
		p.Reload(set)
		return nil
	}
	return backend{store: st, journal: in, reload: reload, rescale: j.enforceScales, backlog: j.backlog, listen: a.journalListening(p.Hearings, j)}, nil
}

// openUpkeep starts what works beside the pipeline: notifications, timers, seals, feedback and the upkeep of the store.
func (a *App) openUpkeep(st *sqlite.Store, j *journal) error {
	if err := a.openNotify(st); err != nil {
		return err
	}
	if a.courier != nil {
		a.runs("notify", func(ctx context.Context) error { a.courier.Run(ctx); return nil })
	}
	a.runs("timers", func(ctx context.Context) error { return a.timers(ctx, a.due(st)) })
	seal, err := a.sealer(st, nil)
	if err != nil {
		return err
	}
	a.runs("integrity", func(ctx context.Context) error { return a.sealing(ctx, seal) })
	a.runs("feedback", func(ctx context.Context) error {
		return a.feedback(ctx, st, func(ctx context.Context, f tocsin.Feedback) error {
			return j.AppendQuiet(ctx, pipeline.Quiet{Feedback: &f})
		})
	})
	a.runs("upkeep", func(ctx context.Context) error { return a.upkeep(ctx, j) })
	return nil
}

// assessor is the registrar stage over a store, by the scales in force now.
func (a *App) assessor(s register.Store) pipeline.Assessor {
	return a.judge(a.register(s), a.judging.Load())
}

// register is the register over a store, by the scales in force at any time.
func (a *App) register(s register.Store) *register.Register {
	return register.New(a.registerOptions(s, a.judging.Load()))
}

// policies are the declared sources of embedded mode: the HTTP intake and the files.
func policies(cfg config.Config) []pipeline.Policy {
	out := []pipeline.Policy{{
		Source: intakeSource, Disorder: cfg.Intake.Disorder, Lateness: cfg.Intake.Lateness, IdleAfter: cfg.Intake.IdleAfter, Keep: pipeline.KeepAll,
	}}
	for _, s := range cfg.Sources {
		out = append(out, policy(s))
	}
	return out
}

func policy(s config.Source) pipeline.Policy {
	return pipeline.Policy{
		Source: s.Name, Disorder: s.Disorder, Lateness: s.Lateness, IdleAfter: s.IdleAfter, Recorded: s.Recorded, Ordered: s.Kind == "kafka", Keep: pipeline.Keep(s.Store),
	}
}

// readFiles appends a file source to the journal. Positions are the file's name and the record's ordinal, so that a
// file that is read again adds nothing.
func (a *App) readFiles(ctx context.Context, s config.Source, j *journal) error {
	src, err := file.Open(s.Paths, file.Options{Source: s.Name, Tenant: s.Tenant, Format: s.Format, MaxRecord: int64(a.cfg.Intake.MaxRecord)})
	if err != nil {
		return err
	}
	defer src.Close()
	for {
		b, err := src.Read(ctx)
		if errors.Is(err, io.EOF) && s.Recorded {
			end := pipeline.Quiet{Ended: []string{s.Name}}
			if err := a.retry.Do(ctx, "journal", func() error { return j.AppendQuiet(ctx, end) }); err != nil {
				return endOfSource(ctx, err)
			}
		}
		if err != nil {
			return endOfSource(ctx, err)
		}
		now := a.now()
		positions := make([]string, len(b.Records))
		for i := range b.Records {
			r := &b.Records[i]
			positions[i] = fmt.Sprintf("%s:%d", r.Ref.File, r.Ref.Line)
			if r.Received.IsZero() {
				r.Received = now
			}
		}
		err = a.retry.Do(ctx, "journal", func() error {
			_, err := j.append(ctx, b.Records, positions)
			return err
		})
		if err != nil {
			return endOfSource(ctx, err)
		}
	}
}

// timers lets what became due be written, at the start and now and then.
func (a *App) timers(ctx context.Context, due func(context.Context) error) error {
	every := time.NewTicker(30 * time.Second)
	defer every.Stop()
	for {
		if err := due(ctx); err != nil && ctx.Err() == nil {
			a.log.WarnContext(ctx, "timers were not written, will be repeated", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-every.C:
		}
	}
}

// upkeep trims the journal and drops alerts past their retention.
func (a *App) upkeep(ctx context.Context, j *journal) error {
	every := time.NewTicker(10 * time.Minute)
	defer every.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-every.C:
		}
		now := a.now()
		if err := j.trim(ctx, now); err != nil && !errors.Is(err, tocsin.ErrNotFound) && ctx.Err() == nil {
			a.log.WarnContext(ctx, "journal was not trimmed", "err", err)
		}
		n, err := j.store.DeleteAlerts(ctx, now.Add(-a.cfg.SQLite.Retention).UTC().Format("2006.01"))
		if err != nil && ctx.Err() == nil {
			a.log.WarnContext(ctx, "old alerts were not dropped", "err", err)
		}
		if n > 0 {
			a.log.InfoContext(ctx, "dropped alerts past their retention", "alerts", n)
		}
	}
}

// intake is the journal as the HTTP intake sees it: it refuses while too much waits to be processed.
type intake struct {
	j   *journal
	cap int64
}

// Append implements the journal of package ingest/http.
func (i intake) Append(ctx context.Context, records []ingest.Record) (ingesthttp.Result, error) {
	return i.take(ctx, records)
}

func (i intake) take(ctx context.Context, records []ingest.Record, cursors ...ingest.Cursor) (ingesthttp.Result, error) {
	waiting, err := i.j.backlog(ctx)
	switch {
	case err != nil:
		return ingesthttp.Result{}, err
	case waiting+int64(len(records)) > i.cap && waiting > 0:
		return ingesthttp.Result{}, ingesthttp.ErrBacklog
	}
	positions := make([]string, len(records))
	for k, r := range records {
		positions[k] = r.Position
	}
	known, err := i.j.append(ctx, records, positions, cursors...)
	if errors.Is(err, sinks.ErrFull) {
		return ingesthttp.Result{}, fmt.Errorf("%w: %w", ingesthttp.ErrFull, err)
	}
	return ingesthttp.Result{Accepted: len(records) - known, Duplicate: known}, err
}

// endOfSource is nil where a source came to its end or the daemon to its.
func endOfSource(ctx context.Context, err error) error {
	if errors.Is(err, io.EOF) || ctx.Err() != nil {
		<-ctx.Done() // the daemon goes on without it
		return nil   //nolint:nilerr // an end is no error
	}
	return err
}
