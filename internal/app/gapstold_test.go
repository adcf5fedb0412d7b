package app

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tocsin"
)

// A gap is told until its dead letter is disposed of, or a day has passed.
func TestGapsTold(t *testing.T) {
	now := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	told := &gapsTold{now: func() time.Time { return now }}
	if _, ok := told.trouble(); ok {
		t.Error("told before there was one")
	}
	told.tell(tocsin.Rejection{ID: "a", Detail: "t 0: offsets 1 to 5 were lost", Received: now})
	told.tell(tocsin.Rejection{ID: "b", Detail: "t 1: offsets 1 to 9 were lost", Received: now.Add(time.Minute)})
	got, ok := told.trouble()
	if !ok || got.Part != "gap" || !got.Since.Equal(now) || !strings.Contains(got.Detail, "1 to 9") || !strings.Contains(got.Detail, "2 gaps") || !strings.Contains(got.Detail, "discard") {
		t.Errorf("told %+v", got)
	}
	told.settle("b")
	if got, ok = told.trouble(); !ok || !strings.Contains(got.Detail, "1 to 5") {
		t.Errorf("told %+v", got)
	}
	told.settle("a")
	if got, ok = told.trouble(); ok {
		t.Errorf("settled, and told as %+v", got)
	}
	told.tell(tocsin.Rejection{ID: "c", Received: now})
	now = now.Add(gapTold)
	if got, ok = told.trouble(); ok {
		t.Errorf("told a day later: %+v", got)
	}
}

// Who reads is told after some seconds that the store is away. A slow store is waited for, and so are commands and streams.
func TestImpatient(t *testing.T) {
	for name, test := range map[string]struct {
		method, accept string
		away           bool
		want           int
	}{
		"away":      {"GET", "", true, http.StatusServiceUnavailable},
		"slow":      {"GET", "", false, http.StatusOK},
		"a command": {"POST", "", true, http.StatusOK},
		"a stream":  {"GET", "text/event-stream", true, http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var away atomic.Bool
				h := impatient(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					select {
					case <-r.Context().Done():
						w.WriteHeader(http.StatusServiceUnavailable)
					case <-time.After(10 * patience):
					}
				}), away.Load)
				away.Store(test.away)
				r := httptest.NewRequestWithContext(t.Context(), test.method, "/", nil)
				r.Header.Set("Accept", test.accept)
				begun, rec := time.Now(), httptest.NewRecorder()
				h.ServeHTTP(rec, r)
				if rec.Code != test.want {
					t.Errorf("status %d, want %d", rec.Code, test.want)
				}
				if took := time.Since(begun); test.want != http.StatusOK && took != patience {
					t.Errorf("told after %v", took)
				}
			})
		})
	}
}
