package web

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"tocsin"
)

// noted lists the audit log as who, action, object and outcome.
func (w *world) noted() []string {
	w.t.Helper()
	page, err := w.store.AuditEntries(w.t.Context(), tocsin.AuditQuery{})
	if err != nil {
		w.t.Fatal(err)
	}
	var all []string
	for _, e := range page.Items {
		all = append(all, strings.Join([]string{e.By.ID, e.Action, e.Object, string(e.Outcome)}, " "))
	}
	return all
}

func TestAudit(t *testing.T) {
	w := newWorld(t, nil)
	i := w.incident("1", "Password spray", "ann")
	declare := func(cookie string, revision int64) {
		w.post("/incidents/"+i.ID+"/declare", "key=page:"+strconv.FormatInt(revision, 10)+"&revision="+strconv.FormatInt(revision, 10), "Cookie", cookie)
	}
	for _, step := range []struct {
		do   func()
		want string
	}{
		{func() { w.post("/login", "token=wrong") }, " sign-in /login refused"},
		{func() { declare(w.signIn(viewerToken), i.Revision) }, "vic declare-incident /incidents/" + i.ID + " refused"},
		{func() { declare(w.signIn(coordinatorToken), i.Revision) }, "cora declare-incident /incidents/" + i.ID + " done"},
		{func() { declare(w.signIn(coordinatorToken), 99) }, "cora declare-incident /incidents/" + i.ID + " refused"},
		{func() { w.get("/alerts/a-1") }, "local get-alert /alerts/a-1 shown"},
		{func() { w.signIn(coordinatorToken) }, "cora sign-in /login done"},
	} {
		before := strings.Count(strings.Join(w.noted(), "\n"), step.want)
		step.do()
		if after := strings.Count(strings.Join(w.noted(), "\n"), step.want); after != before+1 {
			t.Errorf("%q is noted %d times more:\n%s", step.want, after-before, strings.Join(w.noted(), "\n"))
		}
	}
}

type fullDisk struct{}

func (fullDisk) Audit(context.Context, tocsin.AuditEntry) error { return errors.New("disk") }

// TestRecordNeedsTheAuditLog: what an alert was made of is not shown where that cannot be noted.
func TestRecordNeedsTheAuditLog(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Trail.Store = fullDisk{} })
	w.incident("1", "Password spray", "a canary")
	if a := w.get("/alerts/a-1"); a.StatusCode < http.StatusInternalServerError || strings.Contains(a.body, "a canary") {
		t.Errorf("%s: %.200s", a.Status, a.body)
	}
}
