package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// heaviest is what a page may weigh, before it is packed.
const heaviest = 150_000

// TestNoFieldMakesAPageHeavy: one field of an alert that is long, and of what takes most room on a page, leaves every page
// light. The whole of it is a click away. The report is no page: it is a document that has all.
func TestNoFieldMakesAPageHeavy(t *testing.T) {
	for name, text := range map[string]string{"words": strings.Repeat("one word after another ", 450), "quotes": strings.Repeat(`"'`, 5000), "unseen": strings.Repeat("\u202e", 10000)} {
		w := newWorld(t, nil)
		i := w.incident("0e1", "Password spray", text)
		w.letter("json", text, text)
		paths := []string{
			"/", "/incidents/" + i.ID, "/incidents/" + i.ID + "?preview=1", "/events/202611-0e1", "/alerts/a-0e1", "/dead-letters", "/health",
			"/entities?value=" + url.QueryEscape(text[:900]), "/rules/r1", "/rules/r1/draft?kind=exception&event=202611-0e1",
		}
		for _, path := range paths {
			a := w.get(path, "Authorization", "Bearer "+leadToken)
			if a.StatusCode != http.StatusOK || len(a.body) > heaviest {
				t.Errorf("%s: %.60s: %s, %d bytes", name, path, a.Status, len(a.body))
			}
		}
		all := w.get("/alerts/a-0e1?whole=1")
		if !strings.Contains(w.get("/alerts/a-0e1").body, "/alerts/a-0e1?whole=1") || !strings.Contains(all.body, "user.name") || len(all.body) < 2*len(text) {
			t.Errorf("%s: what was cut is no click away", name)
		}
	}
}
