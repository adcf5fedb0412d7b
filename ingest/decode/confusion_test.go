package decode

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin/ingest"
)

// general are the formats that may claim a record of another format: they come last in the table, and what they say of
// such a record is less, not wrong.
const general = " ecs json keyvalue syslog plain container weblog "

// TestConfusion measures by how many formats each sample is claimed. One that two particular formats claim would be read
// by whichever stands first in the table: there is none.
func TestConfusion(t *testing.T) {
	d := newTest(t)
	table := map[string]map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(samples)) {
		r := ingest.Record{Value: []byte(samples[name]), Source: "s", Received: testReceived}
		a, rejected := d.Decode(r)
		if rejected != nil {
			t.Errorf("%s: %s", name, rejected.Detail)
			continue
		}
		row := table[a.Format]
		if row == nil {
			row = map[string]int{}
			table[a.Format] = row
		}
		row["records"]++
		for _, also := range claimants(t, d, strings.TrimSuffix(samples[name], ",")) {
			if also == a.Format {
				continue
			}
			row[also]++
			if !strings.Contains(general, " "+also+" ") && !strings.Contains(general, " "+a.Format+" ") && !carries[a.Format+" "+also] {
				t.Errorf("%s is read as %s, and %s claims it as well", name, a.Format, also)
			}
		}
	}
	for _, format := range slices.Sorted(maps.Keys(table)) {
		var row strings.Builder
		for _, also := range slices.Sorted(maps.Keys(table[format])) {
			fmt.Fprintf(&row, " %s %d", also, table[format][also])
		}
		t.Logf("%-18s%s", format, row.String())
	}
}

// carries are pairs of which the first one's records hold records of the second, or are a kind of them.
var carries = map[string]bool{
	"hayabusa windows": true, // a rule that fired on a Windows event, with the event's number
	"hunting azure":    true, // as Azure streams it
	"product azure":    true, // of Azure, with more in it than what all of its records have
	"windows_xml xml":  true, // XML of no vendor's own
}

// claimants are all formats that claim a record.
func claimants(t *testing.T, d *Decoder, text string) []string {
	t.Helper()
	var names []string
	for i := range d.formats {
		f := &d.formats[i]
		if strings.HasPrefix(text, "{") {
			if f.object.read == nil {
				continue
			}
			if err := d.doc.scan([]byte(text)); err != nil {
				t.Fatal(err.detail)
			}
			var anchored uint64
			for _, l := range d.doc.leaves[1:] {
				if l.name != nil {
					anchored |= l.name.anchors
				}
			}
			if f.bit&anchored == f.bit && f.object.claims(d.doc) {
				names = append(names, f.name)
			}
		} else if f.text.read != nil && f.text.claims(text) {
			names = append(names, f.name)
		}
	}
	return names
}

// TestAnyOrder decodes the samples in many orders: what a record becomes does not depend on what came before it.
func TestAnyOrder(t *testing.T) {
	names := slices.Sorted(maps.Keys(samples))
	want := map[string]string{}
	show := func(d *Decoder, name string) string {
		a, rejected := d.Decode(ingest.Record{Value: []byte(samples[name]), Source: "s", Received: testReceived})
		if rejected != nil {
			return rejected.Detail
		}
		var b strings.Builder
		fmt.Fprintln(&b, a.Format, a.Time, a.Marks)
		for field, v := range a.Fields.All() {
			fmt.Fprintf(&b, "%s=%q\n", field, v.Text())
		}
		return b.String()
	}
	for _, name := range names {
		want[name] = show(newTest(t), name)
	}
	d := newTest(t)
	for seed := range uint64(10) {
		rand.New(rand.NewPCG(seed, seed)).Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		for _, name := range names {
			if got := show(d, name); got != want[name] {
				t.Fatalf("%s, behind others:\n%s\nalone:\n%s", name, got, want[name])
			}
		}
	}
}

// testReceived is when the samples came in.
var testReceived = time.Date(2026, 3, 1, 10, 0, 5, 0, time.UTC)
