package web

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"tocsin/internal/auth"
	"tocsin/register"
)

// rulesShown is how many rules stand on a page: more would be heavier than 150 kB.
const rulesShown = 100

// A rulesView is the list of rules.
type rulesView struct {
	Set, Faults string
	InForce     int
	Words       string // that are looked for
	Attention   bool   // only those that need a look
	Needing     int    // how many do
	Rows        []ruleRow
	Found       int
	Heads       []ruleHead
	Before      string // address of the page before, "" on the first
	Next        string // address of the next page, "" on the last
	Days        int
	Unreadable  bool // the register does not answer: nothing is known of events
	Counting    bool // how events turned out is being worked out
	Cut         bool // there is more in the register than was looked at
}

// A ruleRow is a rule and how the events of its version turned out.
type ruleRow struct {
	Rule
	Quality *register.Quality // nil where it found no event
}

// Needs reports whether somebody should look at the rule.
func (r *ruleRow) Needs() bool { return r.Quarantined || len(r.Blind) > 0 || len(r.Degraded) > 0 }

// A ruleHead is a column, and the address that sorts by it.
type ruleHead struct {
	Text, URL string
	Num       bool
	Order     string // ascending, descending, or "" where another column sorts
}

// rank compares two rules; what is not known stands last whatever the order.
type rank struct {
	name, text string
	num        bool
	falling    bool // the greatest first, unless asked otherwise
	of         func(r *ruleRow) (float64, bool)
	by         func(r *ruleRow) string
}

func ranks() []rank {
	quality := func(of func(*register.Quality) (float64, bool)) func(*ruleRow) (float64, bool) {
		return func(r *ruleRow) (float64, bool) {
			if r.Quality == nil {
				return 0, false
			}
			return of(r.Quality)
		}
	}
	counted := func(of func(*ruleRow) int64) func(*ruleRow) (float64, bool) {
		return func(r *ruleRow) (float64, bool) { return float64(of(r)), true }
	}
	levels := []string{"informational", "low", "medium", "high", "critical"}
	return []rank{
		{name: "title", text: "Rule", by: func(r *ruleRow) string { return strings.ToLower(r.Title) }},
		{name: "level", text: "Level", falling: true, of: counted(func(r *ruleRow) int64 { return int64(slices.Index(levels, r.Level)) })},
		{name: "events", text: "Events", num: true, falling: true, of: quality(func(q *register.Quality) (float64, bool) { return float64(q.Events), true })},
		{name: "yield", text: "Yield", num: true, falling: true, of: quality(func(q *register.Quality) (float64, bool) { return q.Yield, true })},
		{name: "precision", text: "Precision", num: true, of: quality(func(q *register.Quality) (float64, bool) {
			if q.Precision == nil {
				return 0, false
			}
			return *q.Precision, true
		})},
		{name: "matches", text: "Matches", num: true, falling: true, of: counted(func(r *ruleRow) int64 { return r.Matches })},
		{name: "hidden", text: "Hidden", num: true, falling: true, of: counted(func(r *ruleRow) int64 { return r.Hidden })},
		{name: "cost", text: "Cost", num: true, falling: true, of: func(r *ruleRow) (float64, bool) { return float64(r.Cost), r.Cost > 0 }},
		{name: "fired", text: "Last fired", falling: true, of: quality(func(q *register.Quality) (float64, bool) {
			return float64(q.LastFired.UnixMilli()), !q.LastFired.IsZero()
		})},
	}
}

func (p *pages) rules(w http.ResponseWriter, r *http.Request) error {
	all := p.Rules()
	q := r.URL.Query()
	v := rulesView{Set: all.Set, Faults: all.Faults, InForce: len(all.Rules), Words: strings.TrimSpace(q.Get("q")), Attention: q.Get("attention") == "1", Days: qualityDays}
	known := p.qualities(r, &v)
	for _, rule := range all.Rules {
		row := ruleRow{rule, known[rule.ID+" "+rule.Version]}
		if row.Needs() {
			v.Needing++
		} else if v.Attention {
			continue
		}
		if w := strings.ToLower(v.Words); w == "" || strings.Contains(strings.ToLower(rule.Title+" "+rule.ID+" "+rule.Category+" "+rule.Kind), w) {
			v.Rows = append(v.Rows, row)
		}
	}
	v.sort(q)
	v.page(q)
	p.render(w, r, http.StatusOK, "rules", "Rules", "rules", v)
	return nil
}

