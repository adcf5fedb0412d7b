package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"tocsin"
)

func TestPages(t *testing.T) {
	w := newWorld(t, nil)
	i := w.incident("0e1", "Password spray", "ann")
	for path, want := range map[string][]string{
		"/":                                    {i.Number, "Password spray", "proposed", "P2", "brute-force", "ann", "nobody", "late by", "59 min"},
		"/incidents/" + i.ID:                   {"because of ann", "user.name == &#34;x&#34;", "/events/202611-0e1", "/alerts/a-0e1", "promote", "policy serious", "2026-11-02 10:00:00"},
		"/events/202611-0e1":                   {"Password spray", "/alerts/a-0e1", "because of ann", i.Number, "a risk of 63.25 against a bar of 60", "1 host takes part", "in 0 of 216 spans", "tied by ann", "7.5 + 2 impact", "Possibly earlier"},
		"/alerts/a-0e1":                        {"&#34;message&#34;:&#34;ann&#34;", "journal/0, offset 7", "user.name"},
		"/health":                              {"edge", "10 %", "2.5", "1 min 30 s", "Pipeline health", "Watermark", "working", "Dead letters", "v1.2.3", "900.0 MiB of 1.0 GiB", "raise GOMEMLIMIT", "edge/3", "1 partition idle", "/dead-letters?reason=json"},
		"/rules":                               {"Password spray", `href="/rules/r1"`},
		"/rules/r1":                            {"Password spray", "Why has it not fired?", `name="key.user.name"`, "in 90 days", "Precision"},
		"/rules/r1?ask=1&key.user.name=ann":    {"have 4 of 5 alerts, 38 s left", `value="ann"`, "like it", "/rules/r1?ask=1&amp;key.user.name=ann2#why-not"},
		"/rules/r2":                            {"Risk and its bar", `max="60" value="31.4"`, "&lt;b&gt;New service", "13.25", "8 999", "50 % of the learning time", "and 3 pairs more", "All alerts are one group"},
		"/rules/r1?ask=1&key.user.name=nobody": {"nothing is held of this key"},
		"/rules/r1?ask=1":                      {"user.name is not given"},
		"/rules/r1?ask=1&key.user.name=elsewhere": {"another daemon has the engine"},
		"/trends":                {"Incidents", "Where the time goes", `name="counted_as" value="proposed"`, "<rect"}, // nothing is declared: it opens on what waits
		"/trends?metric=resolve": {"Time to resolve", "nearest rank", "Nothing in this time", "/api/v1/trends.csv?metric=resolve", "How many were declared", "How many wait"},
		"/trends?metric=backlog": {"The backlog is taken once a day"},
		"/trends?metric=incidents&by=priority&cohort=detected&counted_as=proposed&interval=day&from=2026-11-01&to=2026-11-04": {"All together", "P2", `name="counted_as" value="proposed"`, "<rect", "2026-11-02"},
		"/entities?value=ann": {i.Number, "Password spray", `href="/alerts/a-0e1"`, "user.name ann"},
		"/login":              {"Token"},
	} {
		a := w.get(path)
		if a.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", path, a.Status)
		}
		for _, text := range want {
			if !strings.Contains(a.body, text) {
				t.Errorf("%s lacks %q", path, text)
			}
		}
		if got := a.Header.Get("Content-Security-Policy"); !strings.HasPrefix(got, "default-src 'self'; script-src 'self';") {
			t.Errorf("%s: policy %q", path, got)
		}
		body := strings.Replace(a.body, `<script src="/static/`, "", 1) // ours, and no other
		for _, inline := range []string{"<script", " style=", "<style", " onclick", "javascript:"} {
			if strings.Contains(strings.ToLower(body), inline) {
				t.Errorf("%s has %q inline", path, inline)
			}
		}
	}
}

