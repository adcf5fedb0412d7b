package web

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"
	"time"

	"tocsin"
	"tocsin/internal/auth"
	"tocsin/internal/measure"
)

// openings are what the page of statistics opens on, the first that has something to show: how long it takes to resolve
// incidents, else how many there are, else how many proposals wait.
func openings(now time.Time) []url.Values {
	return []url.Values{
		{"metric": {"resolve"}},
		{"metric": {"incidents"}},
		{"metric": {"incidents"}, "cohort": {"detected"}, "counted_as": {"proposed"}, "interval": {"day"}, "from": {now.AddDate(0, 0, -30).UTC().Format(time.DateOnly)}},
	}
}

// opening is what an address asks for; of one that names no metric, what there is something of, and the answer with it.
func (p *pages) opening(ctx context.Context, values url.Values) (url.Values, *measure.Trend, error) {
	if values.Get("metric") != "" {
		return values, nil, nil
	}
	for _, o := range openings(p.Now()) {
		asked := maps.Clone(values)
		maps.Copy(asked, o)
		q, err := measure.Ask(asked, p.Now())
		if err != nil {
			return asked, nil, nil //nolint:nilerr // the page says what is wrong with it
		}
		q.Tenant = auth.From(ctx).Tenant
		t, err := measure.Trends(ctx, p.Measures, q)
		if err != nil && !errors.Is(err, tocsin.ErrQuery) {
			return asked, nil, err
		}
		if err != nil {
			return asked, nil, nil //nolint:nilerr // likewise
		}
		if t.All.Whole.N > 0 {
			return asked, &t, nil
		}
	}
	values.Set("metric", "resolve")
	return values, nil, nil
}

// mainMetrics are one click away, the others in the form.
func mainMetrics() []struct{ name, text string } {
	return []struct{ name, text string }{
		{"detect", "To detect"},
		{"acknowledge", "To acknowledge"},
		{"contain", "To contain"},
		{"resolve", "To resolve"},
		{"incidents", "Volume"},
		{"backlog", "Backlog"},
		{"target_resolve", "Targets"},
		{"stages", "Where the time goes"},
		{"precision", "Precision"},
		{"reduction", "Alerts to incidents"},
	}
}

// metricTabs lead to the main metrics of the same time, selection and zone; the backlog and the reduction can be told by none of it.
func metricTabs(values url.Values) []link {
	var all []link
	for _, m := range mainMetrics() {
		next := given(values)
		next.Set("metric", m.name)
		if m.name == "backlog" || m.name == "reduction" {
			next.Del("by")
			next.Del("cohort")
			for name := range measure.Filters(next) {
				next.Del(name)
			}
		}
		all = append(all, link{m.text, "/trends?" + next.Encode(), m.name == values.Get("metric")})
	}
	return all
}

// A lack is why a metric has nothing to show, and where there may be something.
type lack struct{ Text, Link, URL string }

// lacks says what a trend without an incident would need; nothing of one that has some.
func lacks(t *measure.Trend, values url.Values) []lack {
	if t.All.Whole.N > 0 || t.Cohort == "" && len(t.All.Points) > 0 || slices.ContainsFunc(t.All.Points, func(p measure.Point) bool { return p.N > 0 }) {
		return nil
	}
	to := func(asked map[string]string) string {
		next := given(values)
		for name, value := range asked {
			next.Set(name, value)
		}
		return "/trends?" + next.Encode()
	}
	declared := to(map[string]string{"metric": "incidents", "cohort": "declared"})
	var all []lack
	switch {
	case t.Cohort == "":
		return []lack{{"The backlog is taken once a day: the first day is still to come, or nothing was taken in this time.", "How many were declared", declared}}
	case t.Name == "incidents":
		all = []lack{{Text: "No incident was " + t.Cohort + " in this time. A proposal counts once it is declared."}}
	default:
		all = []lack{{"It is of incidents that were " + t.Cohort + " in this time and have what the formula is of: there is none. A proposal counts once it is declared.", "How many were declared", declared}}
	}
	return append(all, lack{"Proposals that nobody has decided on are counted apart.", "How many wait", to(map[string]string{
		"metric": "incidents", "cohort": "detected", "counted_as": "proposed",
	})})
}
