package register

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"tocsin"
)

// maxTokens is how many entity values of one event are looked at for slots: as many as one incident may claim.
const maxTokens = 50

// maxHops bounds how many mergers are followed to the incident that survives.
const maxHops = 16

// A token is an entity value by which an event may join an incident, in the order of the rule's alternatives.
type token struct{ field, value string }

// tokens lists the event's values of its rule's alternatives: of the group key first, then of the entities. Shared
// assets (NAT, proxies, domain controllers) form no slots. A rule without alternatives joins by its group key.
func tokens(e tocsin.Event, shared []tocsin.Entity) []token {
	fields := e.Rule.Incident.GroupBy
	if len(fields) == 0 {
		for _, g := range e.Group {
			fields = append(fields, g.Field)
		}
	}
	var found []token
	add := func(field, value string) {
		t := token{field, value}
		if value == "" || len(found) >= maxTokens || slices.Contains(found, t) ||
			slices.ContainsFunc(shared, func(s tocsin.Entity) bool { return s.Value == value }) {
			return
		}
		found = append(found, t)
	}
	for _, field := range fields {
		for _, g := range e.Group {
			if g.Field == field {
				for _, v := range g.Value.Items() {
					add(field, v.Text())
				}
			}
		}
		for _, en := range e.Entities {
			if en.Field == field {
				add(field, en.Value)
			}
		}
	}
	return found
}

// A tenure says what a slot's holder means to a new event.
type tenure uint8

const (
	free     tenure = iota // nobody, or an incident that is over: to be claimed; the holder is what the event recurs from
	open                   // an open incident, active within the window: to be joined
	over                   // resolved or closed as true positive a short time ago: to be reopened
	refuted                // closed as no incident a short time ago: the event stays pending
	overflow               // an open incident that takes no more: the event's own incident is related to it
)

// A holding is a token, its slot as stored, and what its holder means.
type holding struct {
	token  token
	slot   tocsin.Slot // Version 0: none stored
	tenure tenure
	before tocsin.SlotBefore // what it is judged by: what the slot says, but for a founding that was cut short
	holder string            // the incident, after mergers; "" for none
	has    []string          // the holder's slots
}

