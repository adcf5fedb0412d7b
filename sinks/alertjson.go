package sinks

import (
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"tocsin"
)

// alertJSON is an alert as the embedded stores keep it, without its original bytes.
type alertJSON struct {
	alertHead
	Fields fieldsJSON `json:"fields"`
}

// alertHead is all of it but the fields.
type alertHead struct {
	ID       string     `json:"id"`
	ResendOf string     `json:"resend_of,omitempty"`
	Tenant   string     `json:"tenant"`
	Source   string     `json:"source"`
	Format   string     `json:"format"`
	Ref      tocsin.Ref `json:"ref"`
	Time     time.Time  `json:"at"`
	Received time.Time  `json:"received,omitzero"`
	SHA256   string     `json:"sha256"`
	Marks    []string   `json:"marks,omitempty"`
}

// fieldsJSON reads fields that stand flat, as one object by dotted name.
type fieldsJSON struct{ tocsin.Fields }

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

// EncodeAlert writes all of an alert but its original bytes, which are stored beside. It is called for every alert, so
// that it is appended by hand: encoding/json would look at each field three times.
func EncodeAlert(a *tocsin.Alert) ([]byte, error) {
	b, err := appendHead(make([]byte, 0, len(a.Raw)+64*a.Fields.Len()+512), a)
	if err != nil {
		return nil, err
	}
	b = append(b, `,"fields":{`...)
	first := true
	for name, value := range a.Fields.All() {
		if !first {
			b = append(b, ',')
		}
		first = false
		if b, err = appendValue(append(appendQuoted(b, name), ':'), value); err != nil {
			return nil, err
		}
	}
	return append(b, '}', '}'), nil
}

// appendHead begins an object with the members of [alertHead]. Times beyond the years 0 to 9999 are an error.
func appendHead(b []byte, a *tocsin.Alert) ([]byte, error) {
	b = appendQuoted(append(b, `{"id":`...), a.ID)
	if a.ResendOf != "" {
		b = appendQuoted(append(b, `,"resend_of":`...), a.ResendOf)
	}
	b = appendQuoted(append(b, `,"tenant":`...), a.Tenant)
	b = appendQuoted(append(b, `,"source":`...), a.Source)
	b = appendQuoted(append(b, `,"format":`...), a.Format)
	ref, err := json.Marshal(a.Ref)
	if err != nil {
		return nil, err
	}
	b = append(append(b, `,"ref":`...), ref...)
	if b, err = a.Time.AppendText(append(b, `,"at":"`...)); err != nil {
		return nil, err
	}
	if !a.Received.IsZero() {
		if b, err = a.Received.AppendText(append(b, `","received":"`...)); err != nil {
			return nil, err
		}
	}
	b = append(hex.AppendEncode(append(b, `","sha256":"`...), a.SHA256[:]), '"')
	for i, mark := range a.Marks {
		b = append(b, ',')
		if i == 0 {
			b = append(b, `"marks":[`...)
		}
		b = appendQuoted(b, mark)
	}
	if len(a.Marks) > 0 {
		b = append(b, ']')
	}
	return b, nil
}

func appendValue(b []byte, v tocsin.Value) ([]byte, error) {
	switch v.Kind() {
	case tocsin.String:
		text, _ := v.Str()
		return appendQuoted(b, text), nil
	case tocsin.List:
		b = append(b, '[')
		for i, item := range v.Items() {
			if i > 0 {
				b = append(b, ',')
			}
			var err error
			if b, err = appendValue(b, item); err != nil {
				return nil, err
			}
		}
		return append(b, ']'), nil
	default:
		data, err := v.MarshalJSON()
		return append(b, data...), err
	}
}

// appendQuoted writes a JSON string; bytes that are no UTF-8 become U+FFFD.
func appendQuoted(b []byte, text string) []byte {
	b, _ = jsontext.AppendQuote(b, text) // the error says that bytes were replaced
	return b
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
