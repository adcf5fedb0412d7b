package app

import (
	"context"

	"tocsin"
	"tocsin/internal/pipeline"
	"tocsin/internal/reports"
)

// desk is where people's reports are taken. Without a way of its own to the registrar, a report is assessed at once.
func (a *App) desk(s store, assess func(context.Context, tocsin.Event) error) *reports.Desk {
	if assess == nil {
		assess = current{a, a.register(s)}.one
	}
	return &reports.Desk{Store: s, Vault: s, Assess: assess, Now: a.now}
}

// toRegistrar hands an event to the registrar by the events log, where it has its order.
func (k *kafkaStages) toRegistrar(log pipeline.EventLog) func(context.Context, tocsin.Event) error {
	return func(ctx context.Context, e tocsin.Event) error {
		return log.WriteEvents(ctx, []tocsin.EventRecord{{Event: &e, Scales: k.judging.Load().hash}})
	}
}
