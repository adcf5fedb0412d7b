package register

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"tocsin"
)

// settleEvery is how often [Register.Timers] looks for what was cut short; the first time it always does.
const settleEvery = 10 * time.Minute

// A watch is what the calls of [Register.Timers] remember from one to the next. Nothing depends on it: whoever begins
// with an empty one finds all again.
type watch struct {
	mu      sync.Mutex
	last    time.Time       // of the last look for what was cut short
	settled map[string]bool // splits, mergers and reopenings that are known to be whole
	clocked map[string]bool // incidents with clocks that run
}

// Settle finishes what a crash has cut short between the logs of two incidents, whoever began it and though nobody
// repeats it: a split whose events have left the one and not come to the other, a merger that the survivor knows of and
// the other not, a reopening whose events have not come, an event that a person promoted and whose incident is in no
// list, any other incident that is in none, a projection behind its log. What people went on with meanwhile it leaves alone, and says so in the daemon's log. It may run while others write, and again; it returns how many incidents it brought up to date.
func (r *Register) Settle(ctx context.Context, now time.Time) (int, error) {
	r = r.current()
	open := tocsin.Query{Limit: 500}
	var ended tocsin.Query
	ended.Limit, ended.UpdatedSince = 500, now.Add(-r.opts.ReopenWindow)
	for _, s := range append(tocsin.Stages(), tocsin.Rejected, tocsin.MergedIncident) {
		if s.IsOpen() {
			open.Status = append(open.Status, s)
		} else {
			ended.Status = append(ended.Status, s)
		}
	}
	whole := map[string]bool{}
	done, err := r.settlePromotions(ctx, now, whole)
	if err != nil {
		return done, fmt.Errorf("settle: %w", err)
	}
	unlisted, err := r.settleUnlisted(ctx)
	if done += unlisted; err != nil {
		return done, fmt.Errorf("settle: %w", err)
	}
	for _, q := range []tocsin.Query{open, ended} {
		err := r.pages(ctx, q, func(all []tocsin.Incident) error {
			n, err := r.settleAll(ctx, all, whole)
			done += n
			return err
		})
		if err != nil {
			return done, fmt.Errorf("settle: %w", err)
		}
	}
	r.watch.mu.Lock()
	defer r.watch.mu.Unlock()
	r.watch.settled, r.watch.last = whole, now
	return done, nil
}

// each hands over the incidents of a query.
func (r *Register) each(ctx context.Context, q tocsin.Query, do func(tocsin.Incident) error) error {
	return r.pages(ctx, q, func(all []tocsin.Incident) error {
		for _, i := range all {
			if err := do(i); err != nil {
				return err
			}
		}
		return nil
	})
}

// pages hands over the incidents of a query, a page at a time.
func (r *Register) pages(ctx context.Context, q tocsin.Query, do func([]tocsin.Incident) error) error {
	for {
		page, err := r.store.Incidents(ctx, q)
		if err != nil {
			return err
		}
		if err := do(page.Items); err != nil {
			return err
		}
		if q.Cursor = page.Cursor; q.Cursor == "" {
			return nil
		}
	}
}