func TestFilters(t *testing.T) {
	w := newWorld(t, nil)
	w.incident("0e1", "Password spray", "ann")
	w.incident("0e2", "Web shell", "bert")
	for path, want := range map[string][]string{
		"/?entity=bert":              {"Web shell"},
		"/?title=inc-2026-000002":    {"Web shell"},
		"/?title=inc-2026-999999":    {"No incident matches"},
		"/?status=open":              {"Web shell", "Password spray"},
		"/?status=closed":            {"No incident matches"},
		"/?priority=P2&sort=updated": {"Web shell", "Password spray"},
		"/?category=intrusions":      {"No incident matches"},
		"/?entity=%22%3E%3Cb%3E":     {"No incident matches", `value="&#34;&gt;&lt;b&gt;"`},
	} {
		a := w.get(path)
		for _, text := range want {
			if !strings.Contains(a.body, text) {
				t.Errorf("%s lacks %q", path, text)
			}
		}
		if strings.Contains(a.body, "Password spray") && len(want) == 1 {
			t.Errorf("%s shows an incident that it must not", path)
		}
	}
	for _, path := range []string{"/?status=gone", "/?priority=P9", "/?sort=size", "/?cursor=xx"} {
		if a := w.get(path); a.StatusCode != http.StatusBadRequest {
			t.Errorf("%s: %s", path, a.Status)
		}
	}
}

func TestListIsPaged(t *testing.T) {
	w := newWorld(t, nil)
	for n := range perPage + 1 {
		w.incident("0e"+strconv.Itoa(n), "Spray", "user"+strconv.Itoa(n))
	}
	first := w.get("/?sort=priority")
	_, rest, found := strings.Cut(first.body, `<a href="/?cursor=`)
	if !found || strings.Count(first.body, `class="number"`) != perPage {
		t.Fatal("the first page names no next one")
	}
	cursor, _, _ := strings.Cut(rest, `"`)
	second := w.get("/?cursor=" + strings.ReplaceAll(cursor, "&amp;", "&"))
	if n := strings.Count(second.body, `class="number"`); n != 1 || !strings.Contains(second.body, "First page") {
		t.Errorf("the second page has %d incidents", n)
	}
}

func TestNothingAndTroubles(t *testing.T) {
	w := newWorld(t, nil)
	if a := w.get("/"); !strings.Contains(a.body, "No incident yet") {
		t.Error("an empty register does not say so")
	}
	if a := w.get("/?status=open&late=yes"); !strings.Contains(a.body, "No incident yet") || !strings.Contains(a.body, "tocsin demo") {
		t.Error("a new user is not told what to do")
	}
	w.incident("0e1", "Password spray", "ann")
	for path, want := range map[string]string{"/?status=open&late=yes": "Nothing open has missed a target", "/?entity=nobody": "No incident matches", "/?status=closed": "Show all 1 incident<"} {
		if a := w.get(path); !strings.Contains(a.body, want) {
			t.Errorf("%s lacks %q", path, want)
		}
	}
	for _, path := range []string{"/nothing", "/incidents/202611-1", "/events/202611-1", "/alerts/x", "/static/x/style.css"} {
		if a := w.get(path); a.StatusCode != http.StatusNotFound || !strings.Contains(a.body, "no such thing") {
			t.Errorf("%s: %s", path, a.Status)
		}
	}
	down := newWorld(t, func(o *Options) {
		o.Store = broken{o.Store}
		o.DeadLetters = func(context.Context, LetterQuery) (tocsin.Page[Letter], error) {
			return tocsin.Page[Letter]{}, errors.New("connection refused")
		}
		o.Rules = func() Rules { return Rules{Faults: "a.yaml:3:1: unknown key \"whne\"\n  3 | whne: x\n    | ^"} }
		o.Health = func(context.Context) Health {
			return Health{Mode: "kafka", Started: t0, Backlog: -1, Troubles: []Trouble{{Part: "elasticsearch", Detail: "connection refused", Since: t0, Halted: true}}, Lags: []Lag{{Group: "g", Topic: "in", Lag: 12345}}}
		}
	})
	if a := down.get("/"); a.StatusCode != http.StatusServiceUnavailable || strings.Contains(a.body, "refused\"") || !strings.Contains(a.body, "does not answer now") {
		t.Errorf("a store that is down: %s", a.Status)
	}
	a := down.get("/health")
	for _, text := range []string{"degraded", "connection refused", "An operator must act", "What comes in waits and nothing is lost", "tocsin rules check", "<pre tabindex=\"0\">a.yaml:3:1", "  3 | whne: x\n    | ^", "cannot be shown", "12 345"} {
		if !strings.Contains(a.body, text) {
			t.Errorf("health lacks %q", text)
		}
	}
}