// qualities are how events turned out, by rule and version. A register that is away leaves the rest of the page.
func (p *pages) qualities(r *http.Request, v *rulesView) map[string]*register.Quality {
	all, counting, err := p.qualityNow(r)
	if v.Counting, v.Unreadable = counting, err != nil; err != nil || counting {
		return nil
	}
	v.Cut = all.Cut
	known := map[string]*register.Quality{}
	for i := range all.Rules {
		known[all.Rules[i].Rule+" "+all.Rules[i].Version] = &all.Rules[i]
	}
	return known
}

// qualityPatience is how long a page waits for how rules did: it has more to show.
const qualityPatience = 100 * time.Millisecond

// qualityNow is how rules did; counting: it is being worked out, which can take a minute where the register is large.
func (p *pages) qualityNow(r *http.Request) (all register.Qualities, counting bool, err error) {
	ctx, cancel := context.WithTimeout(r.Context(), qualityPatience)
	defer cancel()
	all, err = p.Quality(ctx, auth.From(ctx).Tenant, p.Now().AddDate(0, 0, -qualityDays))
	if err != nil && ctx.Err() != nil && r.Context().Err() == nil {
		return all, true, nil
	}
	if err != nil {
		p.Log.WarnContext(r.Context(), "quality of rules cannot be told", "err", err)
	}
	return all, false, err
}

// sort puts the rows in the order that the address asks for: by title unless it names a column.
func (v *rulesView) sort(q url.Values) {
	all := ranks()
	at := max(0, slices.IndexFunc(all, func(k rank) bool { return k.name == q.Get("sort") }))
	chosen := all[at]
	falling := chosen.falling
	if o := q.Get("order"); o == "asc" || o == "desc" {
		falling = o == "desc"
	}
	slices.SortStableFunc(v.Rows, func(a, b ruleRow) int { return chosen.compare(&a, &b, falling) })
	for n, k := range all {
		h := ruleHead{Text: k.text, Num: k.num}
		order := "asc"
		if k.falling {
			order = "desc"
		}
		if n == at {
			h.Order, order = "ascending", "desc"
			if falling {
				h.Order, order = "descending", "asc"
			}
		}
		h.URL = with(q, "sort", k.name, "order", order, "from", "")
		v.Heads = append(v.Heads, h)
	}
}

func (k *rank) compare(a, b *ruleRow, falling bool) int {
	sign := 1
	if falling {
		sign = -1
	}
	if k.by != nil {
		return cmp.Or(sign*cmp.Compare(k.by(a), k.by(b)), cmp.Compare(a.ID, b.ID))
	}
	va, oka := k.of(a)
	vb, okb := k.of(b)
	switch {
	case oka != okb && oka:
		return -1
	case oka != okb:
		return 1
	}
	return cmp.Or(sign*cmp.Compare(va, vb), cmp.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title)), cmp.Compare(a.ID, b.ID))
}

// page leaves the rows that the address asks for.
func (v *rulesView) page(q url.Values) {
	v.Found = len(v.Rows)
	from, _ := strconv.Atoi(q.Get("from"))
	from = min(max(from, 0), v.Found)
	to := min(from+rulesShown, v.Found)
	if from > 0 {
		v.Before = with(q, "from", strconv.Itoa(max(from-rulesShown, 0)))
	}
	if to < v.Found {
		v.Next = with(q, "from", strconv.Itoa(to))
	}
	v.Rows = v.Rows[from:to]
}

// with is the address of the list with other values; "" takes one away.
func with(q url.Values, pairs ...string) string {
	next := url.Values{}
	for _, name := range []string{"q", "attention", "sort", "order", "from"} {
		if q.Get(name) != "" {
			next.Set(name, q.Get(name))
		}
	}
	for n := 0; n < len(pairs); n += 2 {
		next.Del(pairs[n])
		if pairs[n+1] != "" {
			next.Set(pairs[n], pairs[n+1])
		}
	}
	return "/rules?" + next.Encode()
}
