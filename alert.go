package tocsin

import (
	"cmp"
	"encoding/hex"
	"iter"
	"slices"
	"time"
)

// An Alert is one record that a SIEM, sensor or log source reports, normalised to the Elastic Common Schema, with
// its provenance. Stages read its fields through [Fields.Get] alone.
type Alert struct {
	ID       string    // [AlertID] or [SourceAlertID]
	ResendOf string    // the id whose content differs: the source used its own id twice; "" for none
	Tenant   string    // "default" unless the source says otherwise
	Source   string    // the configured source's name
	Format   string    // the decoder that read it: ecs, suricata, wazuh, …
	Ref      Ref       // where the record stood
	Time     time.Time // event time: the record's @timestamp, UTC, in nanoseconds
	Received time.Time // when the record reached us (ruling 2); zero where nothing says so
	SHA256   [32]byte  // of Raw, as received
	Raw      []byte    // the record's original bytes
	Fields   Fields    // the ECS document, flat
	Marks    []string  // what was done to it: future, no_timestamp, encoding_repaired, truncated, duplicate_key
}

// Digest is the hex form of the alert's [Alert.SHA256].
func (a *Alert) Digest() string { return hex.EncodeToString(a.SHA256[:]) }

// A Ref says where a record stood in its log: a line of a file, or an offset of a topic's partition. In embedded
// mode the log is the journal and the offset its row.
type Ref struct {
	File        string `json:"file,omitempty"`        // base name of the file, "-" for standard input; "" for a topic
	Line        int64  `json:"line,omitempty"`        // 0-based ordinal of the record in its file
	Topic       string `json:"topic,omitempty"`       // topic, or "journal"
	Partition   int32  `json:"partition,omitempty"`   // 0 for files and the journal
	Offset      int64  `json:"offset,omitempty"`      // offset in the partition
	Incarnation string `json:"incarnation,omitempty"` // cluster id and life of the topic: a re-created topic differs
}

// Position is the offset or, for a file, the line.
func (r Ref) Position() int64 {
	if r.Topic == "" {
		return r.Line
	}
	return r.Offset
}

// Log is the name of the log: the topic or the file.
func (r Ref) Log() string { return cmp.Or(r.Topic, r.File) }

// A Field is one leaf of an ECS document: its dotted name and its value.
type Field struct {
	Name  string
	Value Value
}

// Fields are the leaves of one ECS document, sorted by name. The zero value is empty. Fields are immutable.
type Fields struct{ leaves []Field }

// NewFields takes over leaves and sorts them. Of two leaves with one name both are kept, as a list. Absent values
// are left out.
func NewFields(leaves []Field) Fields {
	leaves = slices.DeleteFunc(leaves, func(f Field) bool { return f.Value.IsAbsent() })
	byName := func(a, b Field) int { return cmp.Compare(a.Name, b.Name) }
	if !slices.IsSortedFunc(leaves, byName) { // decoders hand them over sorted
		slices.SortStableFunc(leaves, byName)
	}
	kept := leaves[:0]
	for _, f := range leaves {
		if n := len(kept); n > 0 && kept[n-1].Name == f.Name {
			kept[n-1].Value = ListValue(kept[n-1].Value, f.Value)
			continue
		}
		kept = append(kept, f)
	}
	return Fields{leaves: kept}
}

// Get returns the value of the named leaf, [Absent] where there is none.
func (f Fields) Get(name string) Value {
	if i, ok := slices.BinarySearchFunc(f.leaves, name, func(l Field, n string) int { return cmp.Compare(l.Name, n) }); ok {
		return f.leaves[i].Value
	}
	return Value{}
}

// Len is the number of leaves.
func (f Fields) Len() int { return len(f.leaves) }

// All yields the leaves by name.
func (f Fields) All() iter.Seq2[string, Value] {
	return func(yield func(string, Value) bool) {
		for _, l := range f.leaves {
			if !yield(l.Name, l.Value) {
				return
			}
		}
	}
}

// A Rejection is a record that could not become an alert: what the dead-letter place keeps of it.
type Rejection struct {
	ID       string    `json:"id"`     // [RejectionID]: the same record rejected again is the same document
	Tenant   string    `json:"tenant"` // of the source
	Source   string    `json:"source"`
	Ref      Ref       `json:"ref"`
	Received time.Time `json:"received"`
	Stage    string    `json:"stage"`  // intake, decode or store
	Reason   string    `json:"reason"` // a short closed word: json, too_big, too_deep, format, no_timestamp, …
	Detail   string    `json:"detail"` // a sentence for people
	SHA256   string    `json:"sha256"` // hex, of the original bytes
	Raw      []byte    `json:"raw"`    // the original bytes; empty for a decompression bomb
	Size     int64     `json:"size"`   // bytes of the original, 0 where unknown
	Version  string    `json:"version"`
	Attempts int       `json:"attempts"`
}
