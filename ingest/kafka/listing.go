package kafka

import "context"

// Partitions counts the partitions that each topic has now. The error wraps [ErrUnusable] where one is not there.
func Partitions(ctx context.Context, c Connection, topics []string) (map[string]int, error) {
	cl, err := newClient(c, topics)
	if err != nil {
		return nil, err
	}
	defer cl.close()
	return cl.partitions(ctx, topics)
}
