package web

import (
	"fmt"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// narrow makes the window what is left of one of 1280 by 1024 px at 400 % (WCAG 2.2, 1.4.10).
func (b *browser) narrow() {
	b.t.Helper()
	size := emulation.SetDeviceMetricsOverrideParams{Width: 320, Height: 256, DeviceScaleFactor: 1}
	if _, err := chromedp.Call(b.ctx, emulation.SetDeviceMetricsOverride, size); err != nil {
		b.t.Fatal(err)
	}
}

// small finds what is hard to hit: smaller than 24 by 24 px and with another target nearer than that (WCAG 2.2, 2.5.8).
// A link amid the words of a sentence may be as high as they are.
const small = `(() => {
	const amid = e => getComputedStyle(e).display === 'inline' && [...(e.closest('p, figcaption, dd')?.childNodes ?? [])].some(n => n.nodeType === 3 && n.data.trim().length > 3);
	const all = [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')].filter(e => e.checkVisibility() && !e.matches('.skip') && !amid(e));
	const boxes = all.map(e => e.getBoundingClientRect()), low = r => r.width < 24 || r.height < 24;
	return all.filter((e, n) => low(boxes[n]) && boxes.some((r, m) => {
		if (n === m || e.contains(all[m]) || all[m].contains(e)) return false;
		const x = boxes[n].x + boxes[n].width / 2, y = boxes[n].y + boxes[n].height / 2;
		return Math.hypot(Math.max(r.x - x, 0, x - r.right), Math.max(r.y - y, 0, y - r.bottom)) < 12 || low(r) && Math.hypot(r.x + r.width / 2 - x, r.y + r.height / 2 - y) < 24;
	})).map(e => Math.round(e.offsetWidth) + 'x' + Math.round(e.offsetHeight) + ' ' + e.outerHTML.slice(0, 120));
})()`

// unseen finds what the focus comes to and nobody sees: a stop within what is clipped away (WCAG 2.2, 2.4.7).
const unseen = `[...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')].filter(e => {
	if (!e.checkVisibility() || e.matches('.skip')) return false;
	for (let up = e; up; up = up.parentElement) if (getComputedStyle(up).clipPath !== 'none') return true;
	return false;
}).map(e => e.outerHTML.slice(0, 120))`

// spaced puts letters, words and lines as far apart as readers may (WCAG 2.2, 1.4.12).
const spaced = `(() => {
	const sheet = new CSSStyleSheet();
	sheet.replaceSync('* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; } p { margin-bottom: 2em !important; }');
	document.adoptedStyleSheets = [sheet];
	return 1;
})()`

// unfolded opens all that folds.
const unfolded = `[...document.querySelectorAll('details')].map(d => { d.name = ''; d.open = true; }).length`

// TestBrowserReach: every page can be worked where targets are hit by a thumb, at 400 %, and with texts set wide.
func TestBrowserReach(t *testing.T) {
	b := chromium(t)
	w := newWorld(t, nil)
	paths := everyPage(w)
	long := w.incident("0e3", "A service is installed that runs a command", `C:\Users\ann\AppData\Local\Temp\installer.exe`)
	events, err := w.store.Events(t.Context(), long.Events)
	if err != nil {
		t.Fatal(err)
	}
	events[0].Evidence.Alerts = slices.Repeat(events[0].Evidence.Alerts, 3)
	if err := w.store.StoreEvents(t.Context(), events); err != nil {
		t.Fatal(err)
	}
	paths = append(paths, "/incidents/"+long.ID)
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)
	b.as(leadToken)
	for _, path := range paths {
		for _, width := range []int64{1280, 390} {
			b.view("light", width)
			b.visit(server.URL + path)
			_ = evaluate[int](b, unfolded)
			where := fmt.Sprint(path, " ", width)
			b.none(where, "small targets", evaluate[[]string](b, small))
			b.none(where, "unseen stops", evaluate[[]string](b, unseen))
		}
		b.narrow()
		for _, text := range []string{"as it is", "wide"} {
			if text == "wide" {
				_ = evaluate[int](b, spaced)
			}
			if wide := evaluate[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 {
				t.Errorf("%s at 400 %%, text %s: %d px wider than the window: %v", path, text, wide, evaluate[[]string](b, `[...document.querySelectorAll('main *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1).slice(0, 4).map(e => e.outerHTML.slice(0, 100))`))
			}
		}
	}
}

// covered tells what has the focus and is all hidden behind something else (WCAG 2.2, 2.4.11); "" where it is in sight.
const covered = `(() => {
	const e = document.activeElement, r = e.getBoundingClientRect();
	const seen = [[r.left + 2, r.top + 2], [r.right - 2, r.bottom - 2], [r.left + r.width / 2, r.top + r.height / 2]].some(([x, y]) => { const on = document.elementFromPoint(x, y); return on && e.contains(on); });
	return e === document.body || !r.width || seen ? '' : e.outerHTML.slice(0, 100) + ' at ' + Math.round(r.top);
})()`

// TestBrowserFocusIsNotCovered: what may be done with chosen rows lies over the list, and never over what has the focus.
func TestBrowserFocusIsNotCovered(t *testing.T) {
	b := chromium(t)
	w := newWorld(t, nil)
	for n := range 12 {
		w.incident(fmt.Sprintf("0f%02d", n), "Password spray", fmt.Sprint("user", n))
	}
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)
	b.as(coordinatorToken)
	for _, height := range []int64{900, 500} {
		size := emulation.SetDeviceMetricsOverrideParams{Width: 1280, Height: height, DeviceScaleFactor: 1}
		if _, err := chromedp.Call(b.ctx, emulation.SetDeviceMetricsOverride, size); err != nil {
			t.Fatal(err)
		}
		b.open(server.URL + "/")
		b.press("jx")
		for range 40 {
			b.press("\t")
			if hidden := evaluate[string](b, covered); hidden != "" {
				t.Errorf("in a window of %d px: %s", height, hidden)
			}
		}
		b.open(server.URL + "/")
		b.press("jx")
		for range 11 {
			b.press("j")
			if hidden := evaluate[string](b, covered); hidden != "" {
				t.Errorf("by j, in a window of %d px: %s", height, hidden)
			}
		}
	}
}
