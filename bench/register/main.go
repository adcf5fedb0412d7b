// Command register measures how fast a large register answers: the queue, one incident with its log, and trends, by the
// real API and the real page over each store; a page that is too large is an error. It fills an empty store by itself and removes what it filled.
//
//	go run ./bench/register                      # SQLite
//	go run ./bench/register -store elastic       # TOCSIN_TEST_ES
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"tocsin"
	"tocsin/bench/internal/frame"
	"tocsin/internal/measure"
	"tocsin/internal/web"
	"tocsin/register"
	"tocsin/sinks/elastic"
	"tocsin/sinks/sqlite"
)

// options are the flags.
type options struct {
	store     string
	incidents int
	entries   int
	rounds    int
	direct    bool
	within    time.Duration
	keep      string
}

func main() {
	os.Exit(frame.Main("register", run)) //nolint:forbidigo // this is main
}

func run(ctx context.Context, args []string, out io.Writer) error {
	o := options{}
	flags := flag.NewFlagSet("register", flag.ContinueOnError)
	flags.StringVar(&o.store, "store", "sqlite", "sqlite or elastic")
	flags.IntVar(&o.incidents, "incidents", 100_000, "incidents in the register")
	flags.IntVar(&o.entries, "entries", 20, "entries in the log of each")
	flags.IntVar(&o.rounds, "rounds", 40, "how often each question is asked")
	flags.BoolVar(&o.direct, "direct", false, "let the store count, as it does while memory is not filled")
	flags.DurationVar(&o.within, "within", 30*time.Minute, "time for all of it")
	flags.StringVar(&o.keep, "keep", "", "an SQLite file that is filled where it does not exist, and kept")
	if err := flags.Parse(args); err != nil {
		return err
	}
	return frame.Bounded(ctx, "register", o.within, func(ctx context.Context, scratch string) error {
		return measureStore(ctx, o, scratch, out)
	})
}

// A store is one that can be filled quickly.
type store interface {
	register.Store
	measure.FactStore
	web.Search
	web.Counter
	StoreAlerts(ctx context.Context, alerts []tocsin.Alert) ([]tocsin.Receipt, error)
	StoreEvents(ctx context.Context, events []tocsin.Event) error
}

func measureStore(ctx context.Context, o options, scratch string, out io.Writer) (err error) {
	var s store
	var fill func(context.Context, tocsin.Documents) error
	switch o.store {
	case "sqlite":
		path := cmp.Or(o.keep, filepath.Join(scratch, "tocsin.db"))
		_, missing := os.Stat(path)
		db, err := sqlite.Open(ctx, sqlite.Options{Path: path})
		if err != nil {
			return err
		}
		defer func() { _ = db.Close() }()
		s, fill = db, func(ctx context.Context, d tocsin.Documents) error { return fillSQLite(ctx, db, d) }
		if missing == nil { // it is filled; the same numbers make the same ids
			fill = func(context.Context, tocsin.Documents) error { return nil }
		}
	case "elastic":
		es, wipe, err := openElastic(ctx)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, wipe()) }()
		s, fill = es, func(ctx context.Context, d tocsin.Documents) error {
			errs, err := es.Save(ctx, d)
			return errors.Join(append(errs, err)...)
		}
	default:
		return fmt.Errorf("-store %s: sqlite or elastic", o.store)
	}
	begun := time.Now()
	ids, err := load(ctx, o, fill)
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %d incidents, %d log entries, filled in %s\n", o.store, o.incidents, o.incidents*o.entries, time.Since(begun).Round(time.Second))
	if o.store == "elastic" {
		time.Sleep(2 * time.Second) // it shows what was written after a second
	}
	counts, err := counter(ctx, o, s, out)
	if err != nil {
		return err
	}
	if err := ask(ctx, o, s, counts, ids, out); err != nil {
		return err
	}
	return askPages(ctx, o, s, counts, ids, out)
}

// load writes the register in batches and returns the ids of its incidents.
func load(ctx context.Context, o options, fill func(context.Context, tocsin.Documents) error) ([]string, error) {
	rng := rand.New(rand.NewPCG(8, 7))
	ids := make([]string, 0, o.incidents)
	var d tocsin.Documents
	for n := range o.incidents {
		i, entries := incident(rng, n, o.entries)
		ids = append(ids, i.ID)
		d.Incidents, d.Entries = append(d.Incidents, i), append(d.Entries, entries...)
		if len(d.Incidents) == 200 || n == o.incidents-1 {
			if err := fill(ctx, d); err != nil {
				return nil, err
			}
			d = tocsin.Documents{}
		}
	}
	return ids, nil
}

func fillSQLite(ctx context.Context, db *sqlite.Store, d tocsin.Documents) error {
	return db.InTx(ctx, func(tx *sqlite.Store) error {
		for _, e := range d.Entries {
			if err := tx.Append(ctx, e); err != nil {
				return err
			}
		}
		for _, i := range d.Incidents {
			if err := tx.PutIncident(ctx, i); err != nil {
				return err
			}
		}
		return nil
	})
}

// openElastic opens the server under a prefix of its own; wipe removes what is under it.
func openElastic(ctx context.Context) (*elastic.Store, func() error, error) {
	address := os.Getenv("TOCSIN_TEST_ES")
	if address == "" {
		return nil, nil, errors.New("TOCSIN_TEST_ES is not set: deploy/stack/up starts a server")
	}
	prefix := fmt.Sprintf("bench%d-", time.Now().UnixNano())
	s, err := elastic.New(elastic.Config{Addresses: []string{address}, Prefix: prefix, Timeout: 2 * time.Minute})
	if err != nil {
		return nil, nil, err
	}
	wipe := func() error { //nolint:contextcheck // also where the run's time is over
		var errs []error
		for _, path := range []string{"_index_template/" + prefix + "alerts", "_index_template/" + prefix + "register"} {
			errs = append(errs, remove(address+"/"+path))
		}
		for _, kind := range []string{"incidents", "state"} {
			errs = append(errs, remove(address+"/"+prefix+kind))
		}
		for month := range 12 {
			for _, kind := range []string{"log", "intervals"} {
				errs = append(errs, remove(fmt.Sprintf("%s/%s%s-2026.%02d?ignore_unavailable=true", address, prefix, kind, month+1)))
			}
		}
		return errors.Join(append(errs, s.Close())...)
	}
	_, err = s.Setup(ctx)
	return s, wipe, err
}

func remove(address string) error {
	req, err := http.NewRequestWithContext(context.Background(), http.MethodDelete, address, http.NoBody)
	if err != nil {
		return err
	}
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	return res.Body.Close()
}
