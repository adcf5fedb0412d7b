package decode

import (
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tocsin"
	"tocsin/ingest"
)

func TestParseTime(t *testing.T) {
	for text, want := range map[string]string{
		"2026-03-01T10:00:00Z": "2026-03-01T10:00:00Z", "2026-03-01T10:00:00.123456789+02:00": "2026-03-01T08:00:00.123456789Z",
		"2026-03-01T10:00:00+0200": "2026-03-01T08:00:00Z", "2026-03-01 10:00:00,5": "2026-03-01T10:00:00.5Z", "2026-03-01 10:00:00 +02": "2026-03-01T08:00:00Z",
		"2026-03-01": "2026-03-01T00:00:00Z", "2026-03-01T10:00": "2026-03-01T10:00:00Z", "2026-03-01T10:00:00.1234567890123Z": "2026-03-01T10:00:00.123456789Z",
		"1772359200": "2026-03-01T10:00:00Z", "1772359200123": "2026-03-01T10:00:00.123Z", "1772359200123456": "2026-03-01T10:00:00.123456Z",
		"Mar  1 10:00:00": "0000-03-01T10:00:00Z", "March 1 2026 10:00:00": "2026-03-01T10:00:00Z", "01/Mar/2026:2:00:00 PST": "2026-03-01T10:00:00Z", "Mar  1 2026 10:00:00": "2026-03-01T10:00:00Z", "01/Mar/2026:10:00:00 +0100": "2026-03-01T09:00:00Z",
		"1772359200123456789": "2026-03-01T10:00:00.123456789Z", "1772359200.25": "2026-03-01T10:00:00.25Z", "1.77235920025E9": "2026-03-01T10:00:00.25Z", "1.772359200123e+12": "2026-03-01T10:00:00.123Z",
		"Sun, 01 Mar 2026 10:00:00 GMT": "2026-03-01T10:00:00Z", "03/01/2026-10:00:00.25": "2026-03-01T10:00:00.25Z", "20260301100000": "2026-03-01T10:00:00Z",
		"20260301100000.25": "2026-03-01T10:00:00.25Z", "3/1/2026 10:00:00 AM +01:00": "2026-03-01T09:00:00Z", "03/01/26-10:00:00.5": "2026-03-01T10:00:00.5Z", "03/01-10:00:00.5": "0000-03-01T10:00:00.5Z",
		"03/01-1:00:00": "0000-03-01T01:00:00Z", "2026-03-01 10:00:00 (UTC)": "2026-03-01T10:00:00Z", "2026-03-01 10:00:00.25 (GMT)": "2026-03-01T10:00:00.25Z",
		"2026 Mar  1 10:00:00 UTC": "2026-03-01T10:00:00Z", "Mar 1, 2026 10:00:00,301 AM GMT": "2026-03-01T10:00:00.301Z", "Mar 1, 2026 10:00:00 AM +0100": "2026-03-01T09:00:00Z",
		"2026-03-01 10:00:00.5 +0100 CET": "2026-03-01T09:00:00.5Z", "2026-03-01 10:00:00 +0000 UTC": "2026-03-01T10:00:00Z", "2026-03-01 10:00:00 UTC+0000": "2026-03-01T10:00:00Z",
		"2026-03-01 10:00:00 EST": "2026-03-01T15:00:00Z", "2026-03-01 10:00:00 WEST": "2026-03-01T09:00:00Z", "2026-03-01 10:00:00 CST": "2026-03-01T16:00:00Z", "2026-03-01 10:00:00.5 EDT": "2026-03-01T14:00:00.5Z",
		"/Date(1772359200123)/": "2026-03-01T10:00:00.123Z", "/Date(1772359200123+0100)/": "2026-03-01T10:00:00.123Z",
	} {
		got, ok := parseTime(text)
		if !ok || got.UTC().Format(time.RFC3339Nano) != want {
			t.Errorf("parseTime(%q) = %v, %v; want %s", text, got.Format(time.RFC3339Nano), ok, want)
		}
	}
	for _, text := range []string{"", "-", "soon", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-03-01T25:00:00Z", "0", "Foo  1 10:00:00", "99999999999999999999", "/Date(soon)/", "/Date(1772359200123"} {
		if got, ok := parseTime(text); ok {
			t.Errorf("parseTime(%q) = %v", text, got)
		}
	}
}

func TestReceived(t *testing.T) {
	received := time.Date(2026, 1, 1, 0, 1, 0, 0, time.UTC)
	for _, c := range [][3]string{
		{`{"@timestamp":"2025-12-31T23:00:00Z","event.kind":"event"}`, "2025-12-31T23:00:00Z", ""},
		{`{"@timestamp":"2026-01-01T00:06:00Z","event.kind":"event"}`, "2026-01-01T00:06:00Z", ""},
		{`{"@timestamp":"2026-01-01T00:06:01Z","event.kind":"event"}`, "2026-01-01T00:01:00Z", "future"},
		{`{"event.kind":"event"}`, "2026-01-01T00:01:00Z", "no_timestamp"},
		{`Dec 31 23:59:00 h a: b`, "2025-12-31T23:59:00Z", "no_year"},
		{`Jan  1 00:00:30 h a: b`, "2026-01-01T00:00:30Z", "no_year"},
		{`Jan  1 00:05:00 h a: b`, "2026-01-01T00:05:00Z", "no_year"},
		{`Feb 29 00:00:00 h a: b`, "2024-02-29T00:00:00Z", "no_year"},
	} {
		text, at, mark := c[0], c[1], c[2]
		a, rejected := newTest(t).Decode(ingest.Record{Received: received, Value: []byte(text)})
		if rejected != nil {
			t.Fatalf("%s: %s", text, rejected.Detail)
		}
		if got := a.Time.Format(time.RFC3339); got != at || mark != "" && !slices.Contains(a.Marks, mark) || mark == "" && len(a.Marks) > 0 {
			t.Errorf("%s: %s %v, want %s %s", text, got, a.Marks, at, mark)
		}
	}
}

// TestClock follows ruling 2's second half: files, whose records have no receive time.
func TestClock(t *testing.T) {
	day := func(d, h int) time.Time { return time.Date(2026, 3, d, h, 0, 0, 0, time.UTC) }
	noYear := time.Date(0, 3, 1, 5, 0, 0, 0, time.UTC)
	type step struct {
		at, next, want time.Time
		mark, reason   string
	}
	for name, steps := range map[string][]step{
		"a quiet log is not the future":     {{at: day(1, 0), next: day(9, 0), want: day(1, 0)}, {at: day(9, 0), next: day(20, 0), want: day(9, 0)}, {at: day(20, 0), want: day(20, 0)}},
		"ahead of both is":                  {{at: day(1, 0), next: day(9, 0), want: day(1, 0)}, {at: day(9, 0), next: day(1, 1), want: day(1, 0), mark: "future"}, {at: day(1, 1), want: day(1, 1)}},
		"24 h is not yet":                   {{at: day(1, 0), next: day(2, 0), want: day(1, 0)}, {at: day(2, 0), next: day(1, 0), want: day(2, 0)}},
		"the first one takes the next time": {{at: day(9, 0), next: day(1, 0), want: day(1, 0), mark: "future"}, {at: day(1, 0), want: day(1, 0)}},
		"no time takes the last":            {{at: day(1, 0), next: time.Time{}, want: day(1, 0)}, {at: time.Time{}, want: day(1, 0)}},
		"no time at first takes the next":   {{at: time.Time{}, next: day(2, 0), want: day(2, 0)}},
		"no time anywhere":                  {{at: time.Time{}, reason: "no_timestamp"}},
		"no year follows the dated":         {{at: day(3, 0), next: noYear, want: day(3, 0)}, {at: noYear, want: day(1, 5)}, {at: time.Date(0, 12, 31, 0, 0, 0, 0, time.UTC), want: time.Date(2025, 12, 31, 0, 0, 0, 0, time.UTC)}},
		"no year anywhere":                  {{at: noYear, next: noYear, reason: "no_year"}},
	} {
		t.Run(name, func(t *testing.T) {
			var c Clock
			for i, s := range steps {
				a := tocsin.Alert{Time: s.at}
				rejected := c.Settle(&a, s.next)
				switch {
				case s.reason != "":
					if rejected == nil || rejected.Reason != s.reason {
						t.Errorf("step %d: %+v, want %s", i, rejected, s.reason)
					}
				case rejected != nil || !a.Time.Equal(s.want) || s.mark != "" && !slices.Contains(a.Marks, s.mark) || s.mark == "" && len(a.Marks) > 0:
					t.Errorf("step %d: %v %v (%v), want %v %s", i, a.Time, a.Marks, rejected, s.want, s.mark)
				}
			}
		})
	}
}

// TestClockKeep leaves each record its own time where records are looked at one by one.
func TestClockKeep(t *testing.T) {
	day := func(d int) time.Time { return time.Date(2026, 3, d, 0, 0, 0, 0, time.UTC) }
	c := Clock{Keep: true}
	for i, s := range []struct {
		at, next, want time.Time
		mark           bool
	}{{day(9), day(1), day(9), true}, {day(1), day(20), day(1), false}, {day(20), day(2), day(20), true}, {day(2), time.Time{}, day(2), false}} {
		a := tocsin.Alert{Time: s.at}
		if rejected := c.Settle(&a, s.next); rejected != nil || !a.Time.Equal(s.want) || slices.Contains(a.Marks, markFuture) != s.mark {
			t.Errorf("step %d: %v %v (%v), want %v", i, a.Time, a.Marks, rejected, s.want)
		}
	}
}

// TestUntil reckons a year from the file's last date, where its reader has looked ahead.
func TestUntil(t *testing.T) {
	var c Clock
	c.Until(time.Date(2026, 1, 2, 0, 0, 0, 0, time.UTC))
	for _, s := range []struct{ at, want time.Time }{
		{time.Date(0, 12, 31, 23, 0, 0, 0, time.UTC), time.Date(2025, 12, 31, 23, 0, 0, 0, time.UTC)},
		{time.Date(0, 1, 1, 1, 0, 0, 0, time.UTC), time.Date(2026, 1, 1, 1, 0, 0, 0, time.UTC)},
	} {
		a := tocsin.Alert{Time: s.at}
		if rejected := c.Settle(&a, time.Time{}); rejected != nil || !a.Time.Equal(s.want) {
			t.Errorf("%v (%v), want %v", a.Time, rejected, s.want)
		}
	}
}

// A layout whose shape is not that of a text would not have read it, or another reads the same.
func TestShapes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		at := time.Unix(rapid.Int64Range(0, 1<<32).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanos")).UTC()
		all := slices.Concat(digitLayouts, wordLayouts)
		text := at.Format(rapid.SampledFrom(all).Draw(t, "layout").text)
		if rapid.Bool().Draw(t, "upper") {
			text = strings.ToUpper(text)
		}
		read := func(only bool) string {
			for _, l := range all {
				if r, err := time.Parse(l.text, text); err == nil && (!only || l.shape == shapeOf(text)) {
					return r.String()
				}
			}
			return ""
		}
		if of, shaped := read(false), read(true); of != shaped {
			t.Fatalf("%q is read as %s, and by layouts of its shape as %q", text, of, shaped)
		}
	})
	for _, text := range []string{"User says", "Sonne 1", "mark 1", "Augen auf", "-", "ärger"} {
		if shapeOf(text).first != noTime {
			t.Errorf("%q begins a time", text)
		}
	}
}
