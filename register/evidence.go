package register

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tocsin"
)

// MaxExhibits is how many originals are kept of one incident (register.md, ruling 8 of section 0).
const MaxExhibits = 200

// Exhibits keep the copies of alerts. Copies are created once; the same again changes nothing.
type Exhibits interface {
	// Originals returns the alerts that are referred to, with their bytes, in the order asked; those not there are left
	// out. Their fields may be missing: nothing is copied of them.
	Originals(ctx context.Context, refs []tocsin.AlertRef) ([]tocsin.Alert, error)
	PutExhibits(ctx context.Context, all []tocsin.Exhibit) error
	// Exhibits returns copies of an incident by their ids, in the order asked; those not there are left out. Without
	// originals only what is said of them.
	Exhibits(ctx context.Context, incident string, ids []string, originals bool) ([]tocsin.Exhibit, error)
}

// An item is an exhibit as the log names it: the id is the hash of its manifest, so the chain holds the manifest too.
type item struct {
	ID     string `json:"id"`
	Alert  string `json:"alert"`
	SHA256 string `json:"sha256"`
}

// collection is the payload of collect.
type collection struct {
	Items   []item   `json:"items"`
	Missing []string `json:"missing,omitempty"` // alerts that were not stored any more, or whose bytes were others
}

// collect copies the originals of an event's alerts beside its incident and writes into the log what was copied. It
// follows the entry about the event, and does nothing where nothing is new: an emission that was cut short before it is
// completed when it comes again.
func (r *Register) collect(ctx context.Context, i tocsin.Incident, e tocsin.Event) (tocsin.Incident, error) {
	if r.opts.Exhibits == nil || i.ID == "" || i.Evidence >= MaxExhibits || len(e.Evidence.Alerts) == 0 {
		return i, nil
	}
	var wanted []tocsin.AlertRef
	err := r.written(ctx, i.ID, func(s *state) {
		for _, ref := range e.Evidence.Alerts {
			if !s.collected[ref.ID] && len(s.collected)+len(wanted) < MaxExhibits {
				wanted = append(wanted, ref)
			}
		}
	})
	if err != nil || len(wanted) == 0 {
		return i, err
	}
	c, err := r.copyOriginals(ctx, i, e, wanted)
	if err != nil || len(c.Items) == 0 {
		return i, err
	}
	next, _, err := r.write(ctx, i.ID, fmt.Sprintf("evidence:%s:%d", e.ID, e.Revision), func(now view) (*tocsin.LogEntry, error) {
		data, err := pack(c)
		return &tocsin.LogEntry{
			Tenant: e.Tenant, Action: tocsin.ActCollect, By: registrar, Effective: moment(e), Event: e.ID, Data: data,
			Text: "copied the originals of " + tocsin.Counted(int64(len(c.Items)), "alert"),
		}, err
	})
	return next, err
}

// finishCopies copies what an incident without any copy stands on: the promotion may have been cut short before it. It
// reports whether anything was there to copy.
func (r *Register) finishCopies(ctx context.Context, incident, _ string) (bool, error) {
	i, err := r.Incident(ctx, incident)
	if err != nil {
		return false, err
	}
	events, err := r.store.Events(ctx, i.Events)
	if err != nil {
		return false, fmt.Errorf("events of incident %s: %w", incident, err)
	}
	before := i.Evidence
	for _, e := range events {
		if i, err = r.collect(ctx, i, e); err != nil {
			return false, err
		}
	}
	return i.Evidence > before, nil
}

// written shows the state of a log that this process has just written or read, without reading it again.
func (r *Register) written(ctx context.Context, id string, see func(*state)) error {
	c := r.cache.entry(id)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state.seq == 0 {
		if err := r.catchUp(ctx, c); err != nil {
			return err
		}
	}
	see(c.state)
	return nil
}

func (r *Register) copyOriginals(ctx context.Context, i tocsin.Incident, e tocsin.Event, refs []tocsin.AlertRef) (collection, error) {
	alerts, err := r.opts.Exhibits.Originals(ctx, refs)
	if err != nil {
		return collection{}, fmt.Errorf("originals of event %s: %w", e.ID, err)
	}
	there := make(map[string]*tocsin.Alert, len(alerts))
	for n := range alerts {
		there[alerts[n].ID] = &alerts[n]
	}
	var c collection
	var copies []tocsin.Exhibit
	for _, ref := range refs {
		a := there[ref.ID]
		if a == nil || !ref.Digest.IsZero() && ref.Digest != a.SHA256 {
			c.Missing = append(c.Missing, ref.ID)
			continue
		}
		m := tocsin.Manifest{
			Incident: i.ID, Tenant: i.Tenant, Event: e.ID, Alert: a.ID, SHA256: a.Digest(), Size: int64(len(a.Raw)), MediaType: mediaType(a.Raw),
			Source: a.Source, Format: a.Format, Ref: a.Ref, At: a.Time.UTC(), Received: a.Received.UTC(),
			Acquired: tocsin.Acquired{At: moment(e), By: registrar.ID, Tool: r.opts.Tool, How: "copied from the stored alert, its SHA-256 checked"},
		}
		id, err := ManifestID(m)
		if err != nil {
			return c, fmt.Errorf("manifest of alert %s: %w", a.ID, err)
		}
		copies = append(copies, tocsin.Exhibit{ID: id, Manifest: m, Original: a.Raw})
		c.Items = append(c.Items, item{ID: id, Alert: a.ID, SHA256: m.SHA256})
	}
	r.metrics.missing.Add(float64(len(c.Missing)))
	if len(copies) == 0 {
		return c, nil
	}
	if err := r.opts.Exhibits.PutExhibits(ctx, copies); err != nil {
		return c, fmt.Errorf("evidence of incident %s: %w", i.ID, err)
	}
	return c, nil
}

