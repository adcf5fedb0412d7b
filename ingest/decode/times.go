package decode

import (
	"math"
	"strings"
	"time"

	"tocsin"
)

// timeOf reads a point in time as sources write it: text in one of the layouts below, or a number of seconds,
// milliseconds, microseconds or nanoseconds since 1970, told apart by their size. It is zero where v is none. A text
// without a year gives the year 0, one without a zone is UTC.
func timeOf(v tocsin.Value) time.Time {
	switch v.Kind() {
	case tocsin.Int:
		n, _ := v.Int()
		return epoch(n)
	case tocsin.Float:
		f, _ := v.Float()
		return epochFloat(f, v.Text())
	case tocsin.String:
		s, _ := v.Str()
		t, _ := parseTime(s)
		return t
	case tocsin.List:
		if items := v.Items(); len(items) > 0 && items[0].Kind() != tocsin.List {
			return timeOf(items[0])
		}
	}
	return time.Time{}
}

// fraction is what stands beside seconds that are counted alone, as programs in Java and Go write a time that is an
// object: {"epochSecond":…,"nano":…}.
func (d *doc) fraction(seconds *name) time.Duration {
	if seconds.last != "epochSecond" && seconds.last != "seconds" {
		return 0
	}
	for _, beside := range [...]string{"nano", "nanoOfSecond", "nanos"} {
		if n := seconds.up.kids[beside]; n != nil {
			if v, ok := whole(d.value(n)); ok {
				nanos, _ := v.Int()
				return time.Duration(min(max(nanos, 0), int64(time.Second-1)))
			}
		}
	}
	return 0
}

// epoch reads a count since 1970 by its size: seconds up to the year 5138, then milliseconds, microseconds and
// nanoseconds.
func epoch(n int64) time.Time {
	size := n
	if size < 0 {
		size = -size
	}
	switch {
	case n == 0 || size < 0:
		return time.Time{}
	case size < 1e11:
		return time.Unix(n, 0).UTC()
	case size < 1e14:
		return time.UnixMilli(n).UTC()
	case size < 1e17:
		return time.UnixMicro(n).UTC()
	default:
		return time.Unix(0, n).UTC()
	}
}

// epochFloat reads seconds with a fraction to the nanosecond, from their text where it is a plain decimal.
func epochFloat(f float64, text string) time.Time {
	size := math.Abs(f)
	switch {
	case size == 0 || size >= math.MaxInt64:
		return time.Time{}
	case size >= 1e11:
		return epoch(int64(f))
	}
	whole, fraction, _ := strings.Cut(text, ".")
	sec, ok := digits(whole, 1, 11)
	nanos, more := fractionOf(fraction)
	if !ok || !more {
		s, ns := math.Modf(f)
		return time.Unix(int64(s), int64(ns*1e9)).UTC()
	}
	return time.Unix(int64(sec), int64(nanos)).UTC()
}

// powered reports whether a number is written as programs write seconds and milliseconds since 1970 that they took for
// fractions: 1.7723592E9, 1.7723592e+12.
func powered(s string) bool {
	for _, end := range [...]string{"E9", "E12", "e+09", "e+12"} {
		if strings.HasSuffix(s, end) && len(s) > 2 && s[1] == '.' {
			return true
		}
	}
	return false
}

// layouts are tried where the text is neither RFC 3339 nor one of its relatives, chosen by what it begins with.
var (
	digitLayouts = shaped(
		"02/Jan/2006:15:04:05 -0700", "02/Jan/2006:15:04:05 MST", "01/02/2006-15:04:05.999999999", "2006/01/02 15:04:05.999999999", "2006/01/02-15:04:05",
		"01/02/2006 15:04:05", "1/2/2006 3:04:05 PM", "02/01/2006 15:04:05", "1/2/2006 15:04:05", "02-Jan-2006 15:04:05.999", "2 Jan 2006 15:04:05 MST", "2 Jan 2006 15:04:05 -0700",
		"02 Jan 2006 15:04:05.999", "20060102T150405Z", "20060102150405", "02.01.2006 15:04:05",
		"2006-01-02-15.04.05.999999999", "1/2/2006 3:04:05 PM -07:00", "20060102150405.999999999", "01/02/06-15:04:05.999999999", "01/02-15:04:05.999999999",
		"2006-1-2 15:04:05", "2006-1-2T15:04:05Z07:00", "2006/1/2 15:04:05", "2006 Jan _2 15:04:05.999999999", "2006 Jan _2 15:04:05.999999999 MST",
	)
	wordLayouts = shaped(
		"Jan _2 15:04:05", "Jan _2 15:04:05.999999999", "Jan _2 2006 15:04:05", "Jan _2 15:04:05 2006", "Jan 2 2006 15:04:05",
		"Jan _2 15:04:05 MST", "Jan _2 15:04:05.999 MST", "Jan _2 2006 15:04:05 MST", "Jan _2 2006 15:04:05.999999999 MST", "Jan _2 2006 15:04:05.999999999",
		"Mon Jan _2 15:04:05 2006", "Mon Jan _2 15:04:05 MST 2006", "Mon Jan _2 2006 15:04:05", "Mon, 02 Jan 2006 15:04:05 MST",
		"Mon, 2 Jan 2006 15:04:05 MST", "Mon, 02 Jan 2006 15:04:05 -0700", "Jan _2, 2006 3:04:05 PM", "Jan 2, 2006 at 3:04:05.999 PM",
		"Monday, 02-Jan-06 15:04:05 MST", "Jan _2, 2006 15:04:05", "Jan _2, 2006 3:04:05.999999999 PM MST", "Jan _2, 2006 3:04:05 PM -0700",
	)
)

