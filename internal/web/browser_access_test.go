package web

import (
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"os"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
)

// barriers finds what keeps people from using a page, beside its contrast: names, landmarks, the order of headings,
// the size of targets, the focus, and the way past the navigation.
const barriers = `(() => {
	const found = [], all = s => [...document.querySelectorAll(s)];
	const say = (what, e) => found.push(what + (e ? ': ' + e.outerHTML.slice(0, 140) : ''));
	const named = e => (e.ariaLabel || e.labels?.length || e.textContent.trim() || e.title || (e.getAttribute('aria-labelledby') || '').split(' ').some(id => document.getElementById(id)));
	if (document.documentElement.lang !== 'en') say('no language');
	if (!/ – tocsin$/.test(document.title) || document.title.startsWith(' ')) say('no title: ' + document.title);
	for (const [s, n] of [['main', 1], ['body > header', 1], ['body > footer', 1], ['nav[aria-label="Sections"]', 1]]) if (all(s).length !== n) say(s + ' is not there once');
	for (const e of all('nav, form[role=search]')) if (!e.ariaLabel) say('landmark without a name', e);
	const labels = all('nav').map(e => e.ariaLabel);
	if (new Set(labels).size !== labels.length) say('two landmarks of one name');
	let last = 0;
	for (const h of all('h1, h2, h3, h4, h5, h6').filter(e => e.checkVisibility())) {
		const level = +h.tagName[1];
		if (level > last + 1) say('heading that skips a level', h);
		if (!h.textContent.trim()) say('empty heading', h);
		last = level;
	}
	for (const e of all('a, button, summary, [role=img]')) if (e.checkVisibility() && !named(e)) say('no name', e);
	for (const e of all('table')) if (!e.querySelector('th')) say('table without heads', e);
	for (const e of all('[aria-describedby], [aria-controls]')) for (const a of ['aria-describedby', 'aria-controls']) for (const id of (e.getAttribute(a) || '').split(' ').filter(Boolean)) if (!document.getElementById(id)) say('points nowhere', e);
	const skip = document.querySelector('a, button, input');
	if (!skip.matches('.skip') || !document.querySelector(skip.getAttribute('href'))) say('the first stop does not lead to the content', skip);
	const stops = all('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]').filter(e => e.checkVisibility() && !e.matches('.skip'));
	for (const e of stops) {
		const r = e.getBoundingClientRect();
		if (getComputedStyle(e).display !== 'inline' && !e.matches('input[type=checkbox], summary, pre, a') && (r.width < 24 || r.height < 24)) say('target of ' + r.width.toFixed() + ' x ' + r.height.toFixed(), e);
		if (e.tabIndex > 0) say('order of its own', e);
	}
	for (const e of stops.slice(0, 60)) {
		e.focus({preventScroll: true, focusVisible: true});
		const s = getComputedStyle(e);
		if (document.activeElement === e && (s.outlineStyle === 'none' || parseFloat(s.outlineWidth) < 2)) say('focus is not seen', e);
	}
	document.activeElement?.blur();
	return found;
})()`

// axeScript runs the rules of WCAG 2.2 A and AA and of good practice, and tells each breach by rule and element.
const axeScript = `axe.run(document, {resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
	.then(r => JSON.stringify(r.violations.flatMap(v => v.nodes.map(n => v.id + ' (' + v.impact + '): ' + n.target.join(' ') + ' ' + n.html.slice(0, 120)))))`

// axe runs axe-core on the page that is open.
func (b *browser) axe(where, source string) {
	b.t.Helper()
	_ = evaluate[int](b, source+"\n;1")
	text, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](axeScript, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatalf("%s: axe: %v", where, err)
	}
	var breaches []string
	if err := json.Unmarshal([]byte(text), &breaches); err != nil {
		b.t.Fatal(err)
	}
	b.none(where, "axe", breaches)
}

// everyPage are the pages as somebody with a role sees them, of a world with some of everything.
func everyPage(w *world) []string {
	i := w.incident("0e1", "Password spray", "ann")
	w.incident("0e2", "Web shell", "bert")
	w.letter("json", "invalid character '<'", `<script>alert(1)</script>`)
	return []string{
		"/", "/?status=", "/?status=closed", "/?entity=ann", "/incidents/" + i.ID, "/events/202611-0e1", "/alerts/a-0e1", "/entities?value=ann", "/health", "/rules", "/rules/r1?ask=1&key.user.name=ann", "/rules/r2", "/rules/r1/draft", "/rules/r1/draft?kind=shadow&event=202611-0e1", "/incidents/" + i.ID + "?preview=1",
		"/trends", "/trends?metric=resolve", "/trends?metric=nothing", "/dead-letters", "/report", "/login", "/nowhere",
	}
}

// A view is how a reader looks at a page.
type view struct {
	scheme string
	width  int64
}

// TestBrowserBarriers looks for barriers on every page: on a phone in the dark, on a desk and on a wide screen in the
// light.
func TestBrowserBarriers(t *testing.T) {
	b := chromium(t)
	w := newWorld(t, nil)
	paths := everyPage(w)
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)
	b.as(leadToken)
	views := []view{{"dark", 390}, {"light", 1280}, {"light", 2560}}
	if testing.Short() {
		views = views[:1]
	}
	for _, at := range views {
		for _, path := range paths {
			where := fmt.Sprintf("%s %s %d", path, at.scheme, at.width)
			b.view(at.scheme, at.width)
			b.visit(server.URL + path)
			b.none(where, "barriers", evaluate[[]string](b, barriers))
			if wide := evaluate[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 {
				t.Errorf("%s: %d px wider than the window", where, wide)
			}
			if at.width != 390 {
				b.keep("/barriers"+path, at.scheme, at.width)
			}
		}
	}
}

// TestBrowserAxe runs axe-core on every page, in the light and in the dark, with all that folds open.
func TestBrowserAxe(t *testing.T) {
	path := os.Getenv("TOCSIN_TEST_AXE")
	if path == "" {
		t.Skip("TOCSIN_TEST_AXE is not set: deploy/ci/axe tells where axe-core is")
	}
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	b := chromium(t)
	w := newWorld(t, nil)
	paths := everyPage(w)
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)
	b.as(leadToken)
	for _, scheme := range []string{"light", "dark"} {
		b.view(scheme, map[string]int64{"light": 1280, "dark": 390}[scheme])
		for _, path := range paths {
			b.visit(server.URL + path)
			_ = evaluate[int](b, unfolded)
			b.axe(path+" "+scheme, string(source))
		}
	}
}

// visit loads a page that may be one of an error.
func (b *browser) visit(address string) {
	b.t.Helper()
	if err := chromedp.Do(b.ctx, chromedp.Navigate(address)); err != nil {
		b.t.Fatalf("%s: %v", address, err)
	}
	b.none(address, "faults", slices.DeleteFunc(b.taken(), func(f string) bool { // the browser logs refusals too
		return f == "log: Failed to load resource: the server responded with a status of 404 (Not Found)" || f == "log: Failed to load resource: the server responded with a status of 400 (Bad Request)"
	}))
}
