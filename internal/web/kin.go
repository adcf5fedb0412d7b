package web

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"tocsin"
)

// A kinship is what else there is of an incident's entities and of what it was about: what they did beside it, and the
// incidents that may be the same matter, or one that came back, each with its reasons.
type kinship struct {
	Entities   []entityRow
	Unasked    int // entities of which nothing was looked up
	Incidents  []relative
	Reopenings []string // ids of events whose coming back is proposed as a reopening
	Unreadable bool     // the store did not answer all of it
}

// An entityRow is a value, as what it is named, and what it did beside the incident. A negative number was not looked up.
type entityRow struct {
	Value             string
	As                []tocsin.Entity // never empty
	Incidents, Events int64
}

// Asked reports whether the numbers were looked up.
func (e entityRow) Asked() bool { return e.Incidents >= 0 && e.Events >= 0 }

// Quiet reports whether it was found in nothing else.
func (e entityRow) Quiet() bool { return e.Incidents == 0 && e.Events == 0 }

// A relative is another incident, and why it is named.
type relative struct {
	row
	Weight   int // how strong the strongest of the reasons is
	Why      []string
	Merge    bool   // both are open: they can be merged
	Proposal string // of the register, that is open
}

const (
	kinEntities  = 8  // entities that are looked up
	kinEach      = 6  // incidents that are looked at of each
	kinShown     = 12 // relatives that are shown
	kinLinks     = 40 // incidents that the log names
	kinMonths    = 6  // how far back a common root cause is looked for
	kinAlike     = 50 // incidents of the same category that are looked at
	kinQuestions = 8  // asked of the store at a time
)

// The strengths of reasons.
const (
	ofEntity = 1 + iota
	ofRule
	ofCause
	ofLog
	ofProposal
)

// A kinder gathers relatives.
type kinder struct {
	*pages
	of   *tocsin.Incident
	own  map[string]int64 // events of the incident, by the entity values that they name
	mu   sync.Mutex
	kin  kinship
	byID map[string]*relative
}

// kin looks up what belongs to an incident. What the store does not answer is left out and said.
func (p *pages) kin(ctx context.Context, i *tocsin.Incident, events []tocsin.Event, log []tocsin.LogEntry) kinship {
	k := &kinder{pages: p, of: i, own: namesOf(events), byID: map[string]*relative{}}
	k.kin.Entities = rowsOf(byRole(i.Entities))
	k.kin.Unasked = max(0, len(k.kin.Entities)-kinEntities)
	ask := []func(context.Context) error{k.entities, k.events, k.sameRule, k.sameCause}
	for id, why := range k.named(log) {
		ask = append(ask, func(ctx context.Context) error { return k.link(ctx, id, why) })
	}
	var wait sync.WaitGroup
	free := make(chan struct{}, kinQuestions)
	for _, question := range ask {
		free <- struct{}{}
		wait.Go(func() {
			defer func() { <-free }()
			if err := question(ctx); err != nil {
				k.mu.Lock()
				defer k.mu.Unlock()
				k.kin.Unreadable = true
				p.Log.WarnContext(ctx, "what is related to an incident cannot be told", "incident", i.ID, "err", err)
			}
		})
	}
	wait.Wait()
	return k.done()
}

// done are the relatives, the nearest first.
func (k *kinder) done() kinship {
	for _, r := range k.byID {
		slices.Sort(r.Why)
		r.Why = slices.Compact(r.Why)
		k.kin.Incidents = append(k.kin.Incidents, *r)
	}
	slices.SortFunc(k.kin.Incidents, func(a, b relative) int {
		return cmp.Or(cmp.Compare(b.Weight, a.Weight), cmp.Compare(len(b.Why), len(a.Why)), b.Opened.Compare(a.Opened), cmp.Compare(a.ID, b.ID))
	})
	k.kin.Incidents = k.kin.Incidents[:min(len(k.kin.Incidents), kinShown)]
	return k.kin
}

