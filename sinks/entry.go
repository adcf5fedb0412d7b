package sinks

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"

	"tocsin"
)

// SameEntry reports whether the stored log entry is e, the time of recording apart: then the position was taken by
// ourselves and the append is done (register.md 4.6). The hashes must be equal too, as the next entry builds on them.
func SameEntry(stored []byte, e *tocsin.LogEntry) (bool, error) {
	var there tocsin.LogEntry
	if err := json.Unmarshal(stored, &there); err != nil {
		return false, fmt.Errorf("log entry %s: %v: %w", e.ID(), err, ErrDamaged)
	}
	ours := *e
	there.Recorded, ours.Recorded = time.Time{}, time.Time{}
	a, err := json.Marshal(there)
	if err != nil {
		return false, fmt.Errorf("log entry %s: %w", e.ID(), err)
	}
	b, err := json.Marshal(ours)
	if err != nil {
		return false, fmt.Errorf("log entry %s: %w", e.ID(), err)
	}
	return bytes.Equal(a, b), nil
}
