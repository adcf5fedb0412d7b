package app

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"tocsin"
	"tocsin/ingest"
	ingesthttp "tocsin/ingest/http"
	"tocsin/sinks"
)

const (
	ownSource    = "tocsin"         // of the alerts that the daemon itself raises
	soundEvery   = 10 * time.Second // at the sources: pauses are measured so finely, and the least that is told is five minutes
	rememberLate = 5 * time.Minute  // how much of what was heard a crash may forget
	staleLook    = time.Minute      // after which nothing is said by what was heard
	// habitShard is where habits are kept among the snapshots of engines, whose numbers are of partitions.
	habitShard = -1
)

// A listening is what the sources were heard to say, and by whose clock.
type listening struct {
	heard  map[string]time.Time
	now    time.Time // by which silence is judged; zero: it cannot be judged now
	judges bool      // this daemon is the one that says so
}

// silences watch for sources that have fallen silent. One daemon judges at a time; the others read what it found.
type silences struct {
	*App
	listen  func(ctx context.Context) listening
	state   sinks.StateStore
	journal ingesthttp.Journal
	limits  map[string]time.Duration // by source: a limit of its own; negative: it is not watched
	tenants map[string]string
	metrics *silenceMetrics

	began  time.Time // since when this daemon judges; zero: it does not
	stored time.Time
	dirty  bool

	mu     sync.Mutex
	habits map[string]*tocsin.Habit
}

// openSilences makes the part that watches the sources.
func (a *App) openSilences(back backend) {
	s := &silences{
		App: a, listen: back.listen, state: back.store, journal: back.journal, metrics: newSilenceMetrics(a.reg),
		limits: map[string]time.Duration{ownSource: -1}, tenants: map[string]string{intakeSource: a.cfg.Intake.Tenant}, habits: map[string]*tocsin.Habit{},
	}
	for _, src := range a.cfg.Sources {
		s.limits[src.Name], s.tenants[src.Name] = src.SilentAfter(), src.Tenant
	}
	a.silences = s
	a.runs("silence", s.run)
}

func (s *silences) run(ctx context.Context) error {
	every := time.NewTicker(soundEvery)
	defer every.Stop()
	for {
		if err := s.look(ctx); err != nil && ctx.Err() == nil {
			s.log.WarnContext(ctx, "silence of sources was not judged, will be repeated", "err", err)
		}
		select {
		case <-ctx.Done():
			return s.remember(context.WithoutCancel(ctx), s.now())
		case <-every.C:
		}
	}
}

// look judges the sources once. What was found is remembered before it is said: said twice it is the same alert.
func (s *silences) look(ctx context.Context) error {
	l := s.listen(ctx)
	if !l.judges {
		s.began = time.Time{}
		return s.recall(ctx)
	}
	if s.began.IsZero() {
		if err := s.recall(ctx); err != nil {
			return err
		}
		s.began = s.now()
	}
	if s.judge(l) || s.dirty && s.now().Sub(s.stored) >= rememberLate {
		if err := s.remember(ctx, s.now()); err != nil {
			return err
		}
	}
	s.show()
	return s.tell(ctx)
}

// judge takes in what was heard and reports whether a source has fallen silent, or speaks again.
func (s *silences) judge(l listening) (changed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for source, at := range l.heard {
		if s.limits[source] < 0 {
			continue
		}
		h := s.habits[source]
		if h == nil {
			h = &tocsin.Habit{Source: source}
			s.habits[source] = h
		}
		if before := h.Last; h.Hear(at, s.began) {
			changed = true
			s.log.Info("source is heard of again", "source", source, "silent_for", at.Sub(before).Round(time.Second))
		} else if h.Last != before {
			s.dirty = true
		}
	}
	for source, h := range s.habits {
		if !l.now.IsZero() && s.limits[source] >= 0 && h.Judge(l.now, s.began, s.limits[source]) {
			changed = true
			s.metrics.found.WithLabelValues(source).Inc()
			s.log.Warn("source has fallen silent", "source", source, "last", h.Last, "allowed", h.Allowed)
		}
	}
	s.dirty = s.dirty || changed
	return changed
}

// tell puts an alert into the input for each silence that is not told yet.
func (s *silences) tell(ctx context.Context) error {
	for _, h := range s.known() {
		if h.Silent.IsZero() || h.Told {
			continue
		}
		record, err := s.record(&h)
		if err != nil {
			return err
		}
		if _, err := s.journal.Append(ctx, []ingest.Record{record}); err != nil {
			return fmt.Errorf("silence of %s: %w", h.Source, err)
		}
		s.mu.Lock()
		if now := s.habits[h.Source]; now.Silent.Equal(h.Silent) {
			now.Told, s.dirty = true, true
		}
		s.mu.Unlock()
	}
	return nil
}

// record is the alert of a silence: a function of what is remembered of it.
func (s *silences) record(h *tocsin.Habit) (ingest.Record, error) {
	id := tocsin.Hash("source-silent", h.Source, h.Silent.UTC().Format(time.RFC3339Nano))
	usual := ""
	if u := h.Usual(); u > 0 {
		usual = fmt.Sprintf("; it is used to pause for %v at most", u.Round(time.Second))
	}
	text, err := json.Marshal(map[string]any{
		"@timestamp": h.Silent.UTC(),
		"event": map[string]any{
			"kind": "alert", "action": "source-silent", "module": "tocsin", "dataset": "tocsin.source", "id": id,
			"start": h.Last.UTC(), "duration": h.Silent.Sub(h.Last).Nanoseconds(),
		},
		"service": map[string]any{"name": h.Source},
		"message": fmt.Sprintf("source %s has not been heard of since %s, which is more than the %v allowed%s",
			h.Source, h.Last.UTC().Format(time.RFC3339), h.Allowed.Round(time.Second), usual),
	})
	return ingest.Record{
		Source: ownSource, Tenant: cmp.Or(s.tenants[h.Source], "default"), Format: "ecs", Received: h.Silent.UTC(), Position: id, Value: text,
	}, err
}

// known are copies of the habits of the sources that are watched, by name.
func (s *silences) known() []tocsin.Habit {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []tocsin.Habit
	for _, name := range slices.Sorted(maps.Keys(s.habits)) {
		if s.limits[name] >= 0 {
			all = append(all, *s.habits[name])
		}
	}
	return all
}

// remember stores the habits. The newest of two daemons' word holds.
func (s *silences) remember(ctx context.Context, now time.Time) error {
	if s.began.IsZero() || !s.dirty {
		return nil
	}
	text, err := json.Marshal(s.known())
	if err != nil {
		return err
	}
	err = s.state.StoreSnapshot(ctx, tocsin.Snapshot{Partition: habitShard, Offset: now.UnixMilli(), State: text, Taken: now})
	if err == nil {
		s.stored, s.dirty = now, false
	}
	return err
}

// recall reads the habits as they were stored last.
func (s *silences) recall(ctx context.Context) error {
	snap, err := s.state.LatestSnapshot(ctx, habitShard)
	switch {
	case errors.Is(err, tocsin.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	var all []tocsin.Habit
	if err := json.Unmarshal(snap.State, &all); err != nil {
		return fmt.Errorf("habits of sources: %w", err)
	}
	s.mu.Lock()
	s.habits = make(map[string]*tocsin.Habit, len(all))
	for i := range all {
		s.habits[all[i].Source] = &all[i]
	}
	s.mu.Unlock()
	s.show()
	return nil
}
