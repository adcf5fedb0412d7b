package integrity

import (
	"context"
	"database/sql"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"

	"tocsin"
)

// changesMade are so many as were asked for; fewer where the race detector takes its time.
func changesMade() int {
	if testing.Short() {
		return 200
	}
	return 1000
}

func TestTamperedMemory(t *testing.T) {
	store := newMemory()
	w := newWorld(t, store)
	old := scene(w, func() documents { return copyOf(t, store) })
	tampered(t, []raw{&shown{docs: copyOf(t, store)}}, old, w.trust(), changesMade())
}

func (s *shown) all() documents { return s.docs.clone() }

func (s *shown) done() {}

func (s *shown) set(kind, id, doc string) {
	if doc == "" {
		delete(s.docs[kind], id)
		return
	}
	s.docs[kind][id] = doc
}

// read decodes a document; false for none.
func read[T any](s *shown, kind, id string) (v T, ok bool, err error) {
	doc, ok := s.docs[kind][id]
	if !ok {
		return v, false, nil
	}
	return v, true, json.Unmarshal([]byte(doc), &v)
}

func (s *shown) PutStretch(context.Context, tocsin.Stretch) error { panic("a check writes nothing") }

func (s *shown) PutCheckpoint(context.Context, tocsin.Checkpoint) error {
	panic("a check writes nothing")
}

func (s *shown) StretchesOf(context.Context, string) ([]tocsin.Stretch, error) {
	panic("a check reads the whole tree")
}

func (s *shown) Spans(context.Context) ([]tocsin.LogRange, error) {
	return []tocsin.LogRange{{To: "202611-8"}, {From: "202611-8"}}, nil
}

func (s *shown) Held(_ context.Context, span tocsin.LogRange, each func(tocsin.Held) error) error {
	held := map[string]*tocsin.Held{}
	at := func(log string) *tocsin.Held {
		if held[log] == nil {
			held[log] = &tocsin.Held{Log: log}
		}
		return held[log]
	}
	for _, id := range slices.Sorted(maps.Keys(s.docs[logs])) {
		log, _, _ := strings.Cut(id, ":")
		e, _, err := read[tocsin.LogEntry](s, logs, id)
		if err != nil {
			return err
		}
		at(log).Entries = append(at(log).Entries, e)
	}
	for id, doc := range s.docs[incidents] {
		at(id).State = []byte(doc)
	}
	for _, log := range slices.Sorted(maps.Keys(held)) {
		if !span.Holds(log) {
			continue
		}
		if err := each(*held[log]); err != nil {
			return err
		}
	}
	return nil
}

func (s *shown) HeldExhibits(_ context.Context, span tocsin.LogRange, each func(tocsin.Exhibit, error) error) error {
	for id := range s.docs[exhibits] {
		x, _, err := read[tocsin.Exhibit](s, exhibits, id)
		if incident, _, _ := strings.Cut(id, " "); err == nil && span.Holds(incident) {
			err = each(x, nil)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *shown) HeldStretches(ctx context.Context, from int64, limit int) (all []tocsin.Stretch, odd, err error) {
	all, err = s.Stretches(ctx, from, limit)
	return all, nil, err
}

func (s *shown) HeldBacklogs(context.Context, func(tocsin.Backlog, error) error) error { return nil }

func (s *shown) Stretches(_ context.Context, from int64, limit int) (all []tocsin.Stretch, err error) {
	for _, id := range slices.Sorted(maps.Keys(s.docs[stretches])) {
		st, _, err := read[tocsin.Stretch](s, stretches, id)
		if err != nil {
			return nil, err
		}
		if st.End() > from && len(all) < limit {
			all = append(all, st)
		}
	}
	return all, nil
}

func (s *shown) Checkpoints(_ context.Context, from int64, limit int) (all []tocsin.Checkpoint, err error) {
	for _, id := range slices.Sorted(maps.Keys(s.docs[checkpoints])) {
		c, _, err := read[tocsin.Checkpoint](s, checkpoints, id)
		if err != nil {
			return nil, err
		}
		if c.Size >= from && len(all) < limit {
			all = append(all, c)
		}
	}
	return all, nil
}

// A rawSQLite is the embedded store, and the file below it as any tool may open it.
type rawSQLite struct {
	full
	t  testing.TB
	db *sql.DB
}

func TestTamperedSQLite(t *testing.T) {
	store, file := newSQLite(t)
	w := newWorld(t, store)
	old := scene(w, func() documents { return copyOf(t, store) })
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(5000)&_pragma=synchronous(0)")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	tampered(t, []raw{&rawSQLite{full: store, t: t, db: db}}, old, w.trust(), changesMade())
}

func (s *rawSQLite) all() documents { return copyOf(s.t, s.full) }

func (s *rawSQLite) exec(query string, args ...any) {
	s.t.Helper()
	if _, err := s.db.ExecContext(context.WithoutCancel(s.t.Context()), query, args...); err != nil {
		s.t.Fatal(err)
	}
}

func (s *rawSQLite) done() {}

func (s *rawSQLite) set(kind, id, doc string) {
	switch kind {
	case logs:
		log, seq, _ := strings.Cut(id, ":")
		n, _ := strconv.Atoi(seq)
		s.exec(`DELETE FROM log WHERE incident = ? AND seq = ?`, log, n)
		if doc != "" {
			s.exec(`INSERT INTO log (incident, seq, doc) VALUES (?, ?, ?)`, log, n, doc)
		}
	case incidents:
		s.exec(`CREATE TABLE IF NOT EXISTS removed AS SELECT * FROM incidents WHERE false`)
		if doc == "" {
			s.exec(`INSERT INTO removed SELECT * FROM incidents WHERE id = ?`, id)
			s.exec(`DELETE FROM incidents WHERE id = ?`, id)
			return
		}
		s.exec(`INSERT OR IGNORE INTO incidents SELECT * FROM removed WHERE id = ?`, id)
		s.exec(`UPDATE incidents SET doc = ? WHERE id = ?`, doc, id)
	case stretches:
		first, _ := strconv.Atoi(id)
		s.exec(`DELETE FROM stretches WHERE first = ?`, first)
		if doc != "" {
			last := int64(first)
			var st tocsin.Stretch
			if json.Unmarshal([]byte(doc), &st) == nil {
				last = int64(first+len(st.Leaves)) - 1
			}
			s.exec(`INSERT INTO stretches (first, last, doc) VALUES (?, ?, ?)`, first, last, doc)
		}
	case checkpoints:
		size, _ := strconv.Atoi(id)
		s.exec(`DELETE FROM checkpoints WHERE size = ?`, size)
		if doc != "" {
			s.exec(`INSERT INTO checkpoints (size, doc) VALUES (?, ?)`, size, doc)
		}
	case exhibits:
		incident, id, _ := strings.Cut(id, " ")
		s.exec(`DELETE FROM exhibits WHERE incident = ? AND id = ?`, incident, id)
		if doc != "" {
			var x tocsin.Exhibit
			_ = json.Unmarshal([]byte(doc), &x) // one that does not read has no bytes
			original := x.Original
			x.Original = nil
			if bare := encode(x); json.Valid([]byte(doc)) {
				doc = bare
			}
			s.exec(`INSERT INTO exhibits (incident, id, doc, original) VALUES (?, ?, ?, ?)`, incident, id, doc, append([]byte{}, original...))
		}
	}
}

// longForm reports whether all changes are to be made where each takes its time.
func longForm() bool { return os.Getenv("TOCSIN_LONG") != "" || os.Getenv("TOCSIN_TEST_LONG") != "" }
