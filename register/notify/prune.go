package notify

import (
	"context"
	"fmt"
	"time"

	"tocsin"
)

const (
	pruneEvery  = time.Hour
	defaultKeep = 90 * 24 * time.Hour
	leastKeep   = 24 * time.Hour
)

// Prune removes the notices that nothing will come of any more, once they are as old as the configuration says: what
// happened stands in the log, and how far that is told is known without them. A listing that lags behind is worked off by the
// next calls.
func (d *Courier) Prune(ctx context.Context) error {
	before := d.Now().Add(-d.going.Load().config.keep())
	for _, state := range tocsin.NoticeStates() {
		if state == tocsin.NoticeWaiting {
			continue
		}
		for last := ""; ; {
			old, err := d.Outbox.Notices(ctx, tocsin.NoticeQuery{State: state, Until: before, Limit: pruneAtOnce})
			if err != nil {
				return fmt.Errorf("outbox: %w", err)
			}
			ids := make([]string, 0, len(old))
			for _, n := range old {
				if n.Sent.Before(before) {
					ids = append(ids, n.ID)
				}
			}
			if err := d.Outbox.DropNotices(ctx, ids); err != nil {
				return fmt.Errorf("outbox: %w", err)
			}
			d.metrics.pruned.Add(float64(len(ids)))
			if len(ids) < pruneAtOnce || old[0].ID == last { // a listing may still show what was removed: the next call goes on
				break
			}
			last = old[0].ID
		}
	}
	return nil
}

// pruneAtOnce is how many notices one request removes.
const pruneAtOnce = 500

// keep is how long notices are kept after they came to their end.
func (c *Config) keep() time.Duration {
	if c.Keep == 0 {
		return defaultKeep
	}
	return c.Keep
}
