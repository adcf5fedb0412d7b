package app_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/internal/app"
	"tocsin/register"
	"tocsin/sinks/elastic"
	"tocsin/sinks/sqlite"
)

// TestDashboards runs the demo, lets people work on its incidents, and asks the real servers what every panel of the
// dashboards in deploy asks: none of the queries fails, and none finds nothing.
func TestDashboards(t *testing.T) {
	if _, err := exec.LookPath("prometheus"); err != nil && os.Getenv("TOCSIN_TEST_ES") == "" {
		t.Skip("TOCSIN_TEST_ES is not set and prometheus is not installed: there is nobody to ask")
	}
	h := newHouse(t)
	h.cfg.DataDir = filepath.Join(t.TempDir(), "demo")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	out, in := io.Pipe()
	done := make(chan error, 1)
	go func() {
		defer func() { _ = in.Close() }()
		done <- app.Demo(ctx, app.DemoOptions{Options: app.Options{Config: h.cfg, Log: slog.New(slog.DiscardHandler), Now: time.Now}, Seed: 1, Lasting: 5 * time.Second, Out: in})
	}()
	lines := bufio.NewScanner(out)
	lines.Scan()
	_, address, _ := strings.Cut(lines.Text(), "the page is at ")
	if address == "" {
		t.Fatalf("the demo begins with %q", lines.Text())
	}
	prometheus := startPrometheus(t, address)
	for lines.Scan() && !regexp.MustCompile(`^\d+ alerts -> `).MatchString(lines.Text()) {
	}
	t.Run("prometheus", func(t *testing.T) { prometheus.panels(t) })
	cancel()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	t.Run("elasticsearch", func(t *testing.T) { elasticPanels(t, filepath.Join(h.cfg.DataDir, "tocsin.db")) })
}

// A prom is a Prometheus that scrapes a daemon.
type prom struct{ address, missing string }

