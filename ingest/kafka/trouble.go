package kafka

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
)

// troubleAfter is how long something must have failed before it is told: a partition that gets another leader, or a
// group that is being joined, fails for moments.
const troubleAfter = 3 * time.Second

// A mishap is what has kept a group, or a partition, from being read, and since when. It is safe for concurrent use.
type mishap struct {
	mu     sync.Mutex
	detail string
	since  time.Time
}

// note takes down what fails on topics, which may be left out where the error is about none.
func (m *mishap) note(err error, now time.Time, topics ...Topic) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.detail == "" {
		m.since = now
	}
	m.detail = err.Error() + whatToDo(err, topics...)
}

func (m *mishap) over() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.detail = ""
}

// told is the mishap, "" where there is none or it is too young.
func (m *mishap) told(now time.Time) (detail string, since time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.detail == "" || now.Sub(m.since) < troubleAfter {
		return "", time.Time{}
	}
	return m.detail, m.since
}

// whatToDo is the remedy for an answer about topics that waiting alone does not change, "" for any other.
func whatToDo(err error, topics ...Topic) string {
	switch {
	case errors.Is(err, kafka.UnknownTopicOrPartition), errors.Is(err, kafka.UnknownTopicID):
		return makeAgain(topics)
	case errors.Is(err, kafka.TopicAuthorizationFailed), errors.Is(err, kafka.GroupAuthorizationFailed), errors.Is(err, kafka.ClusterAuthorizationFailed):
		return "; grant the daemon's user the right again"
	case errors.Is(err, kafka.SASLAuthenticationFailed):
		return "; the broker refuses kafka.user or its password"
	}
	return ""
}

// makeAgain is the remedy where topics are away: what set-up makes is in no source.
func makeAgain(topics []Topic) string {
	const given, setUp = "; make the topic again, or take it out of the sources", "; run `tocsin setup kafka`, which makes %s again"
	var made []string
	for _, t := range topics {
		if t.SetUp {
			made = append(made, t.Name)
		}
	}
	switch {
	case len(made) == 0:
		return given
	case len(made) < len(topics):
		return given + fmt.Sprintf(setUp, strings.Join(made, " and "))
	case len(made) == 1:
		return fmt.Sprintf(setUp, "it")
	default:
		return fmt.Sprintf(setUp, "them")
	}
}

// Trouble tells what has kept the group, or the partition of this member that failed first, from being read for some
// seconds, and since when; "" while all is well.
func (g *Group) Trouble() (detail string, since time.Time) {
	now := g.shared.opts.Now()
	if detail, since = g.mishap.told(now); detail != "" {
		return fmt.Sprintf("group %s: %s", g.shared.cfg.Group, detail), since
	}
	if detail, since = g.missingTopics(now); detail != "" {
		return detail, since
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, p := range g.owned {
		if d, at := p.mishap.told(now); d != "" && (detail == "" || at.Before(since)) {
			detail, since = fmt.Sprintf("topic %s, partition %d: %s", p.topic.Name, p.id, d), at
		}
	}
	return detail, since
}

// CheckTopics refuses, with an error that wraps [ErrUnusable] for each of them, topics that are not there, may not be
// read, or are compacted. One that was made just now is waited for.
func CheckTopics(ctx context.Context, conn Connection, topics []string) error {
	c, err := newClient(conn, topics)
	if err != nil {
		return err
	}
	defer c.close()
	for begun := time.Now(); ; {
		if _, err = c.partitions(ctx, topics); err == nil {
			err = c.refuseCompacted(ctx, topics)
		}
		if !errors.Is(err, kafka.UnknownTopicOrPartition) {
			return err
		}
		if time.Since(begun) > topicGrace {
			return fmt.Errorf("%w: make the topics, or name others in sources", err)
		}
		select {
		case <-ctx.Done():
			return errors.Join(err, ctx.Err())
		case <-time.After(joinBackoff):
		}
	}
}
