package correlate

import (
	"maps"
	"slices"
)

// use puts a rule set in force. State carries over where a rule's shape is the same; else the rule's open events
// close, marked with the reason reload, and it starts afresh (ruling 18).
func (e *Engine) use(set planSet) {
	e.scatter()
	next := make(map[string]*track, len(set.plans))
	now := shapes{set: set.hash, rules: make(map[string]string, len(set.plans))}
	e.cause = e.watermark
	for _, p := range set.plans {
		p = p.normal()
		if p.rank != e.rank {
			continue
		}
		if kindOf(p.kind) == nil {
			continue // of a newer version: its matches are counted as unknown
		}
		now.rules[p.id] = p.shape
		if tk := e.tracks[p.id]; tk != nil && tk.plan.shape == p.shape {
			e.retune(tk, p)
			next[p.id] = tk
			continue
		}
		next[p.id] = newTrack(p, e.cfg.AllEvidence, &e.pool)
	}
	number(e.tracks, next)
	e.queue.recount()
	for _, id := range slices.Sorted(maps.Keys(e.tracks)) {
		if tk := e.tracks[id]; next[id] != tk {
			e.concludeScopes(tk, reasonReload)
			for _, st := range tk.sorted() {
				e.conclude(st, reasonReload)
				e.dismiss(st)
			}
		}
	}
	e.tracks, e.last, e.set, e.unasked, e.foresight = next, nil, set.hash, true, foresight{}
	e.families()
	e.findNovel()
	e.shapes = slices.DeleteFunc(e.shapes, func(s shapes) bool { return s.set == set.hash })
	e.shapes = append(e.shapes, now)
	e.shapes = e.shapes[max(0, len(e.shapes)-rememberedSets):]
	e.opener = set.opener
	e.useAbove(set)
}

// number counts the rules that were in force and those that are, by id.
func number(before, now map[string]*track) {
	both := maps.Clone(before)
	maps.Copy(both, now)
	for i, id := range slices.Sorted(maps.Keys(both)) {
		for _, tk := range [2]*track{before[id], now[id]} {
			if tk != nil {
				tk.nth = i
			}
		}
	}
}

// retune changes the plan under the state. Where it would have built other bursts, the events to come say so until
// the state is made of the new plan alone.
func (e *Engine) retune(tk *track, p plan) {
	same := tk.plan.sameTuning(&p)
	if !same && tk.states.len() > 0 && e.watermark != unset {
		tk.doubt(reasonReload, e.watermark+max(tk.plan.linger(), p.linger())+e.lateness)
	}
	for st := range tk.states.all() {
		if st.catchUp(); !same {
			st.patience = 0
		}
		st.closed = st.closed && slices.Equal(tk.plan.steps, p.steps)
	}
	wide := tk.plan.wide() || p.wide()
	tk.plan = p
	if wide {
		tk.recollect()
	}
	for st := range tk.states.all() {
		st.settleDown()
	}
	if tk.fold == nil || same {
		return
	}
	for _, st := range tk.sorted() {
		e.retool(st)
	}
}
