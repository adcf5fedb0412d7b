package api

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"tocsin"
)

func (w *world) reported(role, body, key string) (ReportReceipt, reply) {
	w.t.Helper()
	var r ReportReceipt
	a := w.do(role, http.MethodPost, "/reports", body, "Idempotency-Key", key)
	_ = json.Unmarshal([]byte(a.body), &r)
	return r, a
}

// A report is taken once by its key, becomes an event that is assessed, and its informant is a lead's to see and to
// erase: the log still holds, with a token and a commitment.
func TestReports(t *testing.T) {
	w := newWorld(t, nil)
	body := `{"what":"A laptop was stolen from the car","kind":"lost_device","ongoing":true,"name":"Ines","contact":"1234","channel":"phone"}`
	r, a := w.reported("viewer", body, "k")
	if a.StatusCode != http.StatusCreated || r.State != "promoted" || r.Incident == "" {
		t.Fatalf("%s %s", a.Status, a.body)
	}
	if again, _ := w.reported("viewer", body, "k"); again != r {
		t.Errorf("the same again: %+v, first %+v", again, r)
	}
	var i tocsin.Incident
	if err := json.Unmarshal([]byte(w.do("viewer", http.MethodGet, "/incidents/"+r.Incident, "").body), &i); err != nil || i.Discovery != "phone" || i.Informant == "" || i.Timeline["reported"].IsZero() || i.Means != "" || i.Status != tocsin.Proposed {
		t.Errorf("%+v, %v", i, err)
	}
	path := "/informants/" + i.Informant
	for _, role := range []string{"viewer", "analyst", "coordinator"} {
		if a := w.do(role, http.MethodGet, path, ""); a.StatusCode != http.StatusForbidden {
			t.Errorf("%s sees who it was: %s", role, a.Status)
		}
	}
	if a := w.do("lead", http.MethodGet, path, ""); !strings.Contains(a.body, `"name":"Ines"`) {
		t.Errorf("a lead: %s %s", a.Status, a.body)
	}
	if a := w.do("lead/other", http.MethodGet, path, ""); a.StatusCode != http.StatusNotFound {
		t.Errorf("a lead of another tenant: %s", a.Status)
	}
	if a := w.do("lead", http.MethodPost, path+"/erase", `{}`); a.StatusCode != http.StatusConflict {
		t.Errorf("erased without a reason: %s", a.Status)
	}
	if a := w.do("lead", http.MethodPost, path+"/erase", `{"reason":"GDPR Art. 17"}`); a.StatusCode != http.StatusOK || strings.Contains(a.body, "Ines") {
		t.Errorf("erase: %s %s", a.Status, a.body)
	}
	if a := w.do("lead", http.MethodGet, path, ""); strings.Contains(a.body, "Ines") || !strings.Contains(a.body, "GDPR") {
		t.Errorf("after: %s", a.body)
	}
	log := w.do("viewer", http.MethodGet, "/incidents/"+i.ID+"/log", "").body
	if strings.Contains(log, "Ines") || !strings.Contains(log, i.Informant) {
		t.Errorf("the log: %s", log)
	}
}

func TestReportsThatCannotBeTaken(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.OpenReads = true })
	if _, a := w.reported("", `{"what":"x"}`, "k"); a.StatusCode != http.StatusUnauthorized {
		t.Errorf("nobody: %s", a.Status)
	}
	_, a := w.reported("viewer", `{"what":" ","when":"2027-01-01","kind":"mesage","channel":"pigeon"}`, "k")
	if p := a.problem(t); a.StatusCode != http.StatusUnprocessableEntity || len(p.Errors) != 4 || !strings.Contains(a.body, "did you mean message?") {
		t.Errorf("%s %s", a.Status, a.body)
	}
	w = newWorld(t, func(o *Options) { o.OpenReads, o.OpenReports = true, true })
	if r, a := w.reported("", `{"what":"x"}`, ""); a.StatusCode != http.StatusCreated || r.State != "pending" {
		t.Errorf("nobody where it is open: %s %s", a.Status, a.body)
	}
}
