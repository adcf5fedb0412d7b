package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"html"
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
	"tocsin/internal/cputime"
	"tocsin/internal/dossier"
	"tocsin/internal/measure"
	"tocsin/internal/web"
	"tocsin/register"
)

// maxPage is what a page may weigh on its way to the reader.
const maxPage = 150_000

// mostTime is how long 95 of 100 answers may take at most.
const mostTime = 200 * time.Millisecond

// askPages asks each page, prints what it took, and fails where one is too large; which are too slow it says.
func askPages(ctx context.Context, o options, s store, counts measure.Store, ids, events []string, r reader, out io.Writer) error {
	handler, err := pages(o, s, counts)
	if err != nil {
		return err
	}
	a := asker{handler: handler, token: r.token, ids: ids, events: events, rng: rand.New(rand.NewPCG(2, 2)), rounds: o.rounds}
	fmt.Fprintf(out, "\n%-62s %10s %10s %10s %12s %12s\n", "page, as the "+r.role, "p50", "p95", "processor", "plain", "packed")
	var slow []string
	for _, v := range views() {
		took, used, err := a.ask(ctx, v)
		if err != nil {
			return err
		}
		at := func(p int) time.Duration {
			return took[tocsin.Rank(int64(len(took)), p)-1].Round(100 * time.Microsecond)
		}
		fmt.Fprintf(out, "%-62s %10s %10s %10s %10d B %10d B\n", v.name, at(50), at(95), used.Round(100*time.Microsecond), a.plain, a.packed)
		if a.plain > maxPage {
			return fmt.Errorf("%s weighs %d bytes, and may weigh %d", v.path, a.plain, maxPage)
		}
		if at(95) > mostTime {
			slow = append(slow, fmt.Sprintf("%s: %s", v.name, at(95)))
		}
	}
	if len(slow) > 0 {
		fmt.Fprintf(out, "over %s: %s\n", mostTime, strings.Join(slow, "; "))
	}
	return nil
}

// An asker asks for pages.
type asker struct {
	handler       http.Handler
	token         string
	ids, events   []string
	rng           *rand.Rand
	rounds        int
	plain, packed int // bytes of the largest answer to the last question
}

// ask asks for one page, first a few times to warm it, and tells what it took each time and of the processor on average.
func (a *asker) ask(ctx context.Context, v view) (took []time.Duration, used time.Duration, err error) {
	a.plain, a.packed = 0, 0
	for n := range a.rounds + 3 {
		path := a.fill(v.path)
		if v.next {
			rec, _, _, err := a.get(ctx, path)
			if err != nil {
				return nil, 0, err
			}
			link := nextPage.FindStringSubmatch(text(rec))
			if link == nil {
				link = []string{"", path} // the bench is small
			}
			path = html.UnescapeString(link[1])
		}
		rec, t, u, err := a.get(ctx, path)
		if err != nil {
			return nil, 0, err
		}
		a.packed = max(a.packed, rec.Body.Len())
		if n < 3 {
			a.plain = max(a.plain, len(text(rec)))
			continue
		}
		took, used = append(took, t), used+u
	}
	slices.Sort(took)
	return took, used / time.Duration(a.rounds), nil
}

// fill names an incident and what it has.
func (a *asker) fill(path string) string {
	n := a.rng.IntN(len(a.ids))
	return strings.NewReplacer("{id}", a.ids[n], "{event}", a.events[n], "{alert}", a.events[n]+"-3", "{exhibit}", "x7").Replace(path)
}

// get asks once.
func (a *asker) get(ctx context.Context, path string) (*httptest.ResponseRecorder, time.Duration, time.Duration, error) {
	req := httptest.NewRequestWithContext(ctx, http.MethodGet, path, http.NoBody)
	req.Header.Set("Accept-Encoding", "gzip")
	req.Header.Set("Authorization", "Bearer "+a.token)
	rec := httptest.NewRecorder()
	begun, before := time.Now(), cputime.Process()
	a.handler.ServeHTTP(rec, req)
	took, used := time.Since(begun), cputime.Process()-before
	if want := map[bool]int{true: http.StatusNotFound, false: http.StatusOK}[path == "/nowhere"]; rec.Code != want {
		return rec, 0, 0, fmt.Errorf("%s: %d %.300s", path, rec.Code, text(rec))
	}
	return rec, took, used, nil
}

// text is a page as the reader sees it.
func text(rec *httptest.ResponseRecorder) string {
	if rec.Header().Get("Content-Encoding") != "gzip" {
		return rec.Body.String()
	}
	z, err := gzip.NewReader(bytes.NewReader(rec.Body.Bytes()))
	if err != nil {
		return err.Error()
	}
	all, err := io.ReadAll(z)
	if err != nil {
		return err.Error()
	}
	return string(all)
}

// pages is the page over a store, beside a pipeline of some size.
func pages(o options, s store, counts measure.Store) (http.Handler, error) {
	now := func() time.Time { return year.AddDate(1, 0, 0) }
	tokens, err := o.people()
	if err != nil {
		return nil, err
	}
	press, err := dossier.New("")
	if err != nil {
		return nil, err
	}
	view := seen(s)
	return web.New(web.Options{
		Register: view, Store: view, Counts: view, Measures: counts, Search: view, Tokens: tokens, Press: press, Custodian: exhibitor{}, Workshop: bench{}, OpenReads: true, OpenReports: true, Now: now,
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
			return register.RuleQuality(ctx, s, tenant, since) // as at the first visit: the daemon remembers it then
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
