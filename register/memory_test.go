package register

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"sync"
	"testing"

	"tocsin"
)

var errFault = errors.New("store is away")

// memory is a store for these tests: documents as JSON, so that nothing is shared, and a fault at any write.
type memory struct {
	mu        sync.Mutex
	log       map[string][]string
	incidents map[string]string
	revisions map[string]int64
	verdicts  map[string]tocsin.Verdict
	slots     map[string]tocsin.Slot
	counters  map[string]int64
	events    map[string]string
	exhibits  map[string]string
	writes    int  // so far
	failAt    int  // this write fails; 0: none
	after     bool // it fails after it was done: the answer is lost
}

func newMemory() *memory {
	return &memory{
		log: map[string][]string{}, incidents: map[string]string{}, revisions: map[string]int64{},
		verdicts: map[string]tocsin.Verdict{}, slots: map[string]tocsin.Slot{}, counters: map[string]int64{}, events: map[string]string{}, exhibits: map[string]string{},
	}
}

var _ Store = (*memory)(nil)

func (m *memory) write(do func() error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.writes++
	fails := m.writes == m.failAt
	if fails && !m.after {
		return errFault
	}
	if err := do(); err != nil {
		return err
	}
	if fails {
		return errFault
	}
	return nil
}

func encode(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func decode[T any](s string) (v T) {
	if err := json.Unmarshal([]byte(s), &v); err != nil {
		panic(err)
	}
	return v
}

func (m *memory) Append(_ context.Context, e tocsin.LogEntry) error {
	return m.write(func() error {
		if int64(len(m.log[e.Incident])) != e.Seq-1 {
			return tocsin.ErrConflict
		}
		m.log[e.Incident] = append(m.log[e.Incident], encode(e))
		return nil
	})
}

func (m *memory) Entries(_ context.Context, incident string, from int64) ([]tocsin.LogEntry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var es []tocsin.LogEntry
	for n, text := range m.log[incident] {
		if int64(n+1) >= from {
			es = append(es, decode[tocsin.LogEntry](text))
		}
	}
	return es, nil
}

func (m *memory) PutIncident(_ context.Context, i tocsin.Incident) error {
	return m.write(func() error {
		if i.Revision >= m.revisions[i.ID] {
			m.revisions[i.ID], m.incidents[i.ID] = i.Revision, encode(i)
		}
		return nil
	})
}

func (m *memory) Incident(_ context.Context, id string) (tocsin.Incident, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if text, ok := m.incidents[id]; ok {
		return decode[tocsin.Incident](text), nil
	}
	return tocsin.Incident{}, tocsin.ErrNotFound
}

func (m *memory) Incidents(_ context.Context, q tocsin.Query) (tocsin.Page[tocsin.Incident], error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var p tocsin.Page[tocsin.Incident]
	for _, id := range slices.Sorted(maps.Keys(m.incidents)) {
		i := decode[tocsin.Incident](m.incidents[id])
		if len(q.Status) == 0 || slices.Contains(q.Status, i.Status) {
			p.Items = append(p.Items, i)
		}
	}
	return p, nil
}

func (m *memory) PutVerdict(_ context.Context, v tocsin.Verdict) error {
	return m.write(func() error {
		if m.verdicts[v.Event].Version != v.Version-1 {
			return tocsin.ErrConflict
		}
		m.verdicts[v.Event] = decode[tocsin.Verdict](encode(v))
		return nil
	})
}

func (m *memory) Verdict(_ context.Context, event string) (tocsin.Verdict, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if v, ok := m.verdicts[event]; ok {
		return v, nil
	}
	return tocsin.Verdict{}, tocsin.ErrNotFound
}

func (m *memory) PendingVerdicts(context.Context, string, int, string) (tocsin.Page[tocsin.Verdict], error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var p tocsin.Page[tocsin.Verdict]
	for _, v := range m.verdicts {
		if v.Assessment.State == tocsin.Pending {
			p.Items = append(p.Items, v)
		}
	}
	slices.SortFunc(p.Items, func(a, b tocsin.Verdict) int { return cmp.Compare(a.Event, b.Event) })
	return p, nil
}

func (m *memory) Verdicts(_ context.Context, q tocsin.VerdictQuery) (tocsin.Page[tocsin.Verdict], error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	var p tocsin.Page[tocsin.Verdict]
	for _, v := range m.verdicts {
		if v.Assessment.State == q.State && !v.Detected.Before(q.Since) {
			p.Items = append(p.Items, v)
		}
	}
	slices.SortFunc(p.Items, func(a, b tocsin.Verdict) int { return cmp.Compare(a.Event, b.Event) })
	return p, nil
}

func (m *memory) PutSlot(_ context.Context, s tocsin.Slot) error {
	return m.write(func() error {
		if m.slots[s.ID].Version != s.Version-1 {
			return tocsin.ErrConflict
		}
		m.slots[s.ID] = s
		return nil
	})
}

func (m *memory) Slot(_ context.Context, id string) (tocsin.Slot, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if s, ok := m.slots[id]; ok {
		return s, nil
	}
	return tocsin.Slot{}, tocsin.ErrNotFound
}

func (m *memory) Next(_ context.Context, name string) (n int64, err error) {
	err = m.write(func() error {
		m.counters[name]++
		n = m.counters[name]
		return nil
	})
	return n, err
}

func (m *memory) Event(_ context.Context, id string) (tocsin.Event, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if text, ok := m.events[id]; ok {
		return decode[tocsin.Event](text), nil
	}
	return tocsin.Event{}, tocsin.ErrNotFound
}

func (m *memory) Events(ctx context.Context, ids []string) (es []tocsin.Event, err error) {
	for _, id := range ids {
		if e, err := m.Event(ctx, id); err == nil {
			es = append(es, e)
		}
	}
	return es, nil
}

func (m *memory) Alert(context.Context, string) (tocsin.Alert, error) {
	return tocsin.Alert{}, tocsin.ErrNotFound
}

// Originals are there of every alert but those of the event e3.
func (m *memory) Originals(_ context.Context, refs []tocsin.AlertRef) (alerts []tocsin.Alert, err error) {
	for _, ref := range refs {
		if ref.ID != "a-e3" {
			alerts = append(alerts, tocsin.Alert{ID: ref.ID, Time: t0, Received: t0, Raw: []byte("what was received as " + ref.ID)})
		}
	}
	return alerts, nil
}

func (m *memory) PutExhibits(_ context.Context, all []tocsin.Exhibit) error {
	for _, x := range all {
		err := m.write(func() error {
			m.exhibits[x.ID] = encode(x)
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) Exhibits(context.Context, string, []string, bool) ([]tocsin.Exhibit, error) {
	return nil, errors.ErrUnsupported
}

// dump is all that the store holds, without what is declared volatile.
func (m *memory) dump() map[string]any {
	m.mu.Lock()
	defer m.mu.Unlock()
	docs := map[string]any{}
	put := func(kind, id, text string) { docs[kind+" "+id] = stable(decode[any](text)) }
	for id, text := range m.incidents {
		put("incident", id, text)
	}
	for id, entries := range m.log {
		for n, text := range entries {
			put("log", tocsin.LogEntryID(id, int64(n+1)), text)
		}
	}
	for id, v := range m.verdicts {
		put("verdict", id, encode(v))
	}
	for id, s := range m.slots {
		put("slot", id, encode(s))
	}
	for id, text := range m.exhibits {
		put("exhibit", id, text)
	}
	return docs
}

// stable drops recorded times, numbers and hashes, wherever they stand.
func stable(v any) any {
	switch x := v.(type) {
	case map[string]any:
		for _, name := range []string{"recorded", "number", "prev", "hash", "head", "personal"} {
			if _, visit := x["seconds"]; !visit {
				delete(x, name)
			}
		}
		for name := range x {
			x[name] = stable(x[name])
		}
	case []any:
		for n := range x {
			x[n] = stable(x[n])
		}
	}
	return v
}

// verify checks every log and that each projection is what its log says.
func (m *memory) verify(t testing.TB) {
	t.Helper()
	for id := range m.log {
		entries, _ := m.Entries(t.Context(), id, 1)
		if err := VerifyChain(entries); err != nil {
			t.Error(err)
		}
		i, err := Project(entries)
		if err != nil {
			t.Error(err)
		}
		if got := m.incidents[id]; got != encode(i) {
			t.Errorf("projection of %s is not what its log says:\n%s\n%s", id, got, encode(i))
		}
	}
}

// ReplaceEntry is what no daemon can do.
func (m *memory) ReplaceEntry(_ context.Context, e tocsin.LogEntry) error {
	m.log[e.Incident][e.Seq-1] = encode(e)
	return nil
}

func (m *memory) Fold(ctx context.Context) error { return ctx.Err() }
