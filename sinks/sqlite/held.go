package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	"tocsin"
	"tocsin/sinks"
)

var _ sinks.WholeReader = (*Store)(nil)

// Spans divides what is there by month; see [sinks.WholeReader].
func (s *Store) Spans(ctx context.Context) ([]tocsin.LogRange, error) {
	months := map[string]int64{}
	for _, table := range []string{"log WHERE incident", "incidents WHERE id"} {
		column := table[strings.LastIndexByte(table, ' ')+1:]
		for from := ""; ; {
			var first string
			if err := s.reader().QueryRowContext(ctx, `SELECT coalesce(min(`+column+`), '') FROM `+table+` >= ?`, from).Scan(&first); err != nil {
				return nil, translate("logs", err)
			}
			if first == "" {
				break
			}
			month := first[:min(len(first), len("202611-"))]
			from = month[:len(month)-1] + string(month[len(month)-1]+1)
			var n int64
			if err := s.reader().QueryRowContext(ctx, `SELECT count(*) FROM incidents WHERE id >= ? AND id < ?`, month, from).Scan(&n); err != nil {
				return nil, translate("logs", err)
			}
			months[month] = max(n, 1)
		}
	}
	return sinks.SpansOf(months), nil
}

// within is the condition of a span on a column.
func within(column string, span tocsin.LogRange) (string, []any) {
	if span.To == "" {
		return " WHERE " + column + " >= ?", []any{span.From}
	}
	return " WHERE " + column + " >= ? AND " + column + " < ?", []any{span.From, span.To}
}

// A beside is what the store keeps of one incident.
type beside struct {
	doc     []byte
	columns []any
	measure []any
	links   map[link]bool
	names   []string // of what is in measure
}

// Held hands out a span's logs, of one snapshot of the file; see [sinks.WholeReader].
func (s *Store) Held(ctx context.Context, span tocsin.LogRange, each func(tocsin.Held) error) error {
	return s.snapshot(ctx, func(q querier) error {
		if span.From == "" { // once
			if err := wholeOddities(ctx, q, each); err != nil {
				return err
			}
		}
		incidents, err := besides(ctx, q, span)
		if err != nil {
			return err
		}
		leaves, err := leavesOf(ctx, q, span)
		if err != nil {
			return err
		}
		room := []int64{} // for each log in turn
		give := func(h tocsin.Held) error {
			room = stretchesIn(leaves[h.Log], room)
			h.Stretches = room
			delete(leaves, h.Log)
			if b := incidents[h.Log]; b != nil {
				h.State, h.Shown = b.doc, b.shown
				delete(incidents, h.Log)
			}
			return each(h)
		}
		if err := heldLogs(ctx, q, span, give); err != nil {
			return err
		}
		for _, id := range slices.Sorted(maps.Keys(incidents)) {
			h := tocsin.Held{Log: id}
			if incidents[id].doc == nil {
				h.Odd = fmt.Errorf("incident %s: there is none, and its measures or what it is found by are still there", id)
			}
			if err := give(h); err != nil {
				return err
			}
		}
		for _, log := range slices.Sorted(maps.Keys(leaves)) {
			if err := give(tocsin.Held{Log: log}); err != nil {
				return err
			}
		}
		return nil
	})
}

