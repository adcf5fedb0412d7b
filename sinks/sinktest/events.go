package sinktest

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tocsin"
)

var equalValues = cmp.Options{cmp.Comparer(tocsin.Value.Equal), cmpopts.EquateEmpty()}

func event(n int, revision int64) tocsin.Event {
	first := morning.Add(time.Duration(n) * time.Minute)
	key := tocsin.StringValue(strconv.Itoa(n))
	return tocsin.Event{
		ID:     tocsin.EventID("default", "brute-force", []tocsin.Value{key}, "a1", first),
		Tenant: "default", Rule: tocsin.RuleRef{ID: "brute-force", Version: "1.0.0", Title: "Brute force", Level: "high", Tags: []string{"attack.t1110"}},
		Group: tocsin.Group{{Field: "source.ip", Value: key}, {Field: "event.code", Value: tocsin.IntValue(4625)}}, Activity: tocsin.Open,
		First: first, Last: first.Add(time.Second), Detected: first, Opened: first, Count: 5 * revision, Revision: revision, Milestone: tocsin.MilestoneOpened,
	}
}

func testEventVersions(t *testing.T, _ Suite, s Store) {
	put := func(revision int64) {
		t.Helper()
		if err := s.StoreEvents(t.Context(), []tocsin.Event{event(1, revision)}); err != nil {
			t.Fatal(err)
		}
	}
	for _, step := range []struct{ put, want int64 }{{2, 2}, {1, 2}, {2, 2}, {5, 5}, {3, 5}, {6, 6}} {
		put(step.put)
		got, err := s.Event(t.Context(), event(1, 1).ID)
		if err != nil || got.Revision != step.want || got.Count != 5*step.want {
			t.Fatalf("after revision %d the stored one is %d of %d alerts (%v), want %d", step.put, got.Revision, got.Count, err, step.want)
		}
	}
	batch := []tocsin.Event{event(2, 1), event(2, 3), event(2, 2), event(3, 1)}
	if err := s.StoreEvents(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	if got, err := s.Event(t.Context(), event(2, 1).ID); err != nil || got.Revision != 3 {
		t.Errorf("of revisions 1, 3, 2 in one batch %d is stored (%v), want 3", got.Revision, err)
	}
	if err := s.StoreEvents(t.Context(), nil); err != nil {
		t.Errorf("no events: %v", err)
	}
}

func testEventsListed(t *testing.T, _ Suite, s Store) {
	a, b, c := event(1, 1), event(2, 1), event(60*24*20, 1) // c lies in another month
	if err := s.StoreEvents(t.Context(), []tocsin.Event{a, b, c}); err != nil {
		t.Fatal(err)
	}
	unknown := event(99, 1).ID
	got, err := s.Events(t.Context(), []string{c.ID, unknown, a.ID, "no-month", "", b.ID, a.ID})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]tocsin.Event{c, a, b, a}, got, equalValues); diff != "" {
		t.Errorf("events (-want +got):\n%s", diff)
	}
	for _, id := range []string{unknown, "no-month", "", "202611-x/../../y"} {
		if _, err := s.Event(t.Context(), id); !errors.Is(err, tocsin.ErrNotFound) {
			t.Errorf("event %q: error %v, want not found", id, err)
		}
	}
}

func testEventWhole(t *testing.T, _ Suite, s Store) {
	e := event(1, 4)
	e.Activity, e.MergedInto, e.Continues, e.Milestone = tocsin.Merged, event(2, 1).ID, event(3, 1).ID, tocsin.MilestoneMerged
	e.Group = append(e.Group, tocsin.GroupValue{Field: "user.name", Value: tocsin.StringValue("a\nb\"<script>" + strings.Repeat("z", 40000))}, tocsin.GroupValue{Field: "host.id", Value: tocsin.NullValue()})
	e.Entities = []tocsin.Entity{{Field: "source.ip", Value: "203.0.113.7", Role: "attacker"}, {Field: "user.name", Value: strings.Repeat("u", 40000), Role: "victim"}}
	e.Facts = tocsin.Facts{Risk: 73.5, Tactics: []string{"TA0006"}, IOC: true}
	e.Rule.Incident = tocsin.IncidentGrouping{GroupBy: []string{"source.ip"}, Window: 24 * time.Hour}
	e.Evidence = tocsin.Evidence{Alerts: []tocsin.AlertRef{
		{ID: "a1", Source: "edr", Ref: tocsin.Ref{File: "x.ndjson", Line: 0}, Time: morning},
		{ID: "a2", Source: "edr", Ref: tocsin.Ref{Topic: "alerts", Partition: 0, Offset: 0, Incarnation: "c"}, Time: morning, Received: morning, Digest: tocsin.Digest{0xab}},
	}, Events: []string{event(7, 1).ID}, Truncated: true}
	e.Readings = []tocsin.Reading{{Expr: `event.code == 4625`, Value: tocsin.IntValue(4625), Holds: true}}
	e.Completeness = tocsin.Completeness{Degraded: []string{"gap"}, AbsentFields: map[string]int64{"user.name": 3, "": 1, "a..b": 2}, Watermark: morning}
	if err := s.StoreEvents(t.Context(), []tocsin.Event{e}); err != nil {
		t.Fatal(err)
	}
	got, err := s.Event(t.Context(), e.ID)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e, got, equalValues); diff != "" {
		t.Errorf("event (-stored +read):\n%.3000s", diff)
	}
}

