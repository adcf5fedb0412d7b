package web

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tocsin"
	"tocsin/internal/measure"
)

// reading is a store whose statistics take a minute.
type reading struct{ measure.Store }

func (s reading) Tallies(ctx context.Context, q tocsin.TallyQuery) ([]tocsin.Tally, error) {
	select {
	case <-time.After(time.Minute):
		return s.Store.Tallies(ctx, q)
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// TestTrendsSayThatTheyAreWorkedOut: where statistics take long, the page comes soon, says so, and offers to wait.
func TestTrendsSayThatTheyAreWorkedOut(t *testing.T) { synctest.Test(t, trendsTakeLong) }

func trendsTakeLong(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Measures = reading{o.Measures} })
	w.incident("0e1", "Password spray", "ann")
	for path, wait := range map[string]string{"/trends": "/trends?wait=1", "/trends?metric=resolve&by=priority": "/trends?by=priority&amp;metric=resolve&amp;wait=1"} {
		began := time.Now()
		a := w.get(path)
		if took := time.Since(began); took > 5*time.Second || a.StatusCode != http.StatusOK || !strings.Contains(a.body, "is being worked out") || !strings.Contains(a.body, `href="`+wait+`"`) {
			t.Errorf("%s: %s after %s", path, a.Status, took)
		}
		a = w.get(strings.ReplaceAll(wait, "&amp;", "&"))
		if a.StatusCode != http.StatusOK || strings.Contains(a.body, "is being worked out") || strings.Contains(a.body, "wait=1") {
			t.Errorf("who waits is answered with %s", a.Status)
		}
	}
}
