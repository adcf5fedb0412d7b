package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

// A mode is what the proxy does to what passes it.
type mode int32

// The modes.
const (
	pass   mode = iota
	refuse      // every request: HTTP 429
	refuseItems
	loseReplies
	slow
	forbidding // every write: HTTP 403
)

// A proxy stands between the daemons and Elasticsearch and does to their requests what an overloaded or badly
// connected server would.
type proxy struct {
	url    string
	mode   atomic.Int32
	faults atomic.Int64 // requests that were not passed as they are
	server *http.Server
}

// slowBy is what the slow link adds to each request.
const slowBy = 400 * time.Millisecond

func newProxy(to string) (*proxy, error) {
	target, err := url.Parse(to)
	if err != nil {
		return nil, err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // loopback, at once
	if err != nil {
		return nil, err
	}
	p := &proxy{url: "http://" + l.Addr().String()}
	forward := &httputil.ReverseProxy{
		Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(target) },
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { hangUp() }, // as a server that is away
		ErrorLog:     nil,
	}
	p.server = &http.Server{Handler: p.handler(forward), ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = p.server.Serve(l) }()
	return p, nil
}

func (p *proxy) set(m mode) { p.mode.Store(int32(m)) }

func (p *proxy) close() { _ = p.server.Close() }

func (p *proxy) handler(forward http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		m := mode(p.mode.Load())
		if m != pass {
			p.faults.Add(1)
		}
		switch m {
		case refuse:
			say(w, http.StatusTooManyRequests, "circuit_breaking_exception")
		case refuseItems:
			if !strings.HasSuffix(r.URL.Path, "/_bulk") {
				forward.ServeHTTP(w, r)
				return
			}
			if err := halve(w, r, forward); err != nil {
				hangUp()
			}
		case loseReplies:
			if reads(r) {
				forward.ServeHTTP(w, r)
				return
			}
			forward.ServeHTTP(&nowhere{header: http.Header{}}, r)
			hangUp()
		case forbidding:
			if reads(r) {
				forward.ServeHTTP(w, r)
				return
			}
			say(w, http.StatusForbidden, "security_exception")
		case slow:
			time.Sleep(slowBy)
			forward.ServeHTTP(w, r)
		default:
			forward.ServeHTTP(w, r)
		}
	})
}

// reads reports whether a request changes nothing.
func reads(r *http.Request) bool {
	return r.Method == http.MethodGet || strings.HasSuffix(r.URL.Path, "/_mget") || strings.HasSuffix(r.URL.Path, "/_search")
}

// say answers with an error in the server's form.
func say(w http.ResponseWriter, status int, what string) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Elastic-Product", "Elasticsearch")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"error":{"type":%q,"reason":"chaos"},"status":%d}`, what, status)
}

// hangUp ends the connection without a reply, in the way that net/http has for it.
func hangUp() {
	panic(http.ErrAbortHandler) //nolint:forbidigo // see above
}

// nowhere is where a reply goes that nobody gets.
type nowhere struct {
	header http.Header
	body   bytes.Buffer
	status int
}

func (n *nowhere) Header() http.Header         { return n.header }
func (n *nowhere) Write(b []byte) (int, error) { return n.body.Write(b) }
func (n *nowhere) WriteHeader(status int)      { n.status = status }

var errBulk = errors.New("no bulk that can be taken apart")

// halve passes every other action of a bulk and answers 429 for the rest.
func halve(w http.ResponseWriter, r *http.Request, forward http.Handler) error {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	actions, err := actionsOf(body)
	if err != nil {
		return err
	}
	var passed bytes.Buffer
	for i, a := range actions {
		if i%2 == 0 {
			passed.Write(a.text)
		}
	}
	again := r.Clone(r.Context())
	again.Body, again.ContentLength = io.NopCloser(&passed), int64(passed.Len())
	again.Header.Del("Accept-Encoding")
	reply := &nowhere{header: http.Header{}}
	forward.ServeHTTP(reply, again)
	var done struct {
		Took  int64             `json:"took"`
		Items []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(reply.body.Bytes(), &done); err != nil || len(done.Items) != (len(actions)+1)/2 {
		return errBulk
	}
	items := make([]json.RawMessage, len(actions))
	for i, a := range actions {
		if i%2 == 0 {
			items[i] = done.Items[i/2]
			continue
		}
		if items[i], err = json.Marshal(map[string]any{a.op: map[string]any{
			"_index": a.Index, "_id": a.ID, "status": 429, "error": map[string]any{"type": "es_rejected_execution_exception", "reason": "chaos"},
		}}); err != nil {
			return err
		}
	}
	text, err := json.Marshal(map[string]any{"took": done.Took, "errors": len(actions) > 1, "items": items})
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Elastic-Product", "Elasticsearch")
	_, err = w.Write(text)
	return err
}

// An action of a bulk: its one or two lines and what they are about.
type action struct {
	text  []byte
	op    string
	Index string `json:"_index"`
	ID    string `json:"_id"`
}

func actionsOf(body []byte) ([]action, error) {
	var all []action
	for len(body) > 0 {
		line, rest, ok := bytes.Cut(body, []byte("\n"))
		var head map[string]action
		if !ok || json.Unmarshal(line, &head) != nil || len(head) != 1 {
			return nil, errBulk
		}
		size := len(line) + 1
		var a action
		for op, of := range head {
			a, a.op = of, op
		}
		if a.op != "delete" {
			doc, _, ok := bytes.Cut(rest, []byte("\n"))
			if !ok {
				return nil, errBulk
			}
			size += len(doc) + 1
		}
		a.text = body[:size]
		all = append(all, a)
		body = body[size:]
	}
	return all, nil
}
