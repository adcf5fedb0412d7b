package api

import (
	"net/http"
	"strings"
	"testing"

	"tocsin"
	"tocsin/register"
)

// An original that was disposed of is told to be gone, by whom and why; the list says so too.
func TestDisposedOriginal(t *testing.T) {
	w := newWorld(t, nil)
	i := w.restrict()
	id := w.exhibit(i.ID)
	err := w.register.Handle(t.Context(), register.Handling{
		Log: register.CustodyID(i.ID), Tenant: i.Tenant, Action: tocsin.ActDispose, By: tocsin.Actor{Kind: "person", ID: "ann", Role: "admin"}, Reason: "policy 3",
		Data: map[string]any{"exhibits": []map[string]any{{"id": id}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.store.DropOriginals(t.Context(), i.ID, []string{id}); err != nil {
		t.Fatal(err)
	}
	a := w.do("admin", "GET", "/incidents/"+i.ID+"/evidence/"+id, "")
	if p := a.problem(t); a.StatusCode != http.StatusGone || !strings.Contains(p.Detail, "was disposed of on ") || !strings.Contains(p.Detail, "by ann: policy 3") {
		t.Errorf("%s: %s", a.Status, a.body)
	}
	if a := w.do("admin", "GET", "/incidents/"+i.ID+"/evidence", ""); !strings.Contains(a.body, `"disposed":{"at":`) {
		t.Errorf("listed: %s", a.body)
	}
}
