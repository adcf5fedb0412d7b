package web

import (
	"bufio"
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/internal/auth"
	"tocsin/register"
)

// TestQueue shows the parts of the queue and what they hold.
func TestQueue(t *testing.T) {
	w := newWorld(t, nil)
	first, second := w.incident("0e1", "Password spray", "ann"), w.incident("0e2", "Web shell", "bert")
	who := tocsin.Actor{Kind: "token", ID: "cora", Role: "coordinator"}
	for n, cmd := range []register.Command{
		{Action: tocsin.ActDeclare, Incident: first.ID}, {Action: tocsin.ActAssign, Incident: first.ID, Assignee: "cora"},
	} {
		cmd.ID, cmd.By = "c"+string(rune('0'+n)), who
		if _, err := w.register.Do(t.Context(), cmd); err != nil {
			t.Fatal(err)
		}
	}
	cookie := w.signIn(coordinatorToken)
	for path, want := range map[string][2]string{ // what is shown, what is not
		"/":                           {first.Number, "x"},
		"/?status=open&assignee=cora": {first.Number, second.Number},
		"/?status=open&whose=nobody":  {second.Number, first.Number},
		"/?status=proposed":           {second.Number, first.Number},
		"/?title=pass":                {first.Number, second.Number},
		"/?rule=r1":                   {first.Number, "x"},
		"/?rule=r2":                   {"No incident matches", first.Number},
		"/?team=net":                  {"No incident matches", first.Number},
		"/?platform=windows":          {"No incident matches", first.Number},
	} {
		a := w.get(path, "Cookie", cookie)
		table := a.body[strings.Index(a.body, `id="queue"`):]
		if !strings.Contains(table, want[0]) || want[1] != "x" && strings.Contains(table, want[1]) {
			t.Errorf("%s lacks %q or has %q", path, want[0], want[1])
		}
	}
	body := w.get("/?status=open&assignee=cora", "Cookie", cookie).body
	if !strings.Contains(body, `aria-current="page">Mine <span class="n">1</span>`) {
		t.Error("the part that is shown is not marked, or its number is wrong")
	}
	for _, path := range []string{"/?whose=me", "/?late=no"} {
		if a := w.get(path); a.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s", path, a.Status)
		}
	}
}

// TestBulk carries out one command on several incidents: what one lacks keeps no other back.
func TestBulk(t *testing.T) {
	w := newWorld(t, nil)
	one, two := w.incident("0e1", "Password spray", "ann"), w.incident("0e2", "Web shell", "bert")
	cookie := w.signIn(coordinatorToken)
	if body := w.get("/").body; strings.Contains(body, `type="checkbox"`) {
		t.Error("a viewer can choose incidents")
	}
	if body := w.get("/", "Cookie", cookie).body; !strings.Contains(body, `value="`+one.ID+`@1"`) || !strings.Contains(body, `value="close">Close`) {
		t.Error("a coordinator cannot choose incidents")
	}
	form := "command=assign&assignee=dora&key=page:1&back=%2F%3Fstatus%3Dopen&incident=" + url.QueryEscape(one.ID+"@1") + "&incident=" + url.QueryEscape(two.ID+"@1")
	for range 2 { // twice the same form is once
		if a := w.post("/incidents", form, "Cookie", cookie); a.StatusCode != http.StatusOK || !strings.Contains(a.body, "Assign: 2 of 2 incidents") || !strings.Contains(a.body, `href="/?status=open"`) {
			t.Errorf("assign: %s", a.Status)
		}
	}
	for _, id := range []string{one.ID, two.ID} {
		if i, err := w.register.Incident(t.Context(), id); err != nil || i.Assignee != "dora" || i.Revision != 2 {
			t.Errorf("%s is of %q at revision %d: %v", id, i.Assignee, i.Revision, err)
		}
	}
	form = "command=assign&assignee=eve&key=page:2&incident=" + url.QueryEscape(one.ID+"@2") + "&incident=" + url.QueryEscape(two.ID+"@1") + "&incident=none@1&incident=bad"
	a := w.post("/incidents", form, "Cookie", cookie)
	if a.StatusCode != http.StatusConflict || !strings.Contains(a.body, "Assign: 1 of 4 incidents") || !strings.Contains(a.body, "cora: assign at") || !strings.Contains(a.body, "there is no such incident") {
		t.Errorf("some that cannot: %s", a.Status)
	}
	again := w.post("/incidents", strings.NewReplacer("page:2", "page:4", "%402", "%403").Replace(form)+"&text=told+by+phone&disposition=false_positive", "Cookie", cookie).body
	for _, want := range []string{`value="told by phone"`, `value="eve"`, `<option value="false_positive" selected>`, `value="` + two.ID + `@2" checked`} {
		if !strings.Contains(again, want) {
			t.Errorf("after a refusal the form does not hold %s", want)
		}
	}
	if strings.Contains(again, `value="none@`) || strings.Contains(again, `value="`+one.ID+`@`) || strings.Contains(again, `value="page:4"`) {
		t.Error("what is done, or not there, can be chosen again, or a key is used twice")
	}
	for name, c := range map[string]struct {
		form, cookie string
		want         int
	}{
		"a viewer":       {"command=assign&assignee=eve&key=page:3&incident=" + one.ID + "@3", "", http.StatusForbidden},
		"none chosen":    {"command=assign&key=page:3", cookie, http.StatusBadRequest},
		"no key":         {"command=assign&incident=" + one.ID + "@3", cookie, http.StatusBadRequest},
		"not in bulk":    {"command=merge&key=page:3&incident=" + one.ID + "@3", cookie, http.StatusNotFound},
		"another tenant": {"command=assign&assignee=eve&key=page:3&incident=" + one.ID + "@3", w.signIn(otherToken), http.StatusConflict},
	} {
		if a := w.post("/incidents", c.form, "Cookie", c.cookie); a.StatusCode != c.want {
			t.Errorf("%s: %s, want %d", name, a.Status, c.want)
		}
	}
}

