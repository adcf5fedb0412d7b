package app

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	"tocsin"
	"tocsin/internal/dossier"
	"tocsin/internal/needtoknow"
	"tocsin/internal/web"
	"tocsin/sinks"
)

// page makes the handler of the page.
func (a *App) page(back backend, people *people, p *pulse, view *needtoknow.View) (http.Handler, error) {
	started := a.now()
	a.runs("address", a.announce)
	a.runs("pulse", func(ctx context.Context) error { return p.run(ctx, a.now) })
	press, err := dossier.New(a.cfg.Reports.Template)
	if err != nil {
		return nil, err
	}
	return web.New(web.Options{
		Register: view, Store: view, Press: press, Reports: a.desk(back.store, back.assess), OpenReports: a.cfg.Reports.Open, ReportLink: a.cfg.Reports.Link.Reveal(), OpenReads: a.onLoopback(), Secure: a.cfg.HTTP.CertFile != "",
		Tokens: people.tokens, Entrance: web.Entrance{Directory: people.directory, OIDC: people.oidc, Attempts: people.attempts, Limits: people.limits},
		DeadLetters: func(ctx context.Context, q web.LetterQuery) (tocsin.Page[web.Letter], error) {
			return pageLetters(ctx, back.store, q)
		},
		Dispose: a.letters(back.store, back.journal).disposeByID,
		Rules:   a.pageRules, Quality: a.quality.of, WhyNot: a.whyNot, Counts: view, Measures: a.facts, Search: view, Regimes: a.regimesInForce,
		NovelHosts: a.novelHosts, Peers: a.cfg.HTTP.Peers, Workshop: a.workshop(back),
		Health: func(ctx context.Context) web.Health { return a.pageHealth(ctx, back, p, started) },
		Trail:  a.trail(back.store), Custodian: a.evidence(back.store), Stopping: a.stopping, Now: a.now, Log: a.log,
	})
}

// pageLetters are the newest dead letters, each with what was done with it last.
func pageLetters(ctx context.Context, s store, q web.LetterQuery) (tocsin.Page[web.Letter], error) {
	page, err := s.Rejections(ctx, sinks.RejectionQuery{Tenant: q.Tenant, Source: q.Source, Reason: q.Reason, Limit: q.Limit, Cursor: q.Cursor})
	if err != nil {
		return tocsin.Page[web.Letter]{}, err
	}
	var ids []string
	for i := range page.Items {
		ids = append(ids, page.Items[i].ID)
	}
	done, err := s.Dispositions(ctx, ids)
	out := tocsin.Page[web.Letter]{Total: page.Total, Cursor: page.Cursor}
	for _, r := range page.Items {
		l := web.Letter{Rejection: r}
		if d := done[r.ID]; len(d) > 0 {
			l.Done = &d[len(d)-1]
		}
		out.Items = append(out.Items, l)
	}
	return out, err
}

// pageRules tells the page of the rules in force.
func (a *App) pageRules() web.Rules {
	from := a.rules()
	out := web.Rules{Set: from.Set, Faults: from.Faults}
	set := a.sets.Current()
	for _, r := range from.Rules {
		rule := web.Rule{
			ID: r.ID, Title: r.Title, Version: r.Version, Status: r.Status, Level: r.Level, Kind: r.Kind, Category: r.Category,
			Matches: r.Matches, Hidden: r.Hidden, Errors: r.Errors, LastError: r.LastError, Quarantined: r.Quarantined, Absent: r.Absent,
			Keys: r.Keys, OpenEvents: r.OpenEvents, Bytes: r.Bytes, Late: r.Late, Evicted: r.Evicted, Cost: time.Duration(r.Cost), Degraded: r.Degraded,
		}
		for _, b := range r.Blind {
			rule.Blind = append(rule.Blind, b.Text)
		}
		if known := set.Rule(r.ID); known != nil {
			rule.GroupBy, rule.Requires, rule.Conditions = known.Correlate.GroupBy, known.Requires, known.Conditions()
		}
		out.Rules = append(out.Rules, rule)
	}
	return out
}

