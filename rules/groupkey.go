package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"tocsin"
)

// GroupKey is the group key that values given by field make for the rule, as its matches have it: in the order of
// group_by, cut and folded. A field that is not given is null where on_missing is null. The error wraps
// [tocsin.ErrKey] and names every field that is missing or not in group_by.
func (r *Rule) GroupKey(given map[string]string) ([]tocsin.Value, error) {
	var wrong []string
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if !slices.Contains(r.Correlate.GroupBy, name) {
			wrong = append(wrong, name+" is not in its group_by")
		}
	}
	key := make([]tocsin.Value, 0, len(r.Correlate.GroupBy))
	for _, name := range r.Correlate.GroupBy {
		text, ok := given[name]
		switch {
		case ok:
			key = append(key, normal(tocsin.StringValue(text), r.Correlate.Fold))
		case r.Correlate.OnMissing == Null:
			key = append(key, tocsin.NullValue())
		default:
			wrong = append(wrong, name+" is not given")
		}
	}
	if len(wrong) > 0 {
		return nil, fmt.Errorf("%s; %w: it is grouped by %s", strings.Join(wrong, ", "), tocsin.ErrKey, groupText(r.Correlate.GroupBy))
	}
	return key, nil
}

func groupText(fields []string) string {
	if len(fields) == 0 {
		return "nothing: all alerts are one group"
	}
	return strings.Join(fields, ", ")
}
