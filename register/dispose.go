package register

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"time"

	"tocsin"
)

// A Disposer deletes the originals of exhibits; what is said of them stays. It needs more rights than the daemon has.
type Disposer interface {
	// Copies are the ids of all exhibits of an incident that are there, whether its log names them or not.
	Copies(ctx context.Context, incident string) ([]string, error)
	Exhibits(ctx context.Context, incident string, ids []string, originals bool) ([]tocsin.Exhibit, error)
	// DropOriginals may be repeated: one that is gone is left as it is.
	DropOriginals(ctx context.Context, incident string, ids []string) error
}

// A Disposing is a request to delete the originals that an incident stands on.
type Disposing struct {
	Incident string
	Before   time.Time // when the incident must have ended
	Rule     string    // by which they go
	By       tocsin.Actor
	Reason   string
}

// Disposable is what a rule says of an incident's exhibits.
type Disposable struct {
	Exhibits []tocsin.Exhibit // without their bytes: those whose originals go
	Held     string           // where the legal hold of an incident keeps them: its number
	Odd      int              // exhibits whose originals are not what their manifests say: they stay as they are
	tenant   string
	unsaid   []disposed // of the exhibits, those that no entry of the custody names
}

// A judging decides which exhibits of an incident may go.
type judging struct {
	Disposable
	said   map[string]tocsin.Disposal
	named  map[string]bool    // by exhibit: the log names it
	copied map[[2]string]bool // by alert and SHA-256: of what those that the log names are copies
}

// Size is how many bytes go.
func (d Disposable) Size() (n int64) {
	for _, x := range d.Exhibits {
		n += x.Size
	}
	return n
}

// disposal is the payload of dispose in an incident's custody.
type disposal struct {
	Exhibits []disposed `json:"exhibits"`
	Rule     string     `json:"rule,omitempty"`
}

// A disposed exhibit as the custody names it.
type disposed struct {
	ID     string `json:"id"`
	SHA256 string `json:"sha256"`
	Size   int64  `json:"size"`
}

// Disposals are what a custody says of originals that were deleted, by exhibit: the first entry that names it.
func Disposals(custody []tocsin.LogEntry) (map[string]tocsin.Disposal, error) {
	all := map[string]tocsin.Disposal{}
	for n := range custody {
		e := &custody[n]
		if e.Action != tocsin.ActDispose {
			continue
		}
		said, err := unpack[disposal](*e)
		if err != nil {
			return nil, &ChainError{Incident: e.Incident, Seq: e.Seq, Problem: err.Error()}
		}
		for _, x := range said.Exhibits {
			if _, there := all[x.ID]; !there {
				all[x.ID] = tocsin.Disposal{At: e.Recorded, By: e.By.ID, Reason: e.Reason}
			}
		}
	}
	return all, nil
}

// originalsAtOnce bounds how many originals are held in memory.
const originalsAtOnce = 16

// Disposable tells what may go of an incident that ended before a time, as its log says now: nothing of one that goes on,
// or was reopened, or was merged into one of which that is so.
func (r *Register) Disposable(ctx context.Context, in Disposer, incident string, before time.Time) (d Disposable, err error) {
	entries, err := r.chainOf(ctx, incident)
	if err != nil {
		return d, err
	}
	d.tenant = entries[0].Tenant
	over, held, err := r.ended(ctx, entries, before)
	if err != nil || !over {
		return d, err
	}
	j := judging{Disposable: d, named: map[string]bool{}, copied: map[[2]string]bool{}}
	ids, err := j.candidates(ctx, in, entries)
	if err != nil {
		return d, err
	}
	custody, err := r.store.Entries(ctx, CustodyID(incident), 1)
	if err != nil {
		return d, fmt.Errorf("custody of incident %s: %w", incident, err)
	}
	if j.said, err = Disposals(custody); err != nil {
		return d, err
	}
	for some := range slices.Chunk(ids, originalsAtOnce) {
		found, err := in.Exhibits(ctx, incident, some, true)
		if err != nil {
			return d, fmt.Errorf("evidence of incident %s: %w", incident, err)
		}
		for _, x := range found {
			j.add(x)
		}
	}
	if len(j.Exhibits) > 0 {
		j.Held = held
	}
	return j.Disposable, nil
}

