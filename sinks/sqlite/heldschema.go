package sqlite

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// programs are the statements of a schema that make or drop what does something by itself: views, triggers and indices.
const programs = `(?m)(CREATE|DROP) (?:UNIQUE )?(VIEW|TRIGGER|INDEX) (?:IF EXISTS )?(\w+)`

// oddSchema says which view, trigger or index of the file is not as the migrations made it: one that was changed may show
// other figures than the tables, or write what nobody asked for.
func oddSchema(ctx context.Context, q querier) (odd, err error) {
	made := strings.Join(migrations, "\n")
	expected := map[string]string{}
	for _, m := range regexp.MustCompile(programs).FindAllStringSubmatch(made, -1) {
		if expected[m[3]] = strings.ToLower(m[2]); m[1] == "DROP" {
			delete(expected, m[3])
		}
	}
	var found []string
	err = scanRows(ctx, q, `SELECT type, name, sql FROM sqlite_master WHERE type IN ('view', 'trigger', 'index') AND sql IS NOT NULL ORDER BY name`, nil, 3, func(row []any) {
		kind, name, text := word(row[0]), word(row[1]), word(row[2])
		if expected[name] != kind || !strings.Contains(made, text) {
			found = append(found, fmt.Sprintf("the %s %.80s is not what tocsin makes", kind, name))
		}
		delete(expected, name)
	})
	for _, name := range slices.Sorted(maps.Keys(expected)) {
		found = append(found, fmt.Sprintf("the %s %s is gone", expected[name], name))
	}
	if len(found) > 0 {
		odd = fmt.Errorf("schema of the file: %s", strings.Join(found, "; "))
	}
	return odd, err
}

// oddMeasured tells of a measure that a reader of what was written is never told of; see [Store.MeasuresSince].
func oddMeasured(ctx context.Context, q querier) (odd, err error) {
	err = scanRows(ctx, q, `SELECT id FROM measures WHERE NOT EXISTS (SELECT 1 FROM measured WHERE measured.id = measures.id) ORDER BY id LIMIT 1`, nil, 1, func(row []any) {
		odd = fmt.Errorf("incident %s: its measure is not among those that were written, by which a copy of them is kept", word(row[0]))
	})
	return odd, err
}
