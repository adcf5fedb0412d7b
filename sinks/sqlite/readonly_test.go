package sqlite

import (
	"crypto/sha256"
	"database/sql"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/sinks"
)

// folder is all that lies in one.
func folder(t *testing.T, dir string) map[string][sha256.Size]byte {
	t.Helper()
	all := map[string][sha256.Size]byte{}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, err := os.ReadFile(filepath.Join(dir, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[f.Name()] = sha256.Sum256(text)
	}
	return all
}

func filled(t *testing.T) (path string, s *Store) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "tocsin.db")
	s, err := Open(t.Context(), Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.PutIncident(t.Context(), tocsin.Incident{ID: "202611-1", Revision: 1, Tenant: "default", Status: tocsin.Declared, Opened: noon}); err != nil {
		t.Fatal(err)
	}
	return path, s
}

// unchanged reads the store of a path and wants all that lies beside it to be as it was.
func unchanged(t *testing.T, path string, read func(*Store)) {
	t.Helper()
	before := folder(t, filepath.Dir(path))
	s, err := OpenToRead(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if i, err := s.Incident(t.Context(), "202611-1"); err != nil || i.Status != tocsin.Declared {
		t.Errorf("incident %+v: %v", i, err)
	}
	if err := s.PutSlot(t.Context(), tocsin.Slot{ID: "s", Version: 1}); !errors.Is(err, sinks.ErrPermanent) {
		t.Errorf("a write: %v", err)
	}
	read(s)
	if err := errors.Join(s.Still(), s.Close()); err != nil {
		t.Error(err)
	}
	if after := folder(t, filepath.Dir(path)); !maps.Equal(after, before) {
		t.Errorf("there was %d files, now there are %d or others: %v", len(before), len(after), after)
	}
}

// TestOpenToRead: a store that was closed is read, also where nobody may write, and nothing that was taken from it comes
// back.
func TestOpenToRead(t *testing.T) {
	path, s := filled(t)
	if _, err := s.exec(t.Context(), "tamper", `DELETE FROM measures`); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	measures := func(s *Store) {
		var n int
		if err := s.read.QueryRow(`SELECT count(*) FROM measures`).Scan(&n); err != nil || n > 0 {
			t.Errorf("%d measures: %v", n, err)
		}
	}
	unchanged(t, path, measures)
	if err := errors.Join(os.Chmod(path, 0o400), os.Chmod(filepath.Dir(path), 0o500)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(filepath.Dir(path), 0o700) })
	unchanged(t, path, measures)
}

// TestOpenToReadKilled reads what only the log of a daemon that was killed has.
func TestOpenToReadKilled(t *testing.T) {
	path, _ := filled(t)
	killed := filepath.Join(t.TempDir(), "tocsin.db")
	for _, part := range []string{"", "-wal", "-shm"} {
		text, err := os.ReadFile(path + part)
		if err == nil {
			err = os.WriteFile(killed+part, text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	unchanged(t, killed, func(*Store) {})
	if err := os.Truncate(killed+"-shm", 0); err != nil {
		t.Fatal(err)
	}
	unchanged(t, killed, func(*Store) {})
	if err := os.Remove(killed + "-shm"); err != nil {
		t.Fatal(err)
	}
	before := folder(t, filepath.Dir(killed))
	if _, err := OpenToRead(t.Context(), killed); err == nil || !strings.Contains(err.Error(), "without tocsin.db-shm") {
		t.Errorf("a log without its index: %v", err)
	}
	if !maps.Equal(before, folder(t, filepath.Dir(killed))) {
		t.Error("what was refused was changed")
	}
}

// TestOpenToReadBeside sees what is written meanwhile, and writes nothing itself. What readers and writers agree by is
// one thing in a process, so that is not looked at here.
func TestOpenToReadBeside(t *testing.T) {
	path, s := filled(t)
	before := folder(t, filepath.Dir(path))
	beside, err := OpenToRead(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer beside.Close()
	if _, err := beside.Incident(t.Context(), "202611-1"); err != nil {
		t.Error(err)
	}
	if after := folder(t, filepath.Dir(path)); after["tocsin.db"] != before["tocsin.db"] || after["tocsin.db-wal"] != before["tocsin.db-wal"] {
		t.Error("the file or its log was changed")
	}
	if err := s.PutIncident(t.Context(), tocsin.Incident{ID: "202611-2", Revision: 1, Tenant: "default", Opened: noon}); err != nil {
		t.Fatal(err)
	}
	if _, err := beside.Incident(t.Context(), "202611-2"); err != nil {
		t.Error(err)
	}
}

// TestOpenToReadOpened: a daemon that started meanwhile and wrote is told of.
func TestOpenToReadOpened(t *testing.T) {
	path, s := filled(t)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(path, old, old); err != nil {
		t.Fatal(err)
	}
	reader, err := OpenToRead(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	if err := reader.Still(); err != nil {
		t.Error(err)
	}
	daemon, err := Open(t.Context(), Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if err := daemon.PutIncident(t.Context(), tocsin.Incident{ID: "202611-2", Revision: 1, Tenant: "default", Opened: noon}); err != nil {
		t.Fatal(err)
	}
	if err := daemon.Close(); err != nil {
		t.Fatal(err)
	}
	if err := reader.Still(); !errors.Is(err, ErrWritten) {
		t.Errorf("written meanwhile: %v", err)
	}
}

// TestOpenToReadOtherVersion refuses, in a sentence, and leaves the file as it is.
func TestOpenToReadOtherVersion(t *testing.T) {
	for version, want := range map[string]string{"2": "schema version 2 is of an earlier tocsin", "999": "schema version 999 is of a later tocsin"} {
		path, s := filled(t)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		db, err := sql.Open("sqlite", "file:"+path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.ExecContext(t.Context(), `PRAGMA user_version = `+version); err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		before := folder(t, filepath.Dir(path))
		if _, err := OpenToRead(t.Context(), path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("version %s: %v", version, err)
		}
		if !maps.Equal(before, folder(t, filepath.Dir(path))) {
			t.Errorf("version %s: the file was changed", version)
		}
	}
}