// startPrometheus starts the real one, of Debian's package, where it is installed.
func startPrometheus(t *testing.T, address string) *prom {
	t.Helper()
	binary, err := exec.LookPath("prometheus")
	if err != nil {
		return &prom{missing: "prometheus is not installed: its panels are not asked"}
	}
	dir := t.TempDir()
	target := strings.TrimPrefix(address, "http://")
	config := "global: {scrape_interval: 300ms}\nscrape_configs: [{job_name: tocsin, static_configs: [{targets: [" + target + "]}]}]\n"
	if err := os.WriteFile(filepath.Join(dir, "prometheus.yml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	p := &prom{address: freeAddress(t)}
	cmd := exec.Command(binary, "--config.file="+filepath.Join(dir, "prometheus.yml"), "--storage.tsdb.path="+filepath.Join(dir, "data"), "--web.listen-address="+p.address)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return p
}

// panels asks what the panels ask, for a while: a rate takes two scrapes.
func (p *prom) panels(t *testing.T) {
	if p.missing != "" {
		t.Skip(p.missing)
	}
	asked := 0
	for _, panel := range grafana(t, "tocsin.json") {
		for _, target := range panel.Targets {
			asked++
			var answer string
			var series int
			for range 1500 {
				if series, answer = p.query(target.Expr); series > 0 {
					break
				}
				time.Sleep(200 * time.Millisecond) // a server of somebody else's, which cannot tell when it has scraped
			}
			if series == 0 {
				t.Errorf("%s: %s finds nothing: %.300s", panel.Title, target.Expr, answer)
			}
		}
	}
	if asked < 8 {
		t.Errorf("only %d queries were asked", asked)
	}
}

func (p *prom) query(expr string) (series int, answer string) {
	res, err := http.Get("http://" + p.address + "/api/v1/query?query=" + url.QueryEscape(expr))
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = res.Body.Close() }()
	text, _ := io.ReadAll(res.Body)
	var got struct {
		Data struct {
			Result []any `json:"result"`
		} `json:"data"`
	}
	_ = json.Unmarshal(text, &got)
	return len(got.Data.Result), string(text)
}

// panelServer is a register of its own, with nothing in it, on the real Elasticsearch.
func panelServer(t *testing.T) (*elastic.Store, esServer, string) {
	t.Helper()
	address := os.Getenv("TOCSIN_TEST_ES")
	if address == "" || os.Getenv("TOCSIN_TEST_ES_CA") != "" {
		t.Skip("TOCSIN_TEST_ES is not set to a server without TLS: no Elasticsearch to test against (deploy/stack/up starts one)")
	}
	prefix := fmt.Sprintf("td%d-", time.Now().UnixNano())
	s, err := elastic.New(elastic.Config{Addresses: []string{address}, Prefix: prefix})
	if err != nil {
		t.Fatal(err)
	}
	es := esServer{t, address}
	t.Cleanup(func() {
		for index := range strings.FieldsSeq(es.ask("GET", "_cat/indices/"+prefix+"*?h=index", "")) {
			es.ask("DELETE", index, "")
		}
		es.ask("DELETE", "_index_template/"+prefix+"alerts", "")
		es.ask("DELETE", "_index_template/"+prefix+"register", "")
		es.ask("DELETE", "_index_template/"+prefix+"logs", "")
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := s.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	return s, es, prefix
}

// elasticPanels copies the demo's register into Elasticsearch, works on it, and asks what the panels ask.
func elasticPanels(t *testing.T, file string) {
	s, es, prefix := panelServer(t)
	work(t, s, copyDemo(t, file, s), func() { es.ask("POST", prefix+"*/_refresh", "") })
	es.ask("POST", prefix+"*/_refresh", "")
	asked := 0
	for _, panel := range grafana(t, "tocsin-incidents.json") {
		for _, target := range panel.Targets {
			asked++
			es.finds(panel.Title, prefix+"incidents,"+prefix+"backlog", grafanaQuery(t, target))
		}
	}
	for _, v := range kibana(t) {
		asked++
		es.finds(v.title, strings.ReplaceAll(v.index, "tocsin-", prefix), v.query)
	}
	if asked < 30 {
		t.Errorf("only %d queries were asked", asked)
	}
}

// copyDemo writes what the demo left into another store and returns its incidents, oldest first.
func copyDemo(t *testing.T, file string, to *elastic.Store) []tocsin.Incident {
	t.Helper()
	ctx := t.Context()
	from, err := sqlite.Open(ctx, sqlite.Options{Path: file})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = from.Close() }()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	page, err := from.Incidents(ctx, tocsin.Query{Limit: 500})
	must(err)
	for _, i := range page.Items {
		entries, err := from.Entries(ctx, i.ID, 1)
		must(err)
		for _, e := range entries {
			must(to.Append(ctx, e))
		}
		must(to.PutIncident(ctx, i))
	}
	events, err := from.AllEvents(ctx)
	must(err)
	must(to.StoreEvents(ctx, events))
	for i := range events {
		for _, ref := range events[i].Evidence.Alerts[:min(1, len(events[i].Evidence.Alerts))] {
			a, err := from.Alert(ctx, ref.ID)
			must(err)
			_, err = to.StoreAlerts(ctx, []tocsin.Alert{a})
			must(err)
		}
		if v, err := from.Verdict(ctx, events[i].ID); err == nil {
			v.Version = 1
			must(to.PutVerdict(ctx, v))
		}
	}
	must(to.StoreRejections(ctx, []tocsin.Rejection{{ID: tocsin.Hash("letter"), Tenant: "default", Source: "http", Reason: "not_decodable", Received: time.Now(), Raw: []byte("?")}}))
	slices.SortFunc(page.Items, func(a, b tocsin.Incident) int { return strings.Compare(a.ID, b.ID) })
	return page.Items
}

// work lets people do what they do, each incident in another way, and takes the backlog after ten hours.
func work(t *testing.T, s *elastic.Store, incidents []tocsin.Incident, settle func()) {
	t.Helper()
	if len(incidents) < 4 {
		t.Fatalf("the demo has %d incidents: too few for four ways", len(incidents))
	}
	now := time.Now()
	targets := register.Targets{Acknowledge: 15 * time.Minute, Resolve: 2 * time.Hour}
	r := register.New(register.Options{Store: s, Now: func() time.Time { return now }, Targets: map[string]register.Targets{"P1": targets, "P2": targets, "P3": targets, "P4": targets, "P5": targets}})
	ways := [][]register.Command{
		{{Action: tocsin.ActDeclare}, {Action: tocsin.ActAcknowledge}, {Action: tocsin.ActContain}, {Action: tocsin.ActEradicate}, {Action: tocsin.ActRecover}, {Action: tocsin.ActResolve, Disposition: "true_positive_impact"}},
		{{Action: tocsin.ActDeclare}, {Action: tocsin.ActAcknowledge}, {Action: tocsin.ActClose, Disposition: "false_positive"}},
		{{Action: tocsin.ActDeclare}, {Action: tocsin.ActAcknowledge}},
		{{Action: tocsin.ActDeclare}},
	}
	begun := now
	for n, i := range incidents {
		now = begun
		for _, c := range ways[n%len(ways)] {
			now = now.Add(time.Hour)
			c.ID, c.Incident, c.By = fmt.Sprint(c.Action, n), i.ID, tocsin.Actor{Kind: "person", ID: "ann", Role: "coordinator"}
			if _, err := r.Do(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
	}
	now = begun.Add(10 * time.Hour)
	settle()
	if _, err := r.Timers(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	settle()
	if err := (&register.Backlogger{Store: s}).Take(t.Context(), now); err != nil {
		t.Fatal(err)
	}
}

// An esServer is a real Elasticsearch, spoken to as dashboards do.
type esServer struct {
	t       *testing.T
	address string
}

func (s esServer) ask(method, path, body string) string {
	s.t.Helper()
	req, err := http.NewRequest(method, s.address+"/"+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = res.Body.Close() }()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 {
		s.t.Errorf("%s %s: %s %s\n%s", method, path, res.Status, text, body)
	}
	return string(text)
}

// finds fails the test where a query fails or finds nothing: no buckets, or numbers of nothing.
func (s esServer) finds(title, index string, query object) {
	s.t.Helper()
	body, err := json.Marshal(query)
	if err != nil {
		s.t.Fatal(err)
	}
	text := s.ask("POST", index+"/_search", string(body))
	var answer struct {
		Aggregations map[string]any `json:"aggregations"`
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		s.t.Fatal(err)
	}
	if len(answer.Aggregations) == 0 || emptiness(answer.Aggregations) != "" {
		s.t.Errorf("%s: %s finds nothing (%s): %s", title, body, emptiness(answer.Aggregations), text)
	}
}
