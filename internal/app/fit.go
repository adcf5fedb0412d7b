package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"tocsin/ingest/kafka"
	"tocsin/sinks"
	"tocsin/sinks/elastic"
	kafkasink "tocsin/sinks/kafka"
)

// fit waits a while for the servers and refuses to run on such as are too old, lack rights that the daemon will need, or
// have topics or indices that are not as set-up makes them: each in one line that says what to do.
func (a *App) fit(ctx context.Context, st *elastic.Store) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	switch err := st.Ready(ctx); {
	case errors.Is(err, sinks.ErrPermanent):
		return fmt.Errorf("elasticsearch %w: %w", ErrUnfit, err)
	case err != nil:
		return fmt.Errorf("elasticsearch %w: %w", ErrUnreachable, err)
	}
	switch err := kafka.Check(ctx, connection(a.cfg.Kafka), a.needs()); {
	case errors.Is(err, kafka.ErrUnfit):
		return fmt.Errorf("kafka %w: %w", ErrUnfit, err)
	case err != nil:
		return fmt.Errorf("kafka %w: %w", ErrUnreachable, err)
	}
	switch err := kafkasink.Check(ctx, SinkConnection(a.cfg.Kafka), TopicPlan(a.cfg.Kafka)); {
	case errors.Is(err, kafkasink.ErrMisfit):
		return fmt.Errorf("%w; `tocsin setup kafka` makes what is missing", err)
	case err != nil:
		return fmt.Errorf("kafka %w: %w", ErrUnreachable, err)
	}
	return nil
}

// needs are what the roles of this daemon will do to the cluster.
func (a *App) needs() kafka.Needs {
	c := a.cfg.Kafka
	intake, matches, events := c.Prefix+"intake", c.Prefix+"matches", c.Prefix+"events"
	var n kafka.Needs
	if slices.Contains(a.cfg.Roles, "detect") {
		n.Read, n.Write, n.Groups = append(n.Read, intake), append(n.Write, intake, matches), append(n.Groups, c.Group+"-detect")
		for _, s := range a.cfg.Sources {
			n.Read = append(n.Read, s.Topics...)
			if latest := c.Group + "-detect-latest"; s.Start == "latest" && !slices.Contains(n.Groups, latest) {
				n.Groups = append(n.Groups, latest)
			}
		}
	}
	if slices.Contains(a.cfg.Roles, "correlate") {
		n.Read, n.Write, n.Groups = append(n.Read, matches), append(n.Write, events), append(n.Groups, c.Group+"-correlate")
	}
	if slices.Contains(a.cfg.Roles, "registrar") {
		n.Read, n.Groups = append(n.Read, events), append(n.Groups, c.Group+"-registrar")
	}
	return n
}