func TestTenantsApart(t *testing.T) {
	w := newWorld(t, nil)
	i := w.incident("0e1", "Password spray", "ann")
	for _, path := range []string{"/incidents/" + i.ID, "/events/202611-0e1", "/alerts/a-0e1"} {
		if a := w.get(path, "Authorization", "Bearer "+otherToken); a.StatusCode != http.StatusNotFound {
			t.Errorf("another tenant sees %s: %s", path, a.Status)
		}
		if a := w.get(path, "Authorization", "Bearer "+viewerToken); a.StatusCode != http.StatusOK {
			t.Errorf("%s: %s", path, a.Status)
		}
	}
	if a := w.get("/", "Authorization", "Bearer "+otherToken); strings.Contains(a.body, "Password spray") {
		t.Error("another tenant's list shows it")
	}
	if a := w.post("/incidents/"+i.ID+"/comment", "revision=1&key=page:1&text=x", "Authorization", "Bearer "+otherToken); a.StatusCode != http.StatusNotFound {
		t.Errorf("another tenant comments: %s", a.Status)
	}
}

func TestSignIn(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.OpenReads, o.Secure = false, true })
	for _, path := range []string{"/", "/incidents/202611-1", "/events/x", "/alerts/x", "/health", "/rules", "/nothing"} {
		a := w.get(path)
		if a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/login?next="+url.QueryEscape(path) {
			t.Errorf("%s: %s to %s", path, a.Status, a.Header.Get("Location"))
		}
	}
	if a := w.post("/incidents/202611-1/comment", "text=x"); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("a command of nobody: %s", a.Status)
	}
	if a := w.get("/", "Authorization", "Bearer wrong"); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("an unknown token: %s", a.Status)
	}
	if a := w.post("/login", "token=wrong"); a.StatusCode != http.StatusUnauthorized || len(a.Cookies()) > 0 || !strings.Contains(a.body, "not known") {
		t.Errorf("a wrong token: %s", a.Status)
	}
	a := w.post("/login", "token="+viewerToken+"&next=/rules")
	c := a.Cookies()[0]
	if a.Header.Get("Location") != "/rules" || c.Name != "__Host-tocsin" || !c.Secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
		t.Errorf("%s, cookie %v", a.Header.Get("Location"), c)
	}
	cookie := c.Name + "=" + c.Value
	if a := w.get("/rules", "Cookie", cookie); a.StatusCode != http.StatusOK || !strings.Contains(a.body, "Sign out") {
		t.Errorf("signed in: %s", a.Status)
	}
	if again := w.post("/login", "token="+viewerToken, "Cookie", cookie).Cookies()[0]; again.Value == c.Value {
		t.Error("a second sign-in keeps the session's id")
	}
	if a := w.get("/rules", "Cookie", cookie); a.StatusCode != http.StatusSeeOther {
		t.Error("the id before a second sign-in is still good")
	}
	cookie = w.signIn(viewerToken)
	if a := w.post("/logout", "", "Cookie", cookie); a.Cookies()[0].MaxAge >= 0 {
		t.Error("signing out leaves the cookie")
	}
	if a := w.get("/rules", "Cookie", cookie); a.StatusCode != http.StatusSeeOther {
		t.Errorf("signed out: %s", a.Status)
	}
}

func TestSessionsEnd(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.OpenReads = false })
	in := func(cookie string) bool { return w.get("/rules", "Cookie", cookie).StatusCode == http.StatusOK }
	cookie := w.signIn(viewerToken)
	w.now = w.now.Add(idle)
	if !in(cookie) {
		t.Error("half an hour is too long already")
	}
	w.now = w.now.Add(idle + time.Second)
	if in(cookie) {
		t.Error("an idle session lives on")
	}
	cookie = w.signIn(viewerToken)
	for range 24 {
		w.now = w.now.Add(idle)
		if !in(cookie) {
			t.Fatal("a used session ended early")
		}
	}
	w.now = w.now.Add(time.Second)
	if in(cookie) {
		t.Error("a session outlives twelve hours")
	}
}

func TestSignInLeadsNowhereElse(t *testing.T) {
	for next, want := range map[string]string{
		"/incidents/1?x=y": "/incidents/1?x=y", "": "/", "https://evil.example/": "/", "//evil.example": "/", `/\evil.example`: "/",
		"/\t/evil.example": "/", "evil": "/", "javascript:alert(1)": "/", "/%2f/evil": "/%2f/evil",
	} {
		if got := local(next); got != want {
			t.Errorf("%q leads to %q, want %q", next, got, want)
		}
	}
}

