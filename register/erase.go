package register

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"tocsin"
)

// An erasure names one personal value.
type erasure struct {
	Seq  int64  `json:"seq"`
	Path string `json:"path"`
}

// erased is the payload of erase.
type erased struct {
	Values []erasure `json:"values"`
}

// unexplained finds a value that is gone and that no entry says was erased.
func unexplained(entries []tocsin.LogEntry, gone map[erasure]bool) error {
	if len(gone) == 0 {
		return nil
	}
	for _, e := range entries {
		if e.Action != tocsin.ActErase {
			continue
		}
		said, err := unpack[erased](e)
		if err != nil {
			return &ChainError{Incident: e.Incident, Seq: e.Seq, Problem: err.Error()}
		}
		for _, v := range said.Values {
			delete(gone, v)
		}
	}
	first := erasure{}
	for g := range gone {
		if first.Seq == 0 || g.Seq < first.Seq || g.Seq == first.Seq && g.Path < first.Path {
			first = g
		}
	}
	if first.Seq == 0 {
		return nil
	}
	return &ChainError{Incident: entries[0].Incident, Seq: first.Seq, Problem: first.Path + " was taken out, and no entry says that it was erased"}
}

// An Eraser replaces an entry by the one that has less in it. It needs more rights than the daemon has: to it, the log
// is append-only.
type Eraser interface {
	ReplaceEntry(ctx context.Context, e tocsin.LogEntry) error
	// Fold clears what the store itself still has of what was replaced, where it can do so at once.
	Fold(ctx context.Context) error
}

// An Erasing is a request to take a person out of an incident's log.
type Erasing struct {
	Incident string
	Tenant   string // where set, an incident of another tenant is not found
	Person   string // the name: every value that is or holds it goes
	By       tocsin.Actor
	Reason   string
}

// EraseIn takes what names a person out of an incident's log: first an entry says which values go, then they go. It may
// be repeated; cut short, it is completed by asking again. It returns how many values went.
func (r *Register) EraseIn(ctx context.Context, in Eraser, q Erasing) (int, error) {
	n, err := r.erase(ctx, in, q)
	if err != nil {
		return n, err
	}
	return n, in.Fold(ctx) // of what was written behind the entries too
}

func (r *Register) erase(ctx context.Context, in Eraser, q Erasing) (int, error) {
	if q.Person == "" || q.Reason == "" || !isPerson(q.By) {
		return 0, &Refusal{Incident: q.Incident, Action: tocsin.ActErase, Missing: []string{"a name to erase, a reason and who asks for it"}}
	}
	entries, err := r.store.Entries(ctx, q.Incident, 1)
	if err != nil {
		return 0, fmt.Errorf("log of incident %s: %w", q.Incident, err)
	}
	if len(entries) == 0 || q.Tenant != "" && q.Tenant != entries[0].Tenant {
		return 0, fmt.Errorf("incident %s: %w", q.Incident, tocsin.ErrNotFound)
	}
	if err := VerifyChain(entries); err != nil {
		return 0, err
	}
	going, promised := naming(entries, q.Person), promisedIn(entries)
	if slices.ContainsFunc(going, func(v erasure) bool { return !promised[v] }) {
		if err := r.promise(ctx, entries, going, q); err != nil {
			return 0, err
		}
	}
	if err := r.blot(ctx, in, entries, going); err != nil {
		return 0, err
	}
	if err := r.forgetDeciders(ctx, q); err != nil {
		return 0, err
	}
	if done, err := r.forgotten(ctx, entries); err != nil || done && len(going) == 0 {
		return 0, err
	}
	return len(going), r.forget(ctx, q)
}

// promise writes which values go.
func (r *Register) promise(ctx context.Context, entries []tocsin.LogEntry, going []erasure, q Erasing) error {
	command := "erase:" + tocsin.Hash(q.Incident, strconv.FormatInt(entries[len(entries)-1].Seq, 10), q.By.ID)
	_, _, err := r.write(ctx, q.Incident, command, func(now view) (*tocsin.LogEntry, error) {
		data, err := pack(erased{Values: going})
		return &tocsin.LogEntry{Tenant: now.incident.Tenant, Action: tocsin.ActErase, By: q.By, Effective: r.now(), Reason: q.Reason, Data: data}, err
	})
	return err
}

