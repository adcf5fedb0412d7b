package app_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/register"
)

// oddWords are names that nobody thought of: what a query language or a page might take for something else.
var oddWords = []string{
	`größte Gefahr`, `a:b AND c*`, `"quoted" \back`, `{curly} [square]`, `<script>alert(1)</script>`, `=1+1`, `-`, `日本語`, ` led by a space`, "two\nlines", `%timefilter%`, strings.Repeat("long ", 100),
}

// oddIncident is one of other categories, platforms and names than the demo's, months apart, at some point of its life.
func oddIncident(n int, now time.Time) tocsin.Incident {
	word := func(k int) string { return oddWords[(n+k)%len(oddWords)] }
	declared := now.AddDate(0, -(n%3)*5, -n) // whole months have none
	i := tocsin.Incident{
		ID: declared.Format("200601") + "-" + tocsin.Hash(fmt.Sprint("odd ", n)), Number: fmt.Sprintf("INC-%d-%06d", declared.Year(), n), Tenant: word(1), Revision: int64(n + 1),
		Title: word(2), Summary: word(3), Status: tocsin.Declared, StatusSince: declared, Category: word(4) + "/" + word(5), Platform: word(6), Priority: word(7),
		Rule: word(8), RootCause: word(9), Disposition: word(10), Coordinator: word(11), Teams: []tocsin.Team{{Name: word(0), Activated: declared}}, Opened: declared, Last: declared,
		Timeline: map[string]time.Time{"occurred": declared.Add(-time.Hour), "detected": declared.Add(-time.Minute), "declared": declared, "resolved": declared.Add(time.Hour)},
		Targets:  map[string]tocsin.Target{"resolve": {Due: declared.Add(time.Minute), Met: new(n%2 == 0)}, "odd name of a target": {Due: declared}},
		Visits:   []tocsin.Visit{{Status: tocsin.Declared, Priority: word(7), Platform: word(6), From: declared, To: declared.Add(time.Hour), Seconds: 3600}, {Status: tocsin.Resolved, Priority: word(7), From: declared.Add(time.Hour), Number: 1}},
	}
	i.Durations = map[string]int64{"detect_s": 3540, "assess_s": 60, "resolve_s": 3600, "active_s": 0, "odd name": 1}
	if n%4 == 0 { // of which hardly anything is known
		i.Category, i.Platform, i.Priority, i.Rule, i.Disposition, i.Teams, i.Targets, i.Visits = "", "", "", "", "", nil, nil, nil
		i.Timeline, i.Durations, i.Status = map[string]time.Time{"detected": declared}, map[string]int64{}, tocsin.Proposed
	}
	return i
}

// TestDashboardsOnOtherData asks each panel's query of a register without any document, and of one with odd words, empty
// months and incidents that lack most of what is drawn: none fails, and each incident that fits is in the answers.
func TestDashboardsOnOtherData(t *testing.T) {
	s, es, prefix := panelServer(t)
	for _, kind := range []string{"incidents", "backlog", "assessments", "deadletter"} {
		es.ask("PUT", prefix+kind, "")
	}
	es.panelsAnswer(prefix)
	now := time.Now()
	var d tocsin.Documents
	for n := range 60 {
		d.Incidents = append(d.Incidents, oddIncident(n, now))
	}
	errs, err := s.Save(t.Context(), d)
	if err := errors.Join(append(errs, err)...); err != nil {
		t.Fatal(err)
	}
	es.ask("POST", prefix+"*/_refresh", "")
	if err := (&register.Backlogger{Store: s}).Take(t.Context(), now); err != nil {
		t.Fatal(err)
	}
	es.ask("POST", prefix+"*/_refresh", "")
	all := es.panelsAnswer(prefix)
	for _, word := range []string{"日本語", "größte Gefahr", `\u003cscript\u003ealert(1)`} {
		if !strings.Contains(all, word) && !strings.Contains(all, strings.NewReplacer(`\u003c`, "<", `\u003e`, ">").Replace(word)) {
			t.Errorf("no panel shows %s", word)
		}
	}
}

// panelsAnswer asks all panels; what fails, and what a part of the server could not answer, fails the test.
func (s esServer) panelsAnswer(prefix string) string {
	s.t.Helper()
	var all strings.Builder
	asked := 0
	ask := func(title, index string, query object) {
		asked++
		body, err := json.Marshal(query)
		if err != nil {
			s.t.Fatal(err)
		}
		text := s.ask("POST", index+"/_search?ignore_unavailable=true", string(body))
		var answer struct {
			Shards struct{ Failed int } `json:"_shards"`
		}
		if err := json.Unmarshal([]byte(text), &answer); err != nil || answer.Shards.Failed > 0 {
			s.t.Errorf("%s: %s: %v %s", title, body, err, text)
		}
		all.WriteString(text)
	}
	for _, panel := range grafana(s.t, "tocsin-incidents.json") {
		for _, target := range panel.Targets {
			ask(panel.Title, prefix+"incidents,"+prefix+"backlog", grafanaQuery(s.t, target))
		}
	}
	for _, v := range kibana(s.t) {
		ask(v.title, strings.ReplaceAll(v.index, "tocsin-", prefix), v.query)
	}
	if asked < 30 {
		s.t.Errorf("only %d queries were asked", asked)
	}
	return all.String()
}

// TestPanelsOfADaemonThatIsNotThere asks Prometheus what its panels ask where no daemon was ever scraped: none fails.
func TestPanelsOfADaemonThatIsNotThere(t *testing.T) {
	if _, err := exec.LookPath("prometheus"); err != nil {
		t.Skip("prometheus is not installed: its panels are not asked")
	}
	p := startPrometheus(t, "http://"+freeAddress(t))
	for _, panel := range grafana(t, "tocsin.json") {
		for _, target := range panel.Targets {
			answer := ""
			for range 600 { // it starts
				if _, answer = p.query(target.Expr); strings.Contains(answer, `"status":`) {
					break
				}
				time.Sleep(200 * time.Millisecond) // a server of somebody else's, which cannot tell when it is ready
			}
			if !strings.Contains(answer, `"status":"success"`) {
				t.Errorf("%s: %s: %.300s", panel.Title, target.Expr, answer)
			}
		}
	}
	alarms, err := os.ReadFile(filepath.Join("..", "..", "deploy", "prometheus", "tocsin.rules.yml"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(alarms)) {
		expr, ok := strings.CutPrefix(strings.TrimSpace(line), "expr: ")
		if !ok || strings.ContainsAny(expr[:1], `|>'"`) {
			continue
		}
		if _, answer := p.query(expr); !strings.Contains(answer, `"status":"success"`) {
			t.Errorf("%s: %s: %.300s", expr, url.QueryEscape(expr), answer)
		}
	}
}
