package app_test

import (
	"bytes"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"
)

// Ended by SIGTERM under load, again and again, a daemon stops within 20 seconds each time; what is read again after it
// makes no document that was not there.
func TestStopUnderLoad(t *testing.T) {
	t.Parallel()
	rounds := 2
	if os.Getenv("TOCSIN_TEST_LONG") != "" {
		rounds = 50
	}
	s := newStand(t)
	s.cfg.Sources[0].IdleAfter = 30 * time.Second // it must not come to its end between two rounds
	records := append(scenario(), noise(rounds*500)...)
	events, incidents := expected(t, records)
	bin := build(t)
	portion := len(records) / rounds
	longest := time.Duration(0)
	for round := range rounds {
		to := (round + 1) * portion
		if round == rounds-1 {
			to = len(records)
		}
		s.produce(records[round*portion : to])
		cmd := s.start(bin)
		s.stored(round*portion + portion/3)
		begun := time.Now()
		interrupt(t, cmd)
		longest = max(longest, time.Since(begun))
	}
	t.Logf("%d stops under load, the longest took %v", rounds, longest.Round(time.Millisecond))
	if longest > 20*time.Second {
		t.Errorf("a stop took %v", longest)
	}
	cmd := s.start(bin)
	s.await(len(records), events, incidents, 4*time.Minute)
	interrupt(t, cmd)
	before := s.documents()
	cmd = s.start(bin)
	s.search("alerts-*", nil)
	interrupt(t, cmd)
	if after := s.documents(); after != before {
		t.Errorf("%d documents before a start with nothing to do, %d behind it", before, after)
	}
}

// documents counts all that is stored, but for what a daemon notes of itself.
func (s *stand) documents() int {
	s.t.Helper()
	resp, err := s.ask(http.MethodPost, s.admin.Prefix+"*/_refresh", "")
	if err != nil {
		s.t.Fatal(err)
	}
	resp.Body.Close()
	return s.search("*", nil) - s.search("state", nil)
}

// The same for the embedded daemon: all that it answered 202 for is there, once.
func TestEmbeddedStopUnderLoad(t *testing.T) {
	rounds := 5
	if os.Getenv("TOCSIN_TEST_LONG") != "" {
		rounds = 50
	}
	h := newHouse(t)
	bin := build(t)
	accepted, longest := 0, time.Duration(0)
	body := []byte(strings.Repeat(good+"\n", 200))
	for range rounds {
		cmd, url := launch(t, h.cfg, bin)
		h.url = url
		stopped := make(chan int, 1)
		begin := make(chan struct{})
		go func() {
			n, told := 0, false
			for {
				got, err := h.post(bytes.NewReader(body))
				if err != nil { // it listens no more
					stopped <- n
					return
				}
				if got.Code == 202 {
					n += got.Accepted
				}
				if n >= 1000 && !told {
					told = true
					close(begin)
				}
			}
		}()
		<-begin
		begun := time.Now()
		interrupt(t, cmd)
		longest = max(longest, time.Since(begun))
		accepted += <-stopped
	}
	t.Logf("%d stops under load, the longest took %v, %d records", rounds, longest.Round(time.Millisecond), accepted)
	if longest > 20*time.Second {
		t.Errorf("a stop took %v", longest)
	}
	_, stop := h.open()
	h.settled(accepted, 0)
	stop()
	h.open()
	h.settled(accepted, 0)
}
