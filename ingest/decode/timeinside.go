package decode

import (
	"strings"
	"time"
)

// timeInside finds the first time that a line tells near its beginning with year, day and clock, wherever it stands there:
// "[GIN] 2026/03/01 - 10:00:00 | ", "W, [2026-03-01T10:00:00.123 #1] ", "1|app | 2026-03-01 10:00:00: ".
func timeInside(line string) (time.Time, bool) {
	const most = 96
	head := line[:min(len(line), most)]
	for i := 0; i+len("1/3/2026 10:00") <= len(head); i++ {
		if i > 0 && (nibble(head[i-1]) < 10 || isLetter(head[i-1]) || head[i-1] == '.') {
			continue
		}
		if t, ok := dayAndClock(head[i:]); ok {
			return t, true
		}
	}
	if t, ok := compactTime(line); ok {
		return t, true
	}
	for i := 1; i+len("Mar  1 10:00:00 ") <= len(head); i++ { // a header of syslog behind something else
		if head[i-1] == ' ' && isLetter(head[i]) {
			if t, rest, ok := stamp(head[i:]); ok && strings.HasPrefix(rest, " ") {
				return t, true
			}
		}
	}
	return time.Time{}, false
}

// compactTime reads the times that a line may begin with and that are hardly more than digits: "20260301 100000",
// "20260301-10:00:00:123", "260301 100000 148 INFO ", and "03-01 10:00:00.123  1702  2395 D " of Android.
func compactTime(s string) (time.Time, bool) {
	number, n := leadingDigits(s)
	if len(s) < len("260301 100000 1") {
		return time.Time{}, false
	}
	switch {
	case n == 8 && (s[8] == ' ' || s[8] == '-' || s[8] == '\t'):
		return compactClock(number/10000, number/100%100, number%100, s[9:])
	case n == 6 && s[6] == ' ' && nibble(s[12]) < 10 && s[13] == ' ':
		return compactClock(2000+number/10000, number/100%100, number%100, s[7:])
	case n == 2 && s[2] == '-' && s[5] == ' ' && s[8] == ':' && s[14] == '.':
		day, m := leadingDigits(s[3:5])
		hour, minute, second, nanos, _, ok := clockOf(s[6:])
		if !ok || m != 2 || number < 1 || number > 12 {
			return time.Time{}, false
		}
		return date(0, number, day, hour, minute, second, nanos)
	}
	return time.Time{}, false
}

// compactClock adds a time of day to a day: "10:00:00:123", or "100000".
func compactClock(year, month, day int, s string) (time.Time, bool) {
	if year < 1990 || year > 2100 || month < 1 || month > 12 || day < 1 || day > 31 {
		return time.Time{}, false
	}
	if hour, minute, second, nanos, _, ok := clockOf(s); ok {
		return date(year, month, day, hour, minute, second, nanos)
	}
	clock, n := leadingDigits(s)
	if n != 6 || clock/10000 > 23 || clock/100%100 > 59 || clock%100 > 59 {
		return time.Time{}, false
	}
	return date(year, month, day, clock/10000, clock/100%100, clock%100, 0)
}

// dayAndClock reads a day with its year that a text begins with, and the clock behind it.
func dayAndClock(s string) (time.Time, bool) {
	if len(s) >= len("Mon Mar  1 10:00:00 2026") && s[3] == ' ' && isLetter(s[0]) { // as C writes a time
		t, rest, ok := stamp(s[len("Mon "):])
		year, n := leadingDigits(strings.TrimLeft(rest, " "))
		if ok && yearless(t) && n == 4 && year > 1989 {
			return t.AddDate(year, 0, 0), true
		}
	}
	year, month, day, rest, ok := dayFirstOf(s)
	if !ok || month < 1 || month > 12 || day < 1 || day > 31 || year < 1990 || year > 2100 {
		return time.Time{}, false
	}
	clock := strings.TrimLeft(rest, " ,-T:")
	if len(rest)-len(clock) < 1 || len(rest)-len(clock) > 3 {
		return time.Time{}, false
	}
	if len(clock) > len("10.00.00") && clock[2] == '.' && clock[5] == '.' { // as databases join the two
		clock = clock[:2] + ":" + clock[3:5] + ":" + clock[6:min(len(clock), len("10.00.00.123456"))]
	}
	hour, minute, second, nanos, rest, ok := clockOf(clock)
	if !ok {
		return time.Time{}, false
	}
	hour, rest = halfOfDay(hour, rest)
	t, ok := date(year, month, day, hour, minute, second, nanos)
	if !ok {
		return time.Time{}, false
	}
	word := strings.TrimRight(firstWord(rest), "]),;:")
	if offset, ok := zone(word); ok {
		t = t.Add(-offset)
	} else if offset, ok := zoneNamed(word); ok {
		t = t.Add(-offset)
	}
	return t, true
}

