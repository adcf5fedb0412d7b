package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"sync"

	"tocsin/ingest"
)

var (
	_ ingest.ResumableJournal = intake{}
	_ ingest.ResumableJournal = (*producing)(nil)
)

// AppendAt implements [ingest.ResumableJournal]: records and cursor share a transaction.
func (i intake) AppendAt(ctx context.Context, records []ingest.Record, at ingest.Cursor) (ingest.Result, error) {
	return i.take(ctx, records, at)
}

// Cursors implements [ingest.ResumableJournal].
func (i intake) Cursors(ctx context.Context, source string) (map[string][]byte, error) {
	return i.j.store.Cursors(ctx, source)
}

// A producing journal is that of mode kafka: records go to the intake topic, cursors to a file for each source, after
// them. Records read again after a crash are the same alerts by their Origin, which detection finds stored.
type producing struct {
	ingest.Journal
	folder string

	mu    sync.Mutex
	known map[string]map[string][]byte // by source and name
}

// AppendAt implements [ingest.ResumableJournal].
func (p *producing) AppendAt(ctx context.Context, records []ingest.Record, at ingest.Cursor) (ingest.Result, error) {
	var done ingest.Result
	if len(records) > 0 {
		var err error
		if done, err = p.Append(ctx, records); err != nil {
			return ingest.Result{}, err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	all, err := p.load(at.Source)
	if err != nil {
		return ingest.Result{}, err
	}
	if at.Value == nil {
		delete(all, at.Name)
	} else {
		all[at.Name] = at.Value
	}
	return done, p.save(at.Source)
}

// Cursors implements [ingest.ResumableJournal].
func (p *producing) Cursors(_ context.Context, source string) (map[string][]byte, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	all, err := p.load(source)
	out := make(map[string][]byte, len(all))
	maps.Copy(out, all)
	return out, err
}

func (p *producing) load(source string) (map[string][]byte, error) {
	if all, ok := p.known[source]; ok {
		return all, nil
	}
	all := map[string][]byte{}
	text, err := os.ReadFile(p.file(source))
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fmt.Errorf("cursors of %s: %w", source, err)
	default:
		if err := json.Unmarshal(text, &all); err != nil {
			return nil, fmt.Errorf("cursors of %s: %w", source, err)
		}
	}
	if p.known == nil {
		p.known = map[string]map[string][]byte{}
	}
	p.known[source] = all
	return all, nil
}

func (p *producing) save(source string) error {
	text, err := json.Marshal(p.known[source])
	if err != nil {
		return err
	}
	name := p.file(source)
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(name+".new", text, 0o600); err != nil {
		return fmt.Errorf("cursors of %s: %w", source, err)
	}
	return os.Rename(name+".new", name)
}

func (p *producing) file(source string) string {
	return filepath.Join(p.folder, "cursors", source+".json")
}
