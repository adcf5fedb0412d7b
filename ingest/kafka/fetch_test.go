package kafka

import (
	"context"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kversion"

	"tocsin/ingest"
)

// No record of a new topic is taken for one of the old that had its name, even where the old was known a moment ago and the
// new one has a record at the offset that is read next.
func TestOtherTopicOfThatName(t *testing.T) {
	onClusters(t, func(t *testing.T, c *cluster) {
		topic := c.topic(t, 1)
		c.produce(t, topic, 0, numbered(10)...)
		p := alone(t, c, topic)
		if got := readOn(t, p, 10); got[9].Ref.Offset != 9 {
			t.Fatalf("%+v", got[9].Ref)
		}
		was := p.Incarnation()
		c.remake(t, topic, 20)
		got := readOn(t, p, 20)
		if got[0].Ref.Offset != 0 || got[0].Ref.Incarnation == was || got[19].Ref.Incarnation != got[0].Ref.Incarnation {
			t.Errorf("the old is %s, read are %+v to %+v", was, got[0].Ref, got[19].Ref)
		}
	})
}

// A broker that names topics in fetches by their names alone is asked so.
func TestFetchByName(t *testing.T) {
	_, c := faultyCluster(t, kfake.MaxVersions(kversion.V3_0_0()))
	topic := c.topic(t, 1)
	c.produce(t, topic, 0, numbered(10)...)
	p := alone(t, c, topic)
	if got := readOn(t, p, 10); got[9].Ref.Offset != 9 {
		t.Errorf("%+v", got[9].Ref)
	}
	known := p.shared.client.versions.highest
	for broker, highest := range known {
		if highest >= fetchByID || highest < fetchByName {
			t.Errorf("broker %d understands %d", broker, highest)
		}
	}
	if len(known) != 1 {
		t.Errorf("known is %v", known)
	}
}

// alone is the topic's first partition, read by itself, without a group.
func alone(t testing.TB, c *cluster, topic string) *Partition {
	t.Helper()
	spans, closed, err := OpenSpans(t.Context(), c.config("none", topic), Options{}, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(closed)
	return spans[0].p
}

func readOn(t testing.TB, p *Partition, n int) []ingest.Record {
	t.Helper()
	return gather(t, n, func(ctx context.Context) ([]ingest.Record, error) {
		got, err := p.Read(ctx)
		return got.Records, err
	})
}

func TestTopicID(t *testing.T) {
	const id = "0123456789abcdef0123456789abcdef"
	want := [16]byte{0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef, 0x01, 0x23, 0x45, 0x67, 0x89, 0xab, 0xcd, 0xef}
	for incarnation, want := range map[string][16]byte{
		"cluster/" + id: want, "cluster/" + id + "~55": want, "cluster": {}, "cluster~7": {}, "": {}, "cluster/xyz": {},
		"cluster/" + id[:31] + "g": {},
	} {
		if got := topicID(incarnation); got != want {
			t.Errorf("%s: %x", incarnation, got)
		}
	}
}
