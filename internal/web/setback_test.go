package web

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/register"
)

// TestSetbackKeepsWhatWasWritten: whoever is refused, or was overtaken, has nothing to write again.
func TestSetbackKeepsWhatWasWritten(t *testing.T) {
	w := newWorld(t, nil)
	i := w.incident("0e1", "Password spray", "ann")
	cookie := w.signIn(coordinatorToken)
	eve := tocsin.Actor{Kind: "person", ID: "eve", Role: "lead"}
	do := func(id string, act tocsin.Action) {
		t.Helper()
		if _, err := w.register.Do(t.Context(), register.Command{ID: id, Action: act, Incident: i.ID, By: eve}); err != nil {
			t.Fatal(err)
		}
	}
	do("1", tocsin.ActDeclare)
	summary := "web1 is <b>down</b>,\nann was called"
	form := "key=page:h&coordinator=dan&text=web1+is+%3Cb%3Edown%3C%2Fb%3E,%0Aann+was+called&revision="
	a := w.post("/incidents/"+i.ID+"/hand_over", form+"1", "Cookie", cookie)
	if a.StatusCode != http.StatusConflict || !strings.Contains(a.body, "eve: declare at") {
		t.Fatalf("overtaken: %s", a.Status)
	}
	_, open, _ := strings.Cut(a.body, `name="command" open>`)
	open, _, _ = strings.Cut(open, "</form>")
	for _, want := range []string{`data-action="hand_over"`, `value="dan"`, `&lt;b&gt;down&lt;/b&gt;,` + "\n" + `ann was called</textarea>`, `name="revision" value="2"`} {
		if !strings.Contains(open, want) {
			t.Errorf("the form that is open lacks %s:\n%s", want, open)
		}
	}
	a = w.post("/incidents/"+i.ID+"/close", "key=page:c&disposition=true_positive_impact&failed_controls=A.8.2&text=over&revision=2", "Cookie", cookie)
	if a.StatusCode != http.StatusConflict || !strings.Contains(a.body, `value="A.8.2"`) || !strings.Contains(a.body, ">over</textarea>") || !strings.Contains(a.body, `value="true_positive_impact" selected`) {
		t.Errorf("a close that lacks something: %s", a.Status)
	}
	do("2", tocsin.ActAcknowledge) // the form to acknowledge is gone
	a = w.post("/incidents/"+i.ID+"/acknowledge", "key=page:a&text=I+look+at+web1&revision=2", "Cookie", cookie)
	if a.StatusCode != http.StatusConflict || !strings.Contains(a.body, "as you wrote it") || !strings.Contains(a.body, "I look at web1</pre>") {
		t.Errorf("what was written in a form that is gone is lost: %s", a.Status)
	}
	w.now = w.now.Add(time.Hour) // the session ends meanwhile
	a = w.post("/incidents/"+i.ID+"/hand_over", form+"3", "Cookie", cookie)
	if want := strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(summary); !strings.Contains(a.body, want) || !strings.Contains(a.body, "/login?next=%2Fincidents%2F"+i.ID) {
		t.Errorf("a session that ended: %s\n%s", a.Status, a.body)
	}
}

// silent is a register that does not answer a command.
type silent struct{ Register }

func (silent) Do(context.Context, register.Command) (tocsin.Incident, error) {
	return tocsin.Incident{}, errors.New("database is locked")
}

// TestNothingWrittenIsLostWhileTheRegisterIsSilent: the page says so, and shows what was written.
func TestNothingWrittenIsLostWhileTheRegisterIsSilent(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Register = silent{o.Register} })
	i := w.incident("0e1", "Password spray", "ann")
	a := w.post("/incidents/"+i.ID+"/comment", "key=page:c&revision=1&text=ann+was+%3Cb%3Ecalled", "Cookie", w.signIn(coordinatorToken))
	if a.StatusCode != http.StatusServiceUnavailable || !strings.Contains(a.body, "does not answer now") || !strings.Contains(a.body, "ann was &lt;b&gt;called</pre>") {
		t.Errorf("%s\n%s", a.Status, a.body)
	}
}
