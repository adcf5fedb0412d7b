package http

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	nethttp "net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// keyedHandler knows one source's key, and lets nobody in without one.
func keyedHandler(t *testing.T, cfg Config, j Journal) *Handler {
	return handler(t, cfg, Options{
		Journal: j, Authorize: func(*nethttp.Request) error { return errors.New("no token") },
		Keyed: func(key string) (Source, bool) {
			return Source{Name: "splunk", Tenant: "t1", Format: "auto"}, key == "secret"
		},
	})
}

func TestHEC(t *testing.T) {
	hec := func(path, auth, body string) (string, string, string, []byte) {
		return "POST", path, auth, []byte(body)
	}
	type request struct {
		method, path, auth string
		body               []byte
	}
	to := func(method, path, auth string, body []byte) request { return request{method, path, auth, body} }
	const event = "/services/collector/event"
	for name, test := range map[string]struct {
		request
		status int
		answer string
		want   []string // records, each with its fault before it
	}{
		"an event":       {to(hec(event, "Splunk secret", `{"event":"a","sourcetype":"s","host":"h"}`)), 200, `{"text":"Success","code":0}`, []string{`{"event":"a","sourcetype":"s","host":"h"}`}},
		"the short path": {to(hec("/services/collector", "Splunk secret", `{"event":{"a":1},"time":1,"sourcetype":"s"}`)), 200, `{"text":"Success","code":0}`, []string{`{"event":{"a":1},"time":1,"sourcetype":"s"}`}},
		"what Splunk adds": {
			to(hec(event, "Splunk secret", `{"event":"a"}`)), 200, `{"text":"Success","code":0}`,
			[]string{`{"sourcetype":"httpevent","source":"http:splunk","event":"a"}`},
		},
		"a batch": {
			to(hec(event, "Splunk secret", `{"event":"}{","host":"h","sourcetype":"s"}{"event":2,"host":"h","sourcetype":"s"}`+"\n\n"+`{"event":3,"host":"h","sourcetype":"s"}`)), 200, `{"text":"Success","code":0}`,
			[]string{`{"event":"}{","host":"h","sourcetype":"s"}`, `{"event":2,"host":"h","sourcetype":"s"}`, `{"event":3,"host":"h","sourcetype":"s"}`},
		},
		"an array":              {to(hec(event, "Splunk secret", `[{"event":1,"host":"h","sourcetype":"s"}]`)), 200, `{"text":"Success","code":0}`, []string{`{"event":1,"host":"h","sourcetype":"s"}`}},
		"the password of basic": {to(hec(event, "Basic eDpzZWNyZXQ=", `{"event":1,"host":"h","sourcetype":"s"}`)), 200, `{"text":"Success","code":0}`, []string{`{"event":1,"host":"h","sourcetype":"s"}`}},
		"no token":              {to(hec(event, "", `{"event":1}`)), 401, `{"text":"Token is required","code":2}`, nil},
		"another scheme":        {to(hec(event, "Digest x", `{"event":1}`)), 401, `{"text":"Invalid authorization","code":3}`, nil},
		"another token":         {to(hec(event, "Splunk guess", `{"event":1}`)), 403, `{"text":"Invalid token","code":4}`, nil},
		"a token in the query":  {to(hec(event+"?token=secret", "", `{"event":1}`)), 400, `{"text":"Query string authorization is not enabled","code":16}`, nil},
		"no data":               {to(hec(event, "Splunk secret", " ")), 400, `{"text":"No data","code":5}`, nil},
		"no JSON":               {to(hec(event, "Splunk secret", "hello")), 400, `{"text":"Invalid data format","code":6,"invalid-event-number":0}`, []string{"json: hello"}},
		"a broken one in a batch": {
			to(hec(event, "Splunk secret", `{"event":1,"host":"h","sourcetype":"s"}{"event":tru}{"event":3}`)), 400, `{"text":"Invalid data format","code":6,"invalid-event-number":1}`,
			[]string{`{"event":1,"host":"h","sourcetype":"s"}`, `json: {"event":tru}{"event":3}`},
		},
		"no event in one": {
			to(hec(event, "Splunk secret", `{"event":1,"host":"h","sourcetype":"s"}{"host":"h"}{"event":3}`)), 400, `{"text":"Event field is required","code":12,"invalid-event-number":1}`,
			[]string{`{"event":1,"host":"h","sourcetype":"s"}`, `hec: {"host":"h"}`},
		},
		"a blank event":         {to(hec(event, "Splunk secret", `{"event":""}`)), 400, `{"text":"Event field cannot be blank","code":13,"invalid-event-number":0}`, []string{`hec: {"event":""}`}},
		"raw":                   {to(hec("/services/collector/raw?host=h1&sourcetype=cef", "Splunk secret", "CEF:0|a\n\nb\n")), 200, `{"text":"Success","code":0}`, []string{"CEF:0|a", "b"}},
		"metadata in the query": {to(hec(event+"?sourcetype=s&index=i&channel=c", "Splunk secret", `{"event":1}`)), 200, `{"text":"Success","code":0}`, []string{`{"event":1}`}},
		"a mistyped parameter":  {to(hec(event+"?sourcetyp=s", "Splunk secret", `{"event":1}`)), 400, `{"text":"this operation has no parameter \"sourcetyp\": did you mean sourcetype?","code":6}`, nil},
		"one for raw lines":     {to(hec("/services/collector/raw?hots=h1", "Splunk secret", "a")), 400, `{"text":"this operation has no parameter \"hots\": did you mean host?","code":6}`, nil},
		"a query that is none":  {to(hec(event+"?a=%zz", "Splunk secret", `{"event":1}`)), 400, `{"text":"the query cannot be read: invalid URL escape \"%zz\"","code":6}`, nil},
		"raw without a line":    {to(hec("/services/collector/raw/1.0", "Splunk secret", "\n")), 400, `{"text":"No data","code":5}`, nil},
		"acknowledgement":       {to(hec("/services/collector/ack?channel=x", "Splunk secret", `{"acks":[0]}`)), 400, `{"text":"ACK is disabled","code":14}`, nil},
		"health":                {request{"GET", "/services/collector/health/1.0", "", nil}, 200, `{"text":"HEC is healthy","code":17}`, nil},
		"too many":              {to(hec(event, "Splunk secret", strings.Repeat(`{"event":1}`, 30))), 413, `{"text":"a request may have 20 events","code":27}`, nil},
	} {
		t.Run(name, func(t *testing.T) {
			j := &memory{}
			h := keyedHandler(t, Config{MaxRecords: 20}, j).HEC()
			r := httptest.NewRequest(test.method, test.path, bytes.NewReader(test.body))
			if test.auth != "" {
				r.Header.Set("Authorization", test.auth)
			}
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if got := strings.TrimSpace(w.Body.String()); w.Code != test.status || got != test.answer {
				t.Errorf("%d %s", w.Code, got)
			}
			var got []string
			for _, r := range j.records {
				text := string(r.Value)
				if r.Fault != "" {
					text = r.Fault + ": " + text
				}
				got = append(got, text)
				if r.Source != "splunk" || r.Tenant != "t1" {
					t.Errorf("%+v", r)
				}
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A journal that takes nothing makes HEC say that it is busy, and unhealthy for a moment.
func TestHECBusy(t *testing.T) {
	h := keyedHandler(t, Config{}, &memory{err: ErrBacklog}).HEC()
	for i, want := range []string{`503 {"text":"Server is busy","code":9}`, `503 {"text":"HEC is unhealthy, queues are full","code":18}`} {
		r := httptest.NewRequest([]string{"POST", "GET"}[i], []string{"/services/collector", "/services/collector/health"}[i], strings.NewReader(`{"event":1}`))
		r.Header.Set("Authorization", "Splunk secret")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if got := fmt.Sprintf("%d %s", w.Code, strings.TrimSpace(w.Body.String())); got != want || w.Header().Get("Retry-After") == "" {
			t.Errorf("%s", got)
		}
	}
}

// gzip is taken, and the query's words go beside raw lines.
func TestHECPacked(t *testing.T) {
	j := &memory{}
	h := keyedHandler(t, Config{}, j).HEC()
	r := httptest.NewRequest(nethttp.MethodPost, "/services/collector/raw?host=h1", bytes.NewReader(packed(t, "gzip", []byte("a\nb"))))
	r.Header.Set("Authorization", "Splunk secret")
	r.Header.Set("Content-Encoding", "gzip")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != 200 || len(j.records) != 2 || j.records[1].Beside[0].Field != "host.name" || j.records[1].Beside[0].Texts[0] != "h1" {
		t.Errorf("%d %s %+v", w.Code, w.Body, j.records)
	}
}

// A key is one source's, however it is shown, and no other's.
func TestKeys(t *testing.T) {
	for name, test := range map[string]struct {
		header, value, query string
		want                 int
	}{
		"bearer":         {"Authorization", "Bearer secret", "", 202},
		"X-Api-Key":      {"X-Api-Key", "secret", "?source=splunk", 202},
		"basic":          {"Authorization", "Basic eDpzZWNyZXQ=", "", 202},
		"another source": {"Authorization", "Bearer secret", "?source=http", 403},
		"another key":    {"Authorization", "Bearer guess", "", 401},
		"none":           {"", "", "", 401},
	} {
		t.Run(name, func(t *testing.T) {
			j := &memory{}
			r := httptest.NewRequest(nethttp.MethodPost, "/api/v1/alerts"+test.query, strings.NewReader(`{"a":1}`))
			if test.header != "" {
				r.Header.Set(test.header, test.value)
			}
			w := httptest.NewRecorder()
			keyedHandler(t, Config{}, j).ServeHTTP(w, r)
			if w.Code != test.want || test.want == 202 && j.records[0].Source != "splunk" {
				t.Errorf("%d %s", w.Code, w.Body)
			}
		})
	}
}

// Whatever is sent, it ends, invents no bytes, and what passes is JSON.
func FuzzRun(f *testing.F) {
	for _, s := range []string{`{"event":1}{"event":2}`, `{"event":tru}{}`, `[{"event":1}]`, `{"a":"}`, `{}]`, `{} x {}`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		s := newRun(body, 64)
		n := 0
		for p, ok := s.next(); ok; p, ok = s.next() {
			if n++; n > len(body)+1 {
				t.Fatal("it does not end")
			}
			if p.fault == "" && !json.Valid(p.value) || !bytes.Contains(body, p.value) {
				t.Fatalf("%q passed", p.value)
			}
		}
	})
}
