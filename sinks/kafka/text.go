package kafka

import (
	"context"
	"fmt"
)

// WriteText appends one record to any topic of the cluster, which must be there. When it returns nil, it is written.
func (p *Producer) WriteText(ctx context.Context, topic, key, value string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	m := addressed(topic, 0, []byte(value))
	m.Key = []byte(key)
	if err := p.writer.WriteMessages(ctx, m); err != nil {
		return fmt.Errorf("%s: %w", topic, err)
	}
	return nil
}