// add names a relative for a reason.
func (k *kinder) add(i tocsin.Incident, weight int, why, proposal string) {
	if i.ID == k.of.ID || i.Tenant != k.of.Tenant {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	r := k.byID[i.ID]
	if r == nil {
		r = &relative{row: newRow(i, k.Now()), Merge: i.Status.IsOpen() && k.of.Status.IsOpen()}
		k.byID[i.ID] = r
	}
	r.Weight, r.Proposal = max(r.Weight, weight), cmp.Or(r.Proposal, proposal)
	r.Why = append(r.Why, why)
}

// asked are the entities that are looked up.
func (k *kinder) asked() []entityRow {
	return k.kin.Entities[:min(len(k.kin.Entities), kinEntities)]
}

// entities asks how many incidents each entity has beside this one, by one question, and then for those that there are.
func (k *kinder) entities(ctx context.Context) error {
	asked := k.asked()
	queries := make([]tocsin.Query, len(asked))
	for n := range asked {
		queries[n] = tocsin.Query{Tenant: k.of.Tenant, Entity: asked[n].Value, Sort: "opened", Limit: kinEach}
	}
	counts, err := k.Counts.Counts(ctx, queries)
	if err != nil {
		return err
	}
	all, ctx := errgroup.WithContext(ctx)
	for n := range counts {
		asked[n].Incidents = max(counts[n]-1, 0) // without the incident itself
		if asked[n].Incidents > 0 {
			all.Go(func() error { return k.sharing(ctx, &asked[n].As[0], queries[n]) })
		}
	}
	return all.Wait()
}

// sharing asks for the incidents of an entity.
func (k *kinder) sharing(ctx context.Context, e *tocsin.Entity, q tocsin.Query) error {
	found, err := k.Store.Incidents(ctx, q)
	for _, i := range found.Items {
		if !i.Opened.Before(k.since()) {
			k.add(i, ofEntity, "shares "+e.Field+" "+cut(80, e.Value), "")
		}
	}
	return err
}

// events asks how many events each entity has beside those of the incident, by one question.
func (k *kinder) events(ctx context.Context) error {
	asked := k.asked()
	queries := make([]tocsin.EventQuery, len(asked))
	for n := range asked {
		queries[n] = tocsin.EventQuery{Tenant: k.of.Tenant, Entity: asked[n].Value}
	}
	counts, err := k.Counts.EventCounts(ctx, queries)
	for n := range counts {
		asked[n].Events = max(counts[n]-k.own[asked[n].Value], 0)
	}
	return err
}

// namesOf counts events by the entity values that they name.
func namesOf(events []tocsin.Event) map[string]int64 {
	own := map[string]int64{}
	for n := range events {
		seen := map[string]bool{}
		for _, e := range events[n].Entities {
			if !seen[e.Value] {
				seen[e.Value] = true
				own[e.Value]++
			}
		}
	}
	return own
}

// since is from when on incidents may be the same matter.
func (k *kinder) since() time.Time { return k.of.Opened.AddDate(0, -kinMonths, 0) }

// sameRule asks what else the rule founded that founded the incident.
func (k *kinder) sameRule(ctx context.Context) error {
	if k.of.Rule == "" {
		return nil
	}
	found, err := k.Store.Incidents(ctx, tocsin.Query{Tenant: k.of.Tenant, Rule: k.of.Rule, Since: k.since(), Sort: "opened", Limit: kinEach})
	for _, i := range found.Items {
		k.add(i, ofRule, "found by the same rule", "")
	}
	return err
}

// sameCause asks what was of the same category and had the same root cause in the six months before: what recurs
// (ISO/IEC 27035-1, 5.6).
func (k *kinder) sameCause(ctx context.Context) error {
	if k.of.RootCause == "" || k.of.Category == "" {
		return nil
	}
	found, err := k.Store.Incidents(ctx, tocsin.Query{Tenant: k.of.Tenant, Category: k.of.Category, Since: k.since(), Sort: "opened", Limit: kinAlike})
	for _, i := range found.Items {
		if i.RootCause == k.of.RootCause {
			k.add(i, ofCause, "same category and root cause within six months: "+words(i.RootCause), "")
		}
	}
	return err
}

// A naming is why the register names another incident.
type naming struct {
	weight   int
	why      []string
	proposal string
}

// named are the incidents that the register itself names.
func (k *kinder) named(log []tocsin.LogEntry) map[string]naming {
	all := map[string]naming{}
	name := func(weight int, why string, ids ...string) {
		for _, id := range ids {
			if _, known := all[id]; id != "" && (known || len(all) < kinLinks) {
				n := all[id]
				n.weight, n.why = max(n.weight, weight), append(n.why, why)
				all[id] = n
			}
		}
	}
	i := k.of
	name(ofLog, "this one was merged into it", i.Into)
	name(ofLog, "this one is that one come back", i.RecursOf)
	name(ofLog, "was merged into this one", i.Children...)
	name(ofLog, "is this one come back", i.Recurs...)
	name(ofLog, "this one was split off it", i.SplitOf)
	name(ofLog, "events of this one went to it", i.SplitInto...)
	name(ofLog, "an event ties the two together", i.Related...)
	for _, p := range i.Proposals {
		if event, ok := strings.CutPrefix(p, "reopen:"); ok {
			k.kin.Reopenings = append(k.kin.Reopenings, event)
		}
		if id, ok := strings.CutPrefix(p, "merge:"); ok {
			name(ofProposal, "possibly the same: "+proposed(log, id), id)
			n := all[id]
			n.proposal = p
			all[id] = n
		}
	}
	return all
}

// proposed is why the register proposed a merger.
func proposed(log []tocsin.LogEntry, id string) string {
	for _, e := range slices.Backward(log) {
		if e.Action == tocsin.ActPropose && strings.Contains(e.Text, id) {
			return cut(300, e.Text)
		}
	}
	return "the register proposes to merge them"
}

// link reads an incident that the register names.
func (k *kinder) link(ctx context.Context, id string, n naming) error {
	i, err := k.Register.Incident(ctx, id)
	if errors.Is(err, tocsin.ErrNotFound) { // it may be one that the reader may not know of
		return nil
	}
	if err != nil {
		return err
	}
	for _, why := range n.why {
		k.add(i, n.weight, why, n.proposal)
	}
	return nil
}

// rowsOf are entities by their values, in the order in which these first come.
func rowsOf(all []tocsin.Entity) (rows []entityRow) {
	at := map[string]int{}
	for _, e := range all {
		n, known := at[e.Value]
		if !known {
			n = len(rows)
			at[e.Value] = n
			rows = append(rows, entityRow{Value: e.Value, Incidents: -1, Events: -1})
		}
		rows[n].As = append(rows[n].As, e)
	}
	return rows
}

// byRole are entities, those first that people ask about first.
func byRole(all []tocsin.Entity) []tocsin.Entity {
	rank := func(e tocsin.Entity) int { return slices.Index([]string{"attacker", "victim"}, e.Role) }
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(a, b tocsin.Entity) int {
		ra, rb := rank(a), rank(b)
		if (ra < 0) != (rb < 0) {
			return cmp.Compare(rb, ra)
		}
		return cmp.Compare(ra, rb)
	})
	return out
}
