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
		window.shift = 0; window.moved = [];
		const seen = e => { if (e.hadRecentInput) return; window.shift += e.value; for (const s of e.sources) window.moved.push([s.node?.nodeName, s.node?.className ?? s.node?.data, s.previousRect.x, s.previousRect.y, 'to', s.currentRect.x, s.currentRect.y].join(' ')); };
		window.count = seen;
		window.seen = new PerformanceObserver(list => list.getEntries().forEach(seen));
		window.seen.observe({type: 'layout-shift', buffered: true});
	}
	window.seen.takeRecords().forEach(window.count);
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
			t.Errorf("%s: %.4f of the page moved, and %.2f may: %v", where, moved, mostShift, evaluate[[]string](b, `window.moved`))
		}
		_ = evaluate[int](b, `window.shift = 0, window.moved = [], 1`)
		return moved
	}
	worst := 0.0
	widths := []int64{390, 1280}
	if testing.Short() {
		widths = widths[:1]
	}
	for _, width := range widths {
		b.view("light", width)
		for _, path := range paths {
			b.visit(server.URL + path)
			worst = max(worst, measure(fmt.Sprint(path, " ", width)))
		}
		b.open(server.URL + "/")
		came := w.incident(fmt.Sprint("5e", width), "Came in", fmt.Sprint("dora", width))
		b.until(`!!document.getElementById('i` + came.ID + `')`)
		worst = max(worst, measure(fmt.Sprint("an incident comes in, ", width)))
		_ = evaluate[int](b, `document.getElementById('title').focus(), 1`)
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
