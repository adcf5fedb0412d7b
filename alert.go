package tocsin

import (
	"cmp"
	"encoding/hex"
	"time"
)

// An Alert is one record that a SIEM, sensor or log source reports, normalised to the Elastic Common Schema, with
// its provenance.
type Alert struct {
	ID       string    // [AlertID] or [SourceAlertID]
	ResendOf string    // the id whose content differs: the source used its own id twice; "" for none
	Shared   bool      // the id says what the alert is, whoever sent it: other bytes under it are the same alert
	Tenant   string    // "default" unless the source says otherwise
	Source   string    // the configured source's name
	Format   string    // the decoder that read it: ecs, suricata, wazuh, …
	Ref      Ref       // where the record stood
	Time     time.Time // event time: the record's @timestamp, UTC, in nanoseconds
	Received time.Time // when the record reached us (ruling 2); zero where nothing says so
	SHA256   [32]byte  // of Raw, as received
	Raw      []byte    // the record's original bytes
	Texts    string    // what Raw says, see [TextEnd]; "" where that is not known
	Fields   Fields    // the ECS document, flat
	Marks    []string  // what was done to it: future, no_timestamp, encoding_repaired, truncated, duplicate_key
}

// TextEnd is the byte behind each text of [Alert.Texts]: every string and number of a JSON record that is no key, in
// their order, escapes resolved. They are valid UTF-8, in which this byte does not occur. Only of a record of which all was
// read as it was received are they known.
const TextEnd = 0xff

// Digest is the hex form of the alert's [Alert.SHA256].
func (a *Alert) Digest() string {
	var text [2 * len(a.SHA256)]byte
	hex.Encode(text[:], a.SHA256[:])
	return string(text[:])
}

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
