package app

import (
	"context"
	"fmt"
	"os"
	"slices"

	"tocsin/classify"
	"tocsin/internal/api"
	"tocsin/internal/pipeline"
	"tocsin/internal/web"
	"tocsin/register/notify"
	kafkasink "tocsin/sinks/kafka"
)

// openNotify makes the courier of notifications over the store, where a file of routes is configured. Whoever is the
// registrar runs it.
func (a *App) openNotify(st store) error {
	if a.cfg.Notify == "" {
		return nil
	}
	cfg, err := a.readNotify()
	if err != nil {
		return err
	}
	o := notify.Options{Config: cfg, Register: st, Outbox: st, Changes: st, Now: a.now, Log: a.log, Meters: a.reg}
	if o.Publisher, err = a.publisher(cfg); err != nil {
		return err
	}
	if a.courier, err = notify.New(o); err != nil {
		return err
	}
	a.health.Ask(func() (pipeline.Trouble, bool) {
		detail, since := a.courier.Failing()
		return pipeline.Trouble{Part: "notify", Detail: detail, Since: since}, detail != ""
	})
	return nil
}

// readNotify reads the file of routes. The error is a [fault.List] with all that is wrong with it.
func (a *App) readNotify() (*notify.Config, error) {
	text, err := os.ReadFile(a.cfg.Notify)
	if err != nil {
		return nil, err
	}
	return notify.Load(a.cfg.Notify, text, os.Getenv, routeWords(a.scales()))
}

// publisher opens what receivers of kind kafka are told by; nil where there are none, and no brokers to begin with.
func (a *App) publisher(cfg *notify.Config) (notify.Publisher, error) {
	wanted := slices.ContainsFunc(cfg.Receivers, func(r notify.ReceiverConfig) bool { return r.Kind == "kafka" })
	if !wanted && len(a.cfg.Kafka.Brokers) == 0 {
		return nil, nil
	}
	p, err := kafkasink.NewPublisher(SinkConnection(a.cfg.Kafka))
	if err != nil {
		return nil, fmt.Errorf("receivers of kind kafka: %w", err)
	}
	a.onStop("notices", func(context.Context) error { return p.Close() })
	return p, nil
}

// rereadNotify reads the file of routes again. One with faults changes nothing but what health says.
func (a *App) rereadNotify(ctx context.Context) {
	if a.courier == nil {
		return
	}
	cfg, err := a.readNotify()
	if err == nil {
		err = a.courier.Reload(cfg)
	}
	if err != nil {
		if a.health.Fail("routes", err, a.now()) {
			a.log.ErrorContext(ctx, "the file of routes has faults, the old routes stay in force", "err", err)
		}
		return
	}
	a.health.Heal("routes")
	a.took("routes", a.cfg.Notify)
}

// wrote tells the courier of an incident whose log has grown.
func (a *App) wrote(incident string) {
	if a.courier != nil {
		a.courier.Poke(incident)
	}
}

// routeWords are the words of a scale that routes may name.
func routeWords(s *classify.Scales) notify.Words {
	v := s.Vocabularies()
	return notify.Words{Priorities: v.Priorities, Categories: v.Categories}
}

// checkNotify tells all that is wrong with a file of routes, by the words of a scale.
func checkNotify(name string, words notify.Words) error {
	text, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	_, err = notify.Load(name, text, os.Getenv, words)
	return err
}

// pageReceivers are the receivers of notifications as the page of health shows them.
func (a *App) pageReceivers(ctx context.Context) []web.Receiver {
	if a.courier == nil {
		return nil
	}
	lines, err := a.courier.Status(ctx)
	if err != nil {
		return nil
	}
	var all []web.Receiver
	for _, l := range lines {
		if l.Removed {
			l.Kind, l.Error = "removed", fmt.Sprintf("%d undelivered: sent should it come back to the file of routes", l.Undelivered)
		}
		all = append(all, web.Receiver{Name: l.Receiver, Kind: l.Kind, Waiting: l.Waiting, Sent: l.Sent, Failing: l.Failing, Error: l.Error})
	}
	return all
}

// notifier is the courier as the API asks it, nil where there is none.
func (a *App) notifier() api.Notifier {
	if a.courier == nil {
		return nil
	}
	return a.courier
}
