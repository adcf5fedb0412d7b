package sinks_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tocsin"
	"tocsin/sinks"
)

func TestMonth(t *testing.T) {
	received := time.Date(2026, 11, 1, 0, 2, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		at, received time.Time
		want         string
	}{
		"as it happened":        {received.Add(-10 * time.Minute), received, "2026.10"},
		"another zone":          {time.Date(2026, 11, 1, 1, 0, 0, 0, time.FixedZone("", 2*3600)), received, "2026.10"},
		"a year late":           {received.AddDate(-1, 0, 0), received, "2025.11"},
		"too old":               {received.AddDate(-2, 0, 0), received, "2026.11"},
		"in the future":         {received.AddDate(0, 1, 0), received, "2026.11"},
		"nothing says so":       {received.AddDate(-9, 0, 0), time.Time{}, "2017.11"},
		"a little fast a clock": {received.Add(4 * time.Minute), received, "2026.11"},
	} {
		if got := sinks.Month(&tocsin.Alert{Time: c.at, Received: c.received}); got != c.want {
			t.Errorf("%s: month %s, want %s", name, got, c.want)
		}
	}
}

func TestJudge(t *testing.T) {
	a := tocsin.Alert{Ref: tocsin.Ref{Topic: "t", Offset: 4}, SHA256: [32]byte{1}}
	for name, c := range map[string]struct {
		ref    tocsin.Ref
		digest [32]byte
		want   tocsin.ReceiptVerdict
	}{
		"ours before a restart": {a.Ref, a.SHA256, tocsin.Stored},
		"sent twice":            {tocsin.Ref{Topic: "t", Offset: 3}, a.SHA256, tocsin.Duplicate},
		"id used twice":         {tocsin.Ref{Topic: "t", Offset: 3}, [32]byte{2}, tocsin.Resent},
		"log made anew":         {a.Ref, [32]byte{2}, tocsin.Resent},
	} {
		if got := sinks.Judge(&a, c.ref, c.digest); got != c.want {
			t.Errorf("%s: verdict %d, want %d", name, got, c.want)
		}
	}
	a.Shared = true
	if got := sinks.Judge(&a, tocsin.Ref{Topic: "u", Offset: 3}, [32]byte{2}); got != tocsin.Duplicate {
		t.Errorf("by another road: verdict %d", got)
	}
}

func TestCursor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := sinks.Key{Rank: rapid.StringMatching("P[1-5]").Draw(t, "rank"), At: rapid.Int64().Draw(t, "at"), ID: rapid.StringMatching("[0-9a-f-]+").Draw(t, "id")}
		got, ok, err := sinks.ParseCursor("opened", sinks.Cursor("opened", want))
		if err != nil || !ok || got != want {
			t.Fatalf("%+v came back as %+v (%v)", want, got, err)
		}
		if _, _, err := sinks.ParseCursor("updated", sinks.Cursor("opened", want)); !errors.Is(err, sinks.ErrQuery) {
			t.Fatalf("a cursor of another listing gave %v", err)
		}
	})
}

func FuzzParseCursor(f *testing.F) {
	f.Add("")
	f.Add(sinks.Cursor("opened", sinks.Key{ID: "x"}))
	f.Fuzz(func(t *testing.T, cursor string) {
		if _, ok, err := sinks.ParseCursor("opened", cursor); ok && err != nil {
			t.Errorf("both a key and %v", err)
		}
	})
}

func TestPack(t *testing.T) {
	s := tocsin.Snapshot{Partition: 3, Offset: 9, Set: "s", Format: 1, State: []byte("state of the engine")}
	m, packed, err := sinks.Pack(s)
	if err != nil {
		t.Fatal(err)
	}
	got, err := sinks.Unpack(m, packed)
	if diff := cmp.Diff(s, got); diff != "" || err != nil {
		t.Errorf("came back otherwise (%v):\n%s", err, diff)
	}
	for at := range packed {
		broken := append([]byte{}, packed...)
		broken[at] ^= 0x10
		if got, err := sinks.Unpack(m, broken); err == nil && string(got.State) != string(s.State) {
			t.Errorf("a flipped bit at %d was not seen", at)
		}
	}
}

func FuzzUnpack(f *testing.F) {
	m, packed, _ := sinks.Pack(tocsin.Snapshot{State: []byte("state")})
	f.Add(m.Size, m.SHA256, packed)
	f.Fuzz(func(t *testing.T, size int64, sum string, packed []byte) {
		_, _ = sinks.Unpack(sinks.Manifest{Size: size % (1 << 20), SHA256: sum}, packed)
	})
}

func FuzzDecodeAlert(f *testing.F) {
	data, _ := sinks.EncodeAlert(&tocsin.Alert{ID: "a", Fields: tocsin.NewFields([]tocsin.Field{{Name: "source.ip", Value: tocsin.StringValue("::1")}})})
	f.Add(data)
	f.Fuzz(func(t *testing.T, data []byte) {
		a, err := sinks.DecodeAlert(data, nil)
		if err != nil {
			return
		}
		if _, err := sinks.EncodeAlert(&a); err != nil {
			t.Errorf("what was read cannot be written: %v", err)
		}
	})
}
