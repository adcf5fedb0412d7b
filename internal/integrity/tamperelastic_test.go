package integrity

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"tocsin/sinks/elastic"
)

// A rawElastic is a register in Elasticsearch, and the server as an administrator writes to it.
type rawElastic struct {
	full
	t       testing.TB
	prefix  string
	sources map[string]string // by index and id, as they were
	bulk    *strings.Builder  // what is to be done
}

// newRawElastic is an empty register on the real server.
func newRawElastic(t testing.TB, bulk *strings.Builder) *rawElastic {
	t.Helper()
	address := os.Getenv("TOCSIN_TEST_ES")
	if address == "" || os.Getenv("TOCSIN_TEST_ES_USER") != "" {
		t.Skip("TOCSIN_TEST_ES is not set to a server without TLS: deploy/stack/up starts one")
	}
	filled := os.Getenv("TOCSIN_FILL")
	prefix := fmt.Sprintf("tt%d-", time.Now().UnixNano())
	store, err := elastic.New(elastic.Config{Addresses: []string{address}, Prefix: prefix})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	if _, err := store.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Logf("the indices are %s*", prefix)
	s := &rawElastic{full: store, t: t, prefix: prefix, sources: map[string]string{}, bulk: bulk}
	if filled == "" {
		t.Cleanup(s.wipe)
	}
	return s
}

// elasticWorld is a world over the real server, and its store as somebody with full rights sees it.
func elasticWorld(t *testing.T) (*rawElastic, *world) {
	t.Helper()
	s := newRawElastic(t, &strings.Builder{})
	w := newWorld(t, s.full)
	w.settle = s.refresh
	return s, w
}

// The real server: fewer changes than elsewhere, as each is some requests; all of them in the long form, on copies of the
// register that are changed together.
func TestTamperedElastic(t *testing.T) {
	s, w := elasticWorld(t)
	old := scene(w, func() documents { s.refresh(); return copyOf(t, s.full) })
	s.refresh()
	changes, copies := 15, 3
	if longForm() {
		changes, copies = 1000, 10
	}
	all := []raw{s}
	for range copies - 1 {
		all = append(all, s.twin())
	}
	s.done()
	tampered(t, all, old, w.trust(), changes)
}

// proving are the kinds of indices that a check reads.
var proving = []string{"log-2026.11", "incidents", "intervals-2026.11", "evidence-2026.11", "checkpoints"}

// twin is a register of its own with the same documents, once what is to be done is done.
func (s *rawElastic) twin() *rawElastic {
	s.t.Helper()
	c := newRawElastic(s.t, s.bulk)
	for _, kind := range proving {
		var reply struct {
			Hits struct {
				Hits []struct {
					ID     string          `json:"_id"`
					Source json.RawMessage `json:"_source"`
				} `json:"hits"`
			} `json:"hits"`
		}
		if err := json.Unmarshal(s.ask(http.MethodPost, "/"+s.prefix+kind+"/_search", `{"size":10000}`), &reply); err != nil {
			s.t.Fatal(err)
		}
		for _, hit := range reply.Hits.Hits {
			c.sources[c.prefix+kind+"/_doc/"+hit.ID] = string(hit.Source)
			fmt.Fprintf(s.bulk, "{\"index\":%s}\n%s\n", encode(map[string]string{"_index": c.prefix + kind, "_id": hit.ID}), hit.Source)
		}
	}
	return c
}

func (s *rawElastic) all() documents { return copyOf(s.t, s.full) }

func (s *rawElastic) refresh() { s.ask(http.MethodPost, "/"+s.prefix+"*/_refresh", "") }

func (s *rawElastic) wipe() {
	var indices map[string]json.RawMessage
	_ = json.Unmarshal(s.ask(http.MethodGet, "/"+s.prefix+"*/_alias", ""), &indices)
	for index := range indices {
		s.ask(http.MethodDelete, "/"+index, "")
	}
	s.ask(http.MethodDelete, "/_index_template/"+s.prefix+"alerts", "")
	s.ask(http.MethodDelete, "/_index_template/"+s.prefix+"register", "")
	s.ask(http.MethodDelete, "/_index_template/"+s.prefix+"logs", "")
}

// place is where a document stands.
func (s *rawElastic) place(kind, id string) string {
	month := func(log string) string { return log[:4] + "." + log[4:6] }
	switch kind {
	case logs:
		return s.prefix + "log-" + month(id) + "/_doc/" + id
	case incidents:
		return s.prefix + "incidents/_doc/" + id
	case exhibits:
		incident, x, _ := strings.Cut(id, " ")
		return s.prefix + "evidence-" + month(incident) + "/_doc/" + x
	default:
		n, _ := strconv.Atoi(id)
		return fmt.Sprintf("%scheckpoints/_doc/%s:%016d", s.prefix, kind, n)
	}
}

