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
	})
	if !ok {
		return nil, fmt.Errorf("store %T keeps nothing to be dropped", r.store)
	}
	return &Keeper{r, all, all, o.Now}, nil
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
		for _, i := range page.Items {
			if i.LegalHold == nil {
				continue
			}
			events, err := k.Events(ctx, i.Events)
			if err != nil {
				return nil, fmt.Errorf("events of incident %s: %w", i.ID, err)
			}
			for _, e := range events {
				for _, ref := range e.Evidence.Alerts {
					month := sinks.Month(&tocsin.Alert{Time: ref.Time, Received: ref.Received})
					if !slices.Contains(months[month], i.Number) {
						months[month] = append(months[month], i.Number)
					}
				}
			}
		}
		if q.Cursor = page.Cursor; q.Cursor == "" {
			return months, nil
		}
	}
}

// Run drops the months that the plan drops. Each is written into the log of disposals before it is dropped.
func (k *Keeper) Run(ctx context.Context, plan []MonthOfAlerts, by tocsin.Actor, reason string) error {
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

// An Erasing is a request to take a person out of an incident's log.
type Erasing = register.Erasing

// Refused reports whether the register refused what was asked of it.
func Refused(err error) bool {
	_, ok := errors.AsType[*register.Refusal](err)
	return ok
}

// Erase takes a person out of an incident's log.
func (k *Keeper) Erase(ctx context.Context, q register.Erasing) (int, error) {
	r := register.New(register.Options{Store: k.Reader, Now: k.now, Logger: slog.New(slog.DiscardHandler)})
	return r.EraseIn(ctx, k.Eraser, q)
}
