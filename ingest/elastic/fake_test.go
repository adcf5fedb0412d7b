package elastic

import (
	"cmp"
	"encoding/json"
	"fmt"
	nethttp "net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// A server is a fake made from the documentation of point in time and search_after, of Elasticsearch 8 and of
// OpenSearch 2.
type server struct {
	kind Server
	mu   sync.Mutex
	docs []doc
	pits map[string][]doc
	next int
	fail func(r *nethttp.Request) (status int, body string) // 0: no
	auth []string
}

type doc struct {
	index, id string
	at        time.Time
	source    string
}

func newServer(t *testing.T, kind Server) (*server, string) {
	s := &server{kind: kind, pits: map[string][]doc{}}
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	return s, h.URL
}

func (s *server) add(index string, at time.Time, ids ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, id := range ids {
		s.docs = append(s.docs, doc{index, id, at, fmt.Sprintf(`{"id":%q}`, id)})
	}
}

func (s *server) ServeHTTP(w nethttp.ResponseWriter, r *nethttp.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.auth = append(s.auth, r.Header.Get("Authorization"))
	if s.fail != nil {
		if status, body := s.fail(r); status != 0 {
			w.WriteHeader(status)
			fmt.Fprint(w, body)
			return
		}
	}
	open, pitKey := "/_pit", "id"
	if s.kind == OpenSearch {
		open, pitKey = "/_search/point_in_time", "pit_id"
	}
	switch {
	case r.Method == nethttp.MethodPost && strings.HasSuffix(r.URL.Path, open) && r.URL.Query().Get("keep_alive") != "":
		s.next++
		id := fmt.Sprint("pit", s.next)
		indices := strings.Split(strings.Split(strings.TrimPrefix(r.URL.Path, "/"), "/")[0], ",")
		s.pits[id] = []doc{}
		for _, d := range s.docs {
			if slices.Contains(indices, d.index) {
				s.pits[id] = append(s.pits[id], d)
			}
		}
		fmt.Fprintf(w, `{%q:%q}`, pitKey, id)
	case r.Method == nethttp.MethodDelete && r.URL.Path == open:
		fmt.Fprint(w, `{}`)
	case r.Method == nethttp.MethodPost && r.URL.Path == "/_search":
		s.search(w, r)
	default:
		w.WriteHeader(nethttp.StatusBadRequest)
		fmt.Fprintf(w, `{"error":"no handler for %s %s"}`, r.Method, r.URL.Path)
	}
}

func (s *server) search(w nethttp.ResponseWriter, r *nethttp.Request) {
	var q struct {
		Size  int
		PIT   struct{ ID string }
		Query struct {
			Bool struct{ Filter []map[string]map[string]any }
		}
		Sort  []map[string]map[string]string
		After []any `json:"search_after"`
	}
	if err := json.NewDecoder(r.Body).Decode(&q); err != nil {
		w.WriteHeader(nethttp.StatusBadRequest)
		return
	}
	docs, ok := s.pits[q.PIT.ID]
	if !ok {
		w.WriteHeader(nethttp.StatusNotFound)
		fmt.Fprint(w, `{"error":{"type":"search_context_missing_exception"}}`)
		return
	}
	var from time.Time
	for _, f := range q.Query.Bool.Filter {
		if about, ok := f["range"]["@timestamp"].(map[string]any); ok {
			from, _ = time.Parse("2006-01-02T15:04:05.000Z", about["gte"].(string))
		}
	}
	type ranked struct {
		doc
		n int
	}
	var all []ranked
	for n, d := range docs {
		if !d.at.Before(from) {
			all = append(all, ranked{d, n})
		}
	}
	_, shards := q.Sort[1]["_shard_doc"]
	tie := func(r ranked) string {
		if shards {
			return fmt.Sprintf("%09d", r.n)
		}
		return r.id
	}
	slices.SortFunc(all, func(a, b ranked) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(tie(a), tie(b))) })
	var hits []string
	for _, d := range all {
		at := d.at.UnixMilli()
		if len(q.After) == 2 && cmp.Or(cmp.Compare(text(at), text(q.After[0])), cmp.Compare(tie(d), text(q.After[1]))) <= 0 {
			continue
		}
		if len(hits) == q.Size {
			break
		}
		sort, _ := json.Marshal([]any{at, tie(d)})
		hits = append(hits, fmt.Sprintf(`{"_index":%q,"_id":%q,"_source":%s,"sort":%s}`, d.index, d.id, d.source, sort))
	}
	fmt.Fprintf(w, `{"pit_id":%q,"timed_out":false,"_shards":{"failed":0},"hits":{"hits":[%s]}}`, q.PIT.ID, strings.Join(hits, ","))
}

func text(v any) string {
	switch x := v.(type) {
	case float64:
		return strconv.FormatInt(int64(x), 10)
	case int64:
		return strconv.FormatInt(x, 10)
	}
	return fmt.Sprint(v)
}
