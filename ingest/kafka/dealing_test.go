package kafka

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"tocsin/ingest"
)

// A topic that is away takes nothing from the other topics of the group, whoever leaves it meanwhile, and is read again once it
// is there, with as many partitions as it has now. Each member tells that it is away.
func TestTopicAwayWhilePartitionsAreDealt(t *testing.T) {
	onClusters(t, func(t *testing.T, c *cluster) {
		stays, goes := c.topic(t, 2), c.topic(t, 2)
		cfg := c.config("g-"+stays, stays, goes)
		read := make(chan string, 1000)
		first, leaves := newReader(t, cfg, read)
		second, _ := newReader(t, cfg, read)
		for _, topic := range []string{stays, goes} {
			c.produce(t, topic, 0, topic+" at first")
			c.produce(t, topic, 1, topic+" at first, too")
		}
		awaitRead(t, read, stays+" at first", stays+" at first, too", goes+" at first", goes+" at first, too")
		c.drop(t, goes)
		awaitTrouble(t, first, goes)
		awaitTrouble(t, second, goes)
		leaves() // which has the partitions dealt anew
		c.produce(t, stays, 0, "in between")
		c.produce(t, stays, 1, "in between, too")
		awaitRead(t, read, "in between", "in between, too")
		awaitTrouble(t, second, goes)
		c.create(t, goes, 3)
		c.client.PurgeTopicsFromClient(goes)
		for p := range int32(3) {
			c.produce(t, goes, p, strings.Repeat("x", int(p)+1))
		}
		awaitRead(t, read, "x", "xx", "xxx")
		awaitTrouble(t, second, "")
	})
}

// newReader is a member of a group that tells what it reads, until the test ends or it is told to leave. It has been dealt
// partitions for the first time: before that a topic that is not there would end it.
func newReader(t *testing.T, cfg Config, read chan<- string) (g *Group, leave func()) {
	t.Helper()
	g, err := NewGroup(cfg, Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	var running sync.WaitGroup
	dealt := make(chan struct{})
	begin := sync.OnceFunc(func() { close(dealt) })
	running.Go(func() {
		defer begin()
		err := g.Run(ctx, func(ctx context.Context, gen *Generation) error {
			begin()
			var readers sync.WaitGroup
			for _, p := range gen.Partitions {
				readers.Go(func() { readAll(ctx, gen, p, read) })
			}
			readers.Wait()
			<-ctx.Done()
			return nil
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("the group ended: %v", err)
		}
	})
	leave = func() { cancel(); running.Wait() }
	t.Cleanup(leave)
	<-dealt
	return g, leave
}

func readAll(ctx context.Context, gen *Generation, p *Partition, read chan<- string) {
	for {
		f, err := p.Read(ctx)
		if err != nil {
			return
		}
		for _, r := range f.Records {
			read <- string(r.Value)
		}
		if err := gen.Commit(map[TopicPartition]int64{{Topic: p.Topic(), Partition: p.ID()}: f.Next}); errors.Is(err, ingest.ErrRevoked) {
			return
		}
	}
}

// awaitRead waits until all of these have been read, in any order, among others.
func awaitRead(t *testing.T, read <-chan string, want ...string) {
	t.Helper()
	missing := map[string]bool{}
	for _, w := range want {
		missing[w] = true
	}
	over := time.After(time.Minute)
	for len(missing) > 0 {
		select {
		case got := <-read:
			delete(missing, got)
		case <-over:
			t.Fatalf("not read: %v", missing)
		}
	}
}
