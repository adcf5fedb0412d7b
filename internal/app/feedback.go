package app

import (
	"context"
	"fmt"
	"time"

	"tocsin"
	"tocsin/register"
)

// Feedback is looked for so often, in so many incidents that changed last at most, and when the daemon starts in so many.
const (
	feedbackEvery = 5 * time.Second
	feedbackPage  = 100
	feedbackMost  = 5000
)

// A verdictReader is what of a store feedback is made of.
type verdictReader interface {
	register.Projection
	register.Evidence
}

// feedback tells the rules of kind novelty what people made of their events: incidents that were closed or rejected as false
// or benign positives, and those that were opened again. It goes into the log that the engine reads. What was told before
// may be told again, which changes nothing.
func (a *App) feedback(ctx context.Context, store verdictReader, tell func(context.Context, tocsin.Feedback) error) error {
	told := map[string]string{} // incident -> what was told of it last
	every := time.NewTicker(feedbackEvery)
	defer every.Stop()
	for {
		if err := a.tellFeedback(ctx, store, told, tell); err != nil && ctx.Err() == nil {
			a.log.WarnContext(ctx, "what people made of events was not told, will be repeated", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-every.C:
		}
	}
}

// tellFeedback walks through the incidents, those that changed last first, until it comes to a page of which all are known.
func (a *App) tellFeedback(ctx context.Context, store verdictReader, told map[string]string, tell func(context.Context, tocsin.Feedback) error) error {
	q := tocsin.Query{Sort: "updated", Limit: feedbackPage}
	for seen := 0; seen < feedbackMost; {
		page, err := store.Incidents(ctx, q)
		if err != nil {
			return err
		}
		fresh := false
		for k := range page.Items {
			i := &page.Items[k]
			state := fmt.Sprint(i.Status, i.Disposition, i.StatusSince.UnixNano(), len(i.Events))
			if told[i.ID] == state || a.now().Sub(i.StatusSince) > tocsin.FeedbackFor {
				continue
			}
			fresh = true
			if err := a.tellIncident(ctx, store, i, tell); err != nil {
				return err
			}
			told[i.ID] = state
		}
		if seen += len(page.Items); page.Cursor == "" || !fresh {
			return nil
		}
		q.Cursor = page.Cursor
	}
	return nil
}

// tellIncident tells what an incident says of the pairs of its events. One that was never closed says nothing.
func (a *App) tellIncident(ctx context.Context, store verdictReader, i *tocsin.Incident, tell func(context.Context, tocsin.Feedback) error) error {
	if over := i.Status == tocsin.ClosedIncident || i.Status == tocsin.Rejected; !over && i.ReopenCount == 0 {
		return nil
	}
	events, err := store.Events(ctx, i.Events)
	if err != nil {
		return err
	}
	for k := range events {
		f, ok := tocsin.FeedbackOf(i, &events[k])
		if !ok {
			continue
		}
		if err := tell(ctx, f); err != nil {
			return err
		}
		a.log.InfoContext(ctx, "feedback to a rule", "rule", f.Rule, "incident", f.Incident, "pairs", len(f.Pairs), "revoked", f.Revoked)
	}
	return nil
}
