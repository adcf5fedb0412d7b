package sqlite

import (
	"os"
	"path/filepath"
	"testing"

	"tocsin/sinks/sinktest"
)

func open(t testing.TB, o Options) *Store {
	t.Helper()
	if o.Path == "" {
		o.Path = filepath.Join(t.TempDir(), "data dir?#%", "tocsin.db")
	}
	s, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func suite() sinktest.Suite {
	return sinktest.Suite{
		Open: func(t *testing.T) sinktest.Store { return open(t, Options{}) },
		Damage: func(t *testing.T, s sinktest.Store, partition int32) {
			store := s.(*Store)
			var state []byte
			if err := store.read.QueryRow(`SELECT state FROM snapshots WHERE partition = ?`, partition).Scan(&state); err != nil {
				t.Fatal(err)
			}
			state[len(state)/2] ^= 0xff
			if _, err := store.write.Exec(`UPDATE snapshots SET state = ? WHERE partition = ?`, state, partition); err != nil {
				t.Fatal(err)
			}
		},
		Reopen: func(t *testing.T, s sinktest.Store) sinktest.Store {
			var path string
			if err := s.(*Store).read.QueryRow(`SELECT file FROM pragma_database_list`).Scan(&path); err != nil {
				t.Fatal(err)
			}
			if err := s.(*Store).Close(); err != nil {
				t.Fatal(err)
			}
			return open(t, Options{Path: path})
		},
	}
}

func TestStore(t *testing.T) { suite().Run(t) }

func TestFileMode(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "tocsin.db")
	s := open(t, Options{Path: path})
	if _, err := s.Next(t.Context(), "x"); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{filepath.Dir(path): 0o700, path: 0o600, path + "-wal": 0o600, path + "-shm": 0o600} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: mode %v (%v), want %v", filepath.Base(name), info.Mode().Perm(), err, want)
		}
	}
}
