package decode

import (
	"strings"
	"time"
)

// leadingTime reads the time that a line begins with and returns what follows. A zone may be called by its name.
func leadingTime(s string) (time.Time, string, bool) {
	t, rest, ok := zonelessTime(s)
	if ok && len(rest) > 3 {
		t, rest = inNamedZone(t, rest)
	}
	return t, rest, ok
}

// zonelessTime is leadingTime with the zones alone that are numbers.
func zonelessTime(s string) (time.Time, string, bool) {
	if len(s) >= 19 && s[4] == '-' && s[7] == '-' && s[9] != 'T' {
		end := 19
		for end < len(s) && end < 40 && strings.IndexByte("0123456789.,:+-Z", s[end]) >= 0 {
			end++
		}
		for ; end >= 19; end-- {
			if t, ok := isoTime(strings.TrimRight(s[:end], ",:")); ok {
				return t, strings.TrimLeft(s[end:], ","), true
			}
		}
		return time.Time{}, s, false
	}
	if t, after, ok := otherTime(s); ok {
		return t, after, true
	}
	if t, after, ok := epochTime(s); ok {
		return t, after, true
	}
	if t, rest, ok := stamp(s); ok {
		if len(rest) > 1 && rest[0] == '.' {
			end := 1
			for end < len(rest) && rest[end] >= '0' && rest[end] <= '9' {
				end++
			}
			if n, ok := fractionOf(rest[1:end]); ok {
				t = t.Add(time.Duration(n))
			}
			rest = rest[end:]
		}
		if !yearless(t) {
			return t, strings.TrimPrefix(rest, ":"), true
		}
		// A year may follow, as some devices write it.
		if year, after, ok := strings.Cut(strings.TrimLeft(rest, " "), " "); ok {
			if n, ok := digits(year, 4, 4); ok && n > 1969 && n < 2200 {
				return time.Date(n, t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC), " " + after, true
			}
		}
		return t, strings.TrimPrefix(rest, ":"), true
	}
	return time.Time{}, s, false
}

// stamp reads "Mar  1 10:00:00" and "Mar  1 2026 10:00:00"; a day of one digit may have one place as well as two.
func stamp(s string) (t time.Time, rest string, ok bool) {
	s = shortMonth(s)
	if len(s) < 15 || s[3] != ' ' || s[6] != ' ' && s[5] != ' ' {
		return time.Time{}, s, false
	}
	month := monthOf(s[:3])
	place := s[4:6]
	year, clock := 0, s[7:]
	if s[6] != ' ' { // the day has one place
		place, clock = s[4:5], s[6:]
	}
	day, ok := digits(strings.TrimPrefix(place, " "), 1, 2)
	if month == 0 || !ok || day == 0 || len(clock) < len("10:00:00") {
		return time.Time{}, s, false
	}
	if len(clock) >= 13 && clock[4] == ' ' {
		if year, ok = digits(clock[:4], 4, 4); !ok {
			return time.Time{}, s, false
		}
		clock = clock[5:]
	}
	if clock[2] != ':' || clock[5] != ':' {
		return time.Time{}, s, false
	}
	hour, ok1 := digits(clock[:2], 2, 2)
	minute, ok2 := digits(clock[3:5], 2, 2)
	second, ok3 := digits(clock[6:8], 2, 2)
	if !ok1 || !ok2 || !ok3 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, s, false
	}
	t = time.Date(year, month, day, hour, minute, second, 0, time.UTC)
	return t, clock[8:], t.Day() == day
}

// shortMonth is a text that begins with a month's whole name, "February 12 10:00:00", with its three letters instead.
func shortMonth(s string) string {
	const shortest, longest = 4, 9
	if len(s) < 16 || !isLetter(s[3]) {
		return s
	}
	end := strings.IndexByte(s[:longest+1], ' ')
	if end < shortest || fullMonth(s[:end]) == 0 {
		return s
	}
	return s[:3] + s[end:]
}

// monthOf is the month of its three letters, 0 for none.
func monthOf(s string) time.Month {
	const names = "janfebmaraprmayjunjulaugsepoctnovdec"
	for i := 0; i < len(names); i += 3 {
		if s[0]|0x20 == names[i] && s[1]|0x20 == names[i+1] && s[2]|0x20 == names[i+2] {
			return time.Month(1 + i/3)
		}
	}
	return 0
}

