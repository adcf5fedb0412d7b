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
	"os"
	"path/filepath"
	"time"

	"tocsin"
	"tocsin/bench/internal/frame"
	"tocsin/internal/measure"
	"tocsin/internal/needtoknow"
	"tocsin/register"
	"tocsin/sinks/sqlite"
)

// options are the flags.
type options struct {
	store     string
	incidents int
	// restricted incidents are among them, spread evenly; where there are some, a lead asks, who may know of all, and an analyst,
	// who may not.
	restricted int
	entries    int
	rounds     int
	direct     bool
	within     time.Duration
	keep       string
}

func main() {
	os.Exit(frame.Main("register", run)) //nolint:forbidigo // this is main
}

func run(ctx context.Context, args []string, out io.Writer) error {
	o := options{}
	flags := flag.NewFlagSet("register", flag.ContinueOnError)
	flags.StringVar(&o.store, "store", "sqlite", "sqlite or elastic")
	flags.IntVar(&o.incidents, "incidents", 100_000, "incidents in the register")
	flags.IntVar(&o.restricted, "restricted", 0, "incidents that an analyst may not know of")
	flags.IntVar(&o.entries, "entries", 20, "entries in the log of each")
	flags.IntVar(&o.rounds, "rounds", 40, "how often each question is asked")
	flags.BoolVar(&o.direct, "direct", false, "let the store count, as it does while memory is not filled")
	flags.DurationVar(&o.within, "within", 30*time.Minute, "time for all of it")
	flags.StringVar(&o.keep, "keep", "", "an SQLite file, or a prefix of Elasticsearch's indices, that is filled where it is not there, and kept")
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
	needtoknow.Store
	register.Assessed
	StoreAlerts(ctx context.Context, alerts []tocsin.Alert) ([]tocsin.Receipt, error)
	StoreEvents(ctx context.Context, events []tocsin.Event) error
}

// A fill writes batches of documents.
type fill func(ctx context.Context, batches func(yield func(tocsin.Documents) bool)) error

// open opens the store, which says what fills it; nil: it is filled. The same numbers make the same ids.
func open(ctx context.Context, o options, scratch string) (s store, f fill, shut func() error, err error) {
	switch o.store {
	case "sqlite":
		path := cmp.Or(o.keep, filepath.Join(scratch, "tocsin.db"))
		_, missing := os.Stat(path)
		db, err := sqlite.Open(ctx, sqlite.Options{Path: path})
		if err != nil {
			return nil, nil, nil, err
		}
		if missing == nil {
			return db, nil, db.Close, nil
		}
		return db, func(ctx context.Context, batches func(yield func(tocsin.Documents) bool)) error {
			for d := range batches {
				if err := fillSQLite(ctx, db, d); err != nil {
					return err
				}
			}
			return nil
		}, db.Close, nil
	case "elastic":
		es, err := openElastic(ctx, o.keep)
		if err != nil {
			return nil, nil, nil, err
		}
		there, err := es.filled(ctx, o.incidents)
		if err != nil || there {
			return es, nil, es.wipe, err
		}
		return es, es.fill, es.wipe, nil
	default:
		return nil, nil, nil, fmt.Errorf("-store %s: sqlite or elastic", o.store)
	}
}

func measureStore(ctx context.Context, o options, scratch string, out io.Writer) error {
	s, f, shut, err := open(ctx, o, scratch)
	if err != nil {
		return err
	}
	return errors.Join(measureOpen(ctx, o, s, f, out), shut())
}

func measureOpen(ctx context.Context, o options, s store, f fill, out io.Writer) error {
	begun := time.Now()
	var ids []string
	var err error
	batches := load(o, &ids)
	if f != nil {
		err = f(ctx, batches)
	} else {
		batches(func(tocsin.Documents) bool { return true })
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %d incidents, %d log entries, filled in %s\n", o.store, o.incidents, o.incidents*o.entries, time.Since(begun).Round(time.Second))
	counts, err := counter(ctx, o, s, out)
	if err != nil {
		return err
	}
	for _, r := range o.readers() {
		if err := ask(ctx, o, s, counts, o.known(ids), r, out); err != nil {
			return err
		}
	}
	stocked, events, err := o.stock(ctx, s, ids)
	if err != nil {
		return err
	}
	for _, r := range o.readers() {
		if err := askPages(ctx, o, s, counts, stocked, events, r, out); err != nil {
			return err
		}
	}
	return nil
}

// load makes the register in batches and lists the ids of its incidents.
func load(o options, ids *[]string) func(yield func(tocsin.Documents) bool) {
	return func(yield func(tocsin.Documents) bool) {
		rng := rand.New(rand.NewPCG(8, 7))
		var d tocsin.Documents
		for n := range o.incidents {
			i, entries := incident(rng, n, o.entries)
			if o.restricts(n) {
				i.Visibility, i.Shared = tocsin.Restricted, []string{"ines"}
			}
			*ids = append(*ids, i.ID)
			d.Incidents, d.Entries = append(d.Incidents, i), append(d.Entries, entries...)
			if len(d.Incidents) == 200 || n == o.incidents-1 {
				if !yield(d) {
					return
				}
				d = tocsin.Documents{}
			}
		}
	}
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