// forgotten reports whether each promise in a log is followed by the entry that says that its values are gone, and what
// is shown of the incident has it.
func (r *Register) forgotten(ctx context.Context, entries []tocsin.LogEntry) (bool, error) {
	for _, e := range slices.Backward(entries) {
		if e.Action != tocsin.ActErase {
			continue
		}
		said, _ := unpack[erased](e) // VerifyChain has read it
		shown, err := r.store.Incident(ctx, e.Incident)
		return err == nil && len(said.Values) == 0 && shown.Revision >= e.Seq, ignoreNotFound(err)
	}
	return true, nil
}

// forgetDeciders takes the person out of the verdicts on the incident's events.
func (r *Register) forgetDeciders(ctx context.Context, q Erasing) error {
	i, err := r.Incident(ctx, q.Incident)
	if err != nil {
		return err
	}
	holds := func(text string) bool { return strings.Contains(strings.ToLower(text), strings.ToLower(q.Person)) }
	for _, event := range i.Events {
		err := r.changeVerdict(ctx, event, func(v *tocsin.Verdict) bool {
			was := v.By
			v.By.ID = unless(holds, v.By.ID)
			changed := v.By != was
			v.Decisions = slices.Clone(v.Decisions)
			for n, d := range v.Decisions {
				d.By.ID, d.Reason, d.Text = unless(holds, d.By.ID), unless(holds, d.Reason), unless(holds, d.Text)
				changed, v.Decisions[n] = changed || d != v.Decisions[n], d
			}
			return changed && isPerson(v.By)
		})
		if err != nil {
			return fmt.Errorf("verdict on %s: %w", event, err)
		}
	}
	return nil
}

// unless is a text that does not have what is looked for, else "".
func unless(has func(string) bool, text string) string {
	if has(text) {
		return ""
	}
	return text
}

// changeVerdict stores what change makes of the verdict on an event; false: nothing.
func (r *Register) changeVerdict(ctx context.Context, event string, change func(*tocsin.Verdict) bool) error {
	for range registrarTries {
		v, err := r.store.Verdict(ctx, event)
		if err != nil {
			return ignoreNotFound(err)
		}
		if !change(&v) {
			return nil
		}
		v.Version++
		if err := r.putVerdict(ctx, v); !errors.Is(err, tocsin.ErrConflict) {
			return err
		}
	}
	return tocsin.ErrConflict
}

// naming lists the personal values that are a name or hold it.
func naming(entries []tocsin.LogEntry, person string) []erasure {
	var all []erasure
	for i := range entries {
		values, err := personalOf(&entries[i])
		if err != nil {
			continue
		}
		for path, value := range values {
			if c, ok := entries[i].Personal[path]; ok && c.Salt != "" && strings.Contains(strings.ToLower(value), strings.ToLower(person)) {
				all = append(all, erasure{entries[i].Seq, path})
			}
		}
	}
	slices.SortFunc(all, func(a, b erasure) int {
		if a.Seq != b.Seq {
			return int(a.Seq - b.Seq)
		}
		return strings.Compare(a.Path, b.Path)
	})
	return all
}

// promisedIn are the values that entries say are erased.
func promisedIn(entries []tocsin.LogEntry) map[erasure]bool {
	all := map[erasure]bool{}
	for _, e := range entries {
		if e.Action == tocsin.ActErase {
			said, _ := unpack[erased](e) // VerifyChain has read it
			for _, v := range said.Values {
				all[v] = true
			}
		}
	}
	return all
}

// blot takes the values out of the stored entries.
func (r *Register) blot(ctx context.Context, in Eraser, entries []tocsin.LogEntry, going []erasure) error {
	for i := range entries {
		var paths []string
		for _, v := range going {
			if v.Seq == entries[i].Seq {
				paths = append(paths, v.Path)
			}
		}
		if len(paths) == 0 {
			continue
		}
		e := entries[i]
		if _, err := Erase(&e, paths...); err != nil {
			return fmt.Errorf("log entry %s: %w", e.ID(), err)
		}
		if err := in.ReplaceEntry(ctx, e); err != nil {
			return fmt.Errorf("log entry %s: %w", e.ID(), err)
		}
	}
	return nil
}

// forget writes an entry by which every daemon reads the log anew, and the register shows the incident without the name.
func (r *Register) forget(ctx context.Context, q Erasing) error {
	r.cache.forget([]string{q.Incident})
	_, _, err := r.write(ctx, q.Incident, "erased:"+tocsin.Hash(q.Incident, r.now().Format(time.RFC3339Nano)), func(now view) (*tocsin.LogEntry, error) {
		data, err := pack(erased{})
		return &tocsin.LogEntry{Tenant: now.incident.Tenant, Action: tocsin.ActErase, By: registrar, Effective: r.now(), Data: data, Text: "the values are gone"}, err
	})
	return err
}