// mediaType says whether a record is JSON, other text or neither.
func mediaType(raw []byte) string {
	switch {
	case json.Valid(raw):
		return "application/json"
	case strings.ToValidUTF8(string(raw), "") == string(raw):
		return "text/plain; charset=utf-8"
	default:
		return "application/octet-stream"
	}
}

// collect of a state takes in which alerts have been copied.
func (s *state) collect(c collection) {
	for _, it := range c.Items {
		if !s.collected[it.Alert] {
			s.collected[it.Alert] = true
			s.incident.Evidence++
		}
	}
}

// ExhibitIDs are the ids of the copies that a log names, in its order.
func ExhibitIDs(entries []tocsin.LogEntry) ([]string, error) {
	var ids []string
	for n := range entries {
		if entries[n].Action != tocsin.ActCollect {
			continue
		}
		c, err := collectionOf(&entries[n])
		if err != nil {
			return nil, err
		}
		for _, it := range c.Items {
			if !slices.Contains(ids, it.ID) {
				ids = append(ids, it.ID)
			}
		}
	}
	return ids, nil
}

// A hold is the payload of legal_hold.
type hold struct {
	On bool `json:"on"`
}

// Hold puts an incident under legal hold, or takes it off: what it refers to is then not disposed of. Both need a reason.
func (r *Register) Hold(ctx context.Context, cmd Command, on bool) (tocsin.Incident, error) {
	r = r.current()
	cmd.Action = tocsin.ActLegalHold
	i, err := r.hold(ctx, cmd, on)
	return i, r.naming(ctx, cmd, err)
}

func (r *Register) hold(ctx context.Context, cmd Command, on bool) (tocsin.Incident, error) {
	missing := append(commandID(cmd.ID), cmd.long()...)
	if strings.TrimSpace(cmd.Reason) == "" {
		missing = append(missing, "a reason: the matter that it is kept for, or why it need not be any more")
	}
	if !isPerson(cmd.By) {
		missing = append(missing, "an actor: a person or a token, by name")
	}
	if len(missing) > 0 {
		return tocsin.Incident{}, &Refusal{Incident: cmd.Incident, Action: cmd.Action, Missing: missing}
	}
	i, _, err := r.write(ctx, cmd.Incident, cmd.ID, func(now view) (*tocsin.LogEntry, error) {
		if err := cmd.concerns(now); err != nil {
			return nil, err
		}
		if (now.incident.LegalHold != nil) == on {
			return nil, &Refusal{Incident: cmd.Incident, Action: cmd.Action, Missing: []string{map[bool]string{
				true: "an incident that is not under legal hold: this one is", false: "an incident under legal hold: this one is not",
			}[on]}}
		}
		data, err := pack(hold{On: on})
		return &tocsin.LogEntry{Tenant: now.incident.Tenant, Action: cmd.Action, By: cmd.By, Effective: r.now(), Reason: cmd.Reason, Data: data}, err
	})
	return i, err
}

func (s *state) legalHold(e tocsin.LogEntry, h hold) {
	s.incident.LegalHold = nil
	if h.On {
		s.incident.LegalHold = &tocsin.LegalHold{Since: e.Effective, By: e.By.ID, Reason: e.Reason}
	}
}

// CustodyID is the id under which an incident's custody is kept: a log like its own, with entries of its own chain, so
// that reading an original does not change the incident's revision.
func CustodyID(incident string) string {
	month, _, _ := strings.Cut(incident, "-")
	return month + "-" + tocsin.Hash("custody", incident)
}

// DisposalID is the id of the log of what was deleted in a month, of all incidents.
func DisposalID(at time.Time) string {
	return at.UTC().Format("200601") + "-" + tocsin.Hash("disposal")
}

// A Handling is what was done with evidence (ISO/IEC 27037, chain of custody).
type Handling struct {
	Log    string        // [CustodyID] or [DisposalID]
	Tenant string        //
	Action tocsin.Action // access, export, transfer or dispose
	By     tocsin.Actor
	Reason string
	Text   string
	Data   any // what it concerns; nil: all
}

// Handle writes what is about to be done with evidence: it is done once this has returned.
func (r *Register) Handle(ctx context.Context, h Handling) error {
	for range r.opts.Attempts {
		entries, err := r.store.Entries(ctx, h.Log, 1)
		if err != nil {
			return fmt.Errorf("custody: %w", err)
		}
		now := r.now()
		e := tocsin.LogEntry{
			Incident: h.Log, Tenant: h.Tenant, Seq: int64(len(entries)) + 1, Action: h.Action, Phase: "respond", By: h.By, Recorded: now, Effective: now,
			Command: tocsin.Hash("handling", h.Log, strconv.Itoa(len(entries)), h.By.ID, now.Format(time.RFC3339Nano)), Reason: h.Reason, Text: h.Text,
		}
		if len(entries) > 0 {
			e.Prev = entries[len(entries)-1].Hash
		}
		if h.Data != nil {
			if e.Data, err = pack(h.Data); err != nil {
				return err
			}
		}
		if err := commit(&e); err != nil {
			return err
		}
		if e.Hash, err = EntryHash(e); err != nil {
			return err
		}
		switch err := r.store.Append(ctx, e); {
		case err == nil:
			r.metrics.entries.WithLabelValues(string(e.Action)).Inc()
			return nil
		case !errors.Is(err, tocsin.ErrConflict):
			return fmt.Errorf("custody: %w", err)
		}
	}
	return fmt.Errorf("custody, %d attempts: %w", r.opts.Attempts, tocsin.ErrConflict)
}
