package kafka

import (
	"crypto/sha256"
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"tocsin"
)

// exactValues tells values apart by all that they hold.
var exactValues = cmp.Comparer(func(a, b tocsin.Value) bool {
	if a.Kind() != b.Kind() || a.Text() != b.Text() || a.Len() != b.Len() {
		return false
	}
	for i := range a.Len() {
		if a.Kind() == tocsin.List && (a.At(i).Kind() != b.At(i).Kind() || a.At(i).Text() != b.At(i).Text()) {
			return false
		}
	}
	return true
})

// TestMatchBothWays holds that a match by hand and a match by encoding/json are one: each reader reads what either
// writer wrote, and it is the same. All fields are drawn, those too that are added to a match later.
func TestMatchBothWays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := &tocsin.Match{}
		fill(t, reflect.ValueOf(m).Elem())
		plain, err := json.Marshal(logRecord{Version: codecVersion, LogRecord: tocsin.LogRecord{Match: m}, Key: exactly(m.Key), Values: exactly(m.Values)})
		if err != nil {
			t.Skip("encoding/json cannot say it")
		}
		mine, err := EncodeLogRecord(tocsin.LogRecord{Match: m})
		if err != nil {
			t.Fatalf("not written: %v: %s", err, plain)
		}
		want, err := decodeLogRecord(plain)
		if err != nil {
			t.Fatal(err)
		}
		got, ok := readMatch(mine)
		if !ok {
			t.Fatalf("not read: %s", mine)
		}
		slow, err := decodeLogRecord(mine)
		if err != nil {
			t.Fatalf("%v: %s", err, mine)
		}
		for what, m := range map[string]*tocsin.Match{"read by hand": got, "written by hand": slow.Match} {
			if diff := cmp.Diff(want.Match, m, exactValues); diff != "" {
				t.Fatalf("%s (-want +got):\n%s\n%s", what, diff, mine)
			}
		}
	})
}

// fill draws a value of any type that a match is made of.
func fill(t *rapid.T, v reflect.Value) {
	switch v.Interface().(type) {
	case tocsin.Value:
		v.Set(reflect.ValueOf(drawValue(t)))
		return
	case tocsin.Digest:
		v.Set(reflect.ValueOf(tocsin.Digest(sha256.Sum256([]byte(rapid.String().Draw(t, "content"))))))
		return
	case time.Time:
		v.Set(reflect.ValueOf(time.Unix(rapid.Int64Range(0, 1<<34).Draw(t, "s"), rapid.Int64Range(0, 999_999_999).Draw(t, "ns")).UTC()))
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for _, field := range v.Fields() {
			if rapid.IntRange(0, 3).Draw(t, "set") > 0 {
				fill(t, field)
			}
		}
	case reflect.Slice:
		if n := rapid.IntRange(0, 3).Draw(t, "n"); n > 0 {
			v.Set(reflect.MakeSlice(v.Type(), n, n))
			for i := range n {
				fill(t, v.Index(i))
			}
		}
	case reflect.String:
		v.SetString(rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"<a>&\u2028", "\\\"\n\x00", "é", "\xff"})).Draw(t, "text"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(int64(rapid.Int32().Draw(t, "int")))
	case reflect.Uint64:
		v.SetUint(rapid.Uint64().Draw(t, "uint"))
	case reflect.Float64:
		v.SetFloat(rapid.Float64Range(-1e30, 1e30).Draw(t, "float"))
	default:
		t.Fatalf("a match has a field of the kind %s: teach both writers, both readers and this test", v.Kind())
	}
}

