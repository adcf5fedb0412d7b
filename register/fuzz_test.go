package register

import (
	"encoding/json"
	"testing"

	"tocsin"
)

// FuzzProject reads logs that anyone may have written: a projection is made or refused, never a panic, and what is
// made of an intact log is a document that can be stored.
func FuzzProject(f *testing.F) {
	m := newMemory()
	run(f, m, script())
	for id := range m.log {
		entries, _ := m.Entries(f.Context(), id, 1)
		f.Add([]byte(encode(entries)))
	}
	f.Add([]byte(`[{"seq":1,"action":"comment"},{"seq":2,"action":"timer","data":{"target":"x"}}]`))
	f.Add([]byte(`[{"seq":1,"action":"create","to":"proposed"},{"seq":2,"action":"follow_up","data":{"index":-7}},{"seq":3,"action":"set","data":{"targets":{"x":"2026-01-01T00:00:00Z"},"occurred":"2026-01-01T00:00:00Z"}}]`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var entries []tocsin.LogEntry
		if json.Unmarshal(data, &entries) != nil {
			return
		}
		_ = VerifyChain(entries)
		i, err := Project(entries)
		if err != nil {
			return
		}
		if _, err := json.Marshal(i); err != nil {
			t.Error(err)
		}
		for name, s := range i.Durations {
			if s < 0 {
				t.Errorf("%s = %d", name, s)
			}
		}
	})
}
