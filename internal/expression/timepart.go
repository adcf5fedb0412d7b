package expression

import (
	"fmt"
	"strconv"
	"time"

	"tocsin"
)

// TimeParts are the parts of a time that [PartOfTime] knows.
func TimeParts() []string { return []string{"minute", "hour", "day", "week", "month", "year"} }

// PartOfTime holds where a value of the field is a time, written as RFC 3339 or as a date and time with or without
// a zone, whose part, see [TimeParts], is n. The part is read off the time as it is written: no zone is converted.
// Weeks are those of ISO 8601.
func PartOfTime(field, part string, n int) Tree {
	return sourced(leafTree(func(t *Table) (*leaf, error) {
		return &leaf{
			text: fmt.Sprintf("time_part(%s, %q, %d)", field, part, n), slots: []int{t.Slot(field)}, mod: inText,
			test: timeTest{part, n},
		}, nil
	}), "time_part(%s, "+strconv.Quote(part)+", "+strconv.Itoa(n)+")", field)
}

// timeTest tests a part of a written time.
type timeTest struct {
	part string
	n    int
}

func (t timeTest) match(s string) bool {
	at, ok := writtenTime(s)
	return ok && partOf(at, t.part) == t.n
}

func (t timeTest) pass(v tocsin.Value) bool { return passText(t, v) }

// timeForms are the ways to write a time. Fractions of seconds are read wherever seconds are.
var timeForms = []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05Z07:00", "2006-01-02 15:04:05", time.DateOnly}

func writtenTime(s string) (time.Time, bool) {
	for _, form := range timeForms {
		if at, err := time.Parse(form, s); err == nil {
			return at, true
		}
	}
	return time.Time{}, false
}

func partOf(at time.Time, part string) int {
	switch part {
	case "minute":
		return at.Minute()
	case "hour":
		return at.Hour()
	case "day":
		return at.Day()
	case "week":
		_, week := at.ISOWeek()
		return week
	case "month":
		return int(at.Month())
	default:
		return at.Year()
	}
}
