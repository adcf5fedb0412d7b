package app_test

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
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
	s.cfg.Sources[0].IdleAfter = time.Minute // it must not come to its end between two rounds
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
	inTime(t, longest)
	cmd := s.start(bin)
	s.await(len(records), events, incidents, 4*time.Minute)
	s.idle()
	interrupt(t, cmd)
	before := s.documents()
	cmd = s.start(bin)
	s.search("alerts-*", nil)
	interrupt(t, cmd)
	if after := s.documents(); !maps.Equal(after, before) {
		t.Errorf("documents before a start with nothing to do: %v; behind it: %v", before, after)
	}
}

// inTime holds a stop against the 20 seconds that it may take, in the long run alone: a busy machine takes longer.
func inTime(t *testing.T, longest time.Duration) {
	t.Helper()
	if longest > 20*time.Second && os.Getenv("TOCSIN_TEST_LONG") != "" {
		t.Errorf("a stop took %v", longest)
	}
}

// idle waits until the registrar has committed all of its log: events are shown before what they lead to is registered.
func (s *stand) idle() {
	s.t.Helper()
	client := &kafka.Client{Addr: kafka.TCP(s.cfg.Kafka.Brokers...), Timeout: time.Minute}
	topic, group := s.cfg.Kafka.Prefix+"events", s.cfg.Kafka.Group+"-registrar"
	await(s.t, time.Minute, "the registrar at the end of its log", func() (bool, string) {
		ends, err := client.ListOffsets(s.t.Context(), &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: {kafka.LastOffsetOf(0)}}})
		if err != nil {
			return false, err.Error()
		}
		at, err := client.OffsetFetch(s.t.Context(), &kafka.OffsetFetchRequest{GroupID: group, Topics: map[string][]int{topic: {0}}})
		if err != nil || len(at.Topics[topic]) != 1 || len(ends.Topics[topic]) != 1 {
			return false, fmt.Sprintf("%v, %v, %v", err, at, ends)
		}
		committed, end := at.Topics[topic][0].CommittedOffset, ends.Topics[topic][0].LastOffset
		return committed == end && end > 0, fmt.Sprintf("at %d of %d", committed, end)
	})
}

// documents counts all that is stored, by index, but for what a daemon notes of itself, and for the proofs of the register,
// which it makes when their time has come.
func (s *stand) documents() map[string]string {
	s.t.Helper()
	resp, err := s.ask(http.MethodPost, s.admin.Prefix+"*/_refresh", "")
	if err != nil {
		s.t.Fatal(err)
	}
	resp.Body.Close()
	resp, err = s.ask(http.MethodGet, "_cat/indices/"+s.admin.Prefix+"*?h=index,docs.count", "")
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	counts := map[string]string{}
	for line := range strings.Lines(string(text)) {
		if index, n, ok := strings.Cut(strings.TrimSpace(line), " "); ok && !strings.HasSuffix(index, "state") && !strings.HasSuffix(index, "checkpoints") {
			counts[index] = strings.TrimSpace(n)
		}
	}
	return counts
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
	inTime(t, longest)
	_, stop := h.open()
	h.settled(accepted, 0)
	stop()
	h.open()
	h.settled(accepted, 0)
}
