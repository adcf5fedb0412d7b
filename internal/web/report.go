package web

import (
	"crypto/subtle"
	"errors"
	"net/http"
	"strings"
	"sync"
	"time"

	"tocsin"
	"tocsin/internal/auth"
	"tocsin/internal/reports"
)

// unknownReports is how many reports an hour are taken from people who are not signed in: a form that is open to many
// must not fill the queue.
const unknownReports = 60

// A reportView is the form for reports, and what became of one.
type reportView struct {
	Kinds    []reports.Kind
	Channels []string
	In       reports.Input
	Link     string // by which the form was reached; "" for none
	Key      string
	Faults   []string
	Taken    string // the reference of the report that was taken
	Known    bool   // somebody is signed in, who may write down what another one tells
}

// A quota counts what people who are not signed in reported this hour.
type quota struct {
	mu   sync.Mutex
	hour time.Time
	n    int
}

func (q *quota) take(now time.Time) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if hour := now.Truncate(time.Hour); !hour.Equal(q.hour) {
		q.hour, q.n = hour, 0
	}
	q.n++
	return q.n <= unknownReports
}

// reporter tells who reports, and whether they may: whoever is signed in; anybody on this machine where reports are
// open; whoever has the link that was given out.
func (p *pages) reporter(r *http.Request, link string) (id auth.Identity, known, may bool) {
	id, ok := p.identify(r)
	known = ok && id.Actor != nobody()
	linked := p.ReportLink != "" && subtle.ConstantTimeCompare([]byte(link), []byte(p.ReportLink)) == 1
	return id, known, known || linked || ok && p.OpenReports
}

// nobody is who reads without a token on this machine.
func nobody() tocsin.Actor { return tocsin.Actor{Kind: "person", ID: "local", Role: "viewer"} }

func (p *pages) reportForm(w http.ResponseWriter, r *http.Request) {
	link := r.URL.Query().Get("link")
	_, known, may := p.reporter(r, link)
	if !may {
		p.askToSignIn(w, r)
		return
	}
	p.showReport(w, r, http.StatusOK, reportView{Link: link, Known: known})
}

func (p *pages) showReport(w http.ResponseWriter, r *http.Request, status int, v reportView) {
	v.Kinds, v.Channels = reports.Kinds(), tocsin.Channels()
	if v.Key == "" {
		v.Key = formKey()
	}
	p.render(w, r, status, "report", "Report something", "report", v)
}

// report takes what the form says. The form's own key makes it one report, however often it is sent.
func (p *pages) report(w http.ResponseWriter, r *http.Request) {
	link, key := r.PostFormValue("link"), r.PostFormValue("key")
	id, known, may := p.reporter(r, link)
	if !may {
		p.askToSignIn(w, r)
		return
	}
	text := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	v := reportView{Link: link, Known: known, Key: key, In: reports.Input{
		What: text("what"), When: text("when"), Where: text("where"), Kind: text("kind"), Ongoing: r.PostFormValue("ongoing") != "",
		Name: text("name"), Contact: text("contact"), Channel: "form",
	}}
	if known && text("channel") != "" {
		v.In.Channel = text("channel")
	}
	if !known && !p.reported.take(p.Now()) {
		v.Faults = []string{"Too many reports came in this hour. If it is urgent, call the security team."}
		p.showReport(w, r, http.StatusTooManyRequests, v)
		return
	}
	if !strings.HasPrefix(key, "page:") {
		v.Key, v.Faults = "", []string{"The form was not complete: send it again."}
		p.showReport(w, r, http.StatusBadRequest, v)
		return
	}
	r = r.WithContext(auth.With(r.Context(), id))
	if err := p.Trail.Begins(r.Context(), "report", "/reports"); err != nil {
		p.fail(w, r, err)
		return
	}
	e, err := p.Reports.Take(r.Context(), id.Tenant, key, v.In)
	outcome, reason := tocsin.AuditDone, ""
	fault, refused := errors.AsType[*reports.Fault](err)
	switch {
	case refused:
		outcome, reason = tocsin.AuditRefused, fault.Error()
	case err != nil:
		outcome = tocsin.AuditFailed
	}
	p.Trail.Notes(r.Context(), "report", "/reports", outcome, reason)
	switch {
	case refused:
		v.Faults = fault.Faults
		p.showReport(w, r, http.StatusUnprocessableEntity, v)
	case err != nil:
		p.fail(w, r, err)
	default:
		p.showReport(w, r, http.StatusCreated, reportView{Link: link, Known: known, Taken: e.ID})
	}
}
