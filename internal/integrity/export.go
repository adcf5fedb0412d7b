package integrity

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"tocsin"
	"tocsin/register"
)

// An Export is all of one incident that an auditor needs, in one file: its state and log, the log of its custody, what
// was copied as evidence, and the proof that these entries are in the tree that a checkpoint was signed of.
type Export struct {
	Incident tocsin.Incident   `json:"incident"`
	Log      []tocsin.LogEntry `json:"log"`
	Custody  []tocsin.LogEntry `json:"custody,omitempty"`
	Evidence []tocsin.Exhibit  `json:"evidence,omitempty"`
	Proof    *Proof            `json:"proof,omitempty"`
	Exported Exported          `json:"exported,omitzero"`
}

// Exported says who made the file, when and with what.
type Exported struct {
	At      time.Time    `json:"at"`
	By      tocsin.Actor `json:"by"`
	Version string       `json:"version"`
}

// A Noted export is what the custody says of a file beside who made it and when.
type Noted struct {
	Originals bool   `json:"originals"`
	Version   string `json:"version"`
}

// A Proof shows that entries are leaves of the tree that a checkpoint was signed of.
type Proof struct {
	Checkpoint string     `json:"checkpoint"` // the note: text and signatures
	Keys       []string   `json:"keys"`       // public keys of the daemon that made the file: to be compared with one got elsewhere
	Leaves     []Placed   `json:"leaves"`
	Earlier    []Extended `json:"earlier,omitempty"`
}

// A Placed entry has a place in the tree and the hashes that lead from there to the root (RFC 6962, 2.1.1).
type Placed struct {
	Log    string           `json:"log"`
	Seq    int64            `json:"seq"`
	Leaf   int64            `json:"leaf"`
	Hashes tlog.RecordProof `json:"hashes"`
}

// An Extended checkpoint is an earlier one, with the hashes that show that the tree then is the beginning of the tree
// that the proof is about (RFC 6962, 2.1.2).
type Extended struct {
	Checkpoint string         `json:"checkpoint"`
	Hashes     tlog.TreeProof `json:"hashes"`
}

// maxEarlier bounds how many earlier checkpoints an export is tied to: the newest ones.
const maxEarlier = 50

// Prove makes the proof of logs, with the newest checkpoint that the store has. It is nil where nothing was signed yet.
func Prove(ctx context.Context, s Store, public []string, logs ...[]tocsin.LogEntry) (*Proof, error) {
	newest, err := s.Checkpoints(ctx, -1, 1)
	if err != nil || len(newest) == 0 {
		return nil, err
	}
	st, err := OpenCheckpoint(newest[0].Note, nil)
	if err != nil {
		return nil, err
	}
	p := &Proof{Checkpoint: newest[0].Note, Keys: append([]string{}, public...), Leaves: []Placed{}}
	r := newReader(ctx, s)
	for _, entries := range logs {
		if len(entries) == 0 {
			continue
		}
		if err := p.place(ctx, s, r, st, entries[0].Incident); err != nil {
			return nil, err
		}
	}
	return p, p.extend(ctx, s, r, st)
}

// place adds the leaves of one log.
func (p *Proof) place(ctx context.Context, s Store, r *reader, st Statement, log string) error {
	stretches, err := s.StretchesOf(ctx, log)
	if err != nil {
		return fmt.Errorf("leaves of log %s: %w", log, err)
	}
	for _, stretch := range stretches {
		r.known[stretch.First] = stretch
		for n, l := range stretch.Leaves {
			leaf := stretch.First + int64(n)
			if l.Incident != log || leaf >= st.Size {
				continue
			}
			hashes, err := tlog.ProveRecord(st.Size, leaf, r)
			if err != nil {
				return fmt.Errorf("proof of log %s, entry %d: %w", log, l.Seq, err)
			}
			p.Leaves = append(p.Leaves, Placed{Log: log, Seq: l.Seq, Leaf: leaf, Hashes: hashes})
		}
	}
	return nil
}

// extend ties the newest earlier checkpoints to the proof's.
func (p *Proof) extend(ctx context.Context, s Store, r *reader, st Statement) error {
	var earlier []tocsin.Checkpoint
	for from := int64(0); ; {
		page, err := s.Checkpoints(ctx, from, 500)
		if err != nil {
			return fmt.Errorf("checkpoints: %w", err)
		}
		earlier = append(earlier, page...)
		if earlier = earlier[max(len(earlier)-maxEarlier-1, 0):]; len(page) < 500 {
			break
		}
		from = page[len(page)-1].Size + 1
	}
	for _, c := range earlier {
		if c.Size >= st.Size {
			continue
		}
		hashes, err := tlog.ProveTree(st.Size, c.Size, r)
		if err != nil {
			return fmt.Errorf("tree of %d leaves: %w", c.Size, err)
		}
		p.Earlier = append(p.Earlier, Extended{Checkpoint: c.Note, Hashes: hashes})
	}
	return nil
}

