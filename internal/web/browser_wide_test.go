package web

import (
	"net/http/httptest"
	"strings"
	"testing"
)

// TestBrowserWide: on a wide screen charts fill their panels, and their texts are as large as those around them.
func TestBrowserWide(t *testing.T) {
	b := chromium(t)
	w := newWorld(t, nil)
	i := w.incident("0e1", "Password spray", "ann")
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)
	const faults = `[...document.querySelectorAll('figure.chart svg')].flatMap(s => {
		const of = s.closest('section'), pad = parseFloat(getComputedStyle(of).paddingLeft), share = s.getBoundingClientRect().width / (of.clientWidth - 2 * pad);
		const size = s.querySelector('text.axis').getBoundingClientRect().height / 1.17;
		return [...(share < 0.98 ? ['fills ' + share.toFixed(2)] : []), ...(size < 9 || size > 17 ? ['text of ' + size.toFixed(1) + ' px'] : [])];
	})`
	for _, path := range []string{"/trends?metric=incidents&cohort=detected&counted_as=proposed&interval=day&from=2026-11-01&to=2026-11-04", "/entities?value=web1", "/rules/r2?ask=1", "/incidents/" + i.ID} {
		for _, width := range []int64{1280, 1440, 1920, 2560, 3840} {
			b.view("light", width)
			b.open(server.URL + path)
			if n := evaluate[int](b, `document.querySelectorAll('figure.chart svg').length`); n == 0 {
				t.Errorf("%s: no chart", path)
			}
			b.none(path, "charts", evaluate[[]string](b, faults))
			b.keep(path, "light", width)
		}
	}
}

// TestBrowserReportKeepsItsColumns opens the report of an incident in whose log somebody pasted one long word.
func TestBrowserReportKeepsItsColumns(t *testing.T) {
	b := chromium(t)
	w := newWorld(t, nil)
	i := w.incident("0e1", "Password spray", "ann")
	_ = w.post("/incidents/"+i.ID+"/comment", "revision=1&key=page:1&text="+strings.Repeat("L", 10_000), "Cookie", w.signIn(coordinatorToken))
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)
	for _, width := range []int64{390, 1280} {
		b.view("light", width)
		b.visit(server.URL + "/incidents/" + i.ID + "/report")
		narrow := evaluate[int](b, `Math.min(...[...document.querySelectorAll('.when')].map(e => e.offsetWidth), 999)`)
		if wide := evaluate[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); narrow < 70 || narrow == 999 || wide > 0 {
			t.Errorf("%d px: a column of times has %d px, and the page is %d px wider than the window", width, narrow, wide)
		}
	}
}