// wholeOddities hands out what is odd of the file as a whole.
func wholeOddities(ctx context.Context, q querier, each func(tocsin.Held) error) error {
	for _, look := range []func(context.Context, querier) (odd, err error){oddSchema, oddTitles, oddCheckpoints, oddMeasured} {
		odd, err := look(ctx, q)
		if err == nil && odd != nil {
			err = each(tocsin.Held{Odd: odd})
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// snapshot lets fn read the file as it stands at one moment.
func (s *Store) snapshot(ctx context.Context, fn func(querier) error) error {
	if s.tx != nil {
		return fn(s.tx)
	}
	tx, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return translate("snapshot", err)
	}
	return errors.Join(fn(tx), ignoreDone(tx.Rollback()))
}

// heldLogs hands out the logs, one after another.
func heldLogs(ctx context.Context, q querier, span tocsin.LogRange, give func(tocsin.Held) error) error {
	where, args := within("incident", span)
	rows, err := q.QueryContext(ctx, `SELECT incident, seq, doc FROM log`+where+` ORDER BY incident, seq`, args...)
	if err != nil {
		return translate("log", err)
	}
	defer rows.Close()
	var h tocsin.Held
	for rows.Next() {
		var log string
		var seq int64
		var doc any
		if err := rows.Scan(&log, &seq, &doc); err != nil {
			return translate("log", err)
		}
		if log != h.Log {
			if h.Log != "" {
				if err := give(h); err != nil {
					return err
				}
			}
			h = tocsin.Held{Log: log, Entries: h.Entries[:0]}
		}
		e, err := readText(doc, sinks.ReadEntry)
		if err == nil && (e.Incident != log || e.Seq != seq) {
			err = fmt.Errorf("it says it is entry %d of log %s", e.Seq, e.Incident)
		}
		if err != nil && h.Odd == nil {
			h.Odd = fmt.Errorf("log %s, entry %d: %w", log, seq, err)
		}
		h.Entries = append(h.Entries, e)
	}
	if err := rows.Err(); err != nil || h.Log == "" {
		return translate("log", err)
	}
	return give(h)
}

// shownColumns are the columns of an incident beside its id and document, in the order of [shownRow].
var shownColumns = []string{
	"revision", "tenant", "status", "priority", "category", "class", "assignee", "opened", "updated",
	"platform", "coordinator", "disposition", "number", "title", "stage", "last", "status_since", "due", "breached", "visibility", "titled",
}

// titledWords are the words that an incident's number of a title stands for.
const titledWords = "coalesce((SELECT words FROM titles WHERE n = titled), '')"

func shownRow(i *tocsin.Incident) []any {
	class, _, _ := strings.Cut(i.Category, "/")
	by := sinks.SortedIncident(i)
	return []any{
		i.Revision, i.Tenant, string(i.Status), i.Priority, i.Category, class, i.Assignee, sinks.Nanos(i.Opened), sinks.Nanos(sinks.Updated(i)),
		by["platform"], by["coordinator"], by["disposition"], by["number"], by["title"], by["status"], by["last"], by["status_since"], by["due"], sinks.Breached(i), i.Visibility,
		strings.Join(sinks.Words(i.Title), " "),
	}
}

// besides reads what is kept of a span's incidents.
func besides(ctx context.Context, q querier, span tocsin.LogRange) (map[string]*beside, error) {
	all, columns := map[string]*beside{}, measureColumns()
	of := func(id string) *beside {
		if all[id] == nil {
			all[id] = &beside{links: map[link]bool{}, names: columns}
		}
		return all[id]
	}
	where, args := within("id", span)
	err := scanRows(ctx, q, `SELECT id, doc, `+strings.Join(shownColumns[:len(shownColumns)-1], ", ")+`, `+titledWords+` FROM incidents`+where, args, len(shownColumns)+2, func(row []any) {
		b := of(word(row[0]))
		b.doc, b.columns = []byte(word(row[1])), slices.Clone(row[2:])
	})
	if err != nil {
		return nil, err
	}
	err = scanRows(ctx, q, `SELECT `+strings.Join(columns, ", ")+` FROM measures`+where, args, len(columns), func(row []any) {
		of(word(row[0])).measure = slices.Clone(row)
	})
	if err != nil {
		return nil, err
	}
	where, args = within("incident", span)
	return all, scanRows(ctx, q, `SELECT incident, kind, value FROM links`+where, args, 3, func(row []any) {
		of(word(row[0])).links[link{word(row[1]), word(row[2])}] = true
	})
}

func word(v any) string {
	text, _ := v.(string)
	return text
}

// errNoText is what is wrong with a document that SQL does not read as others.
var errNoText = errors.New("it is no text")

// readText reads a document that is text, as all are that a store writes.
func readText[T any](doc any, read func(string) (T, error)) (v T, err error) {
	text, ok := doc.(string)
	if !ok {
		return v, errNoText
	}
	return read(text)
}

// scanRows hands out rows of n columns, as the file has them: each reads the next into its place.
func scanRows(ctx context.Context, q querier, query string, args []any, n int, each func([]any)) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return translate("rows", err)
	}
	defer rows.Close()
	row, to := make([]any, n), make([]any, n)
	for i := range row {
		to[i] = &row[i]
	}
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			return translate("rows", err)
		}
		each(row)
	}
	return translate("rows", rows.Err())
}

// shown holds what is kept of an incident against what follows from it.
func (b *beside) shown(i *tocsin.Incident, _ []byte, _ iter.Seq[*tocsin.Incident]) error {
	if name, odd := unequal(shownColumns, b.columns, shownRow(i)); odd {
		return fmt.Errorf("incident %s: its column %s, by which it is listed, is not what its state says", i.ID, name)
	}
	m := i.Measure()
	if b.measure == nil {
		return fmt.Errorf("incident %s: its measures are gone: statistics do not count it", i.ID)
	}
	if name, odd := unequal(b.names, b.measure, measureRow(&m)); odd {
		return fmt.Errorf("incident %s: its measure %s, which statistics count, is not what its state says", i.ID, name)
	}
	if odd := sinks.Extra(b.links, linksOf(i), func(l link) string { return l.kind + "=" + l.value }); odd != "" {
		return fmt.Errorf("incident %s: what it is found by is not what its state says: %.200s", i.ID, odd)
	}
	return nil
}

// unequal names the first column in which two rows differ.
func unequal(names []string, there, follows []any) (string, bool) {
	for n, name := range names {
		a, b := there[n], follows[n]
		switch v := b.(type) {
		case bool:
			b = int64(0)
			if v {
				b = int64(1)
			}
		case int:
			b = int64(v)
		}
		if a != b {
			return name, true
		}
	}
	return "", false
}
