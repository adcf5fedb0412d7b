package simulator

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A store is as much of an Elasticsearch as the stages need. Its documents change under the world's lock.
type store struct {
	indices map[string]map[string]*document
	seqNo   int64
}

type document struct {
	source  json.RawMessage
	version int64
	seqNo   int64
}

// A wire is a daemon's connection to the store: an [http.RoundTripper].
type wire struct{ d *daemon }

// RoundTrip implements [http.RoundTripper].
func (c wire) RoundTrip(req *http.Request) (*http.Response, error) {
	var body []byte
	if req.Body != nil {
		var err error
		if body, err = io.ReadAll(req.Body); err != nil {
			return nil, err
		}
		req.Body.Close()
	}
	w := c.d.world
	f := w.fate()
	status, answer := 0, ""
	err := c.d.call(req.Context(), "store", f, func() {
		if time.Now().Before(w.crowded) {
			status, answer = http.StatusTooManyRequests, `{"error":{"type":"es_rejected_execution_exception","reason":"crowded"}}`
			return
		}
		status, answer = w.serve(req.URL.Path, body, f)
	})
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: status, Header: http.Header{"X-Elastic-Product": {"Elasticsearch"}}, Body: io.NopCloser(strings.NewReader(answer)), Request: req}, nil
}

// serve carries a request out, and spoils its answer where it is its fate. The world's lock is held.
func (w *world) serve(path string, body []byte, f fate) (int, string) {
	var items []string
	var status int
	var answer string
	switch {
	case path == "/_bulk":
		items = w.bulk(body, f)
		status, answer = 200, `{"items":[`+strings.Join(items, ",")+`]}`
	case path == "/_mget":
		status, answer = 200, w.mget(body)
	case strings.HasSuffix(path, "/_search"):
		status, answer = 200, w.search(strings.TrimSuffix(strings.TrimPrefix(path, "/"), "/_search"), body)
	default:
		return 404, `{"error":{"type":"illegal_argument_exception","reason":"no handler for ` + path + `"}}`
	}
	switch n := f.scramble; {
	case n < 0:
	case n < 0.15:
		return 200, `{}`
	case n < 0.3:
		return 200, answer[:len(answer)/2]
	case n < 0.4:
		return 502, `<html>Bad Gateway</html>`
	case n < 0.5:
		return 503, `{"error":{"type":"cluster_block_exception","reason":"no master"}}`
	case n < 0.65 && len(items) > 0: // short
		return 200, `{"items":[` + strings.Join(items[1:], ",") + `]}`
	case n < 0.8 && len(items) > 0: // long
		return 200, `{"items":[` + strings.Join(append(items, items[0]), ",") + `]}`
	}
	return status, answer
}

// An action is the head of one item of a bulk.
type action struct {
	Index   string `json:"_index"`
	ID      string `json:"_id"`
	Version *int64 `json:"version"`
	Type    string `json:"version_type"`
	SeqNo   *int64 `json:"if_seq_no"`
}

// bulk carries out the items of a bulk; some are turned away where it is their fate. The world's lock is held.
func (w *world) bulk(body []byte, f fate) []string {
	var answers []string
	for len(body) > 0 {
		line, rest, _ := bytes.Cut(body, []byte("\n"))
		var head map[string]action
		if err := json.Unmarshal(line, &head); err != nil || len(head) != 1 {
			w.violated(fmt.Sprintf("a bulk has the line %.100q", line))
			return answers
		}
		for op, a := range head {
			var doc []byte
			if op != "delete" {
				doc, rest, _ = bytes.Cut(rest, []byte("\n"))
			}
			status := 429
			if f.scramble < 0.8 || w.random.IntN(3) > 0 {
				status = w.act(op, a, doc)
			}
			detail := ""
			if doc := w.store.indices[a.Index][a.ID]; doc != nil && status < 300 {
				detail = fmt.Sprintf(`,"_seq_no":%d,"_primary_term":1`, doc.seqNo)
			}
			if status >= 400 && op != "delete" {
				detail = `,"error":{"type":"of_` + strconv.Itoa(status) + `","reason":"simulated"}`
			}
			answers = append(answers, fmt.Sprintf(`{%q:{"_id":%q,"status":%d%s}}`, op, a.ID, status, detail))
		}
		body = rest
	}
	return answers
}

// act carries out one item. The world's lock is held.
func (w *world) act(op string, a action, doc []byte) (status int) {
	s := w.store
	index := s.indices[a.Index]
	if index == nil {
		index = map[string]*document{}
		s.indices[a.Index] = index
	}
	old := index[a.ID]
	switch {
	case op == "delete" && old == nil:
		return 404
	case op == "delete":
		delete(index, a.ID)
		return 200
	case op == "create" && old != nil,
		a.SeqNo != nil && (old == nil || old.seqNo != *a.SeqNo),
		a.Version != nil && old != nil && (*a.Version < old.version || *a.Version == old.version && a.Type == "external"):
		return 409
	}
	s.seqNo++
	now := &document{source: bytes.Clone(doc), seqNo: s.seqNo, version: 1}
	if a.Version != nil {
		now.version = *a.Version
	}
	index[a.ID] = now
	if !strings.HasSuffix(a.Index, "-state") {
		w.changed = time.Now()
	}
	if old != nil {
		return 200
	}
	return 201
}

// mget reads documents by id. The world's lock is held.
func (w *world) mget(body []byte) string {
	var asked struct {
		Docs []action `json:"docs"`
	}
	if err := json.Unmarshal(body, &asked); err != nil {
		w.violated(fmt.Sprintf("an mget is %.100q", body))
	}
	var b strings.Builder
	b.WriteString(`{"docs":[`)
	for i, d := range asked.Docs {
		if i > 0 {
			b.WriteByte(',')
		}
		if doc := w.store.indices[d.Index][d.ID]; doc != nil {
			fmt.Fprintf(&b, `{"_id":%q,"found":true,"_seq_no":%d,"_primary_term":1,"_source":%s}`, d.ID, doc.seqNo, doc.source)
		} else {
			fmt.Fprintf(&b, `{"_id":%q,"found":false}`, d.ID)
		}
	}
	return b.String() + "]}"
}