// TestForms gives every command that the page has a form for, from a proposal to a closed incident and back.
func TestForms(t *testing.T) {
	w := newWorld(t, nil)
	i := w.incident("0e1", "Password spray", "ann")
	other := w.incident("0e2", "Web shell", "bert")
	cookie := w.signIn(coordinatorToken)
	for n, step := range [][2]string{
		{"declare", ""},
		{"acknowledge", "text=seen"},
		{"assign", "assignee=dora"},
		{"team", "team=network&step=activated"},
		{"hold", "reason=the+supplier"},
		{"release", ""},
		{"crisis", "owner=board&text=what+is+known"},
		{"return", "text=what+was+decided"},
		{"set", "priority=P3"},
		{"follow_up", "follow_up=new+switch&owner=dora&due=2026-12-24"},
		{"hand_over", "coordinator=dan&text=all+is+known"},
		{"contain", ""},
		{"eradicate", ""},
		{"recover", ""},
		{"resolve", "disposition=true_positive_impact&root_cause=human_error"},
		{"reopen", "reason=it+goes+on"},
		{"resolve", ""},
		{"review", "text=learnt"},
		{"close", "disposition=true_positive_impact&root_cause=human_error&failed_controls=none&vulnerabilities=none"},
	} {
		now, err := w.register.Incident(t.Context(), i.ID)
		if err != nil {
			t.Fatal(err)
		}
		body := w.get("/incidents/"+i.ID, "Cookie", cookie).body
		if !strings.Contains(body, `data-action="`+step[0]+`"`) {
			t.Errorf("%s at %s: no form", step[0], now.Status)
		}
		form := "revision=" + itoa(now.Revision) + "&key=page:" + itoa(int64(n)) + "&" + step[1]
		if a := w.post("/incidents/"+i.ID+"/"+step[0], form, "Cookie", cookie); a.StatusCode != http.StatusSeeOther {
			_, why, _ := strings.Cut(a.body, "Not done")
			t.Fatalf("%s at %s: %s %.300s", step[0], now.Status, a.Status, why)
		}
	}
	if a := w.post("/incidents/"+other.ID+"/reject", "revision=1&key=page:r&disposition=false_positive&reason=a+test", "Cookie", cookie); a.StatusCode != http.StatusSeeOther {
		t.Errorf("reject: %s", a.Status)
	}
	if closed, err := w.register.Incident(t.Context(), i.ID); err != nil || closed.Status != tocsin.ClosedIncident || closed.Assignee != "dora" || closed.Coordinator != "dan" {
		t.Errorf("it is %s, of %s and %s: %v", closed.Status, closed.Assignee, closed.Coordinator, err)
	}
	for _, f := range allForms() {
		for _, in := range f.Fields {
			filled := []string{"failed_controls", "clock", "vulnerabilities", "follow_up", "due", "event", "shared"} // by fill itself
			if cmdField(&register.Command{}, in.Name) == nil && !slices.Contains(filled, in.Name) {
				t.Errorf("%s: nobody reads the field %s", f.Action, in.Name)
			}
		}
	}
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// TestLive is told that an incident has changed, and ends when the daemon stops.
func TestLive(t *testing.T) {
	stopping := make(chan struct{})
	w := newWorld(t, func(o *Options) { o.Stopping = stopping })
	server := httptest.NewServer(w.handler)
	defer server.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/live", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	if answer.Header.Get("Content-Type") != "text/event-stream" {
		t.Errorf("type %q", answer.Header.Get("Content-Type"))
	}
	lines := bufio.NewScanner(answer.Body)
	lines.Scan() // what the reader waits before it asks again
	lines.Scan() // the mark of what there is
	i := w.incident("0e1", "Password spray", "ann")
	for lines.Scan() && lines.Text() != "event: changed" {
	}
	if lines.Scan(); lines.Text() != "id: 1" {
		t.Errorf("it is told %q", lines.Text())
	}
	w.incident("0e2", "Web shell", "bert")
	for lines.Scan() && lines.Text() != "event: changed" {
	}
	// What is no news of the machine's is told too: the one that came first goes to somebody.
	if _, err := w.register.Do(ctx, register.Command{ID: "a", Action: tocsin.ActAssign, Incident: i.ID, Assignee: "dora", By: tocsin.Actor{Kind: "person", ID: "lena", Role: "lead"}}); err != nil {
		t.Fatal(err)
	}
	for lines.Scan() && lines.Text() != "event: changed" {
	}
	if lines.Scan(); lines.Text() == "" {
		t.Error("nobody is told that an incident is somebody's")
	}
	close(stopping)
	for lines.Scan() {
	}
	if err := lines.Err(); err != nil {
		t.Error(err)
	}
}

