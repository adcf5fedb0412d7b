package sqlite

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tocsin"
	"tocsin/sinks"
)

// titled is the number of an incident's title: titles of the same words share it, as most of a rule's do, so that
// words are looked for among titles and not among incidents.
func (s *Store) titled(ctx context.Context, i *tocsin.Incident) (n int64, err error) {
	words := sinks.Words(i.Title)
	key := strings.Join(words, " ")
	if key == "" {
		return 0, nil
	}
	rows, err := s.exec(ctx, "title", `INSERT INTO titles (words) VALUES (?) ON CONFLICT DO NOTHING`, key)
	if err != nil {
		return 0, err
	}
	if err := s.reader().QueryRowContext(ctx, `SELECT n FROM titles WHERE words = ?`, key).Scan(&n); err != nil {
		return 0, translate("title", err)
	}
	if rows == 0 {
		return n, nil
	}
	for _, word := range words {
		if _, err := s.exec(ctx, "title", `INSERT INTO title_words (word, title) VALUES (?, ?)`, word, n); err != nil {
			return 0, err
		}
	}
	return n, nil
}

// titles asks for incidents whose title has words that begin so.
func (l *listing) titles(words []string) {
	for _, word := range words {
		l.where("titled IN (SELECT title FROM title_words WHERE word >= ? AND word < ?)", word, word+"\U0010FFFF")
	}
}

// oddTitles tells of the first title whose words do not lead to it, nil where all do.
func oddTitles(ctx context.Context, q querier) (odd, err error) {
	err = scanRows(ctx, q, `SELECT words, (SELECT group_concat(word, ' ') FROM (SELECT word FROM title_words WHERE title = n ORDER BY word)) FROM titles ORDER BY n`, nil, 2, func(row []any) {
		words := strings.Fields(word(row[0]))
		slices.Sort(words)
		if found := strings.Join(words, " "); odd == nil && found != word(row[1]) {
			odd = fmt.Errorf("incidents with the title %q: the words by which it is looked for are %q", word(row[0]), word(row[1]))
		}
	})
	return odd, err
}

// fillTitles numbers the titles of what an earlier version stored, in the transaction of the migration.
func (s *Store) fillTitles(ctx context.Context) error {
	rows, err := s.reader().QueryContext(ctx, `SELECT id, json_extract(doc, '$.title') FROM incidents`)
	if err != nil {
		return translate("titles", err)
	}
	defer rows.Close()
	var all []tocsin.Incident
	for rows.Next() {
		var i tocsin.Incident
		if err := rows.Scan(&i.ID, &i.Title); err != nil {
			return translate("titles", err)
		}
		all = append(all, i)
	}
	if err := rows.Err(); err != nil {
		return translate("titles", err)
	}
	for n := range all {
		title, err := s.titled(ctx, &all[n])
		if err != nil {
			return err
		}
		if _, err := s.exec(ctx, "incident "+all[n].ID, `UPDATE incidents SET titled = ? WHERE id = ?`, title, all[n].ID); err != nil {
			return err
		}
	}
	return nil
}
