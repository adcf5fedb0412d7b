package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"tocsin/sinks"
)

// ErrWritten is the error of a file that was written to while it was read as one that nobody writes to.
var ErrWritten = errors.New("the register was opened by a daemon while it was read: try again")

// A stamp is what the file system says of a file.
type stamp struct {
	size  int64
	at    time.Time
	there bool
}

func stampOf(name string) (stamp, error) {
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return stamp{}, nil
	}
	if err != nil {
		return stamp{}, err
	}
	return stamp{info.Size(), info.ModTime(), true}, nil
}

// OpenToRead opens the store of a path, and changes nothing: not the file, nor what lies beside it. It works on a file
// and in a folder that nobody may write to, and beside a daemon. A file of another version's schema is refused, as
// nothing brings it up to date here. Writes to the store fail.
func OpenToRead(ctx context.Context, path string) (*Store, error) {
	s := &Store{shared: &shared{}}
	still, err := s.openToRead(path)
	if err == nil {
		err = s.known(ctx)
	}
	if err != nil {
		err = fmt.Errorf("sqlite store %s: %w", path, err)
		if s.read != nil {
			err = errors.Join(err, s.read.Close())
		}
		return nil, err
	}
	s.still = still
	return s, nil
}

// openToRead opens the file. Where a daemon has it, or one was killed, its log is read in the place that the file
// beside it tells, which is not written to (readonly_shm). Else the file is all there is, and is read as one that does
// not change: SQLite would put two files beside it otherwise. What is returned tells that it did not.
func (s *Store) openToRead(path string) (still func() error, err error) {
	shared, err := stampOf(path + "-shm")
	if err != nil {
		return nil, err
	}
	if shared.there {
		s.read, err = s.pool(Options{Path: path}.address("mode=ro", "readonly_shm=1"))
		return func() error { return nil }, err
	}
	log, err := stampOf(path + "-wal")
	if err != nil {
		return nil, err
	}
	if log.size > 0 {
		return nil, fmt.Errorf("its log tocsin.db-wal is there without tocsin.db-shm, so what the log holds cannot be read without writing: put an empty file of that name beside a copy of the two: %w", sinks.ErrPermanent)
	}
	before, err := stampOf(path)
	if err != nil {
		return nil, err
	}
	s.read, err = s.pool(Options{Path: path}.address("mode=ro", "immutable=1"))
	return func() error {
		if after, err := stampOf(path); err != nil || after != before {
			return errors.Join(err, ErrWritten)
		}
		return nil
	}, err
}

// known refuses a file whose schema is not this version's.
func (s *Store) known(ctx context.Context) error {
	var version int
	err := s.read.QueryRowContext(ctx, `PRAGMA user_version`).Scan(&version)
	switch n := len(migrations); {
	case err != nil:
		return translate("schema version", err)
	case version > n:
		return later(version)
	case version < n:
		return fmt.Errorf("schema version %d is of an earlier tocsin, this one reads %d, and to bring it up to date would change it: check it with the version that wrote it, or start the daemon once before: %w", version, n, sinks.ErrPermanent)
	}
	return nil
}

func later(version int) error {
	return fmt.Errorf("schema version %d is of a later tocsin, this one knows %d: %w", version, len(migrations), sinks.ErrPermanent)
}

// Still returns [ErrWritten] where somebody wrote to the file since it was opened and what was read may be of two
// moments. Only of a store of [OpenToRead] can that be.
func (s *Store) Still() error {
	if s.still == nil {
		return nil
	}
	return s.still()
}

// pool opens connections that read.
func (s *Store) pool(address string) (*sql.DB, error) {
	db, err := sql.Open("sqlite", address)
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(defaultReaders)
	db.SetMaxIdleConns(defaultReaders)
	return db, nil
}
