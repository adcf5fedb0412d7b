package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"tocsin"
	"tocsin/bench/internal/given"
	"tocsin/internal/replay"
	"tocsin/register"
)

// An account is what a register holds, in a form in which two can be compared: by id, one line for each thing, of
// what is not declared volatile.
type account struct {
	alerts, dead                      map[string]int // id -> how many documents
	events, verdicts, incidents, logs map[string]string
	comments                          map[string]int   // incident and command -> how often; no machine writes them
	collected                         map[string]int   // incident and command that copied evidence -> how often; a replay copies none
	unexpected                        map[string]int64 // incident -> how many comments and copies
	broken                            []string         // logs whose chain does not verify
}

func newAccount() account {
	return account{
		alerts: map[string]int{}, dead: map[string]int{},
		comments: map[string]int{}, collected: map[string]int{}, unexpected: map[string]int64{}, events: map[string]string{}, verdicts: map[string]string{}, incidents: map[string]string{}, logs: map[string]string{},
	}
}

// doubled marks a thing that is there twice.
const doubled = "TWICE"

func enter(into map[string]string, id, line string) {
	if _, there := into[id]; there {
		line = doubled
	}
	into[id] = line
}

func (a *account) event(e *tocsin.Event) {
	group, _ := json.Marshal(e.Group) // groups marshal
	enter(a.events, e.ID, fmt.Sprintf("%s %s %s r%d %s %s..%s at %s opened %s detected %s n%d %s into %q", e.Rule.ID, group, e.Activity, e.Revision, e.Milestone,
		stamp(e.First), stamp(e.Last), stamp(e.At), stamp(e.Opened), stamp(e.Detected), e.Count, e.Digest, e.MergedInto))
}

func (a *account) verdict(v *tocsin.Verdict) {
	enter(a.verdicts, v.Event, fmt.Sprintf("%s r%d v%d in %q %s %s %s", v.Assessment.State, v.Revision, v.Version, v.Incident, v.Assessment.Priority, v.Assessment.Category, v.By.ID))
}

func (a *account) incident(i *tocsin.Incident) {
	revision := i.Revision - a.unexpected[i.ID]
	events := slices.Sorted(slices.Values(i.Events))
	enter(a.incidents, i.ID, fmt.Sprintf("%s r%d %s %s opened %s last %s alerts %d events %v", i.Status, revision, i.Priority, i.Category, stamp(i.Opened), stamp(i.Last), i.Alerts, events))
}

// entry is known by its command, as comments and copies of evidence move the others.
func (a *account) entry(e *tocsin.LogEntry) {
	if e.Action == tocsin.ActComment {
		a.comments[e.Incident+" "+e.Command[strings.LastIndexAny(e.Command, ":/")+1:]]++
		a.unexpected[e.Incident]++
		return
	}
	if e.Action == tocsin.ActCollect {
		if a.collected[e.Incident+" "+e.Command]++; a.collected[e.Incident+" "+e.Command] > 1 {
			a.broken = append(a.broken, fmt.Sprintf("%s: %s is there twice", e.Incident, e.Command))
		}
		a.unexpected[e.Incident]++
		return
	}
	enter(a.logs, e.Incident+" "+e.Command, fmt.Sprintf("%s %s by %s at %s %s>%s event %s %s %q", e.Action, e.Command, e.By.ID, stamp(e.Effective), e.From, e.To, e.Event, e.Reason, e.Text))
}

func stamp(t interface{ UnixNano() int64 }) string { return strconv.FormatInt(t.UnixNano(), 10) }

// expected is what a replay left behind.
func expected(ctx context.Context, p replay.Played) (account, error) {
	a := newAccount()
	for id := range p.Alerts {
		a.alerts[id] = 1
	}
	for id := range p.Dead {
		a.dead[id] = 1
	}
	for _, e := range p.Events {
		a.event(&e)
		v, err := p.Store.Verdict(ctx, e.ID)
		if err != nil {
			return a, err
		}
		a.verdict(&v)
	}
	incidents, err := p.Incidents(ctx)
	if err != nil {
		return a, err
	}
	for id, i := range incidents {
		a.incident(&i)
		entries, err := p.Store.Entries(ctx, id, 1)
		if err != nil {
			return a, err
		}
		for _, e := range entries {
			a.entry(&e)
		}
	}
	return a, nil
}

// found reads the register out of Elasticsearch, past the proxy and past the daemon's own code.
func (s *stand) found(ctx context.Context) (account, error) {
	a := newAccount()
	if err := s.call(ctx, http.MethodPost, "/"+s.name+"-*/_refresh", nil, nil); err != nil {
		return a, err
	}
	logs := map[string][]tocsin.LogEntry{}
	for _, of := range []struct {
		index string
		into  func(id string, doc json.RawMessage) error
	}{
		{"log-*", reading(func(e *tocsin.LogEntry) {
			a.entry(e)
			logs[e.Incident] = append(logs[e.Incident], *e)
		})},
		{"alerts-*", func(id string, _ json.RawMessage) error { a.alerts[id]++; return nil }},
		{"deadletter", func(id string, _ json.RawMessage) error { a.dead[id]++; return nil }},
		{"events-*", reading(a.event)},
		{"assessments", reading(a.verdict)},
		{"incidents", reading(a.incident)}, // behind the log, which says how many comments each has
	} {
		if err := s.scroll(ctx, of.index, of.index != "alerts-*" && of.index != "deadletter", of.into); err != nil {
			return a, fmt.Errorf("%s: %w", of.index, err)
		}
	}
	for id, entries := range logs {
		slices.SortFunc(entries, func(a, b tocsin.LogEntry) int { return int(a.Seq - b.Seq) })
		if err := register.VerifyChain(entries); err != nil {
			a.broken = append(a.broken, fmt.Sprintf("%s: %v", id, err))
		}
	}
	return a, nil
}

// reading decodes a document for what takes it in.
func reading[T any](take func(*T)) func(string, json.RawMessage) error {
	return func(_ string, doc json.RawMessage) error {
		var v struct{ Doc T }
		if err := json.Unmarshal(doc, &v); err != nil {
			return err
		}
		take(&v.Doc)
		return nil
	}
}

// scroll goes through all documents of an index.
func (s *stand) scroll(ctx context.Context, index string, source bool, into func(id string, doc json.RawMessage) error) error {
	var page struct {
		Scroll string `json:"_scroll_id"`
		Hits   struct {
			Hits []struct {
				ID     string          `json:"_id"`
				Source json.RawMessage `json:"_source"`
			}
		}
	}
	path := "/" + s.name + "-" + index + "/_search?scroll=1m&ignore_unavailable=true&allow_no_indices=true"
	body := fmt.Appendf(nil, `{"size":2000,"sort":["_doc"],"_source":%t}`, source)
	for {
		page.Hits.Hits = nil
		if err := s.call(ctx, http.MethodPost, path, body, &page); err != nil {
			return err
		}
		for _, h := range page.Hits.Hits {
			if err := into(h.ID, h.Source); err != nil {
				return err
			}
		}
		if len(page.Hits.Hits) == 0 {
			return nil
		}
		path = "/_search/scroll"
		body, _ = json.Marshal(map[string]string{"scroll": "1m", "scroll_id": page.Scroll}) // strings always encode
	}
}

// call sends a request to Elasticsearch.
func (s *stand) call(ctx context.Context, method, path string, body []byte, into any) error {
	return given.Call(ctx, s.elastic, method, path, body, into)
}
