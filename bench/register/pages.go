package main

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"tocsin"
	"tocsin/bench/internal/frame"
	"tocsin/internal/auth"
	"tocsin/internal/measure"
	"tocsin/internal/web"
	"tocsin/register"
)

// maxPage is what a page may weigh on its way to the reader.
const maxPage = 150_000

// questions are the pages, and their parts that ask the store differently.
var questions = []struct{ name, path string }{
	{"the queue, first page", "/"},
	{"the queue: open, by priority", "/?status=open"},
	{"the queue: open and nobody's", "/?status=open&whose=nobody"},
	{"the queue: open and late, by time left", "/?status=open&late=yes&sort=due"},
	{"the queue: of an entity", "/?entity=user17"},
	{"the queue: words of the title", "/?title=passwords+guessed"},
	{"an incident", "/incidents/{id}"},
	{"an entity", "/entities?value=user17"},
	{"trends, as they open", "/trends"},
	{"trends: time to resolve by priority", "/trends?metric=resolve&by=priority"},
	{"trends: incidents by category and week", "/trends?metric=incidents&by=category&interval=week"},
	{"trends: where the time goes", "/trends?metric=stages"},
	{"rules", "/rules"},
	{"a rule", "/rules/rule-01"},
	{"dead letters", "/dead-letters"},
	{"health", "/health"},
	{"the form of a report", "/report"},
	{"signing in", "/login"},
}

// askPages asks the page of each kind, prints what it took, and fails where one is too large.
func askPages(ctx context.Context, o options, s store, counts measure.Store, ids []string, out io.Writer) error {
	handler, err := pages(s, counts)
	if err != nil {
		return err
	}
	rng := rand.New(rand.NewPCG(2, 2))
	fmt.Fprintf(out, "\n%-48s %10s %10s %10s %12s %12s\n", "page", "p50", "p95", "processor", "plain", "packed")
	for _, q := range questions {
		var took []time.Duration
		used, packed, plain := time.Duration(0), 0, 0
		for n := range o.rounds + 3 {
			req := httptest.NewRequestWithContext(ctx, http.MethodGet, strings.ReplaceAll(q.path, "{id}", ids[rng.IntN(len(ids))]), http.NoBody)
			req.Header.Set("Accept-Encoding", "gzip")
			rec := httptest.NewRecorder()
			begun, before := time.Now(), frame.ProcessorTime()
			handler.ServeHTTP(rec, req)
			if n >= 3 {
				took, used = append(took, time.Since(begun)), used+frame.ProcessorTime()-before
			}
			if rec.Code != http.StatusOK {
				return fmt.Errorf("%s: %d %.300s", q.path, rec.Code, rec.Body)
			}
			packed = max(packed, rec.Body.Len())
			if n == 0 {
				plain = unpacked(rec)
			}
		}
		slices.Sort(took)
		at := func(p int) time.Duration {
			return took[tocsin.Rank(int64(len(took)), p)-1].Round(100 * time.Microsecond)
		}
		fmt.Fprintf(out, "%-48s %10s %10s %10s %10d B %10d B\n", q.name, at(50), at(95), (used / time.Duration(o.rounds)).Round(100*time.Microsecond), plain, packed)
		if packed > maxPage {
			return fmt.Errorf("%s weighs %d bytes, and may weigh %d", q.path, packed, maxPage)
		}
	}
	return nil
}

// unpacked is the size of a page as the reader sees it.
func unpacked(rec *httptest.ResponseRecorder) int {
	if rec.Header().Get("Content-Encoding") != "gzip" {
		return rec.Body.Len()
	}
	z, err := gzip.NewReader(strings.NewReader(rec.Body.String()))
	if err != nil {
		return -1
	}
	n, err := io.Copy(io.Discard, z)
	if err != nil {
		return -1
	}
	return int(n)
}

// pages is the page over a store, beside a pipeline of some size.
func pages(s store, counts measure.Store) (http.Handler, error) {
	now := func() time.Time { return year.AddDate(1, 0, 0) }
	return web.New(web.Options{
		Register: register.New(register.Options{Store: s}), Store: s, Counts: s, Measures: counts, Search: s, Tokens: &auth.Tokens{}, OpenReads: true, OpenReports: true, Now: now,
		DeadLetters: func(context.Context, web.LetterQuery) (tocsin.Page[web.Letter], error) {
			var page tocsin.Page[web.Letter]
			for n := range 50 {
				page.Items = append(page.Items, web.Letter{Rejection: tocsin.Rejection{
					ID: strconv.Itoa(n), Reason: "json", Detail: "invalid character '<' looking for beginning of value", Source: "edge", Received: year, Raw: []byte(strings.Repeat("a record that is none ", 20)),
				}})
			}
			page.Total = 50_000
			return page, nil
		},
		Rules: func() web.Rules {
			all := web.Rules{Set: "a-set"}
			for n := range 60 {
				all.Rules = append(all.Rules, web.Rule{
					ID: fmt.Sprintf("rule-%02d", n), Title: "Passwords are guessed on many accounts", Version: "1.0.0", Status: "stable", Level: "high", Kind: "count", GroupBy: []string{"user.name"},
				})
			}
			return all
		},
		Quality: func(ctx context.Context, tenant string, since time.Time) (register.Qualities, error) {
			return register.Qualities{}, nil // of what the daemon remembers
		},
		WhyNot: func(string, string, map[string]string) (tocsin.Standing, error) {
			return tocsin.Standing{}, tocsin.ErrNotFound
		},
		Health: func(context.Context) web.Health {
			h := web.Health{Mode: "kafka", Started: year, Watermark: year}
			for n := range 24 {
				h.Sources = append(h.Sources, web.Source{Name: fmt.Sprint("source-", n), Alerts: 1_000_000, Rejected: 100, Received: year})
				h.Lags = append(h.Lags, web.Lag{Group: "tocsin", Topic: "alerts", Partition: int32(n), Next: 1_000_000, Lag: int64(n)})
			}
			return h
		},
		Log: slog.New(slog.NewTextHandler(os.Stderr, nil)),
	})
}
