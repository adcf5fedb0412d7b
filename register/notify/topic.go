package notify

import (
	"cmp"
	"context"
	"encoding/json"
)

// A topic gets messages as records of Kafka, keyed by the incident.
type topic struct {
	publisher Publisher
	name      string
}

// Send implements [Receiver].
func (t topic) Send(ctx context.Context, m Message) error {
	value, err := json.Marshal(m)
	if err != nil {
		return err
	}
	key := m.Kind
	if m.Incident != nil {
		key = m.Incident.ID
	}
	return t.publisher.Publish(ctx, t.name, cmp.Or(key, m.ID), m.ID, value)
}
