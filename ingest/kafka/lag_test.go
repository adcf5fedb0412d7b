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
		g.lags(t.Context()) // as the group itself does now and then: no fetch has told it
		if got := p.Progress(); got.HighWatermark != 100 || got.Next != 0 {
			t.Errorf("%+v", got)
		}
		cancel()
		select {
		case <-ended:
		case <-time.After(2 * time.Minute):
			t.Error("does not end")
		}
	})
}
