// Package sqlite is the embedded store: the register, the alerts and the journal of a daemon without Kafka and
// Elasticsearch, in one SQLite file. It is the one home of modernc.org/sqlite.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"tocsin/sinks"
)

// Options say where the store is and how large it may become.
type Options struct {
	// Path of the database file; its folder is made with mode 0700 and the file with 0600. Required.
	Path string
	// MaxBytes is the size that the file never exceeds; 0: no limit but the disk's. The journal refuses new records
	// at nine tenths of it, so that what follows from the records already taken can still be written.
	MaxBytes int64
	// Readers is the number of connections that read at the same time; 0: 4.
	Readers int
	// Overwrite lets nothing of what is replaced or deleted stay in the file: for who erases, with [Store.Fold] behind it.
	Overwrite bool
}

// A Store keeps every contract of package sinks and of the register, and the journal. It is safe for concurrent use.
// All writes go through one connection and are on disk when a method returns (WAL, synchronous FULL). Writes that do
// not fit return [sinks.ErrFull] and leave everything as it was.
type Store struct {
	*shared
	tx *sql.Tx // of [Store.InTx]; nil: each write is a transaction of its own
}

// shared is what the stores bound to transactions have in common with the one that was opened.
type shared struct {
	write, read *sql.DB
	maxBytes    int64
	queue       queue
	overwrite   bool         // see [Options]
	still       func() error // of a store that is only read; see [Store.Still]
}

var (
	_ sinks.AlertStore      = (*Store)(nil)
	_ sinks.EventStore      = (*Store)(nil)
	_ sinks.DeadLetterStore = (*Store)(nil)
	_ sinks.DeadLetters     = (*Store)(nil)
	_ sinks.StateStore      = (*Store)(nil)
)

// pageSize of a new file: most records with their bytes fit into one page.
const pageSize = 8192

// defaultReaders are the connections that read where nobody says how many.
const defaultReaders = 4

// Open opens the store, creates it where there is none, and brings its schema up to date. A file that a later
// version has written is refused.
func Open(ctx context.Context, o Options) (*Store, error) {
	if o.Path == "" {
		return nil, errors.New("sqlite store: no path")
	}
	if err := os.MkdirAll(filepath.Dir(o.Path), 0o700); err != nil {
		return nil, fmt.Errorf("sqlite store: %w", err)
	}
	// Created here, as SQLite would make it readable by others; its log files take this one's mode.
	file, err := os.OpenFile(o.Path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, fmt.Errorf("sqlite store: %w", err)
	}
	if err := file.Close(); err != nil {
		return nil, fmt.Errorf("sqlite store: %w", err)
	}
	s := &Store{shared: &shared{maxBytes: o.MaxBytes, overwrite: o.Overwrite}}
	if s.write, err = sql.Open("sqlite", o.dsn(false)); err != nil {
		return nil, fmt.Errorf("sqlite store: %w", err)
	}
	s.write.SetMaxOpenConns(1)
	err = s.migrate(ctx)
	if err == nil {
		err = s.measureAll(ctx)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite store %s: %w", o.Path, err), s.write.Close())
	}
	if s.read, err = sql.Open("sqlite", o.dsn(true)); err != nil {
		return nil, errors.Join(fmt.Errorf("sqlite store: %w", err), s.write.Close())
	}
	readers := o.Readers
	if readers <= 0 {
		readers = defaultReaders
	}
	s.read.SetMaxOpenConns(readers)
	s.read.SetMaxIdleConns(readers)
	return s, nil
}

func (o Options) dsn(reader bool) string {
	if reader {
		return o.address("mode=ro")
	}
	q := url.Values{}
	q.Add("_pragma", "busy_timeout(5000)")
	q.Add("_pragma", "page_size("+strconv.Itoa(pageSize)+")")
	q.Add("_journal_mode", "WAL") // not a _pragma: these are sorted, and the page size must come first
	q.Add("_pragma", "synchronous(FULL)")
	q.Add("_pragma", "journal_size_limit(67108864)")
	q.Add("_pragma", "secure_delete("+strconv.FormatBool(o.Overwrite)+")")
	q.Add("_txlock", "immediate")
	if o.MaxBytes > 0 {
		q.Add("_pragma", "max_page_count("+strconv.FormatInt(max(o.MaxBytes/pageSize, 64), 10)+")")
	}
	return o.url(q)
}

