package sinktest

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
)

// Notices are kept under derived ids, changed by one writer at a time, and listed by their due time.
func testNotices(t *testing.T, s Suite, st Store) {
	ctx := t.Context()
	make := func(seq int64, receiver string, due time.Duration) tocsin.Notice {
		return tocsin.Notice{
			ID: tocsin.NoticeID("202611-i", seq, receiver, 0), Tenant: "default", Receiver: receiver, Route: "all", Incident: "202611-i", Number: "INC-2026-000001",
			Seq: seq, Action: tocsin.ActDeclare, State: tocsin.NoticeWaiting, Created: morning, Due: morning.Add(due), Version: 1,
		}
	}
	first, second, third := make(1, "chat", 2*time.Second), make(2, "chat", time.Second), make(1, "mail", time.Hour)
	other := make(3, "chat", time.Minute)
	other.Tenant = "other"
	for _, n := range []tocsin.Notice{first, second, third, other, first} {
		if err := st.PutNotice(ctx, n); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := st.Notice(ctx, "nothing"); !errors.Is(err, tocsin.ErrNotFound) {
		t.Errorf("an unknown notice: %v", err)
	}
	if err := errors.Join(st.DropNotices(ctx, []string{other.ID, "nothing"}), st.DropNotices(ctx, nil)); err != nil {
		t.Fatal(err)
	}
	if _, err := st.Notice(ctx, other.ID); !errors.Is(err, tocsin.ErrNotFound) {
		t.Errorf("one that was removed: %v", err)
	}
	if err := st.PutNotice(ctx, other); err != nil { // as if it had never been
		t.Fatal(err)
	}
	sent := first
	sent.State, sent.Sent, sent.Attempts, sent.Version = tocsin.NoticeSent, morning.Add(time.Second), 1, 2
	rival := sent
	rival.Attempts = 7
	if err := st.PutNotice(ctx, sent); err != nil {
		t.Fatal(err)
	}
	if err := st.PutNotice(ctx, rival); !errors.Is(err, tocsin.ErrConflict) {
		t.Errorf("two writers: %v", err)
	}
	got, err := st.Notice(ctx, first.ID)
	if diff := cmp.Diff(sent, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	s.settle(t, st)
	for name, c := range map[string]struct {
		q    tocsin.NoticeQuery
		want []tocsin.Notice
	}{
		"all, by due time": {tocsin.NoticeQuery{}, []tocsin.Notice{second, sent, other, third}},
		"the newest":       {tocsin.NoticeQuery{Newest: true, Limit: 2}, []tocsin.Notice{third, other}},
		"what is due":      {tocsin.NoticeQuery{State: tocsin.NoticeWaiting, Receiver: "chat", Until: morning.Add(time.Second)}, []tocsin.Notice{second}},
		"of a tenant":      {tocsin.NoticeQuery{Tenant: "other", Incident: "202611-i"}, []tocsin.Notice{other}},
		"of no incident":   {tocsin.NoticeQuery{Incident: "202611-x"}, nil},
	} {
		got, err := st.Notices(ctx, c.q)
		if diff := cmp.Diff(c.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got):\n%s", name, err, diff)
		}
	}
}

// How far a log is told never goes back.
func testTold(t *testing.T, _ Suite, s Store) {
	ctx := t.Context()
	for _, seq := range []int64{3, 7, 5, 7} {
		if err := s.PutTold(ctx, "202611-i", seq); err != nil {
			t.Fatal(err)
		}
	}
	got, err := s.Told(ctx, []string{"202611-i", "202611-x"})
	if diff := cmp.Diff(map[string]int64{"202611-i": 7}, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