// pageHealth puts together what is known of the pipeline.
func (a *App) pageHealth(ctx context.Context, back backend, p *pulse, started time.Time) web.Health {
	r := a.health.Report()
	t := a.totals()
	h := web.Health{
		Receivers: a.pageReceivers(ctx), System: a.pageSystem(&r),
		Mode: a.cfg.Mode, Started: started, Watermark: r.Watermark(), Open: r.Open(), Backlog: -1, Retries: int64(t.retries),
		Rates: p.rates(t, a.now(), started), Sources: a.pageSources(t, p), Rejected: t.byReason(),
	}
	for _, tr := range r.Troubles {
		if tr.Part == "rules" { // told with the rules, where carets stand under what they mean
			continue
		}
		h.Troubles = append(h.Troubles, web.Trouble{Part: tr.Part, Detail: tr.Detail, Since: tr.Since, Retries: tr.Retries, Halted: tr.Halted})
	}
	for _, s := range r.Shards {
		if s.Engine.Holder != "" {
			h.Holder = s.Engine.Holder
		}
		h.Waiting = append(h.Waiting, s.Engine.Waiting...)
		for _, rule := range s.Engine.Rules {
			h.Keys += rule.Keys
			h.State += rule.Bytes
		}
	}
	slices.Sort(h.Waiting)
	h.Waiting = slices.Compact(h.Waiting)
	for _, l := range r.Lags {
		h.Lags = append(h.Lags, web.Lag{Group: l.Group, Topic: l.Topic, Partition: l.Partition, Next: l.Next, Lag: l.Lag, Halted: l.Halted})
	}
	if back.backlog != nil {
		if n, err := back.backlog(ctx); err == nil {
			h.Backlog = n
		}
	}
	if s, ok := back.store.(interface {
		Size(ctx context.Context) (used, limit int64, err error)
	}); ok {
		if used, limit, err := s.Size(ctx); err == nil {
			h.Used, h.Limit = used, limit
		}
	}
	return h
}

// totals are the counters of this process.
type totals struct {
	alerts, duplicates, rejected, late map[string]float64            // by source
	records                            map[string]float64            // by source
	reasons                            map[string]float64            // of all sources
	sourceReasons                      map[string]map[string]float64 // by source
	received                           map[string]time.Time          // the latest alert's receipt, by source
	delay                              map[string]float64            // mean seconds from an alert's time to its receipt, by source
	matches, hidden, events, retries   float64
}

// totals reads the counters as they are exposed.
func (a *App) totals() totals {
	t := totals{
		alerts: map[string]float64{}, duplicates: map[string]float64{}, rejected: map[string]float64{}, late: map[string]float64{}, reasons: map[string]float64{},
		records: map[string]float64{}, sourceReasons: map[string]map[string]float64{}, received: map[string]time.Time{}, delay: map[string]float64{},
	}
	families, err := a.reg.Gather()
	if err != nil {
		a.log.Debug("not all metrics could be gathered", "err", err)
	}
	for _, f := range families {
		for _, m := range f.GetMetric() {
			label, n := map[string]string{}, m.GetCounter().GetValue()
			for _, l := range m.GetLabel() {
				label[l.GetName()] = l.GetValue()
			}
			t.add(f.GetName(), label, n)
			h := m.GetHistogram()
			t.timed(f.GetName(), label["source"], m.GetGauge().GetValue(), h.GetSampleSum(), h.GetSampleCount())
		}
	}
	return t
}

func (t *totals) add(name string, label map[string]string, n float64) {
	switch name {
	case "tocsin_alerts_total":
		t.alerts[label["source"]] += n
		t.records[label["source"]] += n
	case "tocsin_duplicates_total":
		t.duplicates[label["source"]] += n
		t.records[label["source"]] += n
	case "tocsin_rejected_total":
		t.rejected[label["source"]] += n
		t.reasons[label["reason"]] += n
		t.records[label["source"]] += n
		if t.sourceReasons[label["source"]] == nil {
			t.sourceReasons[label["source"]] = map[string]float64{}
		}
		t.sourceReasons[label["source"]][label["reason"]] += n
	case "tocsin_engine_late_total":
		t.late[label["source"]] += n
	case "tocsin_matches_total":
		t.matches += n
	case "tocsin_suppressed_total":
		t.hidden += n
	case "tocsin_events_total":
		if label["milestone"] == string(tocsin.MilestoneOpened) {
			t.events += n
		}
	case "tocsin_retries_total":
		t.retries += n
	}
}

