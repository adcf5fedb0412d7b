package web

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"tocsin"
	"tocsin/register"
)

// as sends a token with all that the tab asks for.
func (b *browser) as(token string) {
	b.t.Helper()
	headers := network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Authorization": "Bearer " + token}}
	if _, err := chromedp.Call(b.ctx, network.SetExtraHTTPHeaders, headers); err != nil {
		b.t.Fatal(err)
	}
}

// press types keys into the page.
func (b *browser) press(keys string) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, chromedp.KeyEvent(keys)); err != nil {
		b.t.Fatal(err)
	}
}

// until waits for an expression to hold.
func (b *browser) until(expression string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 3*time.Minute)
	defer cancel()
	for {
		_, err := chromedp.Run(ctx, chromedp.Poll[bool](expression))
		switch {
		case err == nil:
			return
		case ctx.Err() != nil:
			b.t.Fatalf("%s: %v; the page is\n%.2000s", expression, err, evaluate[string](b, `document.body.innerText`))
		} // a page that goes away meanwhile is no answer
	}
}

// TestBrowserWork works incidents in a real browser: by the keyboard alone, several at once, with the list that changes
// under the reader, and beside somebody else.
func TestBrowserWork(t *testing.T) {
	b := chromium(t)
	w := newWorld(t, nil)
	one, two := w.incident("0e1", "Password spray", "ann"), w.incident("0e2", "Web shell", "bert")
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)
	b.as(coordinatorToken)
	for _, scheme := range []string{"light", "dark"} {
		for _, width := range []int64{390, 1280} {
			for name, path := range map[string]string{"signed-in": "/", "commands": "/incidents/" + one.ID} {
				b.view(scheme, width)
				b.open(server.URL + path)
				_ = evaluate[int](b, unfolded)
				b.none(name, "pale texts", evaluate[[]string](b, pale))
				b.none(name, "unnamed fields", evaluate[[]string](b, strings.ReplaceAll(unnamed, "!e.labels.length", "!e.labels.length && !e.ariaLabel")))
				if wide := evaluate[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 {
					t.Errorf("%s %s %d: %d px wider than the window", name, scheme, width, wide)
				}
				b.keep("/"+name, scheme, width)
			}
		}
	}

	b.open(server.URL + "/")
	b.press("jjk")
	if row := evaluate[string](b, `document.querySelector('tr.current').id`); row != "i"+one.ID && row != "i"+two.ID {
		t.Fatalf("the current row is %q", row)
	}
	b.press("x")
	if n := evaluate[int](b, `document.querySelectorAll('#queue input:checked').length`); n != 1 {
		t.Errorf("%d rows are chosen", n)
	}
	// What comes in is shown without a reload, and the place and the choice are kept.
	place := evaluate[string](b, `document.querySelector('tr.current').id`)
	three := w.incident("0e3", "Data leak", "carl")
	b.until(`!!document.getElementById('i` + three.ID + `')`)
	if now := evaluate[string](b, `document.querySelector('tr.current')?.id + document.querySelectorAll('#queue input:checked').length`); now != place+"1" {
		t.Errorf("the place was %s1, and is %s", place, now)
	}
	b.press("\r")
	b.until(`location.pathname === '/incidents/` + strings.TrimPrefix(place, "i") + `'`)

	// Two people at once: the second is told who did what, and nothing is overwritten.
	b.open(server.URL + "/incidents/" + one.ID)
	if _, err := w.register.Do(t.Context(), register.Command{
		ID: "other", Action: tocsin.ActDeclare, Incident: one.ID, By: tocsin.Actor{Kind: "person", ID: "eve", Role: "lead"},
	}); err != nil {
		t.Fatal(err)
	}
	b.submit("assign", `document.querySelector('#assign-assignee').value = 'dora'`)
	b.until(`document.querySelector('.refused')?.innerText.includes('eve: declare at')`)
	if i, err := w.register.Incident(t.Context(), one.ID); err != nil || i.Assignee != "" || i.Revision != 2 {
		t.Errorf("it is of %q at revision %d: %v", i.Assignee, i.Revision, err)
	}
	_ = b.taken() // the browser logs the refusal's status
	b.submit("assign", `document.querySelector('#assign-assignee').value = 'dora'`)
	b.until(`document.body.innerText.includes('assignee dora')`)
	b.none("commands", "faults", b.taken())
}

// submit opens a command's form, fills it and sends it.
func (b *browser) submit(action, fill string) {
	b.t.Helper()
	b.until(`document.readyState === 'complete'`) // what stands above a form is there before it
	_ = evaluate[int](b, `(() => { const f = document.querySelector('form[data-action=`+action+`]'); f.closest('details').open = true; `+fill+`; f.requestSubmit(); return 1; })()`)
}

// TestBrowserWithoutScript shows and does the same where scripts do not run.
func TestBrowserWithoutScript(t *testing.T) {
	b := chromium(t)
	w := newWorld(t, nil)
	i := w.incident("0e1", "Password spray", "ann")
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)
	b.as(coordinatorToken)
	if _, err := chromedp.Call(b.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(b.ctx, 3*time.Minute)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(server.URL+"/")); err != nil {
		t.Fatal(err)
	}
	for _, step := range []string{`.title a`, `.command:first-child summary`, `form[data-action=declare] button`} {
		if err := chromedp.Do(ctx, chromedp.Click(step)); err != nil {
			t.Fatalf("%s: %v", step, err)
		}
	}
	if err := chromedp.Do(ctx, chromedp.WaitReady(`form[data-action=acknowledge]`)); err != nil {
		t.Fatal(err)
	}
	if now, err := w.register.Incident(t.Context(), i.ID); err != nil || now.Status != tocsin.Declared {
		t.Errorf("it is %s: %v", now.Status, err)
	}
}

// await waits for a promise.
func (b *browser) await(promise string) {
	b.t.Helper()
	if _, err := chromedp.Run(b.ctx, chromedp.Evaluate[int](promise, chromedp.EvalAwaitPromise)); err != nil {
		b.t.Fatal(err)
	}
}