func TestCommands(t *testing.T) {
	w := newWorld(t, nil)
	i := w.incident("0e1", "Password spray", "ann")
	path := "/incidents/" + i.ID
	if strings.Contains(w.get(path).body, "<textarea") {
		t.Error("a viewer is shown forms")
	}
	cookie := w.signIn(coordinatorToken)
	body := w.get(path, "Cookie", cookie).body
	if !strings.Contains(body, "Declare</button>") || strings.Contains(body, "Acknowledge</button>") {
		t.Error("the forms are not those of a proposed incident")
	}
	if a := w.post(path+"/declare", "revision=1&key=page:1"); a.StatusCode != http.StatusForbidden || !strings.Contains(a.body, "needs the role coordinator") {
		t.Errorf("a viewer declares: %s", a.Status)
	}
	for range 2 { // a form that is sent twice is one command
		if a := w.post(path+"/declare", "revision=1&key=page:1&text=sure", "Cookie", cookie); a.StatusCode != http.StatusSeeOther {
			t.Errorf("declare: %s %s", a.Status, a.body)
		}
	}
	if a := w.post(path+"/acknowledge", "revision=1&key=page:2", "Cookie", cookie); a.StatusCode != http.StatusConflict || !strings.Contains(a.body, "look at it again") {
		t.Errorf("a stale revision: %s", a.Status)
	}
	if a := w.post(path+"/declare", "revision=2&key=page:3", "Cookie", cookie); a.StatusCode != http.StatusConflict || !strings.Contains(a.body, "Not done") {
		t.Errorf("declared twice: %s", a.Status)
	}
	if a := w.post(path+"/comment", "revision=1&key=page:4&text="+url.QueryEscape("<b>note</b>"), "Cookie", cookie); a.StatusCode != http.StatusSeeOther {
		t.Errorf("comment: %s", a.Status)
	}
	for form, want := range map[string]int{"key=page:5&text=x": http.StatusBadRequest, "revision=1&text=x": http.StatusBadRequest, "revision=1&key=page:6&text=+": http.StatusConflict} {
		if a := w.post(path+"/comment", form, "Cookie", cookie); a.StatusCode != want {
			t.Errorf("%s: %s, want %d", form, a.Status, want)
		}
	}
	if a := w.post(path+"/attach", "revision=1&key=page:7", "Cookie", cookie); a.StatusCode != http.StatusNotFound {
		t.Errorf("a command without a form: %s", a.Status)
	}
	body = w.get(path).body
	for _, text := range []string{"&lt;b&gt;note&lt;/b&gt;", "proposed to <b>declared</b>", "cora", "sure"} {
		if !strings.Contains(body, text) {
			t.Errorf("the timeline lacks %q", text)
		}
	}
	entries, err := w.store.Entries(t.Context(), i.ID, 1)
	if err != nil || len(entries) != 3 {
		t.Errorf("%d entries, %v", len(entries), err)
	}
}

// A day on which no backlog was taken is named, has a row without numbers, and no line goes over it.
func TestBacklogOfADayWithoutDaemon(t *testing.T) {
	w := newWorld(t, nil)
	for _, day := range []string{"2026-10-28", "2026-10-29", "2026-11-01", "2026-11-02"} {
		at, err := time.Parse(time.DateOnly, day)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.store.PutBacklog(t.Context(), []tocsin.Backlog{{Day: day, At: at, Open: 3, P50: 60, P90: 90, Oldest: 93784}}); err != nil {
			t.Fatal(err)
		}
	}
	a := w.get("/trends?metric=backlog&from=2026-10-01&to=2026-11-03")
	for _, want := range []string{"On 2 days no backlog was taken, as no daemon ran: 2026-10-30, 2026-10-31. What waited", "2026-10-30: not taken", `<th scope="row">2026-10-31</th><td class="num">–</td>`, `<data value="93784" title="93784 s">1 d 2 h</data>`} { // to the second, too
		if !strings.Contains(a.body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if whole := w.get("/trends?metric=backlog&from=2026-11-01&to=2026-11-03"); strings.Contains(whole.body, "no daemon ran") {
		t.Error("of days that were all taken some are said to be missing")
	}
	if lines := strings.Count(a.body, `class="p50`); lines < 2 {
		t.Errorf("%d lines: a gap has none over it", lines)
	}
}
