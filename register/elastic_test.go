package register

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/sinks/elastic"
)

// The documented aggregations give, on the real server, the figures of the incidents that are in the register.
func TestDocumentedAggregations(t *testing.T) {
	address := os.Getenv("TOCSIN_TEST_ES")
	if address == "" || os.Getenv("TOCSIN_TEST_ES_CA") != "" {
		t.Skip("TOCSIN_TEST_ES is not set to a server without TLS: no Elasticsearch to test against (deploy/stack/up starts one)")
	}
	prefix := fmt.Sprintf("tr%d-", time.Now().UnixNano())
	s, err := elastic.New(elastic.Config{Addresses: []string{address}, Prefix: prefix})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method, path, body string) []byte { return ask(t, method, address+"/"+path, body) }
	t.Cleanup(func() {
		for index := range strings.FieldsSeq(string(ask("GET", "_cat/indices/"+prefix+"*?h=index", ""))) {
			ask("DELETE", index, "")
		}
		ask("DELETE", "_index_template/"+prefix+"alerts", "")
		ask("DELETE", "_index_template/"+prefix+"register", "")
		ask("DELETE", "_index_template/"+prefix+"logs", "")
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := s.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	now := t0
	r := New(options(s, func() time.Time { return now }))
	for n, minutes := range []int{10, 30, 50} { // to acknowledge; twice that to resolve
		out, err := r.Apply(t.Context(), event(fmt.Sprintf("e%d", n), 0, fmt.Sprintf("203.0.113.%d", n), fmt.Sprintf("u%d", n)), proposed())
		if err != nil {
			t.Fatal(err)
		}
		declared := t0.Add(time.Hour)
		for _, c := range []Command{
			{Action: tocsin.ActDeclare, Effective: declared},
			{Action: tocsin.ActAcknowledge, Effective: declared.Add(time.Duration(minutes) * time.Minute)},
			{Action: tocsin.ActResolve, Effective: declared.Add(time.Duration(minutes) * 2 * time.Minute)},
		} {
			now = c.Effective
			c.ID, c.Incident, c.By = fmt.Sprint(c.Action, n), out.Incident.ID, ann
			if _, err := r.Do(t.Context(), c); err != nil {
				t.Fatal(err)
			}
		}
	}
	ask("POST", prefix+"*/_refresh", "")
	search := func(index, block string) string {
		return string(ask("POST", prefix+index+"/_search?filter_path=aggregations", documented(t, block)))
	}
	for _, tt := range []struct{ index, block, want string }{
		{"incidents", "mean-times", `"acknowledge_mean":{"value":1800.0}`},
		{"incidents", "mean-times", `"resolve_mean":{"value":3600.0}`},
		{"incidents", "mean-times", `"acknowledge_n":{"value":3}`},
		{"incidents", "mean-times", `"acknowledge":{"values":{"50.0":1800.0,`},
		{"incidents", "breaches", `"acknowledge":{"doc_count_error_upper_bound":0,"sum_other_doc_count":0,"buckets":[{"key":1,"key_as_string":"true","doc_count":2},{"key":0,`},
		{"incidents", "breaches", `"late_now":{"doc_count":0}`},
		{"intervals-*", "stages", `{"key":"declared","doc_count":3,"seconds":{"value":5400.0}}`},
	} {
		if got := search(tt.index, tt.block); !strings.Contains(got, tt.want) {
			t.Errorf("%s: want %s in\n%s", tt.block, tt.want, got)
		}
	}
}

// documented is a block of docs/register.md.
func documented(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../docs/register.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?s)```json " + name + "\n(.*?)```").FindSubmatch(text)
	if block == nil || !json.Valid(block[1]) {
		t.Fatalf("docs/register.md has no block %s of JSON", name)
	}
	return string(block[1])
}

func ask(t *testing.T, method, url, body string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(context.WithoutCancel(t.Context()), method, url, bytes.NewReader([]byte(body)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	answer, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 {
		t.Errorf("%s %s: %s, %v\n%.500s", method, url, res.Status, err, answer)
	}
	return answer
}
