package measure

import (
	"encoding/csv"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// WriteCSV writes a trend as a table (RFC 4180): a row for each series and interval, then one for its whole time, whose
// at is "whole". A day on which no backlog was taken has a row without numbers. Texts that a spreadsheet would take for a formula begin with an apostrophe.
func WriteCSV(w io.Writer, t Trend) error {
	all := t.Series
	if t.By == "" || len(all) == 0 {
		all = []Series{t.All}
	}
	columns, parts := columnsOf(all)
	out := csv.NewWriter(w)
	out.UseCRLF = true
	head := []string{"metric", "cohort", "by", "key", "at", "n", "p50", "p90", "mean", "sum"}
	for _, name := range columns {
		head = append(head, Plain(name))
	}
	for _, name := range parts {
		head = append(head, Plain("share_"+name))
	}
	rows := [][]string{head}
	for _, s := range all {
		lines := make([][]string, 0, len(s.Points)+len(t.Missing))
		for _, p := range s.Points {
			lines = append(lines, row(&t, s.Key, p.At.Format(time.RFC3339), p, columns, parts))
		}
		for _, day := range t.Missing {
			lines = append(lines, append([]string{t.Name, t.Cohort, t.By, Plain(s.Key), day.Format(time.RFC3339)}, make([]string, len(head)-5)...))
		}
		if len(t.Missing) > 0 {
			slices.SortStableFunc(lines, func(a, b []string) int { return strings.Compare(a[4], b[4]) })
		}
		rows = append(append(rows, lines...), row(&t, s.Key, "whole", s.Whole, columns, parts))
	}
	if err := out.WriteAll(rows); err != nil {
		return err
	}
	return out.Error()
}

// columnsOf are the names of what the series count, and of what they tell shares of.
func columnsOf(all []Series) (counts, shares []string) {
	counted, shared := map[string]bool{}, map[string]bool{}
	for _, s := range all {
		for _, p := range append(slices.Clone(s.Points), s.Whole) {
			for name := range p.Counts {
				counted[name] = true
			}
			for name := range p.Shares {
				shared[name] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(counted)), slices.Sorted(maps.Keys(shared))
}

func row(t *Trend, key, at string, p Point, columns, shares []string) []string {
	number := func(n *int64) string {
		if n == nil {
			return ""
		}
		return strconv.FormatInt(*n, 10)
	}
	mean := ""
	if p.Mean != nil {
		mean = strconv.FormatFloat(*p.Mean, 'f', -1, 64)
	}
	line := []string{t.Name, t.Cohort, t.By, Plain(key), at, strconv.FormatInt(p.N, 10), number(p.P50), number(p.P90), mean, strconv.FormatInt(p.Sum, 10)}
	for _, name := range columns {
		line = append(line, strconv.FormatInt(p.Counts[name], 10))
	}
	for _, name := range shares {
		share, ok := p.Shares[name]
		if !ok {
			line = append(line, "")
			continue
		}
		line = append(line, strconv.FormatFloat(share, 'f', 6, 64))
	}
	return line
}

// Plain makes a text one that no spreadsheet takes for a formula (OWASP, CSV injection).
func Plain(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r\n|%", rune(text[0])) {
		return "'" + text
	}
	if r := []rune(text); len(r) > 0 && strings.ContainsRune("＝＋－＠", r[0]) { // full-width forms are formulas to some
		return "'" + text
	}
	return text
}