// halfOfDay is the hour of a day of which "AM" or "PM" behind the clock says the half, and what follows that.
func halfOfDay(hour int, behind string) (of int, rest string) {
	half := strings.TrimLeft(behind, " ")
	if len(half) < 2 || half[0]|0x20 != 'a' && half[0]|0x20 != 'p' || half[1]|0x20 != 'm' || hour > 12 {
		return hour, behind
	}
	if hour %= 12; half[0]|0x20 == 'p' {
		hour += 12
	}
	return hour, half[2:]
}

// dayFirstOf reads the day that a text begins with: 2026-03-01, 2026/03/01, 2026-Mar-01, 01/Mar/2026, 3/1/2026, 3/1/26,
// March 01, 2026.
func dayFirstOf(s string) (year, month, day int, rest string, ok bool) {
	if isLetter(s[0]) {
		return dayInWords(s)
	}
	first, n := leadingDigits(s)
	if n == 0 || n == 3 || n > 4 || len(s) <= n+2 || s[n] != '-' && s[n] != '/' {
		return 0, 0, 0, "", false
	}
	between, tail := s[n], s[n+1:]
	second, m := leadingDigits(tail)
	if m == 0 { // a month by its name
		if second = int(monthOf(tail + "   ")); second == 0 {
			return 0, 0, 0, "", false
		}
		m = 3
	}
	if m > 3 || len(tail) <= m+1 || tail[m] != between {
		return 0, 0, 0, "", false
	}
	third, k := leadingDigits(tail[m+1:])
	rest = tail[m+1+k:]
	switch {
	case n == 4 && k > 0 && k <= 2:
		return first, second, third, rest, true
	case n <= 2 && (k == 4 || k == 2 && between == '/'):
		if k == 2 {
			third += 2000
		}
		if m == 3 || first > 12 { // the day comes first
			return third, second, first, rest, true
		}
		return third, first, second, rest, true
	}
	return 0, 0, 0, "", false
}

// fullMonth is the month of its name or its first three letters, 0 for another word.
func fullMonth(word string) int {
	month := monthOf(word)
	if month == 0 || len(word) > 3 && !strings.EqualFold(word, month.String()) {
		return 0
	}
	return int(month)
}

// leadingDigits are the decimal digits that a text begins with, as a number, and how many.
func leadingDigits(s string) (number, n int) {
	const most = 9
	for n < len(s) && n < most && nibble(s[n]) < 10 {
		number = number*10 + int(nibble(s[n]))
		n++
	}
	return number, n
}

// clockOf reads the time of day that a text begins with: 10:00, 10:00:00, 10:00:00.123.
func clockOf(s string) (hour, minute, second, nanos int, rest string, ok bool) {
	hour, n := leadingDigits(s)
	if n == 0 || n > 2 || hour > 23 || len(s) < n+3 || s[n] != ':' {
		return 0, 0, 0, 0, "", false
	}
	minute, m := leadingDigits(s[n+1:])
	if m != 2 || minute > 59 {
		return 0, 0, 0, 0, "", false
	}
	rest = s[n+3:]
	if len(rest) > 2 && rest[0] == ':' && nibble(rest[1]) < 10 {
		if second, m = leadingDigits(rest[1:]); m != 2 || second > 60 {
			return 0, 0, 0, 0, "", false
		}
		rest = rest[3:]
	}
	if len(rest) > 1 && (rest[0] == '.' || rest[0] == ',') {
		end := 1
		for end < len(rest) && nibble(rest[end]) < 10 {
			end++
		}
		if n, parsed := fractionOf(rest[1:end]); parsed && end > 1 {
			nanos, rest = n, rest[end:]
		}
	}
	return hour, minute, second, nanos, rest, true
}

// dayInWords reads the day that a text begins with as "March 1, 2026".
func dayInWords(s string) (year, month, day int, rest string, ok bool) {
	name, after, _ := strings.Cut(s, " ")
	if len(name) < len("Mar") || len(name) > len("September") || fullMonth(name) == 0 {
		return 0, 0, 0, "", false
	}
	number, after, comma := strings.Cut(after, ", ")
	day, ok = digits(number, 1, 2)
	if !comma || !ok || len(after) < 4 {
		return 0, 0, 0, "", false
	}
	year, ok = digits(after[:4], 4, 4)
	return year, fullMonth(name), day, after[4:], ok
}
