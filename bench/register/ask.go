package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"time"

	"tocsin"
	"tocsin/internal/api"
	"tocsin/internal/auth"
	"tocsin/internal/cputime"
	"tocsin/internal/measure"
	"tocsin/internal/needtoknow"
	"tocsin/register"
)

// counter is what counts for statistics: memory, filled, or the store by itself.
func counter(ctx context.Context, o options, s store, out io.Writer) (measure.Store, error) {
	if o.direct {
		return s, nil
	}
	facts := measure.NewFacts(s, 0, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	begun := time.Now()
	if err := facts.Fill(ctx); err != nil {
		return nil, err
	}
	h := facts.Held()
	fmt.Fprintf(out, "statistics: %d incidents read in %s, %d bytes an incident\n", h.Incidents, time.Since(begun).Round(100*time.Millisecond), h.Bytes/max(h.Incidents, 1))
	return facts, nil
}

// A question is asked of the API.
type question struct{ name, path string }

func apiQuestions() []question {
	open := "proposed,declared,acknowledged,contained,eradicated,recovered"
	all := []question{
		{"queue: the first 50 open ones, by priority", "/incidents?sort=priority&limit=50&status=" + open},
		{"one incident", "/incidents/{id}"},
		{"its log", "/incidents/{id}/log"},
		{"search: events of a user", "/events?entity=user17"},
		{"search: alerts of a user", "/alerts?entity=user17"},
		{"search: the newest events", "/events?limit=50"},
		{"trend: the same of a quarter, by week", "/trends?metric=resolve&by=priority&interval=week&from=2026-09-01&to=2026-12-01&zone=Europe/Berlin"},
		{"trend: incidents by category and day, a year", "/trends?metric=incidents&by=category&interval=day&zone=Europe/Berlin"},
		{"trend: target resolve by team, a year", "/trends?metric=target_resolve&by=team"},
		{"trend: where the time goes, by platform, a year", "/trends?metric=stages&by=platform"},
		{"trend: recurring, a year", "/trends?metric=recurring"},
	}
	for _, by := range tocsin.Dimensions() {
		all = append(all, question{"trend: time to resolve, by " + by + ", a year", "/trends?metric=resolve&by=" + by})
	}
	return append(all, question{"trend: time to resolve, by rule and day, a year", "/trends?metric=resolve&by=rule&interval=day"})
}

// seen is the register as the daemon shows it: to each what he may know of.
func seen(s store) *needtoknow.View {
	return needtoknow.New(register.New(register.Options{Store: s}), s, nil, auth.Trail{Store: unkept{}, Now: time.Now})
}

// unkept keeps no audit log: what an entry of it takes is the store's own writing.
type unkept struct{}

func (unkept) Audit(context.Context, tocsin.AuditEntry) error { return nil }

// ask asks the API each question, first a few times to warm it, and prints what it took.
func ask(ctx context.Context, o options, s store, counts measure.Store, ids []string, r reader, out io.Writer) error {
	tokens, err := o.people()
	if err != nil {
		return err
	}
	view := seen(s)
	handler := api.New(api.Options{
		Register: view, Store: view, Search: view, Measures: counts, Tokens: tokens, OpenReads: true, Version: "1",
		Now: func() time.Time { return year.AddDate(1, 0, 0) }, Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
	rng := rand.New(rand.NewPCG(1, 1))
	fmt.Fprintf(out, "%-52s %10s %10s %10s %12s\n", "question, as the "+r.role, "p50", "p95", "processor", "answer")
	for _, q := range apiQuestions() {
		var took []time.Duration
		size, used := 0, time.Duration(0) // processor time: what a busy machine does not stretch
		for n := range o.rounds + 3 {
			path := strings.ReplaceAll(q.path, "{id}", ids[rng.IntN(len(ids))])
			req := httptest.NewRequestWithContext(ctx, http.MethodGet, "/api/v1"+path, http.NoBody)
			req.Header.Set("Authorization", "Bearer "+r.token)
			rec := httptest.NewRecorder()
			begun, before := time.Now(), cputime.Process()
			handler.ServeHTTP(rec, req)
			if n >= 3 {
				took, used = append(took, time.Since(begun)), used+cputime.Process()-before
			}
			if rec.Code != http.StatusOK {
				return fmt.Errorf("%s: %d %.300s", path, rec.Code, rec.Body)
			}
			size = rec.Body.Len()
		}
		slices.Sort(took)
		at := func(p int) time.Duration {
			return took[tocsin.Rank(int64(len(took)), p)-1].Round(100 * time.Microsecond)
		}
		fmt.Fprintf(out, "%-52s %10s %10s %10s %10d B\n", q.name, at(50), at(95), (used / time.Duration(o.rounds)).Round(100*time.Microsecond), size)
	}
	return nil
}
