package elastic

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"tocsin/sinks"
)

// fake is as much of an Elasticsearch as bulk, mget and searches of the tree need, without a network, so that time can be virtual. Before
// a bulk is answered, fault may say otherwise.
type fake struct {
	mu    sync.Mutex
	docs  map[string]json.RawMessage // by index/id
	bulks int
	// seen tells whether the search of that number (1, 2, …) sees a document yet. nil: every search sees all.
	seen     func(n int, id string) bool
	searches int
	// fault gets the number of the bulk (1, 2, …) and its items; see [disturbance]. nil: no faults.
	fault func(n int, items []fakeItem) disturbance
}

// A disturbance is how a bulk goes wrong. The zero value: it does not.
type disturbance struct {
	err    error                 // the connection breaks…
	status int                   // …or this status with body is the answer…
	body   string                //
	warp   func([]string) string // …or the items' answers are put together like this
	apply  bool                  // although the bulk was carried out
	items  map[int]string        // answers of single items, not carried out
}

type fakeItem struct {
	op, index, id string
	doc           json.RawMessage
}

func (f *fake) RoundTrip(req *http.Request) (*http.Response, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	body := []byte{}
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
	}
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	index, isSearch := strings.CutSuffix(strings.TrimPrefix(req.URL.Path, "/"), "/_search")
	switch path := req.URL.Path; {
	case path == "/_bulk":
		return f.bulk(body)
	case path == "/_mget":
		return f.mget(body)
	case isSearch:
		return f.search(index, body)
	default:
		return answer(404, `{"error":"no such path"}`), nil
	}
}

func answer(status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"X-Elastic-Product": {"Elasticsearch"}}, Body: io.NopCloser(strings.NewReader(body))}
}

func (f *fake) bulk(body []byte) (*http.Response, error) {
	items, err := parseBulk(string(body))
	if err != nil {
		return answer(400, `{"error":{"type":"illegal_argument_exception","reason":"`+err.Error()+`"}}`), nil //nolint:nilerr // the answer tells
	}
	f.bulks++
	var d disturbance
	if f.fault != nil {
		d = f.fault(f.bulks, items)
	}
	undisturbed := d.err == nil && d.status == 0
	var answers []string
	for n, item := range items {
		if one, ok := d.items[n]; ok {
			answers = append(answers, fmt.Sprintf(`{%q:{"_id":%q,%s}}`, item.op, item.id, one))
		} else if undisturbed || d.apply {
			answers = append(answers, f.apply(item))
		}
	}
	switch {
	case d.err != nil:
		return nil, d.err
	case d.status != 0:
		return answer(d.status, d.body), nil
	case d.warp != nil:
		return answer(200, d.warp(answers)), nil
	}
	return answer(200, whole(answers)), nil
}

func whole(answers []string) string { return `{"items":[` + strings.Join(answers, ",") + `]}` }

func (f *fake) apply(item fakeItem) string {
	key, status := item.index+"/"+item.id, 201
	if _, taken := f.docs[key]; taken && item.op == "create" {
		status = 409
	} else {
		f.docs[key] = item.doc
	}
	return fmt.Sprintf(`{%q:{"_id":%q,"status":%d}}`, item.op, item.id, status)
}

// parseBulk reads a bulk's body strictly: two lines an item, each one JSON object.
func parseBulk(body string) ([]fakeItem, error) {
	var items []fakeItem
	lines := bufio.NewScanner(strings.NewReader(body))
	lines.Buffer(nil, 64<<20)
	for lines.Scan() {
		var head map[string]struct {
			Index string `json:"_index"`
			ID    string `json:"_id"`
		}
		if err := json.Unmarshal(lines.Bytes(), &head); err != nil || len(head) != 1 {
			return nil, errors.New("bad action line")
		}
		if !lines.Scan() || !json.Valid(lines.Bytes()) {
			return nil, errors.New("bad document")
		}
		for op, where := range head {
			items = append(items, fakeItem{op, where.Index, where.ID, json.RawMessage(lines.Text())})
		}
	}
	return items, lines.Err()
}

func (f *fake) mget(body []byte) (*http.Response, error) {
	var asked struct {
		Docs []struct {
			Index string `json:"_index"`
			ID    string `json:"_id"`
		} `json:"docs"`
	}
	if err := json.Unmarshal(body, &asked); err != nil {
		return answer(400, `{}`), nil //nolint:nilerr // the answer tells
	}
	var answers []string
	for _, d := range asked.Docs {
		doc, found := f.docs[d.Index+"/"+d.ID]
		if !found {
			doc = json.RawMessage("{}")
		}
		answers = append(answers, fmt.Sprintf(`{"_id":%q,"found":%v,"_source":%s}`, d.ID, found, doc))
	}
	return answer(200, `{"docs":[`+strings.Join(answers, ",")+`]}`), nil
}

// over returns a store over a fake.
func over(t testing.TB, f *fake) *Store {
	t.Helper()
	f.docs = map[string]json.RawMessage{}
	s, err := New(Config{Addresses: []string{"http://127.0.0.1:1"}, Transport: f, Retry: sinks.Retry{}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}
