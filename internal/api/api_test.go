package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"testing"

	"tocsin"
)

func TestReads(t *testing.T) {
	w := newWorld(t, nil)
	i := w.fill()
	for path, want := range map[string][]string{
		"/incidents":                        {i.Number, `"total":1`},
		"/incidents?status=closed":          {`"items":[]`},
		"/incidents?status=proposed,closed": {i.Number},
		"/incidents?entity=ann&priority=P2": {i.Number},
		"/incidents?event=" + eventA:        {i.Number},
		"/incidents/" + i.ID:                {`"status":"proposed"`},
		"/incidents/" + i.ID + "/log":       {`"action":"promote"`, `"prev":""`},
		"/events/" + eventA:                 {`"assessment":{"state":"promoted"`},
		"/alerts/" + alertA:                 {`"original":"{\"x\":1}"`, `"marks":[]`},
		"/assessments":                      {eventB},
		"/dead-letters":                     {letterA, `"reason":"json"`},
		"/dead-letters/" + letterA:          {letterA},
		"/rules":                            {`"set":"abc"`},
		"/incidents?rule=r1&platform=linux&title=pass&breached=false&sort=due&order=desc": {i.Number},
		"/incidents?rule=r2":                            {`"items":[]`},
		"/incidents?title=word":                         {`"items":[]`},
		"/incidents?tenant=other":                       {`"items":[]`},
		"/incidents?disposition=duplicate&team=irt":     {`"items":[]`},
		"/incidents?updated_since=2027-01-01T00:00:00Z": {`"items":[]`},
		"/events": {eventA, eventB},
		"/events?entity=ann&level=high,low&activity=open&rule=r1": {eventA},
		"/events?until=2026-01-01T00:00:00Z":                      {`"items":[]`},
		"/events/" + eventA + "/evidence":                         {`"alerts":[]`, `"missing":[]`},
		"/alerts":                                                 {alertA, `"fields":{}`},
		"/alerts?entity=ann":                                      {`"items":[]`},
		"/assessments?state=promoted":                             {eventA},
		"/assessments?state=any":                                  {eventA, eventB},
		"/assessments?state=any&since=2027-01-01T00:00:00Z":       {`"items":[]`},
		"/exceptions":                                             {`"when":"true"`},
		"/sources":                                                {`"name":"http"`},
		"/health":                                                 {`"status":"ok"`},
		"/incidents?since=2026-11-02T10:00:00Z":                   {i.Number},
		"/incidents?until=2026-11-02T09:00:00%2B00:00":            {`"items":[]`},
	} {
		a := w.do("viewer", http.MethodGet, path, "")
		if a.StatusCode != http.StatusOK || a.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%s: %s %s", path, a.Status, a.body)
		}
		for _, text := range want {
			if !strings.Contains(a.body, text) {
				t.Errorf("%s lacks %s: %.300s", path, text, a.body)
			}
		}
	}
}

func TestBadQueries(t *testing.T) {
	w := newWorld(t, nil)
	for _, path := range []string{
		"/incidents?status=gone", "/incidents?priority=P9", "/incidents?limit=0", "/incidents?limit=501", "/incidents?limit=x", "/incidents?sort=size",
		"/incidents?since=yesterday", "/incidents?cursor=xx", "/incidents?order=up", "/incidents?since=", "/incidents?status=", "/incidents?limit=", "/alerts?until=", "/audit?until=", "/events?level=", "/assessments?since=", "/incidents?breached=maybe", "/incidents?disposition=x", "/events?cursor=xx", "/events?level=x", "/events?activity=x", "/alerts?cursor=xx",
		"/alerts?since=x", "/assessments?state=x", "/events/" + eventA + "/evidence?cursor=x", "/events/1/evidence?limit=101", "/audit?outcome=x", "/audit?cursor=x", "/assessments?cursor=xx", "/dead-letters?cursor=xx", "/incidents/..%2fx", "/events/A-B",
		"/incidents/" + strings.Repeat("a", 65), "/incidents?stauts=closed", "/incidents/202611-1?x=1", "/rules?x", "/trends?metric=opened&colour=red",
	} {
		a := w.do("admin", http.MethodGet, path, "")
		if a.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("%s: %s %s", path, a.Status, a.body)
		}
		a.problem(t)
	}
}

