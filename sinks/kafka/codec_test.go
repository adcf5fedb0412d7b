package kafka

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tocsin"
)

var sameValues = cmp.Comparer(func(a, b tocsin.Value) bool {
	return tocsin.KeyText([]tocsin.Value{a}) == tocsin.KeyText([]tocsin.Value{b}) && len(a.Items()) == len(b.Items())
})

func drawValue(t *rapid.T) tocsin.Value {
	switch rapid.IntRange(0, 6).Draw(t, "kind") {
	case 0:
		return tocsin.NullValue()
	case 1:
		return tocsin.BoolValue(rapid.Bool().Draw(t, "bool"))
	case 2:
		return tocsin.IntValue(rapid.Int64().Draw(t, "int"))
	case 3:
		return tocsin.FloatValue(rapid.Float64Range(-1e300, 1e300).Draw(t, "float"))
	case 4: // spelt as no JSON would
		v, ok := tocsin.NumberValue(rapid.SampledFrom([]string{"007", "+5", "1.0", ".5", "5.", "1e3", "0x1p-2", "-0"}).Draw(t, "number"))
		if !ok {
			t.Fatal("no number")
		}
		return v
	case 5:
		return tocsin.StringValue(string(rapid.SliceOf(rapid.Byte()).Draw(t, "string")))
	default:
		return tocsin.ListValue(rapid.SliceOfN(rapid.Custom(func(t *rapid.T) tocsin.Value {
			return tocsin.FloatValue(float64(rapid.IntRange(0, 5).Draw(t, "item")))
		}), 0, 3).Draw(t, "list")...)
	}
}

// A key comes out of the log as it went in, whatever bytes it holds: windows depend on it.
func TestLogRecordKeepsValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Custom(drawValue), 0, 4)
		m := tocsin.Match{Rule: "r", Tenant: "t", Key: values.Draw(t, "key"), Values: values.Draw(t, "values")}
		b, err := EncodeLogRecord(tocsin.LogRecord{Match: &m})
		if err != nil {
			t.Fatal(err)
		}
		back, err := DecodeLogRecord(b)
		if err != nil {
			t.Fatal(err)
		}
		opts := cmp.Options{sameValues, cmp.Transformer("empty", func(vs []tocsin.Value) map[int]tocsin.Value {
			out := map[int]tocsin.Value{}
			for i, v := range vs {
				out[i] = v
			}
			return out
		})}
		if diff := cmp.Diff(m, *back.Match, opts); diff != "" {
			t.Fatal(diff)
		}
		if string(MatchKey(&m)) != string(MatchKey(back.Match)) {
			t.Fatal("another key")
		}
	})
}

func TestMarkerAndEvent(t *testing.T) {
	at := time.Date(2026, 11, 22, 1, 2, 3, 4, time.UTC)
	mark := tocsin.Marker{
		SourcePartition: tocsin.SourcePartition{Source: "s", Partition: 3}, Epoch: 7, Offset: 1 << 40, Greatest: at,
		Disorder: time.Minute, Listed: []tocsin.SourcePartition{{Source: "s", Partition: 1}}, Set: "h",
	}
	b, err := EncodeLogRecord(tocsin.LogRecord{Marker: &mark})
	if err != nil {
		t.Fatal(err)
	}
	back, err := DecodeLogRecord(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(tocsin.LogRecord{Marker: &mark}, back); diff != "" {
		t.Error(diff)
	}

	e := tocsin.Event{
		ID: "202611-a", Tenant: "default", Rule: tocsin.RuleRef{ID: "r", Tags: []string{"x"}}, Activity: tocsin.Merged, MergedInto: "202611-b",
		Group: tocsin.Group{{Field: "b", Value: tocsin.StringValue("1")}, {Field: "a", Value: tocsin.IntValue(2)}},
		First: at, Last: at, Detected: at, Opened: at, Count: 3, Revision: 2, Milestone: tocsin.MilestoneMerged,
		Evidence:     tocsin.Evidence{Alerts: []tocsin.AlertRef{{ID: "x", Ref: tocsin.Ref{Topic: "t", Offset: 5}, Time: at}}, Events: []string{}},
		Completeness: tocsin.Completeness{Degraded: []string{"gap"}, AbsentFields: map[string]int64{"user.name": 1}, Watermark: at},
	}
	if b, err = EncodeEventRecord(tocsin.EventRecord{Event: &e}); err != nil {
		t.Fatal(err)
	}
	got, err := decodeEvent(b)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e, got, cmp.Comparer(tocsin.Value.Equal)); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeRefuses(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":      ``,
		"no object":    `[]`,
		"neither":      `{"v":1}`,
		"both":         `{"v":1,"match":{},"marker":{}}`,
		"other":        `{"v":2,"match":{}}`,
		"no version":   `{"match":{}}`,
		"a wrong type": `{"v":1,"match":{"rule":5}}`,
	} {
		if _, err := DecodeLogRecord([]byte(text)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	if _, err := DecodeLogRecord([]byte(`{"v":2,"match":{}}`)); !errors.Is(err, ErrVersion) {
		t.Error(err)
	}
	if _, err := decodeEvent([]byte(`{"v":0,"event":{}}`)); !errors.Is(err, ErrVersion) {
		t.Error(err)
	}
	if _, err := EncodeLogRecord(tocsin.LogRecord{}); err == nil {
		t.Error("an empty record was encoded")
	}
}

func FuzzDecodeLogRecord(f *testing.F) {
	for _, r := range []tocsin.LogRecord{
		{Match: &tocsin.Match{Rule: "r", Key: []tocsin.Value{tocsin.FloatValue(1), tocsin.StringValue("\xff")}}},
		{Marker: &tocsin.Marker{Epoch: 1}},
	} {
		b, err := EncodeLogRecord(r)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r, err := DecodeLogRecord(b)
		if err != nil {
			return
		}
		again, err := EncodeLogRecord(r)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := DecodeLogRecord(again); err != nil {
			t.Fatal(err)
		} else if x, _ := json.Marshal(back); !json.Valid(x) {
			t.Fatal("not stable")
		}
	})
}

// decodeEvent decodes a record that holds an event.
func decodeEvent(b []byte) (tocsin.Event, error) {
	r, err := DecodeEventRecord(b)
	if err != nil || r.Event == nil {
		return tocsin.Event{}, err
	}
	return *r.Event, nil
}

// records makes records of events.
func records(events ...tocsin.Event) []tocsin.EventRecord {
	out := make([]tocsin.EventRecord, len(events))
	for i := range events {
		out[i].Event = &events[i]
	}
	return out
}

// Matches of rules that rest on one another meet in one partition, whatever their rule and key; those of a tenant alone.
func TestMatchKeyOfAChain(t *testing.T) {
	key := func(tenant, rule string, chained bool) string {
		return string(MatchKey(&tocsin.Match{Tenant: tenant, Rule: rule, Key: []tocsin.Value{tocsin.StringValue(rule)}, Chained: chained}))
	}
	if key("t", "a", true) != key("t", "b", true) {
		t.Error("two chained rules have two keys")
	}
	if key("t", "a", true) == key("u", "a", true) || key("t", "a", false) == key("t", "b", false) || key("t", "a", true) == key("t", "a", false) {
		t.Error("what need not meet does")
	}
}
