package sinks

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"tocsin"
)

// A Key is the place of an item in a listing: ascending by Rank, then newest first, then ascending by id, unless an
// [Order] says otherwise. All stores order by it, so that their pages are the same.
type Key struct {
	Rank string `json:"r,omitempty"`
	At   int64  `json:"a"` // [Nanos] of the time that orders
	ID   string `json:"i"`
}

// Compare orders keys as listings do.
func (k Key) Compare(o Key) int {
	return cmp.Or(cmp.Compare(k.Rank, o.Rank), cmp.Compare(o.At, k.At), cmp.Compare(k.ID, o.ID))
}

// Updated is the latest time that an incident's state tells of: its newest alert, its last change of status, its marks.
func Updated(i *tocsin.Incident) time.Time {
	latest := i.Last
	if i.StatusSince.After(latest) {
		latest = i.StatusSince
	}
	for _, at := range i.Timeline {
		if at.After(latest) {
			latest = at
		}
	}
	return latest
}

// Nanos is a time as a number that orders as times do; times outside the years 1678 to 2262 are at the ends.
func Nanos(t time.Time) int64 {
	switch year := t.Year(); {
	case year < 1678:
		return math.MinInt64
	case year > 2261:
		return math.MaxInt64
	default:
		return t.UnixNano()
	}
}

// MaxPage is how much a page of a listing holds at most.
const MaxPage = 500

// PageSize is the number of items on a page for the limit that a caller asked for: 50 for none, 500 at most.
func PageSize(limit int) int {
	if limit <= 0 {
		return 50
	}
	return min(limit, MaxPage)
}

// Cursor names the place after k in the listing called name.
func Cursor(name string, k Key) string {
	data, err := json.Marshal(map[string]Key{name: k})
	if err != nil { // cannot be: strings and a number
		return ""
	}
	return base64.RawURLEncoding.EncodeToString(data)
}

// ParseCursor reads what [Cursor] wrote for the same listing; ok is false for "". The error wraps [ErrQuery].
func ParseCursor(name, cursor string) (k Key, ok bool, err error) {
	if cursor == "" {
		return Key{}, false, nil
	}
	data, err := base64.RawURLEncoding.DecodeString(cursor)
	var named map[string]Key
	if err == nil && len(data) <= 4096 {
		err = json.Unmarshal(data, &named)
	}
	k, ok = named[name]
	if err != nil || !ok {
		return Key{}, false, fmt.Errorf("cursor is of another listing, or cut: %w", ErrQuery)
	}
	return k, true, nil
}