// settleAll brings incidents up to date; whole gets what is known to be so.
func (r *Register) settleAll(ctx context.Context, all []tocsin.Incident, whole map[string]bool) (done int, err error) {
	late, err := r.behind(ctx, all)
	if err != nil {
		return 0, err
	}
	for _, i := range all {
		if late[i.ID] {
			nothing := func(view) (*tocsin.LogEntry, error) { return nil, nil }
			if i, _, err = r.write(ctx, i.ID, "", nothing); err != nil {
				return done, err
			}
			done++
		}
		n, err := r.settle(ctx, i, whole)
		done += n
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

// behind tells which incidents' logs go on beyond what is shown of them.
func (r *Register) behind(ctx context.Context, all []tocsin.Incident) (map[string]bool, error) {
	late := map[string]bool{}
	if bulk, ok := r.store.(Bulk); ok {
		w := tocsin.Wanted{Logs: map[string]int64{}}
		for _, i := range all {
			w.Logs[i.ID] = i.Revision + 1
		}
		d, err := bulk.Load(ctx, w)
		for _, e := range d.Entries {
			late[e.Incident] = true
		}
		return late, err
	}
	for _, i := range all {
		entries, err := r.store.Entries(ctx, i.ID, i.Revision+1)
		if err != nil {
			return nil, fmt.Errorf("log of incident %s: %w", i.ID, err)
		}
		late[i.ID] = len(entries) > 0
	}
	return late, nil
}

// settle finishes what is half done of one incident, or between it and others.
func (r *Register) settle(ctx context.Context, i tocsin.Incident, whole map[string]bool) (done int, err error) {
	var reopened, bare []string
	if i.ReopenCount > 0 {
		reopened = append(reopened, fmt.Sprintf("reopened %d", i.ReopenCount))
	}
	if r.opts.Exhibits != nil && i.Status.IsOpen() && i.Evidence == 0 && len(i.Events) > 0 {
		bare = append(bare, "evidence")
	}
	for _, part := range []struct {
		others []string
		finish func(ctx context.Context, i, other string) (bool, error)
	}{{i.SplitInto, r.finishSplit}, {i.Children, r.finishMerger}, {reopened, r.finishReopening}, {bare, r.finishCopies}} {
		for _, other := range part.others {
			pair := i.ID + " " + other
			if !r.watch.knows(pair) {
				finished, err := part.finish(ctx, i.ID, other)
				if err != nil {
					return done, fmt.Errorf("incidents %s and %s: %w", i.ID, other, err)
				}
				if finished {
					done++
					r.log.WarnContext(ctx, "finished what was cut short", "incident", i.ID, "other", other)
				}
			}
			whole[pair] = true
		}
	}
	return done, nil
}

func (w *watch) knows(pair string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.settled[pair]
}

// finishSplit completes a split from its entry. It reports whether the new incident had no log yet.
func (r *Register) finishSplit(ctx context.Context, source, into string) (bool, error) {
	_, err := r.Incident(ctx, into)
	lacks := errors.Is(err, tocsin.ErrNotFound)
	if err != nil && !lacks {
		return false, err
	}
	return lacks, r.recoverSplit(ctx, source, into)
}

// finishMerger closes as merged what the survivor has taken in and nobody has closed.
func (r *Register) finishMerger(ctx context.Context, survivor, id string) (bool, error) {
	child, err := r.Incident(ctx, id)
	if err != nil || !child.Status.IsOpen() {
		return false, ignoreNotFound(err)
	}
	e, l, err := r.taking(ctx, survivor, id)
	if err != nil || e == nil {
		return false, err
	}
	entries, err := r.store.Entries(ctx, id, 1)
	if err != nil {
		return false, err
	}
	if slices.ContainsFunc(entries, func(o tocsin.LogEntry) bool { return isPerson(o.By) && o.Recorded.After(e.Recorded) }) {
		r.log.WarnContext(ctx, "a merger was cut short, and people went on with the incident: merge it again, or leave the two as they are", "incident", id, "into", survivor)
		return false, nil
	}
	cmd := merging(survivor, *e, l)
	if err := r.absorbRest(ctx, cmd); err != nil {
		return false, err
	}
	_, done, err := r.write(ctx, id, cmd.ID, func(now view) (*tocsin.LogEntry, error) { return r.entry(cmd, now) })
	if refusal, ok := errors.AsType[*Refusal](err); ok {
		r.log.WarnContext(ctx, "a merger that was cut short cannot be finished", "incident", id, "into", survivor, "err", refusal)
		return false, nil
	}
	return done, err
}

// taking is the last entry by which a survivor took in another incident; nil: there is none.
func (r *Register) taking(ctx context.Context, survivor, id string) (*tocsin.LogEntry, link, error) {
	entries, err := r.store.Entries(ctx, survivor, 1)
	if err != nil {
		return nil, link{}, err
	}
	for _, e := range slices.Backward(entries) {
		if e.Action != tocsin.ActAbsorb {
			continue
		}
		if l, err := unpack[link](e); err == nil && l.Incident == id {
			return &e, l, nil
		}
	}
	return nil, link{}, nil
}

// merging is the command that a survivor's entry was written for.
func merging(survivor string, e tocsin.LogEntry, l link) Command {
	cmd := Command{
		ID: or(l.Command, "absorb:into:"+survivor), Action: tocsin.ActMerge, Incident: l.Incident, Into: survivor,
		By: e.By, Effective: e.Effective, Reason: e.Reason, Text: e.Text, Disposition: l.Disposition, RootCause: l.RootCause,
	}
	if e.Text == tookIn(l.Incident) {
		cmd.Text = ""
	}
	return cmd
}

// absorbRest lets the survivor take in what came to the other incident after it was taken in.
func (r *Register) absorbRest(ctx context.Context, cmd Command) error {
	var child view
	if err := r.look(ctx, cmd.Incident, func(now view) {
		child = now
		child.events = maps.Clone(now.events)
	}); err != nil {
		return err
	}
	_, _, err := r.write(ctx, cmd.Into, fmt.Sprintf("absorb:%s:%d", cmd.Incident, child.seq), func(now view) (*tocsin.LogEntry, error) {
		for id := range child.events {
			if _, there := now.events[id]; !there {
				return r.absorption(cmd, child, now.incident)
			}
		}
		return nil, nil
	})
	return err
}
