package web

import (
	"net/http/httptest"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"tocsin"
	"tocsin/register"
)

// slow makes the connection one of 400 ms and 50 kB a second.
func (b *browser) slow() {
	b.t.Helper()
	conditions := network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{
		{Latency: 400, DownloadThroughput: 50_000, UploadThroughput: 20_000},
	}}
	if _, err := chromedp.Call(b.ctx, network.EmulateNetworkConditionsByRule, conditions); err != nil {
		b.t.Fatal(err)
	}
}

// TestBrowserSlow works the queue by keyboard where every answer takes its time: what is pressed twice is done once, the
// page says that it works, and the page is small enough to come soon.
func TestBrowserSlow(t *testing.T) {
	b := chromium(t)
	w := newWorld(t, nil)
	one := w.incident("0e1", "Password spray", "ann")
	if _, err := w.register.Do(t.Context(), register.Command{ID: "d", Action: tocsin.ActDeclare, Incident: one.ID, By: tocsin.Actor{Kind: "person", ID: "eve", Role: "lead"}}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)
	b.as(coordinatorToken)
	b.slow()
	b.open(server.URL + "/")
	const answers = `performance.getEntries().filter(e => 'transferSize' in e && !e.name.endsWith('/live'))`
	if n, size := evaluate[int](b, answers+`.length`), evaluate[int](b, answers+`.reduce((sum, e) => sum + e.transferSize, 0)`); n > 6 || size == 0 || size > 40_000 {
		t.Errorf("the queue takes %d answers of %d bytes", n, size)
	}
	before := evaluate[string](b, `document.querySelector('.clock[data-due] .left').textContent`)
	b.until(`document.querySelector('.clock[data-due] .left').textContent !== '` + before + `'`) // time left goes on
	b.press("j")
	b.press("?")
	if !evaluate[bool](b, `document.querySelector('.keys').open && document.querySelector('tr.current').id === 'i`+one.ID+`'`) {
		t.Error("j chooses no row, or ? shows no help")
	}
	b.press("aa")
	b.until(`location.pathname === '/incidents' && document.body.innerText.includes('1 of 1 incident')`)
	if i, err := w.register.Incident(t.Context(), one.ID); err != nil || i.Status != tocsin.Acknowledged || i.Revision != 3 {
		t.Errorf("it is %s at revision %d: %v", i.Status, i.Revision, err)
	}
	b.open(server.URL + "/")
	b.press("j\r")
	b.until(`!document.getElementById('wait').hidden || location.pathname !== '/'`)
	b.until(`location.pathname === '/incidents/` + one.ID + `' && !!document.querySelector('h1')`)
	b.none("a slow connection", "faults", b.taken())
}
