package web

import (
	"fmt"
	"net/http/httptest"
	"testing"
)

// mostShift is how much of a page may move by itself, as cumulative layout shift; good is below 0.1.
const mostShift = 0.02

// shifted is the sum of all shifts that no input of the reader's brought about, since the page was opened.
const shifted = `(() => {
	if (window.shift === undefined) {
		window.shift = 0;
		window.seen = new PerformanceObserver(list => { for (const e of list.getEntries()) if (!e.hadRecentInput) window.shift += e.value; });
		window.seen.observe({type: 'layout-shift', buffered: true});
	}
	for (const e of window.seen.takeRecords()) if (!e.hadRecentInput) window.shift += e.value;
	return window.shift;
})()`

// settled waits until what was drawn has been looked at.
const settled = `new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(() => done(1), 50))))`

// TestBrowserShift measures how much of each page moves while it loads, and of the queue while incidents come in.
func TestBrowserShift(t *testing.T) {
	b := chromium(t)
	w := newWorld(t, nil)
	paths := everyPage(w)
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)
	b.as(leadToken)
	measure := func(where string) float64 {
		t.Helper()
		_ = evaluate[float64](b, shifted)
		b.await(settled)
		moved := evaluate[float64](b, shifted)
		if moved > mostShift {
			t.Errorf("%s: %.4f of the page moved, and %.2f may", where, moved, mostShift)
		}
		return moved
	}
	worst := 0.0
	for _, width := range []int64{390, 1280} {
		b.view("light", width)
		for _, path := range paths {
			b.visit(server.URL + path)
			worst = max(worst, measure(fmt.Sprint(path, " ", width)))
		}
		b.open(server.URL + "/")
		came := w.incident(fmt.Sprint("5e", width), "Came in", fmt.Sprint("dora", width))
		b.until(`!!document.getElementById('i` + came.ID + `')`)
		worst = max(worst, measure(fmt.Sprint("an incident comes in, ", width)))
		_ = evaluate[int](b, `document.getElementById('entity').focus(), 1`)
		w.incident(fmt.Sprint("6e", width), "Came in too", fmt.Sprint("emil", width))
		b.until(`!document.getElementById('live').hidden`)
		worst = max(worst, measure(fmt.Sprint("it is told that one came in, ", width)))
	}
	t.Logf("at most %.4f of a page moved", worst)
	_ = evaluate[int](b, `document.querySelector('h1').insertAdjacentHTML('beforebegin', '<p class="moves"></p>'), document.querySelector('.moves').append(...Array.from({length: 40}, () => document.createElement('br'))), 1`)
	b.await(settled)
	if moved := evaluate[float64](b, shifted); moved < mostShift {
		t.Errorf("what pushes the whole page down is measured as %.4f", moved)
	}
}
