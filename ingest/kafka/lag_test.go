package kafka

import (
	"context"
	"testing"
	"time"
)

// Records that pile up behind a partition which nobody reads for now show as its lag.
func TestLagOfWhatIsNotRead(t *testing.T) {
	onClusters(t, func(t *testing.T, c *cluster) {
		topic := c.topic(t, 1)
		g, err := NewGroup(c.config("g-"+topic, topic), Options{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		serving, ended := make(chan *Partition, 1), make(chan error, 1)
		go func() {
			ended <- g.Run(ctx, func(ctx context.Context, gen *Generation) error {
				serving <- gen.Partitions[0]
				<-ctx.Done() // the store is away
				return nil
			})
		}()
		p := <-serving
		c.produce(t, topic, 0, numbered(100)...)
		if got := p.Progress().HighWatermark; got != 0 {
			t.Fatalf("high watermark %d before anybody asked", got)
		}
		g.lags(t.Context())
		if got := p.Progress(); got.HighWatermark != 100 || got.Next != 0 {
			t.Errorf("%+v", got)
		}
		cancel()
		select {
		case <-ended:
		case <-time.After(20 * time.Second):
			t.Error("does not end")
		}
	})
}
