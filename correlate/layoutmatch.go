package correlate

import (
	"encoding/json"
	"fmt"
	"time"

	"tocsin"
)

// compactHeld is the format from which on matches that wait are laid out like the rest. Before, they were JSON, which took
// some times their own memory to write.
const compactHeld = 6

// leastMatch is the least that a match takes in a snapshot, in bytes.
const leastMatch = 25

// match is a match that waits.
func (c *coder) match(m *tocsin.Match) {
	c.name(&m.Rule)
	c.name(&m.Set)
	c.num(&m.Order)
	c.name(&m.Tenant)
	list(c, &m.Key, 1, c.value)
	c.word(&m.Conditions)
	list(c, &m.Values, 1, c.value)
	list(c, &m.Entities, 3, func(e *tocsin.Entity) {
		c.name(&e.Field)
		c.text(&e.Value)
		c.name(&e.Role)
	})
	c.float(&m.Facts.Risk)
	list(c, &m.Facts.Tactics, 1, c.name)
	c.bool(&m.Facts.IOC)
	list(c, &m.Readings, 3, func(r *tocsin.Reading) {
		c.name(&r.Expr)
		c.value(&r.Value)
		c.bool(&r.Holds)
	})
	list(c, &m.Absent, 1, c.name)
	c.alertRef(&m.Alert)
	index := int64(m.Index)
	c.num(&index)
	m.Index = int(index)
	c.bool(&m.Recorded)
	c.bool(&m.Chained)
	c.name(&m.Suppressed)
}

func (c *coder) alertRef(a *tocsin.AlertRef) {
	c.text(&a.ID)
	c.name(&a.Source)
	c.name(&a.Ref.File)
	c.num(&a.Ref.Line)
	c.name(&a.Ref.Topic)
	partition := int64(a.Ref.Partition)
	c.num(&partition)
	a.Ref.Partition = int32(partition) //nolint:gosec // as it was written
	c.num(&a.Ref.Offset)
	c.name(&a.Ref.Incarnation)
	c.stamp(&a.Time)
	c.stamp(&a.Received)
	digest := a.Digest.String()
	if c.text(&digest); c.reading {
		var err error
		if a.Digest, err = tocsin.ParseDigest(digest); err != nil {
			c.fail("%v", err)
		}
	}
}

// name is a text of which there are few: those that are read share their memory.
func (c *coder) name(v *string) {
	if !c.reading {
		c.text(v)
		return
	}
	n := c.count(0, 1)
	known, ok := c.names[string(c.buf[:n])]
	if !ok {
		known = string(c.buf[:n])
		c.names[known] = known
	}
	*v, c.buf = known, c.buf[n:]
}

// stamp is a time with its zone; the zero time stays zero.
func (c *coder) stamp(v *time.Time) {
	var text string
	if !c.reading {
		data, err := v.MarshalBinary()
		if err != nil {
			c.fail("%v", err)
		}
		text = string(data)
	}
	c.text(&text)
	if c.reading && c.err == nil {
		if err := v.UnmarshalBinary([]byte(text)); err != nil {
			c.fail("%v", err)
		}
	}
}

// readKept reads matches that wait as they were written before [compactHeld].
func readKept(data []byte) (matchHeap, error) {
	var kept []keptMatch
	if err := json.Unmarshal(data, &kept); err != nil {
		return nil, fmt.Errorf("matches that wait: %w: %w", ErrSnapshot, err)
	}
	held := make(matchHeap, len(kept))
	for i, k := range kept {
		k.Match.Key, k.Match.Values = unkeep(k.Key), unkeep(k.Values)
		held[i] = k.Match
	}
	return held, nil
}

// A keptMatch is a match in a snapshot: JSON does not keep every value as it is, so that those of the key and those
// that are counted are written exactly.
type keptMatch struct {
	tocsin.Match
	Key    []keptValue `json:"key"`
	Values []keptValue `json:"values"`
}

type keptValue struct {
	Kind tocsin.Kind `json:"k"`
	Text []byte      `json:"t"`
	List []keptValue `json:"l,omitempty"`
}

func unkeep(ks []keptValue) []tocsin.Value {
	if ks == nil {
		return nil
	}
	out := make([]tocsin.Value, len(ks))
	for i, k := range ks {
		if k.Kind == tocsin.List {
			out[i] = tocsin.ListValue(unkeep(k.List)...)
			continue
		}
		out[i] = scalarOf(k.Kind, string(k.Text))
	}
	return out
}
