package decode

import (
	"fmt"
	"strconv"
	"time"

	"tocsin"
	"tocsin/ingest"
)

// A MappingFailure is what a test of a mapping file wants and does not get.
type MappingFailure struct {
	Test    string // its name, else its number from 1
	Line    int    // in the file
	Message string
}

// Check runs the mapping's own tests: each record is decoded as auto would, with this mapping beside the built-in
// formats. It returns how many tests there are, and what failed.
func (m *Mapping) Check() (tests int, failures []MappingFailure, err error) {
	opts := Options{Mappings: []*Mapping{m}}
	if builtIn(m.Format) == m {
		opts.Mappings = nil
	}
	d, err := New(opts)
	if err != nil {
		return 0, nil, err
	}
	for i := range m.tests {
		t := &m.tests[i]
		name := t.name
		if name == "" {
			name = strconv.Itoa(i + 1)
		}
		for _, message := range t.run(d, m.Format) {
			failures = append(failures, MappingFailure{Test: name, Line: t.line, Message: message})
		}
	}
	return len(m.tests), failures, nil
}

func (t *mappingTest) run(d *Decoder, format string) []string {
	a, rejected := d.Decode(ingest.Record{Value: t.record, Received: t.received, Source: "test"})
	switch {
	case rejected != nil && t.rejected == rejected.Reason:
		return nil
	case rejected != nil:
		return []string{fmt.Sprintf("rejected: %s: %s", rejected.Reason, rejected.Detail)}
	case t.rejected != "":
		return []string{fmt.Sprintf("want rejected: %s, got an alert of the format %s", t.rejected, a.Format)}
	}
	if t.format != "" {
		format = t.format
	}
	var failed []string
	if a.Format != format {
		failed = append(failed, fmt.Sprintf("the record is of the format %s, want %s", a.Format, format))
	}
	for _, w := range t.want {
		got := a.Fields.Get(w.field)
		if w.field == "@timestamp" {
			got = tocsin.StringValue(a.Time.Format(time.RFC3339Nano))
			if want := timeOf(w.value); want.Equal(a.Time) {
				continue
			}
		}
		if sameText(got, w.value) {
			continue
		}
		want := w.value.Text()
		if w.value.Kind() == tocsin.Null {
			want = "(absent)"
		}
		failed = append(failed, fmt.Sprintf("%s is %s, want %s", w.field, shown(got), want))
	}
	return failed
}

// sameText compares as rules do: 443 and "443" are the same, null is an absent field.
func sameText(got, want tocsin.Value) bool {
	if want.Kind() == tocsin.Null {
		return got.IsAbsent() || got.Kind() == tocsin.Null
	}
	if got.IsAbsent() || got.Len() != want.Len() {
		return false
	}
	for i := range got.Len() {
		if got.At(i).Text() != want.At(i).Text() {
			return false
		}
	}
	return true
}

func shown(v tocsin.Value) string {
	if v.IsAbsent() {
		return "(absent)"
	}
	return v.Text()
}