// set changes what was stored, and leaves alone what it is found by.
func (s *rawElastic) set(kind, id, doc string) {
	at := s.place(kind, id)
	source, known := s.sources[at]
	if !known {
		var there struct {
			Source json.RawMessage `json:"_source"`
		}
		_ = json.Unmarshal(s.ask(http.MethodGet, "/"+at, ""), &there)
		source = string(there.Source)
		s.sources[at] = source
	}
	index, name, _ := strings.Cut(at, "/_doc/")
	target := encode(map[string]string{"_index": index, "_id": name})
	if doc == "" {
		fmt.Fprintf(s.bulk, "{\"delete\":%s}\n", target)
		return
	}
	outer := map[string]json.RawMessage{"tocsin": json.RawMessage(`{"id":"forged","kind":"forged"}`), "@timestamp": json.RawMessage(`"2026-11-02T10:00:00Z"`)}
	if source != "" {
		outer = decode[map[string]json.RawMessage](source)
	}
	outer["doc"] = json.RawMessage(doc)
	if !json.Valid([]byte(doc)) {
		outer["doc"] = json.RawMessage(`{"broken":true}`)
	}
	fmt.Fprintf(s.bulk, "{\"index\":%s}\n%s\n", target, encode(outer))
}

// done writes all that was set with one request, and lets searches see it.
func (s *rawElastic) done() {
	if s.bulk.Len() == 0 {
		return
	}
	var reply struct {
		Items []map[string]struct {
			Status int             `json:"status"`
			Error  json.RawMessage `json:"error"`
		} `json:"items"`
	}
	if err := json.Unmarshal(s.ask(http.MethodPost, "/_bulk?refresh=true", s.bulk.String()), &reply); err != nil {
		s.t.Fatal(err)
	}
	for _, item := range reply.Items {
		for op, result := range item {
			if result.Status >= 300 && result.Status != http.StatusNotFound {
				s.t.Fatalf("%s: %d %s", op, result.Status, result.Error)
			}
		}
	}
	s.bulk.Reset()
}

func (s *rawElastic) ask(method, path, body string) []byte {
	s.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, strings.TrimSuffix(os.Getenv("TOCSIN_TEST_ES"), "/")+path, bytes.NewReader([]byte(body)))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 && res.StatusCode != http.StatusNotFound {
		s.t.Fatalf("%s %s: %s %.300s (%v)", method, path, res.Status, text, err)
	}
	return text
}

// What a proof, or a copy, is found by in Elasticsearch follows from it: one that is found by something else is told.
func TestElasticFieldsOfProofs(t *testing.T) {
	s, w := elasticWorld(t)
	i := w.incident(1)
	w.seal()
	w.incident(2)
	w.seal()
	s.refresh()
	trust := w.trust()
	if found := foundOf(t, s.full, trust); found != "" {
		t.Fatalf("as it is: %s", found)
	}
	places := []string{"checkpoints/_doc/" + stretches + ":0000000000000000", fmt.Sprintf("checkpoints/_doc/%s:%016d", checkpoints, w.sealer.tree.size), "evidence-2026.11/_doc/" + w.copied(i).ID}
	for _, at := range places {
		place := "/" + s.prefix + at
		var there struct {
			Source json.RawMessage `json:"_source"`
		}
		if err := json.Unmarshal(s.ask(http.MethodGet, place, ""), &there); err != nil {
			t.Fatal(err)
		}
		for what, change := range map[string]func(doc, fields map[string]any){
			"number": func(_, f map[string]any) { f["seq"] = 77 },
			"kind":   func(_, f map[string]any) { f["kind"] = "other" },
			"swapped": func(_, f map[string]any) {
				f["kind"] = map[any]any{stretches: checkpoints, checkpoints: stretches, exhibits: stretches}[f["kind"]]
			},
			"id":        func(_, f map[string]any) { f["id"] = "other" },
			"no id":     func(_, f map[string]any) { delete(f, "id") },
			"member":    func(_, f map[string]any) { f["incident"] = []string{"202611-other"} },
			"a second":  func(d, _ map[string]any) { d["@timestamp"] = "2026-11-02T10:00:01Z" },
			"event":     func(d, _ map[string]any) { d["event"] = map[string]any{"kind": "metric"} },
			"one more":  func(d, _ map[string]any) { d["message"] = "nobody reads this" },
			"no fields": func(d, _ map[string]any) { delete(d, "tocsin") },
		} {
			doc := decode[map[string]any](string(there.Source))
			change(doc, doc["tocsin"].(map[string]any))
			s.ask(http.MethodPut, place+"?refresh=true", encode(doc))
			if found := foundOf(t, s.full, trust); found == "" {
				t.Errorf("%s, %s: nothing was found", at, what)
			}
		}
		s.ask(http.MethodPut, place+"?refresh=true", string(there.Source))
	}
}