// TestUnknownParameters asks each operation with a parameter that none has: it is refused before anything is done.
func TestUnknownParameters(t *testing.T) {
	w := newWorld(t, nil)
	i := w.fill()
	d, _ := w.description()
	for path, operations := range d.Paths {
		for method, op := range operations {
			if op.OperationID == "send-alerts" { // the intake's own
				continue
			}
			a := w.do("admin", strings.ToUpper(method), strings.TrimPrefix(strings.ReplaceAll(path, "{id}", i.ID), "/api/v1")+"?colour=red", "")
			if a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(a.body, `no parameter \"colour\"`) {
				t.Errorf("%s: %s %s", op.OperationID, a.Status, a.body)
			}
			if _, ok := op.Responses["422"]; !ok {
				t.Errorf("%s does not describe the answer 422", op.OperationID)
			}
		}
	}
	for path, meant := range map[string]string{
		"/incidents?stauts=closed": "did you mean status?", "/alerts?severty=70": "did you mean severity?",
		"/rules?status=x": "it takes none", "/incidents?qqqqqqqqqqqqqqqqqqqq=1": "openapi.json lists",
	} {
		if a := w.do("viewer", http.MethodGet, path, ""); a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(a.body, meant) {
			t.Errorf("%s: %s %s", path, a.Status, a.body)
		}
	}
}

func TestUnknownToken(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.OpenReads = true })
	for _, header := range []string{"Bearer nobody", "Basic YTpi", "Bearer ", "bearer"} {
		a := w.do("", http.MethodGet, "/rules", "", "Authorization", header)
		if a.StatusCode != http.StatusUnauthorized {
			t.Errorf("%q: %s", header, a.Status)
		}
	}
}

func TestUnknownRoutes(t *testing.T) {
	w := newWorld(t, nil)
	for ask, want := range map[string]int{"GET /nothing": 404, "DELETE /incidents": 405, "PUT /incidents/1": 405, "GET /incidents/1/declare": 405} {
		method, path, _ := strings.Cut(ask, " ")
		a := w.do("admin", method, path, "")
		if a.StatusCode != want || want == 405 && a.Header.Get("Allow") == "" {
			t.Errorf("%s: %s, Allow %q", ask, a.Status, a.Header.Get("Allow"))
		}
		a.problem(t)
	}
}

func TestFollowUps(t *testing.T) {
	w := newWorld(t, nil)
	i := w.fill()
	a := w.do("analyst", http.MethodPost, "/incidents/"+i.ID+"/follow-up", `{"follow_up":{"text":"patch"}}`, "If-Match", "*")
	if a.StatusCode != http.StatusOK || !strings.Contains(a.body, `"text":"patch"`) {
		t.Errorf("%s %s", a.Status, a.body)
	}
}

