package enrich

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The columns of a table, by the words that feeds write at their heads. A column that is called as a kind of value holds
// values of that kind.
var (
	valueColumns = []string{"value", "indicator", "ioc", "ioc_value", "observable"}
	typeColumns  = []string{"type", "ioc_type", "indicator_type", "value_type"}
	nameColumns  = []string{"name", "malware_printable", "malware", "threat", "signature", "description", "comment"}
	sureColumns  = []string{"confidence", "confidence_level"}
	fromColumns  = []string{"valid_from"}
	untilColumns = []string{"valid_until", "expires", "expiration"}
)

// columns are where the columns of a table are, -1 for none.
type columns struct {
	values                         []valueColumn
	kind, name, sure, since, until int
}

type valueColumn struct {
	at   int
	kind kind // noKind: as the type column or the value says
}

// columnsOf reads a head; it is false for a row that is none.
func columnsOf(row []string) (columns, bool) {
	head := make([]string, len(row))
	for i, cell := range row {
		head[i] = strings.ToLower(strings.TrimSpace(strings.Trim(strings.TrimSpace(cell), `"`)))
	}
	find := func(words []string) int {
		for _, w := range words {
			if i := slices.Index(head, w); i >= 0 {
				return i
			}
		}
		return -1
	}
	c := columns{kind: find(typeColumns), name: find(nameColumns), sure: find(sureColumns), since: find(fromColumns), until: find(untilColumns)}
	if at := find(valueColumns); at >= 0 {
		c.values = []valueColumn{{at, noKind}}
		return c, true
	}
	for i, cell := range head {
		if k := words[cell]; k != noKind {
			c.values = append(c.values, valueColumn{i, k})
		}
	}
	return c, len(c.values) > 0
}

// csv reads a table. Its head is its first row, or the last line of the comment before it; where it has none, the first
// column has the values.
func (l *loader) csv(in *bufio.Reader) error {
	cols := columns{values: []valueColumn{{0, noKind}}, kind: -1, name: -1, sure: -1, since: -1, until: -1}
	skipped := 0
	for { // the comment before the table
		begins, err := in.Peek(4)
		text := strings.TrimPrefix(string(begins), "\ufeff")
		if text == "" && err != nil {
			return nil //nolint:nilerr // a file that ends here has no table
		}
		if !strings.HasPrefix(text, "#") && strings.TrimSpace(text[:1]) != "" {
			break
		}
		line, err := l.line(in, skipped+1)
		if err != nil {
			return ignoreEnd(err)
		}
		skipped++
		if head, ok := columnsOf(strings.Split(strings.TrimLeft(line, "# "), ",")); ok && strings.Contains(line, ",") {
			cols = head
		}
	}
	r := csv.NewReader(in)
	r.Comment, r.FieldsPerRecord, r.TrimLeadingSpace, r.ReuseRecord = '#', -1, true, true
	for first := true; ; first = false {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if p, ok := errors.AsType[*csv.ParseError](err); ok {
			_ = l.wrong(place{line: skipped + p.Line, column: max(p.Column, 1)}, p.Err.Error(), "a cell with a quote in it stands in quotes, and the quote twice")
			return errEnough // what follows stands in other cells than it should
		}
		if err != nil {
			return err
		}
		if first {
			row[0] = strings.TrimPrefix(row[0], "\ufeff")
			if head, ok := columnsOf(row); ok {
				cols = head
				continue
			}
		}
		if err := l.row(r, cols, row, skipped); err != nil {
			return err
		}
	}
}

func ignoreEnd(err error) error {
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

// row takes the values of one row.
func (l *loader) row(r *csv.Reader, cols columns, row []string, skipped int) error {
	cell := func(at int) string {
		if at < 0 || at >= len(row) {
			return ""
		}
		return strings.TrimSpace(row[at])
	}
	tell := func(at int, message, remedy string) error {
		line, column := r.FieldPos(min(max(at, 0), len(row)-1))
		err := l.wrong(place{line: skipped + line, column: column}, message, remedy)
		if err == nil && l.full {
			return errEnough
		}
		return err
	}
	i := indicator{name: cell(cols.name), confidence: -1}
	var ok bool
	if i.confidence, ok = confidenceOf(cell(cols.sure)); !ok {
		return tell(cols.sure, quoted(cell(cols.sure))+" is no confidence", "write 0 to 100, or low, medium or high")
	}
	for _, t := range []struct {
		at   int
		into *int64
	}{{cols.since, &i.from}, {cols.until, &i.to}} {
		if *t.into, ok = timeOf(cell(t.at)); !ok {
			return tell(t.at, quoted(cell(t.at))+" is no time", "write 2026-11-22T08:00:00Z")
		}
	}
	line, _ := r.FieldPos(0)
	found := false
	for _, v := range cols.values {
		text := cell(v.at)
		if text == "" {
			continue
		}
		found = true
		if message, remedy := l.cell(i, v.kind, cell(cols.kind), text, skipped+line); message != "" {
			if err := tell(v.at, message, remedy); err != nil {
				return err
			}
		}
	}
	if !found {
		l.list.Unused++
	}
	return nil
}

// cell takes one value; said is what the type column says.
func (l *loader) cell(i indicator, k kind, said, text string, line int) (message, remedy string) {
	i.kind, i.value = k, refanged(text)
	if said != "" && k == noKind {
		if i.kind = words[strings.ToLower(said)]; i.kind == noKind {
			l.list.Unused++ // a kind of thing that no value is looked up as: mutexes, file names
			return "", ""
		}
	}
	if i.kind == noKind {
		if i.kind, i.value = guessed(i.value); i.kind == noKind {
			return fmt.Sprintf("cannot tell what %s is", quoted(text)), "add a column type: ip, cidr, domain, url, md5, sha1, sha256, sha512 or email"
		}
	}
	if i.kind == address && strings.Contains(i.value, "/") {
		i.kind = network
	}
	return l.take(i, line)
}

// confidenceOf reads a confidence as feeds write it; -1 where there is none.
func confidenceOf(text string) (int8, bool) {
	switch strings.ToLower(strings.TrimSuffix(text, "%")) {
	case "", "unknown", "none", "not specified":
		return -1, true
	case "low":
		return 15, true
	case "medium", "moderate":
		return 50, true
	case "high":
		return 85, true
	}
	n, err := strconv.ParseFloat(strings.TrimSuffix(text, "%"), 64)
	return int8(n), err == nil && n >= 0 && n <= 100
}

// timeOf reads a time as Unix seconds; 0 where there is none.
func timeOf(text string) (int64, bool) {
	if text == "" {
		return 0, true
	}
	for _, layout := range []string{time.RFC3339Nano, time.DateTime, time.DateOnly, "2006-01-02 15:04:05 MST"} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.Unix(), true
		}
	}
	return 0, false
}
