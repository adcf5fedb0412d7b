package web

import (
	"context"
	"fmt"
	"net/http/httptest"
	"testing"
	"time"

	"tocsin"
)

// letter is a record that could not become an alert.
func (w *world) letter(reason, detail, record string) {
	w.t.Helper()
	r := tocsin.Rejection{
		ID: tocsin.Hash("letter", reason, detail, record), Tenant: "default", Source: record, Reason: reason, Stage: "decode", Detail: detail, Received: t0, Raw: []byte(record),
		Ref: tocsin.Ref{File: record, Line: 7},
	}
	if err := w.store.StoreRejections(w.t.Context(), []tocsin.Rejection{r}); err != nil {
		w.t.Fatal(err)
	}
}

// TestBrowserShowsHostileLettersAsText has every text of the corpus as record, source, place, reason and detail of dead
// letters, and as names and troubles of the pipeline: nothing of it runs, loads or breaks the policy.
func TestBrowserShowsHostileLettersAsText(t *testing.T) {
	b := chromium(t)
	var hostile Health
	for n, text := range corpus {
		hostile.Sources = append(hostile.Sources, Source{Name: text, Alerts: 1})
		hostile.Troubles = append(hostile.Troubles, Trouble{Part: text, Detail: text, Since: t0})
		hostile.Rejected = append(hostile.Rejected, Count{text, 1})
		hostile.Lags = append(hostile.Lags, Lag{Group: text, Topic: text, Halted: text})
		hostile.Receivers = append(hostile.Receivers, Receiver{Name: text, Kind: text, Failing: t0, Error: text})
		hostile.System.Engines = append(hostile.System.Engines, Engine{Partition: int32(n), Holder: text, Watermark: t0})
	}
	hostile.Holder, hostile.System.Version, hostile.Started = corpus[0], corpus[1], t0.Add(-time.Hour)
	w := newWorld(t, func(o *Options) { o.Health = func(context.Context) Health { return hostile } })
	for n, text := range corpus {
		w.letter(fmt.Sprint("r", n), text, text)
	}
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)
	b.as(leadToken)
	for _, path := range []string{"/dead-letters", "/health", "/dead-letters?reason=%3Cscript%3Ealert(1)%3C/script%3E&source=%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E"} {
		b.view("light", 390)
		b.open(server.URL + path)
		if wide := evaluate[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 {
			t.Errorf("%s: %d px wider than the window: %s", path, wide, evaluate[string](b, `[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 100).map(e => e.outerHTML.slice(0, 100)).slice(0, 8).join('\n')`))
		}
	}
	if n := evaluate[int](b, `document.querySelectorAll('#letters tbody tr').length`); n != 0 {
		t.Errorf("%d letters of no such reason", n)
	}
}
