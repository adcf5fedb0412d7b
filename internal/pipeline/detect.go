package pipeline

import (
	"context"
	"fmt"
	"strings"
	"time"

	"tocsin"
	"tocsin/ingest"
	"tocsin/sinks"
)

// A Detector is the stateless first stage: it decodes records, stores the alerts, and matches them against the rules.
type Detector struct {
	Decoder Decoder
	Matcher Matcher
	Alerts  sinks.AlertStore
	Dead    sinks.DeadLetterStore
	// Identities give alerts that came by two roads one id; nil: none.
	Identities Identities
}

// A Detection is what became of one record.
type Detection struct {
	Alert     *tocsin.Alert     // nil where the record was rejected
	Rejection *tocsin.Rejection // nil where it was not
	Duplicate bool              // the same alert came before: stored once, not matched
	Matches   []tocsin.Match    // what goes on to correlation: none that an exception hides
	Hidden    []string          // rules whose match an exception hides
	Watched   []string          // the fields that rules require
	Sees      uint64            // bit i: the alert has the i-th of them
}

// Detect takes a run of one source's records through decoding, storing and matching. Alerts and dead letters are
// stored when it returns without error; after an error the same records may be given again.
func (d *Detector) Detect(ctx context.Context, p Policy, records []ingest.Record) ([]Detection, error) {
	out := make([]Detection, len(records))
	for i, r := range records {
		a, rejection := d.Decoder.Decode(r)
		if rejection != nil {
			out[i].Rejection = rejection
			continue
		}
		d.Identities.give(&a)
		out[i].Alert = &a
	}
	if err := d.keep(ctx, p, out); err != nil {
		return nil, err
	}
	if err := d.bury(ctx, out); err != nil {
		return nil, err
	}
	return out, nil
}

// keep stores the alerts as the policy says and fills in the matches.
func (d *Detector) keep(ctx context.Context, p Policy, out []Detection) error {
	if p.Keep == KeepAll {
		if err := d.store(ctx, out, func(dn *Detection) bool { return true }); err != nil {
			return err
		}
	}
	for i := range out {
		if out[i].Alert != nil && !out[i].Duplicate {
			d.match(p, &out[i])
		}
	}
	if p.Keep == KeepMatched {
		return d.store(ctx, out, func(dn *Detection) bool { return len(dn.Matches) > 0 })
	}
	return nil
}

// match fills in the matches, those that an exception hides apart.
func (d *Detector) match(p Policy, dn *Detection) {
	for _, m := range d.Matcher.Match(dn.Alert) {
		if m.Suppressed != "" {
			dn.Hidden = append(dn.Hidden, m.Rule)
			continue
		}
		m.Recorded = p.Recorded && p.Ordered
		var before *tocsin.Match
		if n := len(dn.Matches); n > 0 {
			before = &dn.Matches[n-1]
		}
		Own(&m, before)
		dn.Matches = append(dn.Matches, m)
	}
	if w, ok := d.Matcher.(Watcher); ok {
		dn.Watched, dn.Sees = w.Watched(), w.Sees()
	}
}

// Own makes a match independent of its alert: the values of an alert share one piece of memory, which the engine would
// otherwise keep for as long as it keeps the match. Before is the match of the same alert that was made independent last, with
// which it may share lists; nil for none.
func Own(m, before *tocsin.Match) {
	if before == nil {
		before = &tocsin.Match{}
	}
	if !oneList(m.Key, before.Key) {
		ownValues(m.Key)
	}
	if !oneList(m.Values, before.Values) {
		ownValues(m.Values)
	}
	if !oneList(m.Entities, before.Entities) {
		for i := range m.Entities {
			m.Entities[i].Value = strings.Clone(m.Entities[i].Value)
		}
	}
	if !oneList(m.Readings, before.Readings) {
		for i := range m.Readings {
			m.Readings[i].Value = m.Readings[i].Value.Clone()
		}
	}
	if !oneList(m.Facts.Tactics, before.Facts.Tactics) {
		for i := range m.Facts.Tactics {
			m.Facts.Tactics[i] = strings.Clone(m.Facts.Tactics[i])
		}
	}
}