// address is where a reader finds the file, with parameters of SQLite's.
func (o Options) address(parameters ...string) string {
	q := url.Values{}
	q.Add("_pragma", "busy_timeout(5000)")
	q.Add("_pragma", "query_only(1)")
	for _, p := range parameters {
		name, value, _ := strings.Cut(p, "=")
		q.Add(name, value)
	}
	return o.url(q)
}

func (o Options) url(q url.Values) string {
	return (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: o.Path}).EscapedPath(), RawQuery: q.Encode()}).String()
}

// Close waits for appends under way and closes the file. A store bound to a transaction is not closed.
func (s *Store) Close() error {
	if s.tx != nil {
		return nil
	}
	s.queue.wait()
	if s.write == nil {
		return s.read.Close()
	}
	return errors.Join(s.read.Close(), s.write.Close())
}

// InTx runs fn with a store whose writes are one transaction and whose reads see them: all of it is stored when InTx
// returns nil, and none when fn or InTx returns an error. fn must not use s itself, which would wait for ever. Inside
// a transaction InTx is part of it.
func (s *Store) InTx(ctx context.Context, fn func(tx *Store) error) error {
	if s.tx != nil {
		return fn(s)
	}
	if s.write == nil {
		return fmt.Errorf("the store was opened to be read: %w", sinks.ErrPermanent)
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return translate("begin", err)
	}
	if err := fn(&Store{shared: s.shared, tx: tx}); err != nil {
		undone := tx.Rollback()
		if errors.Is(err, sinks.ErrFull) { // SQLite has undone it already, and says so
			return err
		}
		return errors.Join(err, ignoreDone(undone))
	}
	if err := tx.Commit(); err != nil {
		return errors.Join(translate("commit", err), ignoreDone(tx.Rollback()))
	}
	return nil
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

// querier is what a transaction and a pool have in common.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

// reader is where reads go: the transaction, where there is one.
func (s *Store) reader() querier {
	if s.tx != nil {
		return s.tx
	}
	return s.read
}

// exec runs one statement in the store's transaction, or in one of its own, and returns how many rows it changed.
func (s *Store) exec(ctx context.Context, what, query string, args ...any) (changed int64, err error) {
	err = s.InTx(ctx, func(tx *Store) error {
		result, err := tx.tx.ExecContext(ctx, query, args...)
		if err != nil {
			return translate(what, err)
		}
		changed, err = result.RowsAffected()
		return err
	})
	return changed, err
}

// translate names what was done and turns SQLite's codes into the errors that callers act on.
func translate(what string, err error) error {
	if err == nil {
		return nil
	}
	if fault, ok := errors.AsType[*sqlite.Error](err); ok {
		switch fault.Code() & 0xff {
		case sqlite3.SQLITE_FULL:
			return fmt.Errorf("%s: %v: %w", what, err, sinks.ErrFull)
		case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
			return fmt.Errorf("%s: %v: %w: %w", what, err, sinks.ErrDamaged, sinks.ErrPermanent)
		case sqlite3.SQLITE_TOOBIG:
			return fmt.Errorf("%s: %v: %w", what, err, sinks.ErrTooBig)
		}
	}
	return fmt.Errorf("%s: %w", what, err)
}

// Size returns how many bytes of the file are in use and the size cap, 0 for none.
func (s *Store) Size(ctx context.Context) (used, limit int64, err error) {
	var pages, free, size int64
	err = s.reader().QueryRowContext(ctx,
		`SELECT page_count, freelist_count, page_size FROM pragma_page_count, pragma_freelist_count, pragma_page_size`).Scan(&pages, &free, &size)
	return (pages - free) * size, s.maxBytes, translate("size", err)
}

// A queue is the appends that wait for the next commit; see journal.go.
type queue struct {
	mu      sync.Mutex
	waiting []*request
	busy    bool
	wg      sync.WaitGroup
}

func (q *queue) wait() { q.wg.Wait() }