// parseTime reads a time that is text. It reports false for text that is none.
func parseTime(s string) (time.Time, bool) {
	s = strings.TrimSpace(s)
	if len(s) < 8 || len(s) > 64 {
		if n, ok := digits(s, 1, 7); ok {
			return epoch(int64(n)), n != 0
		}
		return time.Time{}, false
	}
	if t, ok := isoTime(s); ok {
		return t, true
	}
	if at := strings.LastIndexByte(s, ' '); at >= len("2026-03-01 10:00") {
		if offset, ok := zoneNamed(s[at+1:]); ok {
			if t, ok := isoTime(s[:at]); ok {
				return t.Add(-offset), true
			}
		}
	}
	if body, ok := strings.CutPrefix(s, "/Date("); ok {
		return jsonDate(body)
	}
	if t, rest, ok := stamp(s); ok {
		if t, ok = stampEnd(t, rest); ok {
			return t, true
		}
	}
	layouts := wordLayouts
	if s[0] >= '0' && s[0] <= '9' {
		if v, ok := tocsin.NumberValue(s); ok && (!strings.ContainsAny(s, "eE") || powered(s)) && strings.IndexByte(s+".", '.') != len("20060102150405") {
			t := timeOf(v)
			return t, !t.IsZero()
		}
		layouts = digitLayouts
	}
	if len(s) < len("01/02-1:04:05") { // fits none: trying them all costs more than reading a record
		return time.Time{}, false
	}
	of := shapeOf(s)
	for i := range layouts {
		layout := layouts[i].text
		if layouts[i].shape != of {
			continue // a layout that fails costs more than the shapes of all
		}
		if t, err := time.Parse(layout, s); err == nil {
			return inZoneOf(t, layout).UTC(), true
		}
	}
	return time.Time{}, false
}

// inZoneOf is a time that was read by a layout in the zone whose letters the layout ends with, which the standard library
// does not know.
func inZoneOf(t time.Time, layout string) time.Time {
	if name, offset := t.Zone(); offset == 0 && strings.HasSuffix(layout, "MST") {
		if known, ok := zoneNamed(name); ok {
			return t.Add(-known)
		}
	}
	return t
}

// jsonDate reads what follows /Date( in the form in which .NET writes times: milliseconds, and an offset that does not
// change them.
func jsonDate(body string) (time.Time, bool) {
	body, closed := strings.CutSuffix(body, ")/")
	body, _, _ = strings.Cut(body, "+")
	millis, ok := digits(body, 1, 15)
	return epoch(int64(millis)), closed && ok && millis != 0
}

// stampEnd adds what follows a stamp to it: a fraction, a zone. Without a year it has neither.
func stampEnd(t time.Time, rest string) (time.Time, bool) {
	if rest == "" || yearless(t) {
		return t, rest == ""
	}
	if rest[0] == '.' {
		end := 1
		for end < len(rest) && rest[end]-'0' < 10 {
			end++
		}
		n, ok := fractionOf(rest[1:end])
		if !ok || end == 1 {
			return t, false
		}
		t, rest = t.Add(time.Duration(n)), rest[end:]
	}
	rest = strings.TrimLeft(rest, " ")
	if len(rest) > 3 && (rest[:3] == "GMT" || rest[:3] == "UTC") {
		rest = rest[3:]
	}
	if offset, ok := zoneNamed(rest); ok {
		return t.Add(-offset), true
	}
	offset, ok := zone(rest)
	return t.Add(-offset), ok
}

