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
	"tocsin/sinks/memory"
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

// What another daemon found, or this one before it was started anew, is told too, and what was disposed of through another
// one is not.
func TestGapsOfTheStoreAreTold(t *testing.T) {
	now := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	st := memory.New()
	letters := []tocsin.Rejection{
		{ID: "old", Reason: "gap", Detail: "t 0: offsets 1 to 5 were lost", Received: now.Add(-gapTold - time.Second)},
		{ID: "a", Reason: "gap", Detail: "t 0: offsets 6 to 9 were lost", Received: now.Add(-time.Hour)},
		{ID: "b", Reason: "gap", Detail: "t 1: offsets 1 to 9 were lost", Received: now.Add(-time.Minute)},
		{ID: "c", Reason: "json", Received: now},
	}
	if err := st.StoreRejections(t.Context(), letters); err != nil {
		t.Fatal(err)
	}
	told := &gapsTold{now: func() time.Time { return now }}
	told.tell(tocsin.Rejection{ID: "new", Detail: "t 2: offsets 3 to 4 were lost", Received: now}) // not stored yet
	wants := func(when, want string) {
		t.Helper()
		if err := told.look(t.Context(), st); err != nil {
			t.Fatal(err)
		}
		if got, ok := told.trouble(); ok != (want != "") || !strings.Contains(got.Detail, want) {
			t.Errorf("%s: %+v, want %q", when, got, want)
		}
	}
	wants("at the start", "3 gaps in all")
	for n, id := range []string{"a", "b"} {
		if err := st.Dispose(t.Context(), tocsin.Disposition{Letter: id, Number: 1, Action: tocsin.Discarded, Why: "looked into", At: now}); err != nil {
			t.Fatal(err)
		}
		wants("one more disposed of", []string{"2 gaps in all", "3 to 4 were lost; discard"}[n])
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
