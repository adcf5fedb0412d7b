package app_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

// An index that an operator blocks in mid-stream halts the daemon with an alarm: health, readiness and a metric say so,
// no alert goes to the dead letters, and once the block is gone it goes on by itself.
func TestHaltInMidStream(t *testing.T) {
	t.Parallel()
	records := scenario()
	s := newStand(t)
	s.cfg.Sources[0].IdleAfter = 20 * time.Second // it must not come to its end between the halves
	events, incidents := expected(t, records)
	half := len(records) / 2
	s.produce(records[:half])
	a, stop := s.daemon()
	defer stop()
	s.stored(half / 2)
	block := func(on string) {
		resp, err := s.ask(http.MethodPut, s.admin.Prefix+"alerts-*/_settings", fmt.Sprintf(`{"index.blocks.write":%s}`, on))
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%v, %v", resp, err)
		}
		resp.Body.Close()
	}
	block("true")
	s.produce(records[half:])
	await(t, time.Minute, "halted", func() (bool, string) {
		for _, trouble := range a.Health().Report().Troubles {
			if trouble.Halted && strings.Contains(trouble.Detail, "index write (api)") {
				return true, ""
			}
		}
		return false, fmt.Sprint(a.Health().Report().Troubles)
	})
	await(t, time.Minute, "not ready", func() (bool, string) {
		code, body := fetch(t, a.URL()+"/readyz")
		return code == http.StatusServiceUnavailable && strings.Contains(body, `"halted":true`), body
	})
	await(t, time.Minute, "a metric that says so", func() (bool, string) { // other indices can be written to meanwhile
		_, body := fetch(t, a.URL()+"/metrics")
		return strings.Contains(body, "tocsin_elastic_state 2"), "tocsin_elastic_state is not 2"
	})
	block("null")
	s.await(len(records), events, incidents, 4*time.Minute)
	if dead := s.search("deadletter", nil); dead != 0 {
		t.Errorf("%d dead letters", dead)
	}
	await(t, time.Minute, "ready once mended", func() (bool, string) {
		code, body := fetch(t, a.URL()+"/readyz")
		return code == http.StatusOK, body
	})
}

func fetch(t *testing.T, url string) (code int, body string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(text)
}