// TestLiveIsBounded refuses readers past the limit.
func TestLiveIsBounded(t *testing.T) {
	p := &pages{Options: Options{Store: newWorld(t, nil).store}}
	p.watching.Store(liveMost)
	out := httptest.NewRecorder()
	r := httptest.NewRequest(http.MethodGet, "/live", nil)
	if err := p.live(out, r.WithContext(auth.With(t.Context(), auth.Identity{}))); err != nil || out.Code != http.StatusServiceUnavailable || p.watching.Load() != liveMost {
		t.Errorf("%d, %v", out.Code, err)
	}
}

// TestClockForms starts a legal clock, reports and waives, by the page.
func TestClockForms(t *testing.T) {
	w := newWorld(t, func(o *Options) {
		o.Regimes = func() []register.Regime { return []register.Regime{{ID: "law", ReviewedBy: "nobody"}} }
		o.Register = register.New(register.Options{Store: o.Store.(register.Store), Now: o.Now, Regimes: []register.Regime{{
			ID: "law", Title: "A law", Anchor: "aware", Stages: []register.Stage{
				{ID: "early", Title: "Early warning", Within: 24 * time.Hour, Anchor: "aware"}, {ID: "final", Title: "Report", Within: 72 * time.Hour, Anchor: "aware"},
			},
		}}})
	})
	i := w.incident("0e1", "Password spray", "ann")
	cookie := w.signIn(leadToken)
	for n, step := range [][2]string{
		{"declare", ""}, {"clock_start", "regime=law&basis=the+analysis"}, {"clock_submit", "clock=law%2Fearly&reference=A-1&sha256=" + strings.Repeat("ab", 32)}, {"clock_waive", "clock=law%2Ffinal&reason=no+person+is+harmed"},
	} {
		now, err := w.register.Incident(t.Context(), i.ID)
		if err != nil {
			t.Fatal(err)
		}
		if body := w.get("/incidents/"+i.ID, "Cookie", cookie).body; !strings.Contains(body, `data-action="`+step[0]+`"`) {
			t.Errorf("%s: no form", step[0])
		} else if step[0] == "clock_start" && !strings.Contains(body, "No counsel has checked the times of law.") {
			t.Error("nobody is told that the law was not checked")
		}
		a := w.post("/incidents/"+i.ID+"/"+step[0], "revision="+itoa(now.Revision)+"&key=page:"+itoa(int64(n))+"&"+step[1], "Cookie", cookie)
		if a.StatusCode != http.StatusSeeOther {
			_, why, _ := strings.Cut(a.body, "Not done")
			t.Fatalf("%s: %s %.300s", step[0], a.Status, why)
		}
	}
	if body := w.get("/incidents/"+i.ID, "Cookie", cookie).body; strings.Contains(body, `data-action="clock_submit"`) || !strings.Contains(body, "A-1") {
		t.Error("a report is still to be made, or what was reported is not shown")
	}
}
