// Package sinktest is one conformance suite for every store: each sentence of the contracts in packages sinks and
// register is a test in it. A store's own test file opens the store and runs the suite.
package sinktest

import (
	"testing"

	"tocsin/register"
	"tocsin/sinks"
)

// A Store is all that the daemon needs of a store.
type Store interface {
	sinks.AlertStore
	sinks.EventStore
	sinks.DeadLetterStore
	sinks.DeadLetters
	sinks.StateStore
	sinks.VerdictLister
	sinks.Outcomes
	sinks.AlertLister
	sinks.Dispositions
	sinks.Outbox
	sinks.AuditLog
	sinks.Informants
	sinks.Secrets
	sinks.Counts
	sinks.Measures
	sinks.Backlogs
	sinks.Volumes
	sinks.Searcher
	sinks.TreeStore
	sinks.UnlistedStore
	sinks.CheckpointStore
	sinks.EvidenceStore
	sinks.Retention
	sinks.Disposer
	sinks.LogEraser
	register.Store
}

// A Suite tests one kind of store.
type Suite struct {
	// Open returns a fresh and empty store and closes it by t.Cleanup. Required.
	Open func(t *testing.T) Store
	// Settle makes what was written visible to listings; nil where it always is.
	Settle func(t *testing.T, s Store)
	// Damage changes a byte of the partition's stored snapshot behind the store's back; nil skips that test.
	Damage func(t *testing.T, s Store, partition int32)
	// Reopen returns a store over the same data as after a restart of the daemon; nil skips that test.
	Reopen func(t *testing.T, s Store) Store
	// Entitled is the same store with the rights to drop months of alerts, to erase and to dispose, where the daemon's own lack them;
	// nil where they do not.
	Entitled func(t *testing.T, s Store) Store
}

func (u Suite) entitled(t *testing.T, s Store) Store {
	if u.Entitled == nil {
		return s
	}
	return u.Entitled(t, s)
}

// Run runs the suite, each test on a store of its own.
func (u Suite) Run(t *testing.T) {
	for _, c := range []struct {
		name string
		test func(*testing.T, Suite, Store)
	}{
		{"AlertsCreated", testAlertsCreated},
		{"AlertsRepeated", testAlertsRepeated},
		{"AlertsResent", testAlertsResent},
		{"AlertsTwiceInOneBatch", testAlertsTwice},
		{"AlertsHostile", testAlertsHostile},
		{"AlertsMany", testAlertsMany},
		{"AlertUnknown", testAlertUnknown},
		{"EventVersions", testEventVersions},
		{"EventsListed", testEventsListed},
		{"EventWhole", testEventWhole},
		{"DeadLetters", testDeadLetters},
		{"DeadLettersListed", testDeadLettersListed},
		{"Dispositions", testDispositions},
		{"Notices", testNotices},
		{"Told", testTold},
		{"Informants", testInformants},
		{"Secrets", testSecrets},
		{"SnapshotOrder", testSnapshotOrder},
		{"SnapshotBig", testSnapshotBig},
		{"SnapshotDamaged", testSnapshotDamaged},
		{"SnapshotEmpty", testSnapshotEmpty},
		{"LogAppend", testLogAppend},
		{"LogWhole", testLogWhole},
		{"LogRace", testLogRace},
		{"IncidentRevisions", testIncidentRevisions},
		{"IncidentWhole", testIncidentWhole},
		{"IncidentsFiltered", testIncidentsFiltered},
		{"IncidentsPaged", testIncidentsPaged},
		{"IncidentsCounted", testIncidentsCounted},
		{"IncidentsMarked", testIncidentsMarked},
		{"IncidentsRestricted", testIncidentsRestricted},
		{"IncidentsBadQuery", testIncidentsBadQuery},
		{"VerdictVersions", testVerdictVersions},
		{"VerdictsPending", testVerdictsPending},
		{"VerdictsListed", testVerdictsListed},
		{"AlertsListed", testAlertsListed},
		{"IncidentsSorted", testIncidentsSorted},
		{"IncidentsStable", testIncidentsStable},
		{"EventsSearched", testEventsSearched},
		{"AlertsSearched", testAlertsSearched},
		{"Outcomes", testOutcomes},
		{"AuditCreated", testAuditCreated},
		{"AuditListed", testAuditListed},
		{"SlotVersions", testSlotVersions},
		{"SlotRace", testSlotRace},
		{"CounterRace", testCounterRace},
		{"Together", testTogether},
		{"TenantsApart", testTenantsApart},
		{"Tallies", testTallies},
		{"TalliesInZones", testTalliesInZones},
		{"MeasuresSince", testMeasuresSince},
		{"Backlogs", testBacklogs},
		{"Volumes", testVolumes},
		{"Tree", testTree},
		{"Unsequenced", testUnsequenced},
		{"Unlisted", testUnlisted},
		{"Checkpoints", testCheckpoints},
		{"Evidence", testEvidence},
		{"DropOriginals", testDropOriginals},
		{"ReplaceEntry", testReplaceEntry},
		{"Restart", testRestart},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, u, u.Open(t)) })
	}
}

// settle makes what was written visible to listings.
func (u Suite) settle(t *testing.T, s Store) {
	t.Helper()
	if u.Settle != nil {
		u.Settle(t, s)
	}
}
