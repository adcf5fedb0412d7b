package register

import (
	"context"
	"errors"
	"fmt"
	"time"

	"tocsin"
)

// A decider lists verdicts; every store of package sinks does.
type decider interface {
	Verdicts(ctx context.Context, q tocsin.VerdictQuery) (tocsin.Page[tocsin.Verdict], error)
}

// promotedLately is how far back, by the time of detection, [Register.Settle] looks for promotions that were cut short,
// but the first time, when it looks at all.
const promotedLately = 60 * 24 * time.Hour

// settlePromotions finishes what people promoted and is in no list, as a crash came between the verdict and the log, or
// between the log and its projection.
func (r *Register) settlePromotions(ctx context.Context, now time.Time, whole map[string]bool) (done int, err error) {
	store, ok := r.store.(decider)
	if !ok {
		return 0, nil
	}
	q := tocsin.VerdictQuery{State: tocsin.Promoted, Limit: 500}
	r.watch.mu.Lock()
	if !r.watch.last.IsZero() {
		q.Since = now.Add(-promotedLately)
	}
	r.watch.mu.Unlock()
	for {
		page, err := store.Verdicts(ctx, q)
		if err != nil {
			return done, err
		}
		for _, v := range page.Items {
			pair := v.Event + " promoted"
			if !isPerson(v.By) || v.Incident == "" {
				continue
			}
			if !r.watch.knows(pair) {
				finished, err := r.finishPromotion(ctx, v)
				if err != nil {
					return done, fmt.Errorf("event %s: %w", v.Event, err)
				}
				if finished {
					done++
					r.log.WarnContext(ctx, "finished what was cut short", "incident", v.Incident, "event", v.Event)
				}
			}
			whole[pair] = true
		}
		if q.Cursor = page.Cursor; q.Cursor == "" {
			return done, nil
		}
	}
}

// promotionSettled is the command under which a promotion is finished whose own nobody knows any more.
func promotionSettled(event string) string { return "settle:" + event }

// finishPromotion writes what is missing behind the verdict of a person: the entry, its projection, and the copies of
// the evidence. It reports whether the incident was in no list.
func (r *Register) finishPromotion(ctx context.Context, v tocsin.Verdict) (bool, error) {
	if _, err := r.store.Incident(ctx, v.Incident); !errors.Is(err, tocsin.ErrNotFound) {
		return false, err
	}
	e, err := r.store.Event(ctx, v.Event)
	if err != nil {
		return false, ignoreNotFound(err)
	}
	_, err = r.follow(ctx, v, e, v.Assessment, promotionSettled(v.Event))
	return err == nil, err
}
