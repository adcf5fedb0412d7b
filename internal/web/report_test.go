package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/internal/dossier"
	"tocsin/register"
)

func (w *world) assess(ctx context.Context, e tocsin.Event) error {
	_, err := w.register.Apply(ctx, e, tocsin.Assessment{State: tocsin.Pending, Mode: tocsin.ModeManual, Priority: "P4"})
	return err
}

// visit asks for a page as nobody in particular, or with a token.
func (w *world) visit(method, path, token string, form url.Values) *httptest.ResponseRecorder {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.t.Context(), method, path, strings.NewReader(form.Encode()))
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	rec := httptest.NewRecorder()
	w.handler.ServeHTTP(rec, r)
	return rec
}

// Who may report without being signed in: nobody, unless reports are open on loopback, or the link is known.
func TestWhoMayReport(t *testing.T) {
	for name, tt := range map[string]struct {
		openReads, open   bool
		link, path, token string
		want              bool
	}{
		"nobody":                    {openReads: true, path: "/report"},
		"open on loopback":          {openReads: true, open: true, path: "/report", want: true},
		"open elsewhere":            {open: true, path: "/report"},
		"by the link":               {link: "s3cret", path: "/report?link=s3cret", want: true},
		"by another link":           {link: "s3cret", path: "/report?link=s3cre"},
		"by no link where none is":  {path: "/report?link="},
		"signed in, the least role": {path: "/report", token: viewerToken, want: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, func(o *Options) { o.OpenReads, o.OpenReports, o.ReportLink = tt.openReads, tt.open, tt.link })
			got := w.visit(http.MethodGet, tt.path, tt.token, nil)
			if shown := got.Code == http.StatusOK && strings.Contains(got.Body.String(), "What happened?"); shown != tt.want {
				t.Errorf("shown %t: %d", shown, got.Code)
			}
			_, link, _ := strings.Cut(tt.path, "link=")
			sent := w.visit(http.MethodPost, "/report", tt.token, url.Values{"what": {"x"}, "key": {"page:1"}, "link": {link}})
			if taken := sent.Code == http.StatusCreated; taken != tt.want {
				t.Errorf("taken %t: %d", taken, sent.Code)
			}
		})
	}
}

// A report becomes a pending event in which nobody finds the name; sent twice it is one; what is wrong is said with what
// was written still in the form, and hostile text is text.
func TestReport(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.OpenReports = true })
	form := url.Values{
		"what": {"The printer prints <script>alert(1)</script>"}, "when": {"2026-11-02T09:30"}, "name": {"Ines Informant"}, "contact": {"1234"},
		"kind": {"strange_behaviour"}, "ongoing": {"yes"}, "key": {"page:k"}, "channel": {"phone"},
	}
	var reference string
	for range 2 {
		got := w.visit(http.MethodPost, "/report", "", form)
		m := regexp.MustCompile("<code>(202611-[0-9a-f]{32})</code>").FindStringSubmatch(got.Body.String())
		if got.Code != http.StatusCreated || m == nil || reference != "" && m[1] != reference {
			t.Fatalf("%d %s", got.Code, got.Body)
		}
		reference = m[1]
	}
	e, err := w.store.Event(t.Context(), reference)
	if err != nil || e.Report == nil || e.Report.Channel != "form" || e.Report.Informant == "" || !e.First.Equal(t0.Add(-30*time.Minute)) || e.Rule.Level != "high" {
		t.Errorf("%+v, %v", e.Report, err)
	}
	page := w.visit(http.MethodGet, "/events/"+reference, "", nil).Body.String()
	if strings.Contains(page, "Ines") || strings.Contains(page, "<script>alert") || !strings.Contains(page, e.Report.Informant) {
		t.Errorf("the event's page: %s", page)
	}
	form.Set("when", "2027-01-01")
	form.Set("key", "page:l")
	if got := w.visit(http.MethodPost, "/report", "", form); got.Code != http.StatusUnprocessableEntity || !strings.Contains(got.Body.String(), "in the future") || !strings.Contains(got.Body.String(), "Ines Informant") {
		t.Errorf("%d %s", got.Code, got.Body)
	}
}

func TestReportsOfNobodyAreLimited(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.OpenReports = true })
	send := func(token string) int {
		return w.visit(http.MethodPost, "/report", token, url.Values{"what": {"x"}, "key": {formKey()}}).Code
	}
	for n := range unknownReports {
		if code := send(""); code != http.StatusCreated {
			t.Fatalf("report %d: %d", n, code)
		}
	}
	if code := send(""); code != http.StatusTooManyRequests {
		t.Errorf("one too many: %d", code)
	}
	if code := send(viewerToken); code != http.StatusCreated {
		t.Errorf("somebody who is known: %d", code)
	}
	w.now = w.now.Add(time.Hour)
	if code := send(""); code != http.StatusCreated {
		t.Errorf("an hour later: %d", code)
	}
}

func press(t *testing.T) *dossier.Press {
	t.Helper()
	p, err := dossier.New("")
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// The report of an incident is a document of its own, which loads and runs nothing.
func TestIncidentReportOnThePage(t *testing.T) {
	w := newWorld(t, nil)
	i, err := w.register.Do(t.Context(), register.Command{ID: "c", Action: tocsin.ActCreate, Title: "<script>alert(1)</script>\u202egpj.exe", By: tocsin.Actor{Kind: "person", ID: "cora"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []register.Command{
		{Action: tocsin.ActAssign, Teams: []string{"windows"}}, {Action: tocsin.ActHold, Reason: "waiting <b>"},
	} {
		c.ID, c.Incident, c.By = string(c.Action), i.ID, tocsin.Actor{Kind: "person", ID: "cora"}
		if _, err := w.register.Do(t.Context(), c); err != nil {
			t.Fatal(err)
		}
	}
	shown := w.visit(http.MethodGet, "/incidents/"+i.ID, "", nil).Body.String()
	for _, want := range []string{"windows <span", "waiting &lt;b&gt;", "/incidents/" + i.ID + "/report"} {
		if !strings.Contains(shown, want) {
			t.Errorf("no %q on the page", want)
		}
	}
	got := w.visit(http.MethodGet, "/incidents/"+i.ID+"/report", "", nil)
	if !strings.Contains(got.Body.String(), "<h1>"+i.Number) || strings.Contains(got.Body.String(), "<script>") || got.Header().Get("Content-Security-Policy") != dossier.Policy || !strings.Contains(got.Body.String(), `\u{202E}gpj.exe`) || strings.Contains(got.Body.String(), "\u202e") {
		t.Errorf("%v %s", got.Header(), got.Body)
	}
}
