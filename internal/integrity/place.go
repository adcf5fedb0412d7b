package integrity

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"tocsin"
)

// A Place is somewhere that checkpoints were published to, as it was given to a check.
type Place struct {
	Name      string
	Published []string
	Torn      bool // something behind the last checkpoint is no whole one
}

// ReadPlace reads a file of checkpoints.
func ReadPlace(name, text string) Place {
	p := Place{Name: name, Published: SplitCheckpoints(text)}
	rest := strings.TrimRight(text, "\r\n")
	if n := len(p.Published); n > 0 {
		last := strings.TrimRight(p.Published[n-1], "\n")
		p.Torn = !strings.HasSuffix(strings.ReplaceAll(rest, "\r\n", "\n"), last)
	} else {
		p.Torn = strings.TrimSpace(rest) != ""
	}
	return p
}

// places tells of each place what the store has and it has not: its end may have been cut off. It is nothing that is
// wrong with the register, which may be looked at with an older copy of the place.
func (v *verification) places(all []Place, stored []Statement, t Trust) {
	newest := int64(0)
	where := "the store"
	if len(stored) > 0 {
		newest = stored[len(stored)-1].Size
	}
	ends := make([]int64, len(all))
	for n, p := range all {
		for _, text := range p.Published {
			if st, err := OpenCheckpoint(text, t.Keys); err == nil {
				ends[n] = max(ends[n], st.Size)
			}
		}
		if ends[n] > newest {
			newest, where = ends[n], p.Name
		}
	}
	for n, p := range all {
		if p.Torn {
			v.sum.uncovered("the end of %s: behind its last whole checkpoint, of %s, is part of another one: it was cut off, or is being written", p.Name, tocsin.Counted(ends[n], "entry"))
		}
		if ends[n] < newest {
			v.sum.uncovered("%s by %s: it ends with the checkpoint of %s, and %s has one of %d: it is an older copy, or its end was cut off", span(ends[n]+1, newest), p.Name, tocsin.Counted(ends[n], "entry"), where, newest)
		}
		v.gaps(p, stored, ends[n])
	}
}

// span names the entries from one to another.
func span(first, last int64) string {
	if first == last {
		return fmt.Sprintf("entry %d", first)
	}
	return fmt.Sprintf("entries %d to %d", first, last)
}

// gaps tells which of the store's checkpoints are missing in a place between its first and its last.
func (v *verification) gaps(p Place, stored []Statement, end int64) {
	var there []int64
	for _, text := range p.Published {
		if st, err := OpenCheckpoint(text, nil); err == nil {
			there = append(there, st.Size)
		}
	}
	if len(there) == 0 {
		return
	}
	first, missing, from := slices.Min(there), 0, time.Time{}
	for _, st := range stored {
		if st.Size > first && st.Size < end && !slices.Contains(there, st.Size) {
			if missing++; from.IsZero() {
				from = st.At
			}
		}
	}
	if missing > 0 {
		v.sum.uncovered("%s of the store by %s, the first of %s: not published, or taken out; a later one there covers the same entries", tocsin.Counted(missing, "checkpoint"), p.Name, from.Format(time.RFC3339))
	}
}