// Trust is what a check rests on that the register cannot have made up itself.
type Trust struct {
	Keys      Keys     // public keys; none: signatures are not checked
	Published []string // checkpoints from the second place
	Places    []Place  // the places that these are from, where it is known
}

// A Report is what a check found, and what it could not see.
type Report struct {
	Entries   int      // looked at
	Proven    int      // of these, in the tree of a checkpoint
	Exhibits  int      // whose manifest is as the log says; with their bytes, where these are there
	Disposed  int      // of the exhibits, those whose originals were disposed of, as entries say
	Erased    int      // personal values that were erased, as entries say
	Faults    []error  // the first of each log, and of what is around
	Uncovered []string // what was not covered
	Notes     []string // what the check rests on
}

func (r *Report) fault(format string, args ...any) {
	r.Faults = append(r.Faults, fmt.Errorf(format, args...))
}

func (r *Report) uncovered(format string, args ...any) {
	r.Uncovered = append(r.Uncovered, fmt.Sprintf(format, args...))
}

// always is what no check of logs shows.
const always = "what the register does not hold: events that were never registered, and whether what people and sensors said is true"

// VerifyExport checks a file offline.
func VerifyExport(e Export, t Trust) Report {
	var r Report
	if err := checkState(e); err != nil {
		r.Faults = append(r.Faults, err)
	}
	if reflect.ValueOf(e.Incident).IsZero() {
		r.uncovered("what the incident is: the file has its log alone")
	}
	if len(e.Log) > 0 && len(e.Custody) > 0 {
		if e.Custody[0].Incident != register.CustodyID(e.Log[0].Incident) {
			r.fault("incident %s: the custody in the file is of another incident", e.Log[0].Incident)
		}
		if err := register.VerifyChain(e.Custody); err != nil {
			r.fault("custody: %w", err)
		}
	}
	r.Entries = len(e.Log) + len(e.Custody)
	for _, entry := range slices.Concat(e.Log, e.Custody) {
		for _, c := range entry.Personal {
			if c.Salt == "" {
				r.Erased++
			}
		}
	}
	r.exported(e)
	r.exhibits(e)
	r.proof(e, t)
	r.uncovered(always)
	return r
}

// exported holds what the file says of its making against the custody, in which that is noted before the file is made: a
// custody that is left out or cut, and another name or version, show.
func (r *Report) exported(e Export) {
	x := e.Exported
	if x.At.IsZero() {
		r.fault("custody: the file does not say who made it, and when")
		return
	}
	var said []*string // with what, by those who made a file then
	for _, n := range e.Custody {
		if after := n.Recorded.Sub(x.At); n.Action == tocsin.ActExport && n.By == x.By && after >= 0 && after < allowance {
			var noted struct{ Version *string }
			_ = json.Unmarshal(n.Data, &noted) // of before, which says nothing
			said = append(said, noted.Version)
		}
	}
	switch {
	case len(said) == 0:
		r.fault("custody: it does not tell that %s made this file at %s: it was cut, or that was changed", x.By.ID, x.At.Format(time.RFC3339))
	case slices.ContainsFunc(said, func(v *string) bool { return v != nil && *v == x.Version }):
	case slices.Contains(said, nil):
		r.uncovered("with which version the file was made, which it says is %q: its custody does not tell", x.Version)
	default:
		r.fault("custody: the file says that it was made with %q, and its custody %q", x.Version, *said[0])
	}
}

// exhibits holds the evidence against what the log names.
func (r *Report) exhibits(e Export) {
	ids, err := register.ExhibitIDs(e.Log)
	if err != nil {
		return // the log is at fault, and that was told
	}
	said, err := register.Disposals(e.Custody)
	if err != nil {
		r.fault("custody: %w", err)
	}
	var bare, lingering int
	there := map[string]bool{}
	for _, x := range e.Evidence {
		if there[x.ID] {
			r.fault("evidence %s (alert %s): it is in the file twice", x.ID, x.Alert)
			continue
		}
		there[x.ID] = true
		if !slices.Contains(ids, x.ID) {
			r.fault("evidence %s (alert %s): no entry of the log names it", x.ID, x.Alert)
			continue
		}
		if err := CheckExhibit(x); err != nil {
			r.Faults = append(r.Faults, err)
			continue
		}
		r.Exhibits++
		switch _, disposed := said[x.ID]; {
		case x.Original == nil && x.Size > 0 && disposed:
			r.Disposed++
		case x.Original == nil && x.Size > 0:
			bare++
		case disposed:
			lingering++
		}
	}
	r.lingering(lingering)
	for _, id := range ids {
		if !there[id] {
			r.fault("evidence %s: the log names it and it is not in the file", id)
		}
	}
	if bare > 0 {
		r.uncovered("the original bytes of %s: the file has the manifests alone", tocsin.Counted(bare, "exhibit"))
	}
}