// survey reads the slots of an event's tokens and what became of their holders; of those in known, that is known.
func (r *Register) survey(ctx context.Context, e tocsin.Event, shared []tocsin.Entity, known ...tocsin.Incident) ([]holding, error) {
	ts := tokens(e, shared)
	held := make([]holding, len(ts))
	err := each(len(ts), func(n int) error {
		slot, err := r.store.Slot(ctx, tocsin.SlotID(e.Tenant, ts[n].field, ts[n].value))
		if errors.Is(err, tocsin.ErrNotFound) {
			slot, err = tocsin.Slot{}, nil
		}
		held[n] = holding{token: ts[n], slot: slot}
		if err != nil {
			return fmt.Errorf("slot of %s %s: %w", ts[n].field, ts[n].value, err)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	holders := map[string]tocsin.Incident{} // by the id that the slots name
	for _, i := range known {
		holders[i.ID] = i
	}
	for n := range held {
		h := &held[n]
		if h.slot.Version == 0 {
			continue
		}
		i, err := r.holder(ctx, holders, h.slot.Incident)
		if err != nil {
			return nil, err
		}
		if b := h.slot.Before; i.ID == "" && b != nil { // the founding was cut short: it is judged by what it was judged by
			h.before = *b
			if i, err = r.holder(ctx, holders, b.Incident); err != nil {
				return nil, err
			}
		} else {
			h.before = tocsin.SlotBefore{Incident: h.slot.Incident, Last: h.slot.Last, Overflow: h.slot.Overflow}
		}
		h.holder, h.tenure, h.has = i.ID, r.tenure(e, h.before, i), i.Slots
	}
	return held, nil
}

// holder is the incident that a slot names, after mergers, and zero where there is no log of it.
func (r *Register) holder(ctx context.Context, known map[string]tocsin.Incident, id string) (tocsin.Incident, error) {
	if i, ok := known[id]; ok {
		return i, nil
	}
	i, err := r.survivor(ctx, id)
	if err != nil && !errors.Is(err, tocsin.ErrNotFound) {
		return i, err
	}
	known[id] = i
	return i, nil
}

// each does n things, a few at a time, and joins their errors.
func each(n int, do func(int) error) error {
	errs := make([]error, n)
	var wg sync.WaitGroup
	turns := make(chan struct{}, 8)
	for i := range n {
		wg.Go(func() {
			turns <- struct{}{}
			defer func() { <-turns }()
			errs[i] = do(i)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// tenure judges the slot's holder at the time of the event (register.md, ruling 2 of section 0). A holder without a
// log is a founding that was never finished: ours, or to be taken over.
func (r *Register) tenure(e tocsin.Event, slot tocsin.SlotBefore, i tocsin.Incident) tenure {
	window := or(e.Rule.Incident.Window, 24*time.Hour)
	active := e.First.Sub(slot.Last) <= window
	switch {
	case i.ID == "":
		return free
	case i.Status.IsOpen() && active && (slot.Overflow || len(i.Events)+int(i.EventsCut) >= r.opts.MaxEvents):
		return overflow
	case i.Status.IsOpen() && active:
		return open
	case i.Status.IsOpen() || moment(e).Sub(i.StatusSince) > r.opts.ReopenWindow:
		return free
	}
	switch i.Disposition {
	case "false_positive", "benign_true_positive", "test_exercise":
		return refuted
	case "true_positive_impact", "true_positive_no_impact":
		return over
	}
	if i.Status == tocsin.Resolved {
		return over
	}
	return free
}

// survivor is the incident itself, or what it was merged into.
func (r *Register) survivor(ctx context.Context, id string) (tocsin.Incident, error) {
	for range maxHops {
		i, err := r.Incident(ctx, id)
		if err != nil || i.Into == "" {
			return i, err
		}
		id = i.Into
	}
	return tocsin.Incident{}, fmt.Errorf("incident %s: merged more than %d times in a row: %w", id, maxHops, errLog)
}

// A placement is where an event belongs.
type placement struct {
	incident string   // to join, or to found
	has      []string // slots of the incident to join
	reopen   string   // the incident whose reopening to propose; the event stays pending
	refuted  bool     // the event stays pending
	recursOf string
}

// place chooses by the tokens' order: the first open incident, else a proposed reopening, else pending by a refuted
// one, else a new incident. A person's own decision to promote passes over the two in the middle.
func place(held []holding, fresh string, byPerson bool) placement {
	first := func(t tenure) holding {
		for _, h := range held {
			if h.tenure == t && h.holder != "" {
				return h
			}
		}
		return holding{}
	}
	if h := first(open); h.holder != "" {
		return placement{incident: h.holder, has: h.has}
	}
	ended, denied := first(over).holder, first(refuted).holder
	switch {
	case byPerson || ended == "" && denied == "":
		return placement{incident: fresh, recursOf: or(or(ended, denied), first(free).holder)}
	case ended != "":
		return placement{reopen: ended, recursOf: ended}
	default:
		return placement{refuted: true, recursOf: denied}
	}
}

// claim gives an event's free slots to the incident and moves the time of those that it has. It says which slots are
// new to the incident, and which open incidents hold others.
func (r *Register) claim(ctx context.Context, held []holding, incident string, e tocsin.Event, has []string) (links, error) {
	var l links
	count := len(has)
	var puts []tocsin.Slot
	for _, h := range held {
		ours := h.holder == incident || h.slot.Incident == incident
		switch {
		case h.holder != incident && h.tenure == overflow:
			l.Related = union(l.Related, h.holder)
		case !ours && h.tenure == open:
			l.Related = union(l.Related, h.holder)
			continue
		case ours && h.slot.Overflow && count >= r.opts.MaxSlots:
			continue
		}
		want := h.slot
		if !ours {
			want = tocsin.Slot{
				ID: tocsin.SlotID(e.Tenant, h.token.field, h.token.value), Tenant: e.Tenant, Field: h.token.field,
				Value: h.token.value, Event: e.ID, Version: h.slot.Version,
			}
			if h.before.Incident != "" {
				want.Before = &h.before
			}
		}
		known := slices.Contains(has, want.ID)
		want.Incident, want.Last = incident, later(want.Last, e.Last)
		want.Overflow = !known && count >= r.opts.MaxSlots
		if !want.Overflow && !known {
			l.Slots = append(l.Slots, want.ID)
			count++
		}
		if want == h.slot {
			continue
		}
		want.Version++
		puts = append(puts, want)
	}
	return l, r.putSlots(ctx, puts)
}

// putSlots stores slots, together where the store can.
func (r *Register) putSlots(ctx context.Context, puts []tocsin.Slot) error {
	if b, ok := r.store.(*batch); ok {
		if len(puts) > 0 {
			b.PutSlots(puts)
		}
		return nil
	}
	return each(len(puts), func(n int) error {
		if err := r.store.PutSlot(ctx, puts[n]); err != nil {
			return fmt.Errorf("slot of %s %s: %w", puts[n].Field, puts[n].Value, err)
		}
		return nil
	})
}