// FuzzReadMatch holds that what is read by hand encoding/json reads as well, and as the same.
func FuzzReadMatch(f *testing.F) {
	b, err := EncodeLogRecord(tocsin.LogRecord{Match: benchMatch()})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Add([]byte(`{"v":1,"match":{"rule":"r","set":"","tenant":"","key":[null,[],[1,"x"],1e5,true],"conditions":1,"facts":{"risk":1.5,"ioc":true},"alert":{"id":"","line":-3,"at":"0001-01-01T00:00:00Z"},"index":0}}`))
	f.Add([]byte(`{"v":1,"match":{"rule":"r","set":"","tenant":"","conditions":1,"facts":{},"alert":{"id":"","line":1,"at":"0001-01-01T00:00:00Z"},"index":0},"exact_key":[{"k":0}],"exact_values":[{"k":6,"l":[{"k":5,"t":"/w=="}]},{"k":4,"t":"MS4w"}]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, ok := readMatch(b)
		if !ok {
			return
		}
		want, err := decodeLogRecord(b)
		if err != nil {
			t.Fatalf("encoding/json refuses it: %v", err)
		}
		if diff := cmp.Diff(want.Match, m, exactValues, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("(-encoding/json +by hand):\n%s", diff)
		}
	})
}

func benchMatch() *tocsin.Match {
	at := time.Date(2026, 11, 22, 1, 2, 3, 4000, time.UTC)
	return &tocsin.Match{
		Rule: "ssh-brute-force", Set: "0123456789abcdef0123456789abcdef", Tenant: "default", Key: []tocsin.Value{tocsin.StringValue("203.0.113.7")},
		Conditions: 1, Facts: tocsin.Facts{Risk: 47, Tactics: []string{"TA0006"}},
		Entities: []tocsin.Entity{{Field: "source.ip", Value: "203.0.113.7", Role: "attacker"}, {Field: "host.name", Value: "bastion", Role: "victim"}},
		Readings: []tocsin.Reading{
			{Expr: `event.category == "authentication"`, Value: tocsin.StringValue("authentication"), Holds: true},
			{Expr: `event.outcome == "failure"`, Value: tocsin.StringValue("failure"), Holds: true},
		},
		Absent: []string{"user.name"},
		Alert: tocsin.AlertRef{
			ID: "0123456789abcdef0123456789abcdef", Source: "edge", Time: at, Received: at, Digest: tocsin.Digest{0x00, 0x11, 0x22, 31: 0xff},
			Ref: tocsin.Ref{Topic: "alerts", Partition: 3, Offset: 123456, Incarnation: "abc/1"},
		},
	}
}

// noveltyMatch is one of a rule of kind novelty, most of whose values an alert lacks.
func noveltyMatch() *tocsin.Match {
	m := benchMatch()
	m.Values = []tocsin.Value{tocsin.StringValue("bastion"), {}, tocsin.StringValue("sshd: failed password"), tocsin.ListValue(tocsin.StringValue("credential-access")), {}, {}, tocsin.NullValue()}
	return m
}

// TestNoveltyMatchByHand holds that values an alert lacks do not send a match down the slow road: every alert has one.
func TestNoveltyMatchByHand(t *testing.T) {
	b, err := EncodeLogRecord(tocsin.LogRecord{Match: noveltyMatch()})
	if err != nil {
		t.Fatal(err)
	}
	m, ok := readMatch(b)
	if !ok {
		t.Fatalf("not read by hand: %s", b)
	}
	if diff := cmp.Diff(noveltyMatch(), m, exactValues); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// BenchmarkMatch writes and reads one record of the matches log, and encoding/json reads it beside.
func BenchmarkMatch(b *testing.B) {
	r, novel := tocsin.LogRecord{Match: benchMatch()}, tocsin.LogRecord{Match: noveltyMatch()}
	data, err := EncodeLogRecord(r)
	if err != nil {
		b.Fatal(err)
	}
	novelData, err := EncodeLogRecord(novel)
	if err != nil {
		b.Fatal(err)
	}
	for name, do := range map[string]func() error{
		"write":            func() error { _, err := EncodeLogRecord(r); return err },
		"read":             func() error { _, err := DecodeLogRecord(data); return err },
		"write/novelty":    func() error { _, err := EncodeLogRecord(novel); return err },
		"read/novelty":     func() error { _, err := DecodeLogRecord(novelData); return err },
		"write/reflection": func() error { _, err := json.Marshal(logRecord{Version: codecVersion, LogRecord: r}); return err },
		"read/reflection":  func() error { _, err := decodeLogRecord(data); return err },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			b.ReportAllocs()
			for b.Loop() {
				if err := do(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