// proof checks which entries are in the tree of the file's checkpoint, and how that is tied to what is trusted.
func (r *Report) proof(e Export, t Trust) {
	if e.Proof == nil {
		r.uncovered("all entries as a whole: the file has no checkpoint, so that an end that was cut off, or a log written anew, does not show")
		return
	}
	st, err := OpenCheckpoint(e.Proof.Checkpoint, t.Keys)
	if err != nil {
		r.fault("proof: %w", err)
		return
	}
	if len(t.Keys) == 0 {
		r.uncovered("who signed the checkpoint: no public key was given; the file names %q, to be compared with one got elsewhere", e.Proof.Keys)
	} else {
		r.Notes = append(r.Notes, fmt.Sprintf("checkpoint of %s over %s, signed by %v", st.At.Format(time.RFC3339), tocsin.Counted(st.Size, "entry"), st.Signed))
	}
	r.tied(e.Proof, st, t)
	placed := map[tocsin.LogHead]Placed{}
	for _, p := range e.Proof.Leaves {
		placed[tocsin.LogHead{Incident: p.Log, Seq: p.Seq}] = p
	}
	for _, entries := range [][]tocsin.LogEntry{e.Log, e.Custody} {
		r.placed(entries, placed, st)
	}
	for at := range placed {
		r.fault("log %s, entry %d: it is in the tree and not in the file: the log was cut", at.Incident, at.Seq)
		break
	}
}

// placed checks the inclusion of one log's entries, and takes them out of what is placed.
func (r *Report) placed(entries []tocsin.LogEntry, placed map[tocsin.LogHead]Placed, st Statement) {
	var without []int64
	for _, entry := range entries {
		at := tocsin.LogHead{Incident: entry.Incident, Seq: entry.Seq}
		p, ok := placed[at]
		if !ok {
			without = append(without, entry.Seq)
			continue
		}
		delete(placed, at)
		hash, err := entry.Hash, error(nil)
		if len(r.Faults) > 0 { // else it is what the chain was checked with
			hash, err = register.EntryHash(entry)
		}
		if err == nil {
			err = tlog.CheckRecord(p.Hashes, st.Size, st.Root, p.Leaf, leafHash(tocsin.TreeLeaf{Incident: entry.Incident, Seq: entry.Seq, Hash: hash}))
		}
		if err != nil {
			r.fault("log %s, entry %d: it is not leaf %d of the tree that was signed", entry.Incident, entry.Seq, p.Leaf)
			maps.DeleteFunc(placed, func(at tocsin.LogHead, _ Placed) bool { return at.Incident == entry.Incident })
			return
		}
		r.Proven++
	}
	if len(without) > 0 {
		r.uncovered("log %s: %s, from number %d on, came after the checkpoint of %s: the chain was checked, the place in the tree was not",
			entries[0].Incident, tocsin.Counted(len(without), "entry"), without[0], st.At.Format(time.RFC3339))
	}
	if n := len(without); n > 0 && n < len(entries) && without[0] != entries[len(entries)-n].Seq {
		r.fault("log %s, entry %d: it has no leaf, and a later entry has one", entries[0].Incident, without[0])
	}
}

// tied says how the file's checkpoint is tied to those of the second place.
func (r *Report) tied(p *Proof, st Statement, t Trust) {
	if len(t.Published) == 0 {
		r.uncovered("whether the checkpoint is the one that was published: no checkpoint of the second place was given")
		return
	}
	known := map[int64]Extended{}
	for _, x := range p.Earlier {
		if old, err := OpenCheckpoint(x.Checkpoint, nil); err == nil {
			known[old.Size] = x
		}
	}
	tied, later := 0, 0
	for _, text := range t.Published {
		old, err := OpenCheckpoint(text, t.Keys)
		switch {
		case err != nil:
			r.fault("published checkpoint: %w", err)
		case old.Size == st.Size && old.Root != st.Root:
			r.fault("the published checkpoint of %s says another root for %s than the file: one of the two was made up", old.At.Format(time.RFC3339), tocsin.Counted(old.Size, "entry"))
		case old.Size == st.Size:
			tied++
		case old.Size > st.Size:
			later++
		default:
			x, ok := known[old.Size]
			if !ok {
				continue
			}
			if tlog.CheckTree(x.Hashes, st.Size, st.Root, old.Size, old.Root) != nil {
				r.fault("the tree of the published checkpoint of %s (%s) is not the beginning of the file's: the register was rolled back or written anew", old.At.Format(time.RFC3339), tocsin.Counted(old.Size, "entry"))
				continue
			}
			tied++
		}
	}
	if tied == 0 {
		r.uncovered("whether the file agrees with what was published: it is tied to none of %s (%d later than it); export the incident again, or verify the store", tocsin.Counted(len(t.Published), "checkpoint"), later)
		return
	}
	r.Notes = append(r.Notes, fmt.Sprintf("agrees with %d of %s", tied, tocsin.Counted(len(t.Published), "published checkpoint")))
}

// Encode writes an export as the one file that it is.
func Encode(e Export) ([]byte, error) { return json.Marshal(e) }
