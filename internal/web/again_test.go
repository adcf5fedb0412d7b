package web

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
)

var (
	againForm = regexp.MustCompile(`(?s)<form method="post" action="([^"]*)" class="again">(.*?)</form>`)
	hiddenIn  = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)
)

// sendAgain sends what the page offers to send again.
func (w *world) sendAgain(page, cookie string) answer {
	w.t.Helper()
	found := againForm.FindStringSubmatch(page)
	if found == nil {
		w.t.Fatalf("nothing can be sent again:\n%s", page)
	}
	form := url.Values{}
	for _, in := range hiddenIn.FindAllStringSubmatch(found[2], -1) {
		form.Add(html.UnescapeString(in[1]), html.UnescapeString(in[2]))
	}
	return w.post(html.UnescapeString(found[1]), form.Encode(), "Cookie", cookie)
}

// TestWhatWasWrittenIsSentAgain: whose session ended while they wrote signs in beside the page, and sends the same again;
// so does whom the register did not answer.
func TestWhatWasWrittenIsSentAgain(t *testing.T) {
	for name, open := range map[string]bool{"reading is open": true, "reading needs a session": false} {
		w := newWorld(t, func(o *Options) { o.OpenReads = open })
		i := w.incident("0e1", "Password spray", "ann")
		cookie, text := w.signIn(coordinatorToken), "web1 is <b>down</b> & \"out\",\nann was called"
		w.now = w.now.Add(time.Hour)
		form := url.Values{"revision": {"1"}, "key": {"page:k"}, "text": {text}}
		a := w.post("/incidents/"+i.ID+"/comment", form.Encode(), "Cookie", cookie)
		if !strings.Contains(a.body, `target="_blank"`) || open && !strings.Contains(a.body, "your session has ended") {
			t.Errorf("%s: %s does not say how to go on", name, a.Status)
		}
		a = w.sendAgain(a.body, w.signIn(coordinatorToken))
		entries, err := w.store.Entries(t.Context(), i.ID, 2)
		if a.StatusCode != http.StatusSeeOther || err != nil || len(entries) != 1 || strings.ReplaceAll(entries[0].Text, "\r\n", "\n") != text {
			t.Errorf("%s: %s, the log has %v (%v)", name, a.Status, entries, err)
		}
	}
	w := newWorld(t, func(o *Options) { o.Register = silent{o.Register} })
	i := w.incident("0e1", "Password spray", "ann")
	a := w.post("/incidents/"+i.ID+"/comment", "key=page:c&revision=1&text=called", "Cookie", w.signIn(coordinatorToken))
	if !againForm.MatchString(a.body) || strings.Contains(a.body, `target="_blank"`) {
		t.Errorf("a register that is silent: %s", a.Status)
	}
	if a = w.post("/login", "token=secret&next=/"); strings.Contains(a.body, "secret") {
		t.Error("what one signs in by is shown")
	}
}
