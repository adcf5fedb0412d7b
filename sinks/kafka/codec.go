package kafka

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"tocsin"
)

// codecVersion is written into every record. A reader refuses a version that it does not know.
const codecVersion = 1

// ErrVersion marks a record that another version of the daemon wrote.
var ErrVersion = errors.New("version of the record is not known")

// A logRecord is a record of the matches topic as it is stored. JSON does not keep every [tocsin.Value] as it is (a
// number may be spelt in ways that JSON lacks), and a key that changed on its way would be another key: such values
// are written a second time, exactly.
type logRecord struct {
	Version int `json:"v"`
	tocsin.LogRecord
	Key    []exact `json:"exact_key,omitempty"`
	Values []exact `json:"exact_values,omitempty"`
}

// exact is a value written so that nothing of it is lost.
type exact struct {
	Kind tocsin.Kind `json:"k"`
	Text []byte      `json:"t,omitempty"` // base64, as a string may hold any byte
	List []exact     `json:"l,omitempty"`
}

// EncodeLogRecord encodes one record of the matches topic.
func EncodeLogRecord(r tocsin.LogRecord) ([]byte, error) {
	out := logRecord{Version: codecVersion, LogRecord: r}
	if !one(&r) {
		return nil, errors.New("a record of the matches log is a match, a marker or a feedback")
	}
	if m := r.Match; m != nil {
		out.Key, out.Values = exactly(m.Key), exactly(m.Values)
		if b, ok := appendMatch(append(make([]byte, 0, 1024), `{"v":1,"match":`...), m); ok {
			b = appendExacts(b, `,"exact_key":[`, out.Key)
			return append(appendExacts(b, `,"exact_values":[`, out.Values), '}'), nil
		}
	}
	return json.Marshal(out)
}

// DecodeLogRecord reads what [EncodeLogRecord] wrote. The error wraps [ErrVersion] for a version that is not known.
func DecodeLogRecord(b []byte) (tocsin.LogRecord, error) {
	if m, ok := readMatch(b); ok {
		return tocsin.LogRecord{Match: m}, nil
	}
	return decodeLogRecord(b)
}

// decodeLogRecord reads a record of any form.
func decodeLogRecord(b []byte) (tocsin.LogRecord, error) {
	var in logRecord
	if err := json.Unmarshal(b, &in); err != nil {
		return tocsin.LogRecord{}, fmt.Errorf("record of the matches log: %w", err)
	}
	switch {
	case in.Version != codecVersion:
		return tocsin.LogRecord{}, fmt.Errorf("record of the matches log: version %d: %w", in.Version, ErrVersion)
	case !one(&in.LogRecord):
		return tocsin.LogRecord{}, errors.New("record of the matches log: is neither a match nor a marker nor a feedback")
	}
	if in.Match != nil {
		if in.Key != nil {
			in.Match.Key = inexactly(in.Key)
		}
		if in.Values != nil {
			in.Match.Values = inexactly(in.Values)
		}
	}
	return in.LogRecord, nil
}

// one reports whether exactly one of a record's parts is set.
func one(r *tocsin.LogRecord) bool {
	n := 0
	for _, there := range []bool{r.Match != nil, r.Marker != nil, r.Feedback != nil} {
		if there {
			n++
		}
	}
	return n == 1
}

// exactly returns nil where JSON keeps all of vs.
func exactly(vs []tocsin.Value) []exact {
	if !slices.ContainsFunc(vs, lossy) {
		return nil
	}
	out := make([]exact, len(vs))
	for i, v := range vs {
		out[i] = exactOf(v)
	}
	return out
}

func exactOf(v tocsin.Value) exact {
	if v.Kind() != tocsin.List {
		return exact{Kind: v.Kind(), Text: []byte(v.Text())}
	}
	e := exact{Kind: tocsin.List}
	for _, item := range v.Items() {
		e.List = append(e.List, exactOf(item))
	}
	return e
}

// lossy reports whether v comes back from JSON as something else.
func lossy(v tocsin.Value) bool {
	switch {
	case kept(v):
		return false
	case v.Kind() == tocsin.Absent: // it would come back as null
		return true
	}
	b, err := json.Marshal(v)
	if err != nil {
		return true
	}
	var back tocsin.Value
	if err := json.Unmarshal(b, &back); err != nil {
		return true
	}
	return tocsin.KeyText([]tocsin.Value{v}) != tocsin.KeyText([]tocsin.Value{back}) ||
		!slices.EqualFunc(v.Items(), back.Items(), func(a, b tocsin.Value) bool { return a.Kind() == b.Kind() && a.Text() == b.Text() })
}

func inexactly(es []exact) []tocsin.Value {
	out := make([]tocsin.Value, len(es))
	for i, e := range es {
		out[i] = e.value()
	}
	return out
}

func (e exact) value() tocsin.Value {
	text := string(e.Text)
	switch e.Kind {
	case tocsin.Absent:
		return tocsin.Value{}
	case tocsin.Bool:
		return tocsin.BoolValue(text == "true")
	case tocsin.String:
		return tocsin.StringValue(text)
	case tocsin.List:
		return tocsin.ListValue(inexactly(e.List)...)
	case tocsin.Int, tocsin.Float:
		if v, ok := tocsin.NumberValue(text); ok && v.Kind() == e.Kind {
			return v
		}
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			return tocsin.FloatValue(f) // a whole number that is a float
		}
	}
	return tocsin.NullValue()
}

// An event record is a record of the events topic with the version of its encoding.
type eventRecord struct {
	Version int `json:"v"`
	tocsin.EventRecord
}

// EncodeEventRecord encodes one record of the events topic.
func EncodeEventRecord(r tocsin.EventRecord) ([]byte, error) {
	if (r.Event == nil) == (r.Progress == nil) {
		return nil, errors.New("a record of the events log is either an event or a progress")
	}
	b, err := json.Marshal(eventRecord{Version: codecVersion, EventRecord: r})
	if err != nil {
		return nil, fmt.Errorf("record of the events log: %w", err)
	}
	return b, nil
}

// DecodeEventRecord reads what [EncodeEventRecord] wrote. The error wraps [ErrVersion] for a version that is not known.
func DecodeEventRecord(b []byte) (tocsin.EventRecord, error) {
	var in eventRecord
	if err := json.Unmarshal(b, &in); err != nil {
		return tocsin.EventRecord{}, fmt.Errorf("record of the events log: %w", err)
	}
	switch {
	case in.Version != codecVersion:
		return tocsin.EventRecord{}, fmt.Errorf("record of the events log: version %d: %w", in.Version, ErrVersion)
	case (in.Event == nil) == (in.Progress == nil):
		return tocsin.EventRecord{}, errors.New("record of the events log: is neither an event nor a progress")
	}
	return in.EventRecord, nil
}

// MatchKey is the key of a match's record: matches that can meet in one window have the same, and so have all of a tenant's
// whose rules rest on one another, since an event of one key may be an alert to another.
func MatchKey(m *tocsin.Match) []byte {
	if m.Chained {
		return []byte(tocsin.Hash(m.Tenant, "chained"))
	}
	return []byte(tocsin.Hash(m.Tenant, m.Rule, tocsin.KeyText(m.Key)))
}
