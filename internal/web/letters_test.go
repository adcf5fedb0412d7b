package web

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"tocsin"
)

// TestLetters lists dead letters by reason and source, and does something with those that are chosen.
func TestLetters(t *testing.T) {
	var asked []string
	w := newWorld(t, func(o *Options) {
		o.Dispose = func(_ context.Context, id, tenant string, action tocsin.DispositionAction, by tocsin.Actor, why string) error {
			asked = append(asked, strings.Join([]string{id, tenant, string(action), by.ID, why}, " "))
			if id == "l2" {
				return errors.New("the record's <bytes> were not kept")
			}
			return nil
		}
	})
	for n, r := range []tocsin.Rejection{
		{ID: "l1", Tenant: "default", Source: "edge", Reason: "json", Stage: "decode", Detail: "no <b>JSON</b>", Raw: []byte("{<script>")},
		{ID: "l2", Tenant: "default", Source: "edge", Reason: "too_big", Stage: "intake"},
		{ID: "l3", Tenant: "other", Source: "theirs", Reason: "json", Stage: "decode"},
	} {
		r.Received, r.Ref = t0, tocsin.Ref{Topic: "in", Offset: int64(n)}
		if err := w.store.StoreRejections(t.Context(), []tocsin.Rejection{r}); err != nil {
			t.Fatal(err)
		}
	}
	lead := w.signIn(leadToken)
	if body := w.get("/dead-letters?reason=json", "Cookie", lead).body; !strings.Contains(body, `value="l1"`) || strings.Contains(body, `value="l2"`) || strings.Contains(body, `value="l3"`) || strings.Contains(body, "<script>") {
		t.Errorf("the list is %s", body)
	}
	if body := w.get("/dead-letters?source=nobody", "Cookie", lead).body; !strings.Contains(body, "Show all") {
		t.Error("a source without dead letters shows some")
	}
	for name, c := range map[string]struct {
		form, cookie string
		want         int
		text         string
	}{
		"a coordinator": {"command=redriven&letter=l1", w.signIn(coordinatorToken), http.StatusForbidden, "needs the role lead"},
		"none chosen":   {"command=redriven", lead, http.StatusConflict, "No dead letter was chosen"},
		"no reason":     {"command=discarded&letter=l1", lead, http.StatusConflict, "say why"},
		"no action":     {"command=burnt&letter=l1", lead, http.StatusNotFound, ""},
	} {
		if a := w.post("/dead-letters", c.form, "Cookie", c.cookie); a.StatusCode != c.want || !strings.Contains(a.body, c.text) {
			t.Errorf("%s: %s", name, a.Status)
		}
	}
	if asked != nil {
		t.Errorf("it was done all the same: %q", asked)
	}
	a := w.post("/dead-letters", "command=redriven&letter=l1&letter=l2&why=mended", "Cookie", lead)
	if a.StatusCode != http.StatusOK || !strings.Contains(a.body, "1 dead letter redriven") || !strings.Contains(a.body, "Not done with l2: the record&#39;s &lt;bytes&gt;") {
		t.Errorf("%s %s", a.Status, a.body)
	}
	if want := []string{"l1 default redriven lena mended", "l2 default redriven lena mended"}; !slices.Equal(asked, want) {
		t.Errorf("asked %q", asked)
	}
	if noted := w.noted(); !slices.Contains(noted, "lena redriven-dead-letter /dead-letters/l1 done") || !slices.Contains(noted, "lena redriven-dead-letter /dead-letters/l2 failed") {
		t.Errorf("noted %q", noted)
	}
}
