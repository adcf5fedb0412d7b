package simulator

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"
)

// A query is as much of Elasticsearch's as the stages ask.
type query struct {
	Size  int                         `json:"size"`
	Sort  []map[string]map[string]any `json:"sort"`
	After []any                       `json:"search_after"`
	Query struct {
		Bool struct {
			Filter []map[string]map[string]json.RawMessage `json:"filter"`
		} `json:"bool"`
	} `json:"query"`
}

type hit struct {
	index, id string
	doc       *document
	fields    map[string]any
}

// search answers a structured query over an index or a pattern. The world's lock is held.
func (w *world) search(pattern string, body []byte) string {
	var q query
	if err := json.Unmarshal(body, &q); err != nil {
		w.violated(fmt.Sprintf("a search is %.200q: %v", body, err))
	}
	var hits []hit
	for _, index := range slices.Sorted(maps.Keys(w.store.indices)) {
		if ok, _ := path.Match(pattern, index); !ok {
			continue
		}
		for _, id := range slices.Sorted(maps.Keys(w.store.indices[index])) {
			h := hit{index, id, w.store.indices[index][id], nil}
			_ = json.Unmarshal(h.doc.source, &h.fields)
			if h.fits(&q) {
				hits = append(hits, h)
			}
		}
	}
	order := func(a, b hit) int {
		for _, by := range q.Sort {
			for field, how := range by {
				c := compare(a.get(field), b.get(field))
				if how["order"] == "desc" {
					c = -c
				}
				if c != 0 {
					return c
				}
			}
		}
		return 0
	}
	slices.SortStableFunc(hits, order)
	total := len(hits)
	hits = q.page(hits)
	var b strings.Builder
	fmt.Fprintf(&b, `{"hits":{"total":{"value":%d},"hits":[`, total)
	for i, h := range hits {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"_index":%q,"_id":%q,"_source":%s}`, h.index, h.id, h.doc.source)
	}
	return b.String() + "]}}"
}

// page is what stands behind the place that was named, as much of it as was asked.
func (q *query) page(hits []hit) []hit {
	if len(q.After) > 0 {
		at := slices.IndexFunc(hits, func(h hit) bool {
			for i, by := range q.Sort {
				for field, how := range by {
					c := compare(h.get(field), q.After[i])
					if how["order"] == "desc" {
						c = -c
					}
					if c != 0 {
						return c > 0
					}
				}
			}
			return false
		})
		if at < 0 {
			return nil
		}
		hits = hits[at:]
	}
	return hits[:min(len(hits), max(q.Size, 0))]
}

// get is a document's value of a dotted path, nil for none.
func (h *hit) get(field string) any {
	var at any = h.fields
	for part := range strings.SplitSeq(field, ".") {
		m, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = m[part]
	}
	return at
}

// fits reports whether a document passes all filters.
func (h *hit) fits(q *query) bool {
	for _, filter := range q.Query.Bool.Filter {
		for kind, clause := range filter {
			for field, raw := range clause {
				if !h.passes(kind, field, raw) {
					return false
				}
			}
		}
	}
	return true
}

func (h *hit) passes(kind, field string, raw json.RawMessage) bool {
	values, many := h.get(field).([]any)
	if !many {
		values = []any{h.get(field)}
	}
	switch kind {
	case "term":
		var want struct {
			Value any `json:"value"`
		}
		_ = json.Unmarshal(raw, &want)
		return slices.ContainsFunc(values, func(v any) bool { return v != nil && compare(v, want.Value) == 0 })
	case "terms":
		var want []any
		_ = json.Unmarshal(raw, &want)
		return slices.ContainsFunc(values, func(v any) bool {
			return v != nil && slices.ContainsFunc(want, func(w any) bool { return compare(v, w) == 0 })
		})
	case "range":
		var bounds map[string]any
		_ = json.Unmarshal(raw, &bounds)
		return slices.ContainsFunc(values, func(v any) bool { return v != nil && between(v, bounds) })
	default:
		return false
	}
}

func between(v any, bounds map[string]any) bool {
	for how, bound := range bounds {
		c := compare(v, bound)
		if how == "gte" && c < 0 || how == "gt" && c <= 0 || how == "lt" && c >= 0 || how == "lte" && c > 0 {
			return false
		}
	}
	return true
}

// compare orders numbers and texts; what is missing comes last.
func compare(a, b any) int {
	x, xIsNumber := a.(float64)
	y, yIsNumber := b.(float64)
	switch {
	case xIsNumber && yIsNumber:
		return cmp.Compare(x, y)
	case a == nil || b == nil:
		return cmp.Compare(missing(a), missing(b))
	default:
		return cmp.Compare(fmt.Sprint(a), fmt.Sprint(b))
	}
}

func missing(v any) int {
	if v == nil {
		return 1
	}
	return 0
}
