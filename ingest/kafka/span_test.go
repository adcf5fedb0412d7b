package kafka

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin/ingest"
)

// A span reads what was there when it was opened, once and in order, and leaves no group behind.
func TestSpans(t *testing.T) {
	onClusters(t, func(t *testing.T, c *cluster) {
		topic := c.topic(t, 3)
		c.produce(t, topic, 0, numbered(2500)...)
		c.produce(t, topic, 2, numbered(3)...)
		cfg := c.config("", topic)
		spans, closed, err := OpenSpans(t.Context(), cfg, Options{}, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		defer closed()
		c.produce(t, topic, 2, "too late")
		var records []ingest.Record
		left := int64(0)
		for _, s := range spans {
			left += s.Left()
		}
		for _, s := range spans {
			for {
				b, err := s.Read(t.Context())
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				records = append(records, b.Records...)
			}
			if s.Left() != 0 {
				t.Errorf("%d are left", s.Left())
			}
		}
		if diff := cmp.Diff(map[int32][]int64{0: upTo(2500), 2: upTo(3)}, offsets(records)); diff != "" || left != 2503 {
			t.Errorf("%d before, %s", left, diff)
		}
		if records[0].Ref.Incarnation == "" {
			t.Error("the log's life is not named: alerts would have other ids than in the daemon")
		}
	})
}

func TestSpansSince(t *testing.T) {
	onClusters(t, func(t *testing.T, c *cluster) {
		topic := c.topic(t, 1)
		c.produce(t, topic, 0, "old")
		spans, closed, err := OpenSpans(t.Context(), c.config("", topic), Options{}, time.Now().Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		defer closed()
		if _, err := spans[0].Read(t.Context()); !errors.Is(err, io.EOF) {
			t.Errorf("%v, want the end", err)
		}
	})
}

func TestSpanOfNoTopic(t *testing.T) {
	onClusters(t, func(t *testing.T, c *cluster) {
		if _, _, err := OpenSpans(t.Context(), c.config("", "never-made"), Options{}, time.Time{}); err == nil {
			t.Error("a topic that is not there is read")
		}
	})
}
