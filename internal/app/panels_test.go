package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

type object = map[string]any

// A panel is one of a Grafana dashboard.
type panel struct {
	Title   string
	Type    string
	Targets []target
}

// A target is one query of a panel: of Prometheus, or of Elasticsearch.
type target struct {
	Expr, Query, TimeField string
	Metrics                []struct {
		ID, Type, Field string
		Settings        object
	}
	BucketAggs []struct {
		ID, Type, Field string
		Settings        object
	}
}

func grafana(t *testing.T, name string) []panel {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", "grafana", name))
	if err != nil {
		t.Fatal(err)
	}
	var d struct{ Panels []panel }
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	return d.Panels
}

// span is the time that dashboards are asked for.
func span(field string) object {
	return object{"range": object{field: object{"gte": "now-1y", "lt": "now+2d"}}}
}

// grafanaQuery is what Grafana's data source for Elasticsearch makes of a target.
func grafanaQuery(t *testing.T, target target) object {
	t.Helper()
	leaves := object{}
	for _, m := range target.Metrics {
		if m.Type == "count" {
			continue
		}
		leaf := object{"field": m.Field}
		if p, ok := m.Settings["percents"]; ok {
			leaf["percents"] = p
		}
		leaves[m.ID] = object{m.Type: leaf}
	}
	aggs := leaves
	for _, b := range slices.Backward(target.BucketAggs) {
		body := object{"field": b.Field}
		switch b.Type {
		case "terms":
			order := fmt.Sprint(b.Settings["orderBy"])
			if order == "_term" {
				order = "_key"
			}
			body["size"], body["order"] = b.Settings["size"], object{order: b.Settings["order"]}
		case "date_histogram":
			body["min_doc_count"] = b.Settings["min_doc_count"]
			unit := "calendar_interval"
			body[unit] = b.Settings["interval"]
		default:
			t.Fatalf("aggregation %s", b.Type)
		}
		one := object{b.Type: body}
		if len(aggs) > 0 {
			one["aggs"] = aggs
		}
		aggs = object{b.ID: one}
	}
	return object{"size": 0, "query": object{"bool": object{"filter": []object{span(target.TimeField), {"query_string": object{"query": target.Query, "analyze_wildcard": true}}}}}, "aggs": aggs}
}

// A visualization is one of Kibana's saved objects, as a query of an index.
type visualization struct {
	title, index string
	query        object
}

// kibana reads the saved objects, and holds that what refers to another one finds it.
func kibana(t *testing.T) []visualization {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", "kibana", "tocsin.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	type saved struct {
		Type, ID   string
		Attributes struct {
			Title, TimeFieldName, VisState, PanelsJSON string
			KibanaSavedObjectMeta                      struct{ SearchSourceJSON string }
		}
		References []struct{ Name, Type, ID string }
	}
	var objects []saved
	by, used := map[string]saved{}, map[string]bool{}
	for line := range bytes.Lines(text) {
		var o saved
		if err := json.Unmarshal(line, &o); err != nil {
			t.Fatal(err)
		}
		objects, by[o.Type+" "+o.ID] = append(objects, o), o
	}
	var all []visualization
	for _, o := range objects {
		for _, r := range o.References {
			if _, ok := by[r.Type+" "+r.ID]; !ok {
				t.Errorf("%s %s refers to %s %s, which is not there", o.Type, o.ID, r.Type, r.ID)
			}
			used[r.Type+" "+r.ID] = true
		}
		if o.Type != "visualization" {
			continue
		}
		var state struct {
			Type   string
			Params struct{ Spec string }
			Aggs   []aggregation
		}
		if err := json.Unmarshal([]byte(o.Attributes.VisState), &state); err != nil {
			t.Fatal(err)
		}
		if state.Type == "vega" {
			all = append(all, vega(t, o.Attributes.Title, state.Params.Spec))
			continue
		}
		view := by["index-pattern "+o.References[0].ID].Attributes
		var source struct{ Query struct{ Query string } }
		if err := json.Unmarshal([]byte(o.Attributes.KibanaSavedObjectMeta.SearchSourceJSON), &source); err != nil {
			t.Fatal(err)
		}
		filters := []object{span(view.TimeFieldName)}
		if source.Query.Query != "" {
			filters = append(filters, kuery(source.Query.Query))
		}
		all = append(all, visualization{o.Attributes.Title, view.Title, object{"size": 0, "query": object{"bool": object{"filter": filters}}, "aggs": aggregations(t, state.Aggs)}})
	}
	for _, o := range objects {
		if o.Type != "dashboard" && !used[o.Type+" "+o.ID] {
			t.Errorf("%s %s is on no dashboard", o.Type, o.ID)
		}
	}
	return all
}

// kuery reads Kibana's query language as far as the dashboards use it: the same words mean the same in Lucene's.
func kuery(text string) object {
	lucene := strings.NewReplacer(" : ", ":", " and not ", " AND NOT ", " and ", " AND ", " or ", " OR ").Replace(text)
	if field, ok := strings.CutSuffix(lucene, ":*"); ok {
		at := strings.LastIndex(field, " ")
		lucene = field[:at+1] + "_exists_:" + field[at+1:]
	}
	return object{"query_string": object{"query": lucene}}
}

// An aggregation is one of a visualization's.
type aggregation struct {
	ID, Type, Schema string
	Params           struct {
		Field, OrderBy, Order, Interval string
		Size                            int
	}
}