// isoTime reads RFC 3339 and what is like it: a blank for the T, a comma for the point, any number of digits after it,
// a zone as Z, UTC, (UTC), +02, +0200, +02:00 or +00:00Z, or none.
func isoTime(s string) (time.Time, bool) {
	if len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return time.Time{}, false
	}
	year, ok1 := digits(s[:4], 4, 4)
	month, ok2 := digits(s[5:7], 2, 2)
	day, ok3 := digits(s[8:10], 2, 2)
	if !ok1 || !ok2 || !ok3 || month < 1 || month > 12 || day < 1 || day > 31 {
		return time.Time{}, false
	}
	if len(s) == 10 {
		return date(year, month, day, 0, 0, 0, 0)
	}
	if len(s) < 16 || s[10] != 'T' && s[10] != 't' && s[10] != ' ' || s[13] != ':' {
		return time.Time{}, false
	}
	hour, ok1 := digits(s[11:13], 2, 2)
	minute, ok2 := digits(s[14:16], 2, 2)
	if !ok1 || !ok2 || hour > 23 || minute > 59 {
		return time.Time{}, false
	}
	rest, second, nanos := s[16:], 0, 0
	if len(rest) >= 3 && rest[0] == ':' {
		if second, ok1 = digits(rest[1:3], 2, 2); !ok1 || second > 60 {
			return time.Time{}, false
		}
		rest = rest[3:]
		if len(rest) > 1 && (rest[0] == '.' || rest[0] == ',') {
			end := 1
			for end < len(rest) && rest[end] >= '0' && rest[end] <= '9' {
				end++
			}
			if nanos, ok1 = fractionOf(rest[1:end]); !ok1 {
				return time.Time{}, false
			}
			rest = rest[end:]
		}
	}
	offset, ok := zone(strings.TrimPrefix(rest, " "))
	if !ok {
		return time.Time{}, false
	}
	t, ok := date(year, month, day, hour, minute, second, nanos)
	return t.Add(-offset), ok
}

// date is a time that exists: no 30 February.
func date(year, month, day, hour, minute, second, nanos int) (time.Time, bool) {
	t := time.Date(year, time.Month(month), day, hour, minute, second, nanos, time.UTC)
	return t, t.Day() == day
}

// zone reads an offset from UTC, alone, behind UTC or before the name of the zone.
func zone(s string) (time.Duration, bool) {
	switch s {
	case "", "Z", "z", "UTC", "GMT", "(UTC)", "(GMT)", "+00:00Z":
		return 0, true
	}
	if len(s) > 3 && (s[:3] == "UTC" || s[:3] == "GMT") {
		s = s[3:]
	}
	sign := time.Duration(1)
	if strings.HasPrefix(s, "--") && len(s) == len("--5:00") { // as Check Point writes zones west of Greenwich
		s = "-0" + s[2:]
	}
	switch s[0] {
	case '-':
		sign = -1
	case '+':
	default:
		return 0, false
	}
	offset, _, _ := strings.Cut(s[1:], " ")
	body := strings.Replace(offset, ":", "", 1)
	if len(body) == 2 {
		body += "00"
	}
	n, ok := digits(body, 4, 4)
	if !ok || n/100 > 23 || n%100 > 59 {
		return 0, false
	}
	return sign * (time.Duration(n/100)*time.Hour + time.Duration(n%100)*time.Minute), true
}

// digits reads a text of decimal digits alone, at least least and at most most of them.
func digits(s string, least, most int) (int, bool) {
	if len(s) < least || len(s) > most {
		return 0, false
	}
	n := 0
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, true
}

// fractionOf reads the digits after a point as nanoseconds; those beyond the ninth are cut.
func fractionOf(s string) (int, bool) {
	n, scale := 0, 100_000_000
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n += int(s[i]-'0') * scale
		scale /= 10
	}
	return n, true
}

// inYear gives a time of the year 0 the year that puts it at or before bound.
func inYear(t, bound time.Time) time.Time {
	year := bound.UTC().Year()
	for range 9 { // 29 February needs up to eight years
		at := time.Date(year, t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
		if at.Day() == t.Day() && !at.After(bound) {
			return at
		}
		year--
	}
	return t
}

// yearless reports whether t is a time that [timeOf] read without a year.
func yearless(t time.Time) bool { return t.Year() == 0 }