func TestRevisions(t *testing.T) {
	w := newWorld(t, nil)
	i := w.fill()
	path := "/incidents/" + i.ID
	if got := w.do("viewer", http.MethodGet, path, "").Header.Get("ETag"); got != `"1"` {
		t.Fatalf("ETag %s", got)
	}
	if a := w.do("admin", http.MethodPost, path+"/declare", `{}`); a.StatusCode != http.StatusPreconditionRequired {
		t.Errorf("without If-Match: %s", a.Status)
	}
	for _, bad := range []string{"x", `"x"`, "0", `"-1"`, `""`, "1.5"} {
		if a := w.do("admin", http.MethodPost, path+"/declare", `{}`, "If-Match", bad); a.StatusCode != http.StatusUnprocessableEntity {
			t.Errorf("If-Match %s: %s", bad, a.Status)
		}
	}
	weak := w.do("admin", http.MethodPost, path+"/declare", `{}`, "If-Match", `W/"1"`)
	if p := weak.problem(t); weak.StatusCode != http.StatusPreconditionFailed || !strings.Contains(p.Detail, "without W/") {
		t.Errorf("a weak tag: %s %s", weak.Status, weak.body)
	}
	a := w.do("admin", http.MethodPost, path+"/declare", `{}`, "If-Match", `"1"`)
	if a.StatusCode != http.StatusOK || a.Header.Get("ETag") != `"2"` || !strings.Contains(a.body, `"status":"declared"`) {
		t.Errorf("declare: %s %s", a.Status, a.body)
	}
	a = w.do("admin", http.MethodPost, path+"/acknowledge", `{}`, "If-Match", `"1"`)
	if p := a.problem(t); a.StatusCode != http.StatusPreconditionFailed || len(p.Errors) != 2 || !strings.Contains(a.body, `\"2\"`) || !strings.HasSuffix(p.Errors[1].Message, "declare by admin") {
		t.Errorf("a stale revision: %s %s", a.Status, a.body)
	}
	if a := w.do("admin", http.MethodPost, path+"/acknowledge", `{}`, "If-Match", "*"); a.StatusCode != http.StatusOK {
		t.Errorf("any revision: %s %s", a.Status, a.body)
	}
	a = w.do("admin", http.MethodPost, path+"/close", `{}`, "If-Match", "*")
	if p := a.problem(t); a.StatusCode != http.StatusConflict || len(p.Errors) < 2 {
		t.Errorf("a refusal names all that is missing: %s %s", a.Status, a.body)
	}
}

func TestCommandsAreDoneOnce(t *testing.T) {
	w := newWorld(t, nil)
	i := w.fill()
	path := "/incidents/" + i.ID + "/comment"
	for n := range 3 {
		a := w.do("analyst", http.MethodPost, path, `{"text":"once"}`, "If-Match", "*", "Idempotency-Key", "k1")
		if a.StatusCode != http.StatusOK || a.Header.Get("ETag") != `"2"` {
			t.Errorf("time %d: %s %s", n, a.Status, a.Header.Get("ETag"))
		}
	}
	if a := w.do("analyst", http.MethodPost, path, `{"text":"something else"}`, "If-Match", "*", "Idempotency-Key", "k1"); a.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(a.body, "a command id of its own") {
		t.Errorf("a key that was used for something else: %s %s", a.Status, a.body)
	}
	earlier := `{"text":"once","effective":"2026-11-02T10:30:00Z"}`
	if a := w.do("analyst", http.MethodPost, path, earlier, "If-Match", "*", "Idempotency-Key", "k1"); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("the same at another time: %s %s", a.Status, a.body)
	}
	for range 2 {
		a := w.do("analyst", http.MethodPost, "/incidents", `{"title":"Laptop lost"}`, "Idempotency-Key", "k2")
		var made tocsin.Incident
		if err := json.Unmarshal([]byte(a.body), &made); err != nil || a.StatusCode != http.StatusCreated || made.Tenant != "default" || made.Revision != 1 {
			t.Errorf("create: %s %s", a.Status, a.body)
		}
	}
	if a := w.do("analyst", http.MethodPost, "/incidents", `{"title":"x"}`); a.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("create without a key: %s", a.Status)
	}
	if a := w.do("viewer", http.MethodGet, "/incidents?status=proposed", ""); !strings.Contains(a.body, `"total":2`) {
		t.Errorf("%.200s", a.body)
	}
}

