package tocsin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"time"
)

// MarshalJSON writes the event with `"kind":"event"`, as every output of the product shows it.
func (e Event) MarshalJSON() ([]byte, error) {
	type plain Event
	doc := struct {
		Kind string `json:"kind"`
		plain
		MergedInto *string `json:"merged_into"`
	}{Kind: "event", plain: plain(e)}
	if e.MergedInto != "" {
		doc.MergedInto = &e.MergedInto
	}
	return json.Marshal(doc)
}

// UnmarshalJSON reads what [Event.MarshalJSON] wrote.
func (e *Event) UnmarshalJSON(data []byte) error {
	type plain Event
	doc := struct {
		*plain
		MergedInto *string `json:"merged_into"`
	}{plain: (*plain)(e)}
	if err := json.Unmarshal(data, &doc); err != nil {
		return err
	}
	if doc.MergedInto != nil {
		e.MergedInto = *doc.MergedInto
	}
	return nil
}

// MarshalJSON writes the group as an object whose members keep the rule's order.
func (g Group) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, gv := range g {
		if i > 0 {
			b.WriteByte(',')
		}
		name, err := json.Marshal(gv.Field)
		if err != nil {
			return nil, err
		}
		value, err := gv.Value.MarshalJSON()
		if err != nil {
			return nil, err
		}
		b.Write(name)
		b.WriteByte(':')
		b.Write(value)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// UnmarshalJSON reads an object and keeps the order of its members.
func (g *Group) UnmarshalJSON(data []byte) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	if tok, err := dec.Token(); err != nil || tok != json.Delim('{') {
		return fmt.Errorf("group key: want an object, got %.20s", data)
	}
	*g = Group{}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		var value Value
		if err := dec.Decode(&value); err != nil {
			return err
		}
		field, _ := name.(string)
		*g = append(*g, GroupValue{Field: field, Value: value})
	}
	return nil
}

// alertRefJSON is the flat form of an [AlertRef]: file and line, or topic, partition and offset.
type alertRefJSON struct {
	ID          string    `json:"id"`
	Source      string    `json:"source,omitempty"`
	File        string    `json:"file,omitempty"`
	Line        *int64    `json:"line,omitempty"`
	Topic       string    `json:"topic,omitempty"`
	Partition   *int32    `json:"partition,omitempty"`
	Offset      *int64    `json:"offset,omitempty"`
	Incarnation string    `json:"incarnation,omitempty"`
	Time        time.Time `json:"at"`
	Received    time.Time `json:"received,omitzero"`
	Digest      string    `json:"digest,omitempty"`
}

// MarshalJSON writes the reference flat: `file` and `line`, or `topic`, `partition` and `offset`.
func (a AlertRef) MarshalJSON() ([]byte, error) {
	doc := alertRefJSON{ID: a.ID, Source: a.Source, Incarnation: a.Ref.Incarnation, Time: a.Time, Received: a.Received, Digest: a.Digest.String()}
	if a.Ref.Topic != "" {
		doc.Topic, doc.Partition, doc.Offset = a.Ref.Topic, &a.Ref.Partition, &a.Ref.Offset
	} else {
		doc.File, doc.Line = a.Ref.File, &a.Ref.Line
	}
	return json.Marshal(doc)
}

// UnmarshalJSON reads what [AlertRef.MarshalJSON] wrote.
func (a *AlertRef) UnmarshalJSON(data []byte) error {
	var doc alertRefJSON
	if err := json.Unmarshal(data, &doc); err != nil {
		return err
	}
	digest, err := ParseDigest(doc.Digest)
	if err != nil {
		return err
	}
	*a = AlertRef{ID: doc.ID, Source: doc.Source, Time: doc.Time, Received: doc.Received, Digest: digest}
	a.Ref = Ref{File: doc.File, Topic: doc.Topic, Incarnation: doc.Incarnation}
	if doc.Line != nil {
		a.Ref.Line = *doc.Line
	}
	if doc.Partition != nil {
		a.Ref.Partition = *doc.Partition
	}
	if doc.Offset != nil {
		a.Ref.Offset = *doc.Offset
	}
	return nil
}
