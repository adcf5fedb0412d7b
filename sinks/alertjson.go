package sinks

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"tocsin"
)

// alertJSON is an alert as the embedded stores keep it, without its original bytes.
type alertJSON struct {
	ID       string     `json:"id"`
	ResendOf string     `json:"resend_of,omitempty"`
	Tenant   string     `json:"tenant"`
	Source   string     `json:"source"`
	Format   string     `json:"format"`
	Ref      tocsin.Ref `json:"ref"`
	Time     time.Time  `json:"at"`
	Received time.Time  `json:"received,omitzero"`
	SHA256   string     `json:"sha256"`
	Fields   fieldsJSON `json:"fields"`
	Marks    []string   `json:"marks,omitempty"`
}

// fieldsJSON writes fields flat, as one object by dotted name.
type fieldsJSON struct{ tocsin.Fields }

func (f fieldsJSON) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for name, value := range f.All() {
		if b.Len() > 1 {
			b.WriteByte(',')
		}
		key, err := json.Marshal(name)
		if err != nil {
			return nil, err
		}
		data, err := value.MarshalJSON()
		if err != nil {
			return nil, err
		}
		b.Write(key)
		b.WriteByte(':')
		b.Write(data)
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

func (f *fieldsJSON) UnmarshalJSON(data []byte) error {
	var values map[string]tocsin.Value
	if err := json.Unmarshal(data, &values); err != nil {
		return err
	}
	leaves := make([]tocsin.Field, 0, len(values))
	for name, value := range values {
		leaves = append(leaves, tocsin.Field{Name: name, Value: nullIfAbsent(value)})
	}
	f.Fields = tocsin.NewFields(leaves)
	return nil
}

// nullIfAbsent cures that encoding/json leaves a null map value at its zero value without asking the type.
func nullIfAbsent(v tocsin.Value) tocsin.Value {
	if v.IsAbsent() {
		return tocsin.NullValue()
	}
	return v
}

// EncodeAlert writes all of an alert but its original bytes, which are stored beside.
func EncodeAlert(a *tocsin.Alert) ([]byte, error) {
	return json.Marshal(alertJSON{
		ID: a.ID, ResendOf: a.ResendOf, Tenant: a.Tenant, Source: a.Source, Format: a.Format, Ref: a.Ref,
		Time: a.Time, Received: a.Received, SHA256: a.Digest(), Fields: fieldsJSON{a.Fields}, Marks: a.Marks,
	})
}

// DecodeAlert reads what [EncodeAlert] wrote and gives the alert its original bytes back. The error wraps [ErrDamaged].
func DecodeAlert(data, raw []byte) (tocsin.Alert, error) {
	var doc alertJSON
	if err := json.Unmarshal(data, &doc); err != nil {
		return tocsin.Alert{}, fmt.Errorf("stored alert: %v: %w", err, ErrDamaged)
	}
	a := tocsin.Alert{
		ID: doc.ID, ResendOf: doc.ResendOf, Tenant: doc.Tenant, Source: doc.Source, Format: doc.Format, Ref: doc.Ref,
		Time: doc.Time, Received: doc.Received, Raw: raw, Fields: doc.Fields.Fields, Marks: doc.Marks,
	}
	if n, err := hex.Decode(a.SHA256[:], []byte(doc.SHA256)); err != nil || n != len(a.SHA256) {
		return tocsin.Alert{}, fmt.Errorf("digest of stored alert %s: %w", doc.ID, ErrDamaged)
	}
	return a, nil
}
