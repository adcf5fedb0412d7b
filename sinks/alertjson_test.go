package sinks

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"tocsin"
)

// TestEncodeAlert holds that an alert comes back as it was, and that its head is what encoding/json would write.
func TestEncodeAlert(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.SampledFrom([]string{"", "a", `<"\>&`, "é\u2028", "x.y"})
		moment := func(name string) time.Time {
			return time.Unix(rapid.Int64Range(0, 1<<34).Draw(t, name), rapid.Int64Range(0, 999_999_999).Draw(t, name)).UTC()
		}
		a := tocsin.Alert{
			ID: text.Draw(t, "id"), ResendOf: text.Draw(t, "resend"), Tenant: text.Draw(t, "tenant"), Source: text.Draw(t, "source"),
			Format: text.Draw(t, "format"), Time: moment("time"), Raw: []byte("raw"),
			Ref:   tocsin.Ref{File: text.Draw(t, "file"), Topic: text.Draw(t, "topic"), Offset: rapid.Int64().Draw(t, "offset")},
			Marks: rapid.SliceOfN(text, 0, 2).Draw(t, "marks"),
			Fields: tocsin.NewFields([]tocsin.Field{
				{Name: "b", Value: tocsin.StringsValue("1", text.Draw(t, "value"))}, {Name: "a", Value: tocsin.IntValue(-5)}, {Name: "c", Value: tocsin.NullValue()},
			}),
		}
		if rapid.Bool().Draw(t, "received") {
			a.Received = moment("received")
		}
		a.SHA256[3] = 7
		data, err := EncodeAlert(&a)
		if err != nil {
			t.Fatal(err)
		}
		back, err := DecodeAlert(data, a.Raw)
		if err != nil {
			t.Fatalf("%v: %s", err, data)
		}
		same := cmp.Comparer(func(a, b tocsin.Fields) bool {
			for name, v := range a.All() {
				if b.Get(name).Kind() != v.Kind() || b.Get(name).Text() != v.Text() {
					return false
				}
			}
			return a.Len() == b.Len()
		})
		if diff := cmp.Diff(a, back, same, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
		var head alertHead
		if err := json.Unmarshal(data, &head); err != nil {
			t.Fatal(err)
		}
		want, err := json.Marshal(head)
		if err != nil {
			t.Fatal(err)
		}
		got, err := appendHead(nil, &a)
		if err != nil {
			t.Fatal(err)
		}
		var x, y any
		if err := json.Unmarshal(want, &x); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(append(got, '}'), &y); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(x, y); diff != "" {
			t.Fatalf("head (-encoding/json +own):\n%s", diff)
		}
	})
}
