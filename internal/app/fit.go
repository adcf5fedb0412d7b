package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"
	"time"

	"tocsin/ingest/kafka"
	"tocsin/sinks"
	"tocsin/sinks/elastic"
	kafkasink "tocsin/sinks/kafka"
)

// A start waits so long for servers that do not answer yet, as all may be started at once, and asks so often.
const (
	waitForServers = 2 * time.Minute
	askServers     = time.Second
)

// fit waits a while for the servers and refuses to run on such as are too old, lack rights that the daemon will need, or
// have topics or indices that are not as set-up makes them: each in one line that says what to do.
func (a *App) fit(ctx context.Context, st *elastic.Store) error {
	return untilAnswered(ctx, func(ctx context.Context) error { return a.fitNow(ctx, st) }, func(err error) {
		a.log.WarnContext(ctx, "a server does not answer yet", "err", err, "waits", waitForServers)
	})
}

// untilAnswered asks until there is an answer, be it a refusal, for as long as a start waits, and tells once that it waits.
func untilAnswered(ctx context.Context, ask func(context.Context) error, tell func(error)) error {
	ctx, cancel := context.WithTimeout(ctx, waitForServers)
	defer cancel()
	again := time.NewTicker(askServers)
	defer again.Stop()
	for told := false; ; told = true {
		err := ask(ctx)
		if !unanswered(err) {
			return err
		}
		if !told {
			tell(err)
		}
		select {
		case <-ctx.Done():
			return err
		case <-again.C:
		}
	}
}

// unanswered reports whether nobody listens, or what listens passes nothing on yet, or a server that starts is not ready.
func unanswered(err error) bool {
	return errors.Is(err, ErrUnreachable) && refused(err) == "" && slices.ContainsFunc([]error{
		syscall.ECONNREFUSED, syscall.ECONNRESET, io.EOF, io.ErrUnexpectedEOF, context.DeadlineExceeded,
	}, func(e error) bool { return errors.Is(err, e) })
}

func (a *App) fitNow(ctx context.Context, st *elastic.Store) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	switch err := st.Ready(ctx); {
	case errors.Is(err, sinks.ErrPermanent):
		return fmt.Errorf("elasticsearch %w: %s%s", ErrUnfit, strings.TrimSuffix(err.Error(), ": "+sinks.ErrPermanent.Error()), refused(err)) // nobody retries here
	case err != nil:
		return fmt.Errorf("elasticsearch %w: %w%s", ErrUnreachable, err, refused(err))
	}
	switch err := kafka.Check(ctx, connection(a.cfg.Kafka), a.needs()); {
	case errors.Is(err, kafka.ErrUnfit):
		return fmt.Errorf("kafka %w: %w", ErrUnfit, err)
	case err != nil:
		return fmt.Errorf("kafka %w: %w", ErrUnreachable, err)
	}
	switch err := kafkasink.Check(ctx, SinkConnection(a.cfg.Kafka), TopicPlan(a.cfg.Kafka)); {
	case errors.Is(err, kafkasink.ErrMisfit):
		return fmt.Errorf("kafka %w: %w", ErrUnfit, err)
	case err != nil:
		return fmt.Errorf("kafka %w: %w", ErrUnreachable, err)
	}
	if err := a.fitPartitions(ctx, st); err != nil {
		return err
	}
	return a.fitInputs(ctx)
}

// fitPartitions refuses a matches log of another number of partitions than it had at the first start, even where topic and
// configuration agree on it: each key's state is saved with the partition that it was in.
func (a *App) fitPartitions(ctx context.Context, st *elastic.Store) error {
	topic, n := a.cfg.Kafka.Prefix+"matches", a.cfg.Kafka.Partitions
	was, err := st.Partitions(ctx, topic, n)
	switch {
	case err != nil:
		return fmt.Errorf("elasticsearch %w: %w%s", ErrUnreachable, err, refused(err))
	case was != n:
		return fmt.Errorf("kafka %w: topic %q had %d partitions at the first start and now has %d, by which keys have moved: take another kafka.prefix, or delete the topic and set kafka.partitions to %d; then run `tocsin setup kafka`", ErrUnfit, topic, was, n, was)
	}
	return nil
}

// refused is what to do where a server does not take us for whom we say, or we it; "" for any other error.
func refused(err error) string {
	switch text := err.Error(); {
	case strings.Contains(text, "status 401"):
		return "; mend elasticsearch.user and its password, or elasticsearch.api_key"
	case strings.Contains(text, "x509: "):
		return "; name the authority of its certificate in elasticsearch.ca_file"
	}
	return ""
}

// fitInputs refuses inputs that are not there, may not be read or are compacted.
func (a *App) fitInputs(ctx context.Context) error {
	var topics []string
	if slices.Contains(a.cfg.Roles, "detect") {
		for _, s := range a.cfg.Sources {
			topics = append(topics, s.Topics...)
		}
	}
	if len(topics) == 0 {
		return nil
	}
	switch err := kafka.CheckTopics(ctx, connection(a.cfg.Kafka), topics); {
	case errors.Is(err, kafka.ErrUnusable):
		return fmt.Errorf("kafka %w: %w", ErrUnfit, err)
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
