package app

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tocsin"
	"tocsin/internal/config"
	"tocsin/internal/pipeline"
)

// silenceMetrics tell of the sources that one daemon watches, or reads of.
type silenceMetrics struct {
	silent, habit *prometheus.GaugeVec
	found         *prometheus.CounterVec
}

func newSilenceMetrics(reg prometheus.Registerer) *silenceMetrics {
	gauge := func(name, help string) *prometheus.GaugeVec {
		g := prometheus.NewGaugeVec(prometheus.GaugeOpts{Name: "tocsin_" + name, Help: help}, []string{"source"})
		reg.MustRegister(g)
		return g
	}
	m := &silenceMetrics{
		silent: gauge("source_silent", "1 while the source is silent against its own habit or limit."),
		habit:  gauge("source_habit_seconds", "The second-longest pause of the source in four weeks; 0 while too little is known."),
		found:  prometheus.NewCounterVec(prometheus.CounterOpts{Name: "tocsin_source_silences_total", Help: "Silences that this daemon found."}, []string{"source"}),
	}
	reg.MustRegister(m.found)
	return m
}

// show puts what is known into the metrics and the state of the daemon.
func (s *silences) show() {
	for _, h := range s.known() {
		part := "silence of " + h.Source
		s.metrics.habit.WithLabelValues(h.Source).Set(h.Usual().Seconds())
		if h.Silent.IsZero() {
			s.metrics.silent.WithLabelValues(h.Source).Set(0)
			s.health.Heal(part)
			continue
		}
		s.metrics.silent.WithLabelValues(h.Source).Set(1)
		s.health.Note(part, fmt.Sprintf("not heard of since %s, allowed are %v", h.Last.UTC().Format(time.RFC3339), h.Allowed.Round(time.Second)), h.Silent)
	}
}

// of is what is known of one source, and whether anything is.
func (s *silences) of(source string) (tocsin.Habit, bool) {
	for _, h := range s.known() {
		if h.Source == source {
			return h, true
		}
	}
	return tocsin.Habit{}, false
}

// journalListening judges by the wall clock while the journal is read to its end, else by the newest record that was:
// what waits behind it may be of any source.
func (a *App) journalListening(h *pipeline.Hearings, j *journal) func(context.Context) listening {
	return func(ctx context.Context) listening {
		l := listening{heard: h.All(), now: a.now(), judges: true}
		if n, err := j.backlog(ctx); err != nil || n > 0 {
			var newest time.Time
			for _, at := range l.heard {
				if at.After(newest) {
					newest = at
				}
			}
			l.now = newest
		}
		return l
	}
}

// topicListening is what the daemons that detect have heard, as they tell each other.
type topicListening struct {
	now     func() time.Time
	sources []config.Source

	mu     sync.Mutex
	all    []tocsin.InputProgress
	judges bool
	at     time.Time
}

// watch implements [pipeline.Watch].
func (t *topicListening) watch(all []tocsin.InputProgress, judges bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.all, t.judges, t.at = all, judges, t.now()
}

// listen judges only while all inputs are read to their end and their owners say so now.
func (t *topicListening) listen(context.Context) listening {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := t.now()
	l := listening{heard: map[string]time.Time{}, now: now, judges: t.judges && now.Sub(t.at) < staleLook}
	for i := range t.all {
		p := &t.all[i]
		for source, at := range p.Heard {
			if at.After(l.heard[source]) {
				l.heard[source] = at
			}
		}
		if t.recorded(p.Source) {
			continue
		}
		if !p.AtEnd && p.Offset > 0 || !p.Greatest.IsZero() && now.Sub(p.At) > staleLook {
			l.now = time.Time{}
		}
	}
	return l
}

func (t *topicListening) recorded(source string) bool {
	for _, s := range t.sources {
		if s.Name == source {
			return s.Recorded
		}
	}
	return false
}