func TestBodies(t *testing.T) {
	w := newWorld(t, nil)
	i := w.fill()
	path := "/incidents/" + i.ID + "/comment"
	for body, want := range map[string]int{
		`{"text":` + quoted(20001) + `}`:                  http.StatusUnprocessableEntity,
		`{"text":` + quoted(2<<20) + `}`:                  http.StatusRequestEntityTooLarge,
		`{"text":"x","txet":"y"}`:                         http.StatusUnprocessableEntity,
		`{"text":1}`:                                      http.StatusUnprocessableEntity,
		`{"text":"x","effective":"2099-01-01T00:00:00Z"}`: http.StatusConflict,
		`{"text":"x","effective":"then"}`:                 http.StatusUnprocessableEntity,
		`{`:                                               http.StatusBadRequest,
		`[]`:                                              http.StatusUnprocessableEntity,
		`{"disposition":"unclear","text":"x"}`:            http.StatusConflict,
		strings.Repeat("[", 100_000):                      http.StatusBadRequest,
		`{"text":"x","text":"y"}`:                         http.StatusBadRequest,
		`{"text":"x","impact":{"social":"low","social":"high"}}`: http.StatusBadRequest,
		`{"text":"x","Text":"y"}`:                                http.StatusUnprocessableEntity,
	} {
		a := w.do("analyst", http.MethodPost, path, body, "If-Match", "*")
		if a.StatusCode != want {
			t.Errorf("%.40s: %s %.200s, want %d", body, a.Status, a.body, want)
		}
		a.problem(t)
	}
	if a := w.do("analyst", http.MethodPost, path, "text=x", "If-Match", "*", "Content-Type", "application/x-www-form-urlencoded"); a.StatusCode != http.StatusUnsupportedMediaType {
		t.Errorf("a form: %s", a.Status)
	}
}

// A body that is packed is refused, be it gzip or anything else, before anything of it is looked at.
func TestPackedBodies(t *testing.T) {
	w := newWorld(t, nil)
	i := w.fill()
	for coding, want := range map[string]int{
		"gzip": http.StatusUnsupportedMediaType, "zstd": http.StatusUnsupportedMediaType, "identity, br": http.StatusUnsupportedMediaType,
		"identity": http.StatusOK, "": http.StatusOK,
	} {
		for _, path := range []string{"/incidents/" + i.ID + "/comment", "/bulk/comment"} {
			body := map[bool]string{true: `{"incidents":[{"id":"` + i.ID + `"}],"command":{"text":"x"}}`, false: `{"text":"x"}`}[path == "/bulk/comment"]
			a := w.do("analyst", http.MethodPost, path, body, "If-Match", "*", "Idempotency-Key", coding+path, "Content-Encoding", coding)
			if a.StatusCode != want {
				t.Errorf("%s in %q: %s %s", path, coding, a.Status, a.body)
			}
			if want != http.StatusOK && (a.Header.Get("Accept-Encoding") != "identity" || !strings.Contains(a.problem(t).Detail, "as it is")) {
				t.Errorf("%s in %q: Accept-Encoding %q, %s", path, coding, a.Header.Get("Accept-Encoding"), a.body)
			}
		}
	}
	entries, err := w.store.Entries(t.Context(), i.ID, 1)
	if err != nil || len(entries) != 1+4 {
		t.Errorf("%d entries, want 5 (%v)", len(entries), err)
	}
}

func quoted(n int) string { return `"` + strings.Repeat("x", n) + `"` }

func TestVerdicts(t *testing.T) {
	w := newWorld(t, nil)
	w.fill()
	if a := w.do("coordinator", http.MethodPost, "/events/"+eventB+"/dismiss", `{}`); a.StatusCode != http.StatusConflict {
		t.Errorf("dismissed without a disposition: %s", a.Status)
	}
	if a := w.do("coordinator", http.MethodPost, "/events/"+eventB+"/dismiss", `{"disposition":"false_positive"}`); a.StatusCode != http.StatusNoContent || a.body != "" {
		t.Errorf("dismiss: %s %s", a.Status, a.body)
	}
	a := w.do("coordinator", http.MethodPost, "/events/"+eventB+"/promote", `{"text":"after all"}`, "Idempotency-Key", "p1")
	if a.StatusCode != http.StatusOK || !strings.Contains(a.body, eventB) {
		t.Errorf("promote: %s %s", a.Status, a.body)
	}
	if a := w.do("coordinator", http.MethodPost, "/events/"+eventA+"/promote", `{}`); a.StatusCode != http.StatusConflict {
		t.Errorf("promoted twice: %s", a.Status)
	}
}

