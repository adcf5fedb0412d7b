package kafka

import (
	"context"
	"time"

	"github.com/segmentio/kafka-go"
)

// lagEvery is how often the end of a partition is asked for while nothing is fetched from it.
const lagEvery = 10 * time.Second

// watchLags keeps the lag of partitions true that are not read for now, as their records wait for a store that is away:
// each answer to a fetch tells the partition's end, and without fetches nobody would see how much piles up behind it.
func (g *Group) watchLags(ctx context.Context) {
	tick := time.NewTicker(lagEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		g.lags(ctx)
	}
}

// lags asks for the ends of the partitions that nothing was fetched from lately. What fails is asked again with the next
// round.
func (g *Group) lags(ctx context.Context) {
	ask := map[string][]kafka.OffsetRequest{}
	g.mu.Lock()
	owned := g.owned
	g.mu.Unlock()
	now := g.shared.opts.Now()
	for _, p := range owned {
		if now.Sub(p.Progress().Read) >= lagEvery {
			ask[p.topic.Name] = append(ask[p.topic.Name], kafka.LastOffsetOf(int(p.id)))
		}
	}
	if len(ask) == 0 {
		return
	}
	got, err := g.shared.client.api.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: ask})
	if err != nil {
		return
	}
	for _, p := range owned {
		for _, of := range got.Topics[p.topic.Name] {
			if of.Partition == int(p.id) && of.Error == nil {
				p.ends(of.LastOffset)
			}
		}
	}
}

// ends takes note of the partition's end.
func (p *Partition) ends(at int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end = at
	p.shared.metrics.position(p.topic.Name, p.id, p.progress.Next, max(p.progress.HighWatermark, at))
}