func testTenantsApart(t *testing.T, u Suite, s Store) {
	mine, theirs := incident(1), incident(2)
	theirs.Tenant = "other"
	for _, i := range []tocsin.Incident{mine, theirs} {
		if err := s.PutIncident(t.Context(), i); err != nil {
			t.Fatal(err)
		}
	}
	for n, tenant := range []string{"default", "other"} {
		if err := s.PutVerdict(t.Context(), verdict(n, tenant, tocsin.Pending)); err != nil {
			t.Fatal(err)
		}
		r := rejection(n, "json")
		r.Tenant = tenant
		if err := s.StoreRejections(t.Context(), []tocsin.Rejection{r}); err != nil {
			t.Fatal(err)
		}
	}
	u.settle(t, s)
	for tenant, want := range map[string]int{"default": 1, "other": 1, "": 2, "nobody": 0, "def*": 0} {
		incidents, err := s.Incidents(t.Context(), tocsin.Query{Tenant: tenant})
		if err != nil || len(incidents.Items) != want || incidents.Total != int64(want) {
			t.Errorf("tenant %q sees %d of %d incidents (%v), want %d", tenant, len(incidents.Items), incidents.Total, err, want)
		}
		pending, err := s.PendingVerdicts(t.Context(), tenant, 0, "")
		if err != nil || len(pending.Items) != want || pending.Total != int64(want) {
			t.Errorf("tenant %q sees %d of %d verdicts (%v), want %d", tenant, len(pending.Items), pending.Total, err, want)
		}
		letters, err := s.Rejections(t.Context(), sinksQuery(tenant))
		if err != nil || len(letters.Items) != want {
			t.Errorf("tenant %q sees %d dead letters (%v), want %d", tenant, len(letters.Items), err, want)
		}
	}
	a, b := alert(1, "same"), alert(1, "same")
	b.Tenant = "other"
	b.ID = tocsin.AlertID(b.Tenant, b.Ref, b.Digest())
	wantReceipts(t, store(t, s, a, b), tocsin.Receipt{}, tocsin.Receipt{})
	wantAlert(t, s, b)
}

func testRestart(t *testing.T, u Suite, s Store) {
	if u.Reopen == nil {
		t.Skip("this store keeps nothing beyond the process, or its test does not reopen it")
	}
	a, e, i, l := alert(1, "content"), event(1, 2), incident(1), entry(1, 1)
	store(t, s, a)
	for _, err := range []error{
		s.StoreEvents(t.Context(), []tocsin.Event{e}), s.PutIncident(t.Context(), i), s.Append(t.Context(), l),
		s.PutVerdict(t.Context(), verdict(1, "default", tocsin.Pending)), s.PutSlot(t.Context(), slot(1, "x")),
		s.StoreSnapshot(t.Context(), tocsin.Snapshot{Offset: 5, State: []byte("state")}),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	first, err := s.Next(t.Context(), "incident")
	if err != nil {
		t.Fatal(err)
	}
	s = u.Reopen(t, s)
	wantAlert(t, s, a)
	wantReceipts(t, store(t, s, a), tocsin.Receipt{})
	if got, err := s.Event(t.Context(), e.ID); err != nil || got.Revision != 2 {
		t.Errorf("event after a restart: revision %d (%v)", got.Revision, err)
	}
	if got, err := s.Entries(t.Context(), l.Incident, 1); err != nil || len(got) != 1 {
		t.Errorf("log after a restart: %d entries (%v)", len(got), err)
	}
	if got, err := s.LatestSnapshot(t.Context(), 0); err != nil || string(got.State) != "state" {
		t.Errorf("snapshot after a restart: %q (%v)", got.State, err)
	}
	if next, err := s.Next(t.Context(), "incident"); err != nil || next <= first {
		t.Errorf("number %d after %d (%v)", next, first, err)
	}
	if err := s.PutSlot(t.Context(), slot(1, "y")); !errors.Is(err, tocsin.ErrConflict) {
		t.Errorf("a slot taken before the restart: error %v, want a conflict", err)
	}
}
