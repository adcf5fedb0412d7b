package app

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"tocsin"
	"tocsin/sinks/memory"
)

// Incidents that are closed or rejected as no cause for concern lower the pairs of their events of kind novelty, once; when
// they are opened again, that is revoked. Any other end says nothing.
func TestFeedback(t *testing.T) {
	ctx, now := t.Context(), time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	st := memory.New()
	event := tocsin.Event{
		ID: "e", Tenant: "default", Rule: tocsin.RuleRef{ID: "rare"}, Revision: 1, First: now, Last: now, Opened: now, At: now,
		Novelty: &tocsin.Novelty{Members: []tocsin.NoveltyMember{{Rule: "scan", Host: "web1"}, {Rule: "scan", Host: "web1"}, {Rule: "shell", Host: "web1"}}},
	}
	if err := st.StoreEvents(ctx, []tocsin.Event{event}); err != nil {
		t.Fatal(err)
	}
	a := &App{log: slog.New(slog.DiscardHandler), now: func() time.Time { return now }}
	known := map[string]string{}
	revision := int64(0)
	said := func(status tocsin.Status, disposition string, reopened int) (all []tocsin.Feedback) {
		t.Helper()
		revision++
		now = now.Add(time.Minute)
		i := tocsin.Incident{ID: "i", Tenant: "default", Revision: revision, Status: status, Disposition: disposition, StatusSince: now, ReopenCount: reopened, Events: []string{"e"}, Opened: now}
		if err := st.PutIncident(ctx, i); err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second time there is nothing new
			err := a.tellFeedback(ctx, st, known, func(_ context.Context, f tocsin.Feedback) error { all = append(all, f); return nil })
			if err != nil {
				t.Fatal(err)
			}
		}
		return all
	}
	if got := said(tocsin.Acknowledged, "", 0); len(got) != 0 {
		t.Errorf("an incident that is worked on says %v", got)
	}
	got := said(tocsin.ClosedIncident, "false_positive", 0)
	if len(got) != 1 || len(got[0].Pairs) != 2 || got[0].Revoked || !got[0].From.Equal(now) || got[0].Until.Sub(now) != tocsin.FeedbackFor {
		t.Errorf("a false positive says %+v", got)
	}
	if got := said(tocsin.Acknowledged, "false_positive", 1); len(got) != 1 || !got[0].Revoked || len(got[0].Pairs) != 0 {
		t.Errorf("one that is opened again says %+v", got)
	}
	if got := said(tocsin.ClosedIncident, "true_positive_impact", 1); len(got) != 1 || !got[0].Revoked {
		t.Errorf("a true one says %+v", got)
	}
	if got := said(tocsin.Rejected, "benign_true_positive", 1); len(got) != 1 || got[0].Revoked {
		t.Errorf("a benign one says %+v", got)
	}
}