func aggregations(t *testing.T, all []aggregation) object {
	t.Helper()
	inner := object{}
	for _, a := range all {
		if a.Schema == "metric" && a.Type != "count" {
			inner[a.ID] = object{a.Type: object{"field": a.Params.Field}}
		}
	}
	for _, a := range slices.Backward(all) {
		body := object{"field": a.Params.Field}
		switch {
		case a.Schema == "metric":
			continue
		case a.Type == "terms":
			order := a.Params.OrderBy
			if order != "_key" {
				order = "_count"
			}
			body["size"], body["order"] = a.Params.Size, object{order: a.Params.Order}
		case a.Params.Interval == "auto":
			body["fixed_interval"] = "1h"
		default:
			body["calendar_interval"] = "1" + a.Params.Interval
		}
		one := object{a.Type: body}
		if len(inner) > 0 {
			one["aggs"] = inner
		}
		inner = object{a.ID: one}
	}
	return inner
}

// vega takes the query out of a specification and puts a time in, as Kibana does.
func vega(t *testing.T, title, spec string) visualization {
	t.Helper()
	var s struct {
		Data struct {
			URL struct {
				Index string
				Body  object
			}
		}
	}
	for _, clause := range []string{`"%dashboard_context-must_clause%",`, `"%dashboard_context-must_not_clause%"`, `"%dashboard_context-filter_clause%"`} {
		spec = strings.ReplaceAll(spec, clause, "")
	}
	spec = strings.ReplaceAll(spec, `"%timefilter%": true`, `"gte": "now-1y", "lt": "now+2d"`)
	if err := json.Unmarshal([]byte(spec), &s); err != nil {
		t.Fatalf("%s: %v\n%s", title, err, spec)
	}
	return visualization{title, s.Data.URL.Index, s.Data.URL.Body}
}

// emptiness says what of an answer has nothing in it: "" where there is something of everything.
func emptiness(aggs object) string {
	for name, one := range aggs {
		body, ok := one.(object)
		if !ok {
			continue
		}
		if buckets, ok := body["buckets"].([]any); ok {
			why := name + " has no buckets"
			for _, b := range buckets { // one of them with something in all of it will do
				if bucket, ok := b.(object); ok && bucket["doc_count"] != 0.0 {
					if why = emptiness(bucket); why == "" {
						break
					}
				}
			}
			if why != "" {
				return why
			}
		}
		if value, ok := body["value"]; ok && (value == nil || value == 0.0) { // a sum over no field is 0
			return name + " is of nothing"
		}
		if values, ok := body["values"].(object); ok {
			for p, v := range values {
				if v == nil {
					return name + " has no " + p
				}
			}
		}
	}
	return ""
}

// What finds nothing is told from what finds something.
func TestEmptiness(t *testing.T) {
	for answer, empty := range map[string]bool{
		`{"a":{"buckets":[{"key":"P1","doc_count":2}]}}`: false,
		`{"a":{"buckets":[]}}`:                           true,
		`{"a":{"buckets":[{"key":1,"doc_count":0}]}}`:    true,
		`{"a":{"buckets":[{"doc_count":2,"b":{"buckets":[]}},{"doc_count":1,"b":{"buckets":[{"doc_count":1}]}}]}}`: false,
		`{"a":{"buckets":[{"doc_count":2,"b":{"buckets":[]}}]}}`:                                                   true,
		`{"a":{"buckets":[{"doc_count":2,"1":{"value":null}}]}}`:                                                   true,
		`{"a":{"value":0.0}}`:            true,
		`{"a":{"value":3.5}}`:            false,
		`{"a":{"values":{"50.0":null}}}`: true,
		`{"a":{"values":{"50.0":7.0}}}`:  false,
	} {
		var aggs object
		if err := json.Unmarshal([]byte(answer), &aggs); err != nil {
			t.Fatal(err)
		}
		if why := emptiness(aggs); (why != "") != empty {
			t.Errorf("%s: %q", answer, why)
		}
	}
}

// TestAlarms has the alarms tested by promtool, and the routes by amtool: both are of Debian's packages.
func TestAlarms(t *testing.T) {
	dir := filepath.Join("..", "..", "deploy", "prometheus")
	for _, tt := range []struct {
		tool, want string
		args       []string
	}{
		{"promtool", "SUCCESS", []string{"check", "rules", "tocsin.rules.yml"}},
		{"promtool", "SUCCESS", []string{"test", "rules", "tocsin.test.yml"}},
		{"promtool", "SUCCESS", []string{"check", "config", "prometheus.yml"}},
		{"amtool", "SUCCESS", []string{"check-config", "alertmanager.yml"}},
		{"amtool", "on-call", []string{"config", "routes", "test", "--config.file=alertmanager.yml", "alertname=TocsinDown", "severity=page"}},
		{"amtool", "tickets", []string{"config", "routes", "test", "--config.file=alertmanager.yml", "alertname=TocsinRejects", "severity=ticket"}},
	} {
		t.Run(tt.tool+" "+strings.Join(tt.args[:2], " "), func(t *testing.T) {
			binary, err := exec.LookPath(tt.tool)
			if err != nil {
				t.Skip(tt.tool + " is not installed: the alarms are not tested")
			}
			cmd := exec.Command(binary, tt.args...)
			cmd.Dir = dir
			text, err := cmd.CombinedOutput()
			if err != nil || !strings.Contains(string(text), tt.want) {
				t.Errorf("%s %v: %v\n%s", tt.tool, tt.args, err, text)
			}
		})
	}
}
