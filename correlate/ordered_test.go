package correlate

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
	"tocsin/rules"
)

// whole is a match with something in each field.
func whole(n int) tocsin.Match {
	return tocsin.Match{
		Rule: "r", Set: "s", Order: 3, Tenant: "t", Key: []tocsin.Value{tocsin.StringValue("a\xff"), tocsin.NullValue(), tocsin.ListValue(tocsin.IntValue(1), tocsin.StringValue("b"))},
		Conditions: 1 << 63, Values: []tocsin.Value{tocsin.FloatValue(2), tocsin.BoolValue(true), {}},
		Entities: []tocsin.Entity{{Field: "f", Value: "v", Role: "victim"}}, Facts: tocsin.Facts{Risk: 0.5, Tactics: []string{"TA0001"}, IOC: true},
		Readings: []tocsin.Reading{{Expr: "x == 1", Value: tocsin.IntValue(1), Holds: true}}, Absent: []string{"user.name"},
		Alert: tocsin.AlertRef{
			ID: fmt.Sprint("id", n), Source: "src", Ref: tocsin.Ref{File: "f", Line: 9, Topic: "in", Partition: 2, Offset: int64(n), Incarnation: "i"},
			Time: epoch.Add(time.Duration(n)*time.Second + 5), Received: epoch.In(time.FixedZone("", 3600)), Digest: tocsin.Digest{0xd},
		},
		Index: 4, Recorded: true, Chained: true, Suppressed: "e",
	}
}

// unset names a field that is zero, of a value and of what it holds.
func unsetIn(v reflect.Value, name string) string {
	if v.IsZero() {
		return name
	}
	switch {
	case v.Kind() == reflect.Struct && v.Type().PkgPath() == "tocsin" && v.Type() != reflect.TypeFor[tocsin.Value]():
		for i := range v.NumField() {
			if at := unsetIn(v.Field(i), name+"."+v.Type().Field(i).Name); at != "" {
				return at
			}
		}
	case v.Kind() == reflect.Slice && v.Len() > 0:
		return unsetIn(v.Index(0), name+"[0]")
	}
	return ""
}

func noRules(t *testing.T) *rules.Set {
	t.Helper()
	set, err := rules.Load([]rules.Source{{FS: fstest.MapFS{}}}, rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func waiting(set *rules.Set, n int) *Ordered {
	o := NewOrdered(Config{}, set)
	for i := range n {
		o.Step(whole(i))
	}
	return o
}

// What waits comes back from a snapshot as it was, whatever a match holds.
func TestOrderedSnapshot(t *testing.T) {
	set := noRules(t)
	if at := unsetIn(reflect.ValueOf(whole(1)), "Match"); at != "" {
		t.Fatalf("%s is not tried", at)
	}
	a := waiting(set, 5)
	data := a.Snapshot()
	b, err := RestoreOrdered(Config{}, set, data)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(a.held, b.held, cmp.AllowUnexported(tocsin.Value{})); diff != "" {
		t.Error(diff)
	}
	if again := b.Snapshot(); !bytes.Equal(again, data) {
		t.Error("what was restored is saved as something else")
	}
	for cut := range len(data) {
		if _, err := RestoreOrdered(Config{}, set, data[:cut]); !errors.Is(err, ErrSnapshot) {
			t.Fatalf("cut after %d bytes: %v", cut, err)
		}
	}
	if _, err := RestoreOrdered(Config{}, set, append(data, 0)); !errors.Is(err, ErrSnapshot) {
		t.Errorf("with a byte too many: %v", err)
	}
}

// Matches that wait were JSON in the formats before.
func TestOrderedReadsTheFormatBefore(t *testing.T) {
	set := noRules(t)
	a := waiting(set, 3)
	var kept []keptMatch
	for _, m := range a.held {
		m.Key, m.Values = []tocsin.Value{tocsin.StringValue("k")}, nil
		kept = append(kept, keptMatch{Match: m, Key: []keptValue{{Kind: tocsin.String, Text: []byte("k")}}})
	}
	text, err := json.Marshal(kept)
	if err != nil {
		t.Fatal(err)
	}
	state := a.snapshot(compactHeld - 1)
	data := append(append(binary.BigEndian.AppendUint64(nil, uint64(len(state))), state...), text...)
	b, err := RestoreOrdered(Config{}, set, data)
	if err != nil {
		t.Fatal(err)
	}
	if len(b.held) != 3 || b.held[0].Alert.ID != "id0" || b.held[0].Key[0].Text() != "k" {
		t.Errorf("%+v", b.held)
	}
	if _, err := RestoreOrdered(Config{}, set, data[:len(data)-1]); !errors.Is(err, ErrSnapshot) {
		t.Errorf("cut: %v", err)
	}
}

// What a flood took is given back when it is over.
func TestOrderedGivesMemoryBack(t *testing.T) {
	set := noRules(t)
	o := waiting(set, 5000)
	o.Mark(tocsin.Marker{
		SourcePartition: tocsin.SourcePartition{Source: "src"}, Greatest: epoch.Add(2 * time.Hour), Recorded: true,
		Listed: []tocsin.SourcePartition{{Source: "src"}},
	})
	if len(o.held) != 0 || cap(o.held) > 1024 {
		t.Errorf("%d wait in room for %d", len(o.held), cap(o.held))
	}
}
