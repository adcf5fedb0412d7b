package app

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"tocsin"
	"tocsin/register"
)

// An Export is one incident's log and its state, as `incident export` writes them.
type Export struct {
	Incident tocsin.Incident   `json:"incident"`
	Log      []tocsin.LogEntry `json:"log"`
}

// Verified is what a verification looked at.
type Verified struct {
	Incidents, Entries int
	Faults             []error // at most one of each incident: its first
}

// VerifyExport checks one incident: the chain of its log, and that its state is what the log tells.
func VerifyExport(e Export) error {
	if len(e.Log) == 0 {
		return fmt.Errorf("incident %s: its log is empty", e.Incident.ID)
	}
	if err := register.VerifyChain(e.Log); err != nil {
		return err
	}
	projected, err := register.Project(e.Log)
	if err != nil {
		return fmt.Errorf("incident %s: its log cannot be projected: %w", e.Log[0].Incident, err)
	}
	if e.Incident.ID == "" { // a log alone
		return nil
	}
	want, err := json.Marshal(projected)
	if err != nil {
		return err
	}
	got, err := json.Marshal(e.Incident)
	if err != nil {
		return err
	}
	if !bytes.Equal(got, want) {
		return fmt.Errorf("incident %s: its state, of revision %d, is not what its log tells: %s", e.Incident.ID, e.Incident.Revision, differing(got, want))
	}
	return nil
}

// differing names the members in which two documents differ.
func differing(a, b []byte) string {
	var x, y map[string]json.RawMessage
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return "it is no JSON"
	}
	var names []string
	for name := range x {
		if !bytes.Equal(x[name], y[name]) {
			names = append(names, name)
		}
	}
	for name := range y {
		if _, ok := x[name]; !ok {
			names = append(names, name)
		}
	}
	return fmt.Sprintf("%q", slices.Sorted(slices.Values(names)))
}

// VerifyStore checks every incident of a store that may be written to meanwhile.
func VerifyStore(ctx context.Context, s register.Store) (Verified, error) {
	var v Verified
	q := tocsin.Query{Limit: 500}
	for {
		page, err := s.Incidents(ctx, q)
		if err != nil {
			return v, fmt.Errorf("list the incidents: %w", err)
		}
		for _, i := range page.Items {
			entries, err := verifyIncident(ctx, s, i.ID)
			v.Incidents++
			v.Entries += entries
			if err != nil && ctx.Err() != nil {
				return v, err
			}
			if err != nil {
				v.Faults = append(v.Faults, err)
			}
		}
		if page.Cursor == "" {
			return v, nil
		}
		q.Cursor = page.Cursor
	}
}

// settling is how long a state may lag behind its log while a daemon writes.
const settling = 2 * time.Second

func verifyIncident(ctx context.Context, s register.Store, id string) (int, error) {
	for last := false; ; last = true {
		i, err := s.Incident(ctx, id)
		if err != nil {
			return 0, fmt.Errorf("incident %s: %w", id, err)
		}
		entries, err := s.Entries(ctx, id, 1)
		if err != nil {
			return 0, fmt.Errorf("incident %s: %w", id, err)
		}
		fault := VerifyExport(Export{Incident: i, Log: entries})
		if fault == nil || last || int64(len(entries)) == i.Revision {
			return len(entries), fault
		}
		select { // an entry was appended between the two reads
		case <-ctx.Done():
			return len(entries), ctx.Err()
		case <-time.After(settling):
		}
	}
}
