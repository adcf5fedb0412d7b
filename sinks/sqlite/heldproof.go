package sqlite

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"tocsin"
	"tocsin/sinks"
)

// HeldExhibits hands out copies; see [sinks.WholeReader].
func (s *Store) HeldExhibits(ctx context.Context, span tocsin.LogRange, each func(tocsin.Exhibit, error) error) error {
	where, args := within("incident", span)
	rows, err := s.reader().QueryContext(ctx, `SELECT incident, id, doc, original FROM exhibits`+where, args...)
	if err != nil {
		return translate("exhibits", err)
	}
	defer rows.Close()
	for rows.Next() {
		var incident, id string
		var doc any
		var original []byte
		if err := rows.Scan(&incident, &id, &doc, &original); err != nil {
			return translate("exhibits", err)
		}
		x, err := readText(doc, sinks.ReadExhibit)
		if err == nil && (x.ID != id || x.Incident != incident) {
			err = fmt.Errorf("it says it is evidence %.80s of incident %.80s", x.ID, x.Incident)
		}
		if err != nil {
			x = tocsin.Exhibit{ID: id, Manifest: tocsin.Manifest{Incident: incident}}
		}
		if len(original) > 0 {
			x.Original = original
		}
		if err := each(x, err); err != nil {
			return err
		}
	}
	return translate("exhibits", rows.Err())
}

// HeldStretches are those from a leaf on, each held against the columns that it is found by; see [sinks.WholeReader].
func (s *Store) HeldStretches(ctx context.Context, from int64, limit int) (all []tocsin.Stretch, odd, err error) {
	rows, err := s.reader().QueryContext(ctx, `SELECT first, last, doc FROM stretches`+stretchesFrom, from, limit)
	if err != nil {
		return nil, nil, translate("stretches", err)
	}
	defer rows.Close()
	for rows.Next() {
		var first, last int64
		var doc any
		if err := rows.Scan(&first, &last, &doc); err != nil {
			return nil, nil, translate("stretches", err)
		}
		st, wrong := readText(doc, sinks.WholeStretch)
		if wrong == nil {
			all = append(all, st)
			if st.First != first || st.End()-1 != last {
				wrong = fmt.Errorf("it holds leaves %d to %d, and its columns say %d to %d", st.First, st.End()-1, first, last)
			}
		}
		if odd == nil && wrong != nil {
			odd = fmt.Errorf("stretch of the tree at leaf %d: %w", first, wrong)
		}
	}
	return all, odd, translate("stretches", rows.Err())
}

// oddCheckpoints tells of the first checkpoint that says more than it should, or something else than its column.
func oddCheckpoints(ctx context.Context, q querier) (odd, err error) {
	err = scanRows(ctx, q, `SELECT size, doc FROM checkpoints ORDER BY size`, nil, 2, func(row []any) {
		if odd != nil {
			return
		}
		var c tocsin.Checkpoint
		wrong := json.Unmarshal([]byte(word(row[1])), &c)
		now, _ := json.Marshal(c) // it was decoded
		if wrong == nil && row[0] != c.Size {
			wrong = fmt.Errorf("it is of %d leaves, and its column says %v", c.Size, row[0])
		}
		if at := sinks.Unlike(word(row[1]), now); wrong == nil && at != "" {
			wrong = fmt.Errorf("its member %s is none of those that are read, or is written otherwise", at)
		}
		if wrong != nil {
			odd = fmt.Errorf("stored checkpoint: %w", wrong)
		}
	})
	return odd, err
}

// leavesOf are the stretches by which the proofs of a span's logs are made, by log and in order; -1 for one that is not
// there. The numbers are a text, see stretchesIn.
func leavesOf(ctx context.Context, q querier, span tocsin.LogRange) (map[string]string, error) {
	where, args := within("log", span)
	all := map[string]string{}
	return all, scanRows(ctx, q, `SELECT log, group_concat(there, ' ') FROM
		(SELECT log, coalesce(s.first, -1) AS there FROM leaves l LEFT JOIN stretches s ON s.first = l.first`+where+` ORDER BY log, l.first) GROUP BY log`,
		args, 2, func(row []any) { all[word(row[0])] = word(row[1]) })
}

// stretchesIn reads the numbers of a text into some room.
func stretchesIn(text string, room []int64) []int64 {
	room = room[:0]
	for first := range strings.FieldsSeq(text) {
		n, err := strconv.ParseInt(first, 10, 64)
		if err != nil {
			n = -1
		}
		room = append(room, n)
	}
	return room
}