func ownValues(all []tocsin.Value) {
	for i := range all {
		all[i] = all[i].Clone()
	}
}

// oneList reports whether a and b are one list.
func oneList[T any](a, b []T) bool { return len(a) == len(b) && len(a) > 0 && &a[0] == &b[0] }

// store writes the alerts that want is true of and acts on what the store says of each.
func (d *Detector) store(ctx context.Context, out []Detection, want func(*Detection) bool) error {
	var alerts []tocsin.Alert
	var which []int
	for i := range out {
		if out[i].Alert != nil && want(&out[i]) {
			alerts, which = append(alerts, *out[i].Alert), append(which, i)
		}
	}
	if len(alerts) == 0 {
		return nil
	}
	receipts, err := d.Alerts.StoreAlerts(ctx, alerts)
	if err != nil {
		return fmt.Errorf("store %d alerts: %w", len(alerts), err)
	}
	if len(receipts) != len(alerts) {
		return fmt.Errorf("store %d alerts: the store answered for %d", len(alerts), len(receipts))
	}
	for k, r := range receipts {
		settle(&out[which[k]], r)
	}
	return nil
}

// settle applies a store's verdict to a detection.
func settle(dn *Detection, r tocsin.Receipt) {
	switch r.Verdict {
	case tocsin.Stored:
	case tocsin.Duplicate:
		dn.Duplicate, dn.Matches = true, nil
	case tocsin.Resent:
		dn.Alert.ResendOf, dn.Alert.ID = dn.Alert.ID, r.Other
		for i := range dn.Matches {
			dn.Matches[i].Alert.ID = r.Other
		}
	case tocsin.Refused:
		dn.Rejection = Reject(dn.Alert, "store", "refused", strings.TrimSuffix("the store refuses the document for ever: "+r.Why, ": "))
		dn.Alert, dn.Matches = nil, nil
	}
}

// Reject makes the dead letter of an alert that could be decoded.
func Reject(a *tocsin.Alert, stage, reason, detail string) *tocsin.Rejection {
	digest := a.Digest()
	return &tocsin.Rejection{
		ID: tocsin.RejectionID(a.Tenant, a.Ref, digest), Tenant: a.Tenant, Source: a.Source, Ref: a.Ref, Received: a.Received,
		Stage: stage, Reason: reason, Detail: detail, SHA256: digest, Raw: a.Raw, Size: int64(len(a.Raw)), Attempts: 1,
	}
}

// bury stores the dead letters.
func (d *Detector) bury(ctx context.Context, out []Detection) error {
	var dead []tocsin.Rejection
	for i := range out {
		if out[i].Rejection != nil {
			dead = append(dead, *out[i].Rejection)
		}
	}
	if len(dead) == 0 {
		return nil
	}
	if err := d.Dead.StoreRejections(ctx, dead); err != nil {
		return fmt.Errorf("store %d dead letters: %w", len(dead), err)
	}
	return nil
}

// A Progress follows the greatest accepted time of one source partition and makes the markers that say so.
type Progress struct {
	Partition tocsin.SourcePartition
	Policy    Policy
	Epoch     int64
	Listed    []tocsin.SourcePartition // the declared partitions
	greatest  time.Time
	Sightings
}

// Accept takes note of an alert and reports whether the greatest accepted time rose.
func (p *Progress) Accept(t time.Time) bool {
	if !t.After(p.greatest) {
		return false
	}
	p.greatest = t
	return true
}

// Greatest is the greatest accepted time, zero before the first.
func (p *Progress) Greatest() time.Time { return p.greatest }

// Marker says how far the partition has been read: all matches of records below offset are written. Once it is heeded or
// written, [Sightings.Told] is to be called.
func (p *Progress) Marker(offset int64) tocsin.Marker {
	m := tocsin.Marker{
		SourcePartition: p.Partition, Epoch: p.Epoch, Offset: offset, Greatest: p.greatest, Recorded: p.Policy.Recorded,
		Disorder: p.Policy.Disorder, Lateness: p.Policy.Lateness, Listed: p.Listed,
	}
	p.Tell(&m)
	return m
}
