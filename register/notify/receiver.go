package notify

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// A Receiver takes messages. Send returns nil once the receiver has it; an error that wraps [ErrRefused] says that it
// refuses this message, any other that it cannot be reached now. Send may be called again with the same message.
type Receiver interface {
	Send(ctx context.Context, m Message) error
}

// ErrRefused marks a message that the receiver does not take.
var ErrRefused = errors.New("refused")

// A Later says that the receiver asks to be left alone for a while.
type Later struct {
	After time.Duration
	Err   error
}

// Error implements error.
func (l *Later) Error() string { return fmt.Sprintf("%v: asks to wait %v", l.Err, l.After) }

// Unwrap returns what it said.
func (l *Later) Unwrap() error { return l.Err }

// A Publisher writes a record to a topic of Kafka.
type Publisher interface {
	Publish(ctx context.Context, topic, key, id string, value []byte) error
}

// sendTimeout bounds one delivery (security.md).
const sendTimeout = 5 * time.Second

// open makes the receiver of a configuration.
func open(c ReceiverConfig, publisher Publisher, now func() time.Time) (Receiver, error) {
	switch c.Kind {
	case "smtp":
		return newMail(c)
	case "kafka":
		if publisher == nil {
			return nil, fmt.Errorf("receiver %s: no Kafka is configured", c.Name)
		}
		return topic{publisher: publisher, name: c.Topic}, nil
	}
	p, err := newPost(c)
	if err != nil {
		return nil, err
	}
	switch c.Kind {
	case "slack":
		return slack{p}, nil
	case "teams":
		p.took = teamsTook
		return teams{p}, nil
	}
	return webhook{post: p, secret: c.Secret, now: now}, nil
}
