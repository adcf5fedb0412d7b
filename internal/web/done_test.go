package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"tocsin"
)

// TestCommandSaysThatItIsDone: the page after a command says what was done, to whoever gave it and nobody else.
func TestCommandSaysThatItIsDone(t *testing.T) {
	w := newWorld(t, nil)
	i := w.incident("0e1", "Password spray", "ann")
	cora := w.signIn(coordinatorToken)
	a := w.post("/incidents/"+i.ID+"/declare", "revision=1&key=page:d&text=", "Cookie", cora)
	if a.StatusCode != http.StatusSeeOther {
		t.Fatal(a.Status)
	}
	to := a.Header.Get("Location")
	page := w.get(to, "Cookie", cora).body
	if !strings.Contains(page, "Declare: done at ") || !strings.Contains(page, `<title>Declare: done, `+i.Number) {
		t.Errorf("%s does not say what was done", to)
	}
	if page = w.get(to, "Cookie", w.signIn(leadToken)).body; strings.Contains(page, "done at ") {
		t.Error("somebody else is told that they did it")
	}
	if page = w.get("/incidents/"+i.ID+"?done=page:no", "Cookie", cora).body; strings.Contains(page, "done at ") {
		t.Error("what nobody did is told of")
	}
	if page = w.post("/incidents/"+i.ID+"/declare", "revision=2&key=page:e&text=", "Cookie", cora).body; !strings.Contains(page, "<title>Not done, "+i.Number) {
		t.Error("the title does not say that it was refused")
	}
}

// TestBrowserFocusAfterACommand: whoever gives a command by the keyboard, and hears the page, is where it says how it went.
func TestBrowserFocusAfterACommand(t *testing.T) {
	b := chromium(t)
	w := newWorld(t, nil)
	i := w.incident("0e1", "Password spray", "ann")
	w.letter("json", "no alert", "<")
	w.opts.Dispose = nil
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)
	b.as(coordinatorToken)
	const at = `document.activeElement.matches('%s') && document.activeElement.getBoundingClientRect().top >= 0 && document.activeElement.getBoundingClientRect().bottom <= innerHeight`
	b.open(server.URL + "/incidents/" + i.ID)
	b.give("declare", nil)
	b.until(strings.Replace(at, "%s", ".done", 1))
	if now, err := w.register.Incident(t.Context(), i.ID); err != nil || now.Status != tocsin.Declared {
		t.Fatalf("it is %s: %v", now.Status, err)
	}
	b.submit("merge", `document.querySelector('#merge-into').value = 'INC-1-1'`) // there is none
	b.until(strings.Replace(at, "%s", ".refused", 1))
	_ = b.taken() // the browser logs the refusal's status
}