// TestTenantsApart asks for everything of one tenant with the tokens of another.
func TestTenantsApart(t *testing.T) {
	w := newWorld(t, nil)
	i := w.fill()
	d, _ := w.description()
	informant := tocsin.Informant{Token: "f00d", Tenant: "default", Name: "Ines"}
	if err := w.store.PutInformant(t.Context(), informant); err != nil {
		t.Fatal(err)
	}
	ids := map[string]string{"/informants/": informant.Token, "/alerts/": alertA, "/events/": eventA, "/dead-letters/": letterA, "/incidents/": i.ID, "/users/": "ann", "/tokens/": "bot"}
	for _, add := range []string{"/users", "/tokens"} {
		if a := w.do("admin", http.MethodPost, add, `{"name":"`+ids[add+"/"]+`","role":"viewer","tenant":"default"}`); a.StatusCode != http.StatusCreated {
			t.Fatalf("%s: %s %s", add, a.Status, a.body)
		}
	}
	everybodys := map[string]bool{"list-rules": true, "list-exceptions": true, "list-metrics": true, "list-audit": true} // the last is looked at by itself
	for path, operations := range d.Paths {
		for method, op := range operations {
			at := path
			for prefix, id := range ids {
				if strings.Contains(path, prefix) {
					at = strings.ReplaceAll(path, "{id}", id)
				}
			}
			if method == "post" && !strings.Contains(path, "{id}") {
				continue
			}
			body := ""
			if method == "post" {
				body = `{"text":"x","reason":"x","disposition":"false_positive","into":"202611-1","assignee":"x","coordinator":"x","follow_up":{"text":"x"},"title":"x"}`
			}
			if strings.HasPrefix(path, "/api/v1/users/") {
				body = "{}"
			}
			a := w.do("admin/other", strings.ToUpper(method), strings.TrimPrefix(at, "/api/v1"), body, "If-Match", "*")
			switch {
			case strings.Contains(path, "{id}") && a.StatusCode != http.StatusNotFound:
				t.Errorf("%s: another tenant gets %s %.200s", op.OperationID, a.Status, a.body)
			case strings.HasPrefix(op.OperationID, "list-") && !strings.Contains(path, "{id}") && !everybodys[op.OperationID] && (a.StatusCode != http.StatusOK || !strings.Contains(a.body, `"items":[]`)):
				t.Errorf("%s: another tenant sees %.200s", op.OperationID, a.body)
			case op.OperationID == "list-audit" && strings.Contains(a.body, `"tenant":""`):
				t.Errorf("another tenant sees who did what elsewhere: %.200s", a.body)
			}
		}
	}
	if a := w.do("analyst/other", http.MethodPost, "/incidents", `{"title":"theirs"}`, "Idempotency-Key", "k"); !strings.Contains(a.body, `"tenant":"other"`) {
		t.Errorf("created in the wrong tenant: %s", a.body)
	}
	if entries, _ := w.store.Entries(t.Context(), i.ID, 1); len(entries) != 1 {
		t.Error("another tenant wrote into the log")
	}
}

// down is a store that does not answer.
type down struct{ Store }

func (down) Incidents(context.Context, tocsin.Query) (tocsin.Page[tocsin.Incident], error) {
	return tocsin.Page[tocsin.Incident]{}, errors.New("dial tcp 10.0.0.1:9200: password=hunter2")
}

func TestStoreIsDown(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Store = down{o.Store} })
	a := w.do("viewer", http.MethodGet, "/incidents", "")
	if a.StatusCode != http.StatusServiceUnavailable || strings.Contains(a.body, "hunter2") {
		t.Errorf("%s %s", a.Status, a.body)
	}
	a.problem(t)
}