// otherTime reads "01-Mar-2026 10:00:00.5" and "2026/03/01 10:00:00" at the beginning of a line.
func otherTime(s string) (time.Time, string, bool) {
	if len(s) > 21 && s[0] == '2' && s[4] == ' ' && s[5] > '9' { // "2026 Mar 01 10:00:00", as OSSEC keeps lines
		end := 20
		if s[10] == ' ' { // a day of one digit in one place
			end--
		}
		if t, err := time.Parse("2006 Jan _2 15:04:05", s[:end]); err == nil {
			t, rest := fraction(t, s[end:])
			return t, rest, true
		}
	}
	if len(s) > 20 && s[2] == '/' && s[5] == '/' && s[10] == ':' { // "03/01/2026:10:00:00 GMT"
		if t, err := time.Parse("01/02/2006:15:04:05", s[:19]); err == nil {
			return t, s[19:], true
		}
	}
	if len(s) > 16 && s[2] == '/' && (s[5] == '-' || s[5] == '/' && s[8] == '-') { // "03/01-10:00:00.123456", of Snort
		if stamp, rest, ok := strings.Cut(s, " "); ok && !strings.HasPrefix(rest, ",") {
			for _, layout := range [...]string{"01/02-15:04:05.999999999", "01/02/06-15:04:05.999999999"} {
				if t, err := time.Parse(layout, stamp); err == nil {
					return t, " " + rest, true
				}
			}
		}
	}
	if len(s) > 17 && s[4] == ':' && s[0] == '2' { // "2026:03:01-10:00:00", of Sophos UTM
		if stamp, rest, ok := strings.Cut(s, " "); ok {
			if t, err := time.Parse("2006:1:2-15:04:05", stamp); err == nil {
				return t, " " + rest, true
			}
		}
	}
	if len(s) > 17 && s[4] == '-' && s[0] == '2' && (s[6] == '-' || s[7] == '-') { // "2026-3-1T10:00:00Z"
		if stamp, rest, ok := strings.Cut(s, " "); ok {
			if t, err := time.Parse("2006-1-2T15:04:05Z07:00", stamp); err == nil {
				return t, " " + rest, true
			}
		}
	}
	if len(s) < 20 || s[0] < '0' || s[0] > '9' || s[4] != '/' && s[2] != '-' {
		return time.Time{}, s, false
	}
	end := strings.IndexByte(s, ' ')
	if end < 0 {
		return time.Time{}, s, false
	}
	if next := strings.IndexByte(s[end+1:], ' '); next > 0 && next < 20 {
		if t, ok := parseTime(strings.TrimRight(s[:end+1+next], ":,")); ok {
			return t, s[end+1+next:], true
		}
	}
	return time.Time{}, s, false
}

// fraction adds the parts of a second that a text begins with: ".206 UTC".
func fraction(t time.Time, s string) (time.Time, string) {
	if s == "" || s[0] != '.' {
		return t, s
	}
	end := 1
	for end < len(s) && s[end]-'0' < 10 {
		end++
	}
	n, ok := fractionOf(s[1:end])
	if !ok {
		return t, s
	}
	return t.Add(time.Duration(n)), s[end:]
}

// bracketedTime reads a time in brackets, as programs begin the lines of their own logs.
func bracketedTime(s string) (time.Time, string, bool) {
	if len(s) < 12 || s[0] != '[' || s[1] < '0' || s[1] > '9' {
		return time.Time{}, s, false
	}
	const shortest = 8 // less is no time but a number
	stamp, after, ok := strings.Cut(s[1:min(len(s), 40)], "]")
	if !ok || len(stamp) < shortest {
		return time.Time{}, s, false
	}
	t, ok := parseTime(stamp)
	return t, strings.TrimLeft(s[len(s[1:min(len(s), 40)])+1-len(after):], " "), ok && !yearless(t)
}

// yearOf is a header's time with the year that its message tells: programs begin their lines with a time of their own. It
// is the message's time where both agree but for the zone.
func yearOf(t time.Time, message string) time.Time {
	if t.IsZero() || !yearless(t) {
		return t
	}
	own, _, ok := leadingTime(message)
	if !ok {
		own, _, ok = bracketedTime(message)
	}
	if !ok || yearless(own) {
		return t
	}
	const late = 10 * time.Minute // what a line may take to the one that put its time before it
	if lag := time.Date(own.Year(), t.Month(), t.Day(), t.Hour(), t.Minute(), t.Second(), 0, time.UTC).Sub(own); lag > 0 && lag < late {
		return own
	}
	if own.Minute() != t.Minute() || own.Second() != t.Second() {
		return t
	}
	_, offset := own.Zone()
	for _, at := range [...]time.Time{own, own.UTC(), own.Add(time.Duration(offset) * time.Second).UTC()} {
		if at.Month() == t.Month() && at.Day() == t.Day() {
			return own
		}
	}
	return t
}

// epochTime reads seconds since 1970 with a fraction, "1772359200.123 ", at the beginning of a line in which no number
// follows: proxies write how long something took there.
func epochTime(s string) (time.Time, string, bool) {
	const whole = 10
	if len(s) < whole+2 || s[whole] != '.' || s[0] == '0' {
		return time.Time{}, s, false
	}
	end := strings.IndexByte(s, ' ')
	if end < whole+2 || end > whole+10 {
		return time.Time{}, s, false
	}
	if rest := strings.TrimLeft(s[end:], " "); rest == "" || rest[0]-'0' < 10 {
		return time.Time{}, s, false
	}
	sec, ok := digits(s[:whole], whole, whole)
	nanos, more := fractionOf(s[whole+1 : end])
	return time.Unix(int64(sec), int64(nanos)).UTC(), s[end:], ok && more
}
