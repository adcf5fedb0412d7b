package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"time"

	"tocsin"
	"tocsin/register"
	"tocsin/sinks"
)

// A MonthOfAlerts is what a run of retention decided about one month.
type MonthOfAlerts struct {
	Month  string   `json:"month"`
	Alerts int64    `json:"alerts"`
	Held   []string `json:"held,omitempty"` // numbers of the incidents under legal hold that refer to its alerts
	Drop   bool     `json:"drop"`
}

// A Keeper is the store as somebody with rights of their own opens it.
type Keeper struct {
	*Reader
	sinks.Retention
	register.Eraser
	register.Disposer
	sinks.Entitlement
	now func() time.Time
}

// OpenKeeper opens the configured store for what the daemon may not do. In mode kafka the configured user needs the role
// tocsin-retention, or tocsin-eraser.
func OpenKeeper(ctx context.Context, o Options) (*Keeper, error) {
	r, err := openReader(ctx, o, true)
	if err != nil {
		return nil, err
	}
	all, ok := r.store.(interface {
		sinks.Retention
		register.Eraser
		register.Disposer
		sinks.Entitlement
	})
	if !ok {
		return nil, fmt.Errorf("store %T keeps nothing to be dropped", r.store)
	}
	return &Keeper{r, all, all, all, all, o.Now}, nil
}

// Plan tells which months of alerts are older than keep, and which of these a legal hold keeps.
func (k *Keeper) Plan(ctx context.Context, keep time.Duration) ([]MonthOfAlerts, error) {
	months, err := k.AlertMonths(ctx)
	if err != nil {
		return nil, fmt.Errorf("months of alerts: %w", err)
	}
	held, err := k.held(ctx)
	if err != nil {
		return nil, err
	}
	before := k.now().Add(-keep).UTC().Format("2006.01")
	var plan []MonthOfAlerts
	for _, month := range slices.Sorted(maps.Keys(months)) {
		plan = append(plan, MonthOfAlerts{Month: month, Alerts: months[month], Held: held[month], Drop: month < before && len(held[month]) == 0})
	}
	return plan, nil
}

// held are the months whose alerts incidents under legal hold refer to, with the incidents.
func (k *Keeper) held(ctx context.Context) (map[string][]string, error) {
	months := map[string][]string{}
	q := tocsin.Query{Limit: 500}
	for {
		page, err := k.Incidents(ctx, q)
		if err != nil {
			return nil, fmt.Errorf("list the incidents: %w", err)
		}
		for n := range page.Items {
			i := &page.Items[n]
			if i.LegalHold == nil {
				continue
			}
			events, err := k.eventsOf(ctx, i)
			if err != nil {
				return nil, err
			}
			for _, month := range monthsOf(events) {
				months[month] = append(months[month], i.Number)
			}
		}
		if q.Cursor = page.Cursor; q.Cursor == "" {
			return months, nil
		}
	}
}

// eventsOf are all events of an incident: those that its logs name, too, as its state lists no more than a thousand.
func (k *Keeper) eventsOf(ctx context.Context, i *tocsin.Incident) ([]tocsin.Event, error) {
	ids := slices.Clone(i.Events)
	if i.EventsCut > 0 {
		for _, log := range append([]string{i.ID}, i.Children...) {
			entries, err := k.Entries(ctx, log, 1)
			if err != nil {
				return nil, fmt.Errorf("log of incident %s: %w", log, err)
			}
			for n := range entries {
				if entries[n].Event != "" {
					ids = append(ids, entries[n].Event)
				}
			}
		}
		slices.Sort(ids)
		ids = slices.Compact(ids)
	}
	var all []tocsin.Event
	for some := range slices.Chunk(ids, 500) {
		events, err := k.Events(ctx, some)
		if err != nil {
			return nil, fmt.Errorf("events of incident %s: %w", i.ID, err)
		}
		all = append(all, events...)
	}
	return all, nil
}

// monthsOf are the months that alerts of events are in. An event that has more alerts than it names may have some in any
// month of its time.
func monthsOf(events []tocsin.Event) []string {
	var months []string
	for n := range events {
		e := &events[n]
		for _, ref := range e.Evidence.Alerts {
			months = append(months, sinks.Month(&tocsin.Alert{Time: ref.Time, Received: ref.Received}))
		}
		if !e.Evidence.Truncated {
			continue
		}
		for at := e.First.UTC(); !at.After(e.Last); at = time.Date(at.Year(), at.Month()+1, 1, 0, 0, 0, 0, time.UTC) {
			months = append(months, at.Format("2006.01"))
		}
	}
	slices.Sort(months)
	return slices.Compact(months)
}

// Run drops the months that the plan drops. Each is written into the log of disposals before it is dropped.
func (k *Keeper) Run(ctx context.Context, plan []MonthOfAlerts, by tocsin.Actor, reason string) error {
	if err := k.Entitled(ctx, sinks.RoleRetention); err != nil {
		return err
	}
	r := register.New(register.Options{Store: k.Reader, Now: k.now, Logger: slog.New(slog.DiscardHandler)})
	for _, m := range plan {
		if !m.Drop {
			continue
		}
		err := r.Handle(ctx, register.Handling{
			Log: register.DisposalID(k.now()), Tenant: "default", Action: tocsin.ActDispose, By: by, Reason: reason,
			Data: map[string]any{"month": m.Month, "alerts": m.Alerts},
		})
		if err != nil {
			return err
		}
		if _, err := k.DropAlerts(ctx, m.Month); err != nil {
			return fmt.Errorf("drop the alerts of %s: %w", m.Month, err)
		}
	}
	return nil
}

// Disposals are the entries of the logs of disposals of the months from one time to another, oldest first.
func (k *Keeper) Disposals(ctx context.Context, from, to time.Time) ([]tocsin.LogEntry, error) {
	var all []tocsin.LogEntry
	first := time.Date(from.UTC().Year(), from.UTC().Month(), 1, 0, 0, 0, 0, time.UTC)
	for month := first; !month.After(to); month = month.AddDate(0, 1, 0) {
		entries, err := k.Entries(ctx, register.DisposalID(month), 1)
		if err != nil {
			return nil, fmt.Errorf("disposals of %s: %w", month.Format("2006-01"), err)
		}
		all = append(all, entries...)
	}
	return all, nil
}

// IncidentOf is the id of the incident that has a number, "" where none has it.
func (k *Keeper) IncidentOf(ctx context.Context, number string) (string, error) {
	page, err := k.Incidents(ctx, tocsin.Query{Number: number, Limit: 1})
	if err != nil || len(page.Items) == 0 {
		return "", err
	}
	return page.Items[0].ID, nil
}

// An Erasing is a request to take a person out of an incident's log.
type Erasing = register.Erasing

// Refused reports whether the register refused what was asked of it.
func Refused(err error) bool {
	_, ok := errors.AsType[*register.Refusal](err)
	return ok
}

// Erase takes a person out of an incident's log.
func (k *Keeper) Erase(ctx context.Context, q register.Erasing) (int, error) {
	if err := k.Entitled(ctx, sinks.RoleEraser); err != nil {
		return 0, err
	}
	r := register.New(register.Options{Store: k.Reader, Now: k.now, Logger: slog.New(slog.DiscardHandler)})
	return r.EraseIn(ctx, k.Eraser, q)
}