// timed reads when a source was heard of and how late its alerts come.
func (t *totals) timed(name, source string, value, sum float64, n uint64) {
	switch {
	case name == "tocsin_source_received_seconds":
		t.received[source] = time.UnixMilli(int64(1000 * value)).UTC()
	case name == "tocsin_alert_delay_seconds" && n > 0:
		t.delay[source] = sum / float64(n)
	}
}

func sum(by map[string]float64) float64 {
	var n float64
	for _, v := range by {
		n += v
	}
	return n
}

func (t *totals) bySource() []web.Source {
	var out []web.Source
	for _, name := range sortedKeys(t.alerts, t.duplicates, t.rejected, t.late) {
		out = append(out, web.Source{
			Name: name, Alerts: int64(t.alerts[name]), Duplicates: int64(t.duplicates[name]), Rejected: int64(t.rejected[name]), Late: int64(t.late[name]),
		})
	}
	return out
}

func (t *totals) byReason() []web.Count {
	var out []web.Count
	for _, reason := range sortedKeys(t.reasons) {
		out = append(out, web.Count{Name: reason, Total: int64(t.reasons[reason])})
	}
	return out
}

func sortedKeys(all ...map[string]float64) []string {
	var keys []string
	for _, m := range all {
		for k := range m {
			keys = append(keys, k)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// line is what the page's rates are of, in the order in which a record meets them.
func (t *totals) line() []web.Rate {
	rejected, late := sum(t.rejected), sum(t.late)
	return []web.Rate{
		{Name: "records processed", Total: int64(sum(t.records))},
		{Name: "alerts", Total: int64(sum(t.alerts))},
		{Name: "duplicates", Total: int64(sum(t.duplicates))},
		{Name: "rejected", Total: int64(rejected), Remarkable: rejected > 0},
		{Name: "matches", Total: int64(t.matches)},
		{Name: "matches hidden by exceptions", Total: int64(t.hidden)},
		{Name: "late matches, not correlated", Total: int64(late), Remarkable: late > 0},
		{Name: "events opened", Total: int64(t.events)},
	}
}

// A pulse remembers the counters of the last minute.
type pulse struct {
	gather func() totals

	mu    sync.Mutex
	beats []beat // oldest first
}

type beat struct {
	at      time.Time
	line    []web.Rate
	records map[string]float64 // by source
}

// beatEvery is how often the counters are read: a dozen times in the minute that rates are shown of.
const beatEvery = 5 * time.Second

func (p *pulse) run(ctx context.Context, now func() time.Time) error {
	every := time.NewTicker(beatEvery)
	defer every.Stop()
	for {
		t, at := p.gather(), now()
		p.mu.Lock()
		p.beats = append(p.beats, beat{at, t.line(), t.records})
		for len(p.beats) > 1 && at.Sub(p.beats[0].at) > time.Minute {
			p.beats = p.beats[1:]
		}
		p.mu.Unlock()
		select {
		case <-ctx.Done():
			return nil
		case <-every.C:
		}
	}
}

// rateOf is how many records of a source came a second, over the last minute.
func (p *pulse) rateOf(source string, records float64, now time.Time) float64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.beats) == 0 {
		return 0
	}
	if d := now.Sub(p.beats[0].at).Seconds(); d > 0 {
		return (records - p.beats[0].records[source]) / d
	}
	return 0
}

// rates are the counters of now, over the last minute and since the start.
func (p *pulse) rates(t totals, now, started time.Time) []web.Rate {
	line := t.line()
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range line {
		if d := now.Sub(started).Seconds(); d > 0 {
			line[i].Whole = float64(line[i].Total) / d
		}
		if len(p.beats) == 0 {
			continue
		}
		if d := now.Sub(p.beats[0].at).Seconds(); d > 0 {
			line[i].Minute = float64(line[i].Total-p.beats[0].line[i].Total) / d
		}
	}
	return line
}
