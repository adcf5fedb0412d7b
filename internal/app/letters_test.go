package app_test

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
	"tocsin/internal/app"
)

// dispose does something with a dead letter by the API.
func (h *house) dispose(id, action, why string) {
	h.t.Helper()
	dispose(h.t, h.url, h.cfg.DataDir, id, action, why)
}

func dispose(t *testing.T, url, folder, id, action, why string) {
	t.Helper()
	token, err := os.ReadFile(filepath.Join(folder, app.Token))
	if err != nil {
		t.Fatal(err)
	}
	req, err := http.NewRequest(http.MethodPost, url+"/api/v1/dead-letters/"+id+"/"+action, strings.NewReader(fmt.Sprintf(`{"reason":%q}`, why)))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+strings.TrimSpace(string(token)))
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if text, _ := io.ReadAll(resp.Body); resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %s %s", action, id, resp.Status, text)
	}
}

// Records that no decoder could read become, once one can, the alerts that they would have been, with what follows from
// them; sent again once more, they change nothing.
func TestRedrive(t *testing.T) {
	h := newHouse(t)
	h.cfg.Intake.Format = "cef" // which they are not
	_, stop := h.open()
	at := time.Now().UTC().Truncate(time.Second)
	var body strings.Builder
	for i := range 10 {
		fmt.Fprintf(&body, `{"@timestamp":%q,"event":{"category":"authentication","outcome":"failure"},"source":{"ip":"203.0.113.7"},"user":{"name":"root"}}`+"\n", at.Add(time.Duration(i)*time.Second).Format(time.RFC3339))
	}
	if got := h.send([]byte(body.String())); got.Accepted != 10 {
		t.Fatalf("%+v", got)
	}
	h.settled(0, 10)
	letters := deadLetters(t, h.url)
	stop()
	if n := len(h.events()); n != 0 {
		t.Fatalf("%d events", n)
	}
	h.cfg.Intake.Format = "auto"
	_, stop = h.open()
	for _, l := range letters {
		h.dispose(l.ID, "redrive", "the format was wrong")
	}
	h.settled(10, 10)
	for _, l := range letters {
		var a struct{ ID string }
		get(t, h.url+"/api/v1/alerts/"+tocsin.AlertID(l.Tenant, l.Ref, l.SHA256), &a)
	}
	stop()
	events := h.events()
	if len(events) == 0 {
		t.Fatal("no event came of them")
	}
	_, stop = h.open()
	for _, l := range letters {
		h.dispose(l.ID, "redrive", "once more")
	}
	h.dispose(letters[0].ID, "discard", "it has become an alert")
	h.settled(10, 10)
	var one struct{ Dispositions []tocsin.Disposition }
	get(t, h.url+"/api/v1/dead-letters/"+letters[0].ID, &one)
	if len(one.Dispositions) != 3 || one.Dispositions[2].Action != tocsin.Discarded || one.Dispositions[2].By.ID == "" || one.Dispositions[2].Why == "" {
		t.Errorf("what was done with it: %+v", one.Dispositions)
	}
	stop()
	if diff := cmp.Diff(events, h.events()); diff != "" {
		t.Errorf("events changed (-once +twice):\n%s", diff)
	}
	h.settled(10, 10)
}