// candidates are the exhibits that a log names, and behind them those that no entry names: a daemon that was killed before
// it wrote the entry leaves them.
func (j *judging) candidates(ctx context.Context, in Disposer, entries []tocsin.LogEntry) ([]string, error) {
	ids, err := ExhibitIDs(entries)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		j.named[id] = true
	}
	there, err := in.Copies(ctx, entries[0].Incident)
	if err != nil {
		return nil, fmt.Errorf("evidence of incident %s: %w", entries[0].Incident, err)
	}
	return append(ids, slices.DeleteFunc(there, func(id string) bool { return j.named[id] })...), nil
}

// add takes in one exhibit. One whose bytes are gone, or others, and of which no entry says that it was disposed of, is no
// matter of disposal, and neither is one that no entry names, but for another copy of what one that is named is of: to say
// so of it would hide what became of it.
func (j *judging) add(x tocsin.Exhibit) {
	_, promised := j.said[x.ID]
	sum := sha256.Sum256(x.Original)
	id, err := ManifestID(x.Manifest)
	whole := err == nil && id == x.ID
	of := [2]string{x.Alert, x.SHA256}
	if whole && j.named[x.ID] {
		j.copied[of] = true
	}
	switch {
	case x.Size == 0, promised && x.Original == nil:
		return
	case !promised && (!whole || !j.copied[of] || hex.EncodeToString(sum[:]) != x.SHA256):
		j.Odd++
		return
	case !promised:
		j.unsaid = append(j.unsaid, disposed{ID: x.ID, SHA256: x.SHA256, Size: x.Size})
	}
	x.Original = nil
	j.Exhibits = append(j.Exhibits, x)
}

// chainOf is the log of an incident, intact.
func (r *Register) chainOf(ctx context.Context, incident string) ([]tocsin.LogEntry, error) {
	entries, err := r.store.Entries(ctx, incident, 1)
	switch {
	case err != nil:
		return nil, fmt.Errorf("log of incident %s: %w", incident, err)
	case len(entries) == 0:
		return nil, fmt.Errorf("incident %s: %w", incident, tocsin.ErrNotFound)
	}
	return entries, VerifyChain(entries)
}

// ended reports whether an incident, and each that it was merged into, ended before a time, and which of them a legal hold
// is on. It goes by when that was recorded: what a person says of when it was is no ground to delete.
func (r *Register) ended(ctx context.Context, entries []tocsin.LogEntry, before time.Time) (over bool, held string, err error) {
	seen := map[string]bool{}
	for {
		i, err := Project(entries)
		if err != nil {
			return false, "", fmt.Errorf("log of incident %s: %w", entries[0].Incident, err)
		}
		if !i.Status.IsOver() || !moved(entries).Before(before) {
			return false, "", nil
		}
		if i.LegalHold != nil && held == "" {
			held = or(i.Number, i.ID)
		}
		if seen[i.ID] = true; i.Into == "" || seen[i.Into] {
			return true, held, nil
		}
		if entries, err = r.chainOf(ctx, i.Into); err != nil {
			return false, "", err
		}
	}
}

// moved is when the last change of an incident's status was recorded.
func moved(entries []tocsin.LogEntry) time.Time {
	for n := range slices.Backward(entries) {
		if entries[n].To != "" {
			return entries[n].Recorded
		}
	}
	return time.Time{}
}

// Dispose deletes the originals that an incident stands on, where the rule lets them go: first an entry of its custody says
// which, then they go. It may be repeated; cut short, it is completed by asking again. It returns what it went by.
func (r *Register) Dispose(ctx context.Context, in Disposer, q Disposing) (Disposable, error) {
	if q.Reason == "" || !isPerson(q.By) {
		return Disposable{}, &Refusal{Incident: q.Incident, Action: tocsin.ActDispose, Missing: []string{"a reason and who asks for it"}}
	}
	d, err := r.Disposable(ctx, in, q.Incident, q.Before)
	if err != nil || d.Held != "" || len(d.Exhibits) == 0 {
		return d, err
	}
	if len(d.unsaid) > 0 {
		err := r.Handle(ctx, Handling{
			Log: CustodyID(q.Incident), Tenant: d.tenant, Action: tocsin.ActDispose, By: q.By, Reason: q.Reason,
			Text: "the originals of " + tocsin.Counted(int64(len(d.unsaid)), "exhibit") + " are deleted, their manifests stay",
			Data: disposal{Exhibits: d.unsaid, Rule: q.Rule},
		})
		if err != nil {
			return d, err
		}
	}
	ids := make([]string, len(d.Exhibits))
	for n, x := range d.Exhibits {
		ids[n] = x.ID
	}
	if err := in.DropOriginals(ctx, q.Incident, ids); err != nil {
		return d, fmt.Errorf("originals of incident %s: %w", q.Incident, err)
	}
	return d, nil
}
