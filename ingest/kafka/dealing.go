package kafka

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
)

const (
	watchInterval = 10 * time.Second // between two looks at how many partitions there are
	awayInterval  = time.Second      // likewise while a topic is away
)

// A dealing hands out the partitions of a group, as kafka-go's does by range. Where one topic is away kafka-go finds no
// partition of any, deals none, and nobody notices later: here the others are dealt, and what was dealt is kept.
type dealing struct {
	kafka.RangeGroupBalancer
	client *client

	mu    sync.Mutex
	dealt map[string]int // partitions of each topic, 0 where it was away; nil where another member did it
}

// AssignGroups is called where this member is the one that deals.
func (d *dealing) AssignGroups(members []kafka.GroupMember, found []kafka.Partition) kafka.GroupMemberAssignments {
	counts := map[string]int{}
	for i := range members {
		for _, topic := range members[i].Topics {
			counts[topic] = 0
		}
	}
	for i := range found {
		counts[found[i].Topic]++
	}
	if topics := away(counts); len(topics) > 0 {
		found = d.find(counts)
	}
	d.mu.Lock()
	d.dealt = counts
	d.mu.Unlock()
	return d.RangeGroupBalancer.AssignGroups(members, found)
}

// find asks for the partitions of topics some of which may be away, and counts them. Where there is no answer nothing is
// dealt, which the next look at the topics mends.
func (d *dealing) find(counts map[string]int) (found []kafka.Partition) {
	now, _ := d.client.partitions(context.Background(), slices.Collect(maps.Keys(counts))) // what is away is no matter
	for topic := range counts {
		counts[topic] = now[topic]
		for id := range now[topic] {
			found = append(found, kafka.Partition{Topic: topic, ID: id})
		}
	}
	return found
}

// take is what this member dealt last, once.
func (d *dealing) take() map[string]int {
	d.mu.Lock()
	defer d.mu.Unlock()
	dealt := d.dealt
	d.dealt = nil
	return dealt
}

// away are the topics without partitions.
func away(counts map[string]int) (topics []string) {
	for _, topic := range slices.Sorted(maps.Keys(counts)) {
		if counts[topic] == 0 {
			topics = append(topics, topic)
		}
	}
	return topics
}

// watchTopics looks at the topics until ctx ends, tells which are away, and returns once there are other partitions than
// this member has dealt: they are to be dealt anew. A topic that goes away changes nothing, as it may come back.
func (g *Group) watchTopics(ctx context.Context, dealt map[string]int) {
	topics := g.names
	if dealt != nil {
		topics = slices.Sorted(maps.Keys(dealt))
	}
	timer := time.NewTimer(awayInterval) // soon, as a topic may have come since
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		now, err := g.shared.client.partitions(ctx, topics)
		pause := watchInterval
		switch {
		case err != nil && now == nil: // nobody answers: whoever reads tells it
			pause = awayInterval
		case err != nil:
			pause = awayInterval
			g.missing.note(err, g.shared.opts.Now(), g.among(topics, now)...)
		default:
			g.missing.over()
		}
		for topic, n := range dealt {
			if now[topic] > 0 && now[topic] != n {
				g.shared.opts.Log.Info("partitions are dealt anew", "group", g.shared.cfg.Group, "topic", topic, "were", n, "are", now[topic])
				return
			}
		}
		timer.Reset(pause)
	}
}

// among are those of the topics that have no partition; what another member reads beside us is an input.
func (g *Group) among(topics []string, counts map[string]int) (found []Topic) {
	for _, name := range topics {
		if counts[name] > 0 {
			continue
		}
		t := Topic{Name: name}
		if i := slices.Index(g.names, name); i >= 0 {
			t = g.shared.cfg.Topics[i]
		}
		found = append(found, t)
	}
	return found
}

// missingTopics tells which topics of the group have been away for some seconds, "" for none.
func (g *Group) missingTopics(now time.Time) (detail string, since time.Time) {
	if detail, since = g.missing.told(now); detail != "" {
		detail = fmt.Sprintf("group %s: %s", g.shared.cfg.Group, detail)
	}
	return detail, since
}
