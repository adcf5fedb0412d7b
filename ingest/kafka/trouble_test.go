package kafka

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/segmentio/kafka-go"
)

func TestMishap(t *testing.T) {
	at := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	var m mishap
	m.note(fmt.Errorf("fetch: %w", kafka.UnknownTopicOrPartition), at)
	if detail, _ := m.told(at.Add(troubleAfter - 1)); detail != "" {
		t.Errorf("told at once: %s", detail)
	}
	m.note(errors.New("no route"), at.Add(time.Second))
	if detail, since := m.told(at.Add(troubleAfter)); detail != "no route" || !since.Equal(at) {
		t.Errorf("told %q since %v", detail, since)
	}
	m.over()
	if detail, _ := m.told(at.Add(time.Hour)); detail != "" {
		t.Errorf("told when it was over: %s", detail)
	}
	m.note(fmt.Errorf("fetch: %w", kafka.UnknownTopicOrPartition), at)
	if detail, _ := m.told(at.Add(time.Hour)); !strings.HasSuffix(detail, "; make the topic again, or take it out of the sources") {
		t.Errorf("no remedy: %s", detail)
	}
}

// What set-up makes is in no source: set-up makes it again.
func TestRemedyOfMissingTopics(t *testing.T) {
	input, matches := Topic{Name: "alerts"}, Topic{Name: "tocsin.matches", SetUp: true}
	err := fmt.Errorf("fetch: %w", kafka.UnknownTopicOrPartition)
	for _, c := range []struct {
		of   []Topic
		want string
	}{
		{nil, "; make the topic again, or take it out of the sources"},
		{[]Topic{input}, "; make the topic again, or take it out of the sources"},
		{[]Topic{matches}, "; run `tocsin setup kafka`, which makes it again"},
		{[]Topic{input, matches}, "; make the topic again, or take it out of the sources; run `tocsin setup kafka`, which makes tocsin.matches again"},
	} {
		if got := whatToDo(err, c.of...); got != c.want {
			t.Errorf("of %v: %q, want %q", c.of, got, c.want)
		}
	}
}

// A topic that is deleted while it is read is told as a trouble, with what to do, until it is there again. Nothing else tells an
// operator that alerts have stopped coming.
func TestDeletedTopicIsATrouble(t *testing.T) {
	onClusters(t, func(t *testing.T, c *cluster) {
		topic := c.topic(t, 1)
		c.produce(t, topic, 0, numbered(3)...)
		g, err := NewGroup(c.config("g-"+topic, topic), Options{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		read, ended := make(chan int, 1000), make(chan error, 1)
		go func() {
			ended <- g.Run(ctx, func(ctx context.Context, gen *Generation) error {
				for _, p := range gen.Partitions {
					for {
						f, err := p.Read(ctx)
						if err != nil {
							return err
						}
						if len(f.Records) > 0 {
							read <- len(f.Records)
						}
					}
				}
				<-ctx.Done()
				return nil
			})
		}()
		defer func() { cancel(); <-ended }()
		<-read
		c.drop(t, topic)
		awaitTrouble(t, g, "make the topic again")
		c.create(t, topic, 1)
		c.client.PurgeTopicsFromClient(topic)
		c.produce(t, topic, 0, numbered(2)...)
		<-read
		awaitTrouble(t, g, "")
	})
}

// awaitTrouble waits until the trouble of a group has a text, or "" for none.
func awaitTrouble(t *testing.T, g *Group, want string) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); ; {
		detail, _ := g.Trouble()
		if want == "" && detail == "" || want != "" && strings.Contains(detail, want) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("the trouble is %q, not %q", detail, want)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// All topics that cannot be read are told at once.
func TestCheckTopics(t *testing.T) {
	c := fakeCluster(t)
	there := c.topic(t, 1)
	if err := CheckTopics(t.Context(), c.Connection, []string{there}); err != nil {
		t.Error(err)
	}
	err := CheckTopics(t.Context(), c.Connection, []string{there, "nowhere", "neither"})
	if !errors.Is(err, ErrUnusable) || !strings.Contains(err.Error(), `"nowhere"`) || !strings.Contains(err.Error(), `"neither"`) {
		t.Errorf("got %v", err)
	}
}
