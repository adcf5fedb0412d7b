package measure

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"

	"tocsin"
)

// Filters are the parameters of an address that select by a word: each dimension, given as often as words will do. An
// empty one selects what has no such word.
func Filters(values url.Values) map[string][]string {
	where := map[string][]string{}
	for _, name := range tocsin.Dimensions() {
		if words := values[name]; len(words) > 0 {
			where[name] = slices.Clone(words)
		}
	}
	return where
}

// Ask reads a question from the parameters of an address. Without to it is until now, without from a year before that.
// The error names all that is wrong and wraps [tocsin.ErrQuery].
func Ask(values url.Values, now time.Time) (Query, error) {
	q := Query{
		Metric: values.Get("metric"), By: values.Get("by"), Cohort: values.Get("cohort"), Interval: values.Get("interval"), Zone: values.Get("zone"),
		Where: Filters(values),
	}
	zone, err := Zone(q.Zone)
	if err != nil {
		zone = time.UTC
	}
	wrong := append(unknown(q.Where), err)
	q.To, err = moment(values, "to", zone, now.Truncate(time.Second).Add(time.Second))
	wrong = append(wrong, err)
	q.From, err = moment(values, "from", zone, q.To.AddDate(-1, 0, 0))
	wrong = append(wrong, err)
	if _, err := Named(q.Metric); err != nil {
		wrong = append(wrong, err)
	}
	return q, errors.Join(wrong...)
}

// unknown names the words that no incident can have, of dimensions that have a fixed vocabulary.
func unknown(where map[string][]string) (wrong []error) {
	for _, name := range slices.Sorted(maps.Keys(where)) {
		may := vocabulary(name)
		for _, word := range where[name] {
			if may != nil && word != "" && !slices.Contains(may, word) {
				wrong = append(wrong, fmt.Errorf("%s %.40q is none of %s (for several give it several times): %w", name, word, strings.Join(may, ", "), tocsin.ErrQuery))
			}
		}
	}
	return wrong
}

// vocabulary is what a dimension's words are taken from; nil: any word.
func vocabulary(dimension string) []string {
	switch dimension {
	case "counted_as":
		return tocsin.CountedAs()
	case "status":
		return tocsin.Statuses()
	case "disposition":
		return tocsin.Dispositions()
	case "root_cause":
		return tocsin.RootCauses()
	}
	if strings.HasPrefix(dimension, "target_") {
		return tocsin.TargetStates()
	}
	return nil
}

// moment reads a time: RFC 3339, or a day, which begins as the clock of the zone says.
func moment(values url.Values, name string, zone *time.Location, absent time.Time) (time.Time, error) {
	text := strings.TrimSpace(values.Get(name))
	if text == "" {
		return absent, nil
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil && t.Year() > 0 {
		return t, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, text, zone)
	if err != nil {
		return absent, fmt.Errorf("%s %.40q is neither a day, as 2026-11-02 is, nor a time, as 2026-11-02T08:00:00Z is: %w", name, text, tocsin.ErrQuery)
	}
	return t, nil
}
