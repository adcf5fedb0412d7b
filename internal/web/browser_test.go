package web

import (
	"cmp"
	"context"
	"fmt"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"tocsin/internal/dossier"
)

// corpus is what attackers write where an alert's text ends up.
var corpus = []string{
	`<script>alert(1)</script>`,
	`"><script>alert(1)</script>`,
	`'"><img src=x onerror=alert(1)>`,
	`<svg/onload=alert(1)>`,
	`<svg><animate onbegin=alert(1) attributeName=x dur=1s>`,
	`javascript:alert(1)`,
	`<a href="javascript:alert(1)">x</a>`,
	`<iframe srcdoc="<script>parent.alert(1)</script>"></iframe>`,
	`</title><script>alert(1)</script>`,
	`</textarea><script>alert(1)</script>`,
	`</pre><script>alert(1)</script>`,
	`--><script>alert(1)</script>`,
	`" autofocus onfocus=alert(1) x="`,
	`' style='animation:x' onanimationstart='alert(1)`,
	`{{.Now}}{{template "x"}}`,
	`${alert(1)} #{7*7} <%= 7*7 %>`,
	`<meta http-equiv="refresh" content="0;url=javascript:alert(1)">`,
	`<base href="https://evil.example/">`,
	`<link rel=stylesheet href=https://evil.example/x.css>`,
	`<style>*{background:url(https://evil.example/)}</style>`,
	`<form action=https://evil.example/><input name=token>`,
	`<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>`,
	"user\u202Egpj.exe", "a\u2066b\u2069", "x\x00<b>\x1b[2J", "\uFEFF\u200B", "\u2028alert(1)", "a\u0085b",
	`data:text/html,<script>alert(1)</script>`,
	`&lt;script&gt;alert(1)&lt;/script&gt;`,
	strings.Repeat("long", 200),
}

// A browser is real Chromium with one tab; it notes what a page must not cause.
type browser struct {
	t   *testing.T
	ctx context.Context

	mu     sync.Mutex
	faults []string
}

// chromium starts the browser, or skips where there is none.
func chromium(t *testing.T) *browser {
	t.Helper()
	var path string
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = cmp.Or(path, found)
		}
	}
	if path == "" {
		t.Skip("no Chromium in PATH: the page is not tried in a browser (apt-get install chromium)")
	}
	// Without its sandbox, as tests run as root in containers; what it opens is our own.
	ctx, cancel := chromedp.NewContext(t.Context(), chromedp.WithAllocatorOptions(chromedp.ExecPath(path), chromedp.Headless, chromedp.NoSandbox, chromedp.WSURLReadTimeout(5*time.Minute)))
	t.Cleanup(cancel)
	b := &browser{t: t, ctx: ctx}
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, emulation.SetFocusEmulationEnabledParams{Enabled: true}); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Listen(ctx, b.listen); err != nil {
		t.Fatal(err)
	}
	return b
}

func (b *browser) listen(ev any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch ev := ev.(type) {
	case *cdppage.EventJavascriptDialogOpening:
		b.faults = append(b.faults, "dialog: "+ev.Message)
	case *cdplog.EventEntryAdded: // network faults and refusals of the content security policy are here
		b.faults = append(b.faults, "log: "+ev.Entry.Text)
	case *runtime.EventExceptionThrown:
		b.faults = append(b.faults, "exception: "+ev.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		b.faults = append(b.faults, "console: "+string(ev.Type))
	}
}

// taken are the faults since the last call.
func (b *browser) taken() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := b.faults
	b.faults = nil
	return out
}

func (b *browser) view(scheme string, width int64) {
	b.t.Helper()
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
	if _, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, media); err != nil {
		b.t.Fatal(err)
	}
	size := emulation.SetDeviceMetricsOverrideParams{Width: width, Height: 900, DeviceScaleFactor: 1, Mobile: width < 600}
	if _, err := chromedp.Call(b.ctx, emulation.SetDeviceMetricsOverride, size); err != nil {
		b.t.Fatal(err)
	}
}

func evaluate[T any](b *browser, script string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](script))
	if err != nil {
		b.t.Fatalf("%.60s: %v", script, err)
	}
	return v
}

// foreign finds elements and attributes that no page of ours has.
const foreign = `[...document.querySelectorAll('*')].flatMap(e => [
	...(e.matches('head > script[src^="/static/"][defer]:not(:has(*))') && !e.textContent ? [] : e.closest("figure.chart") && ['svg','path','rect','circle','text','title'].includes(e.localName) ? [] : ['SCRIPT','IFRAME','OBJECT','EMBED','IMG','SVG','MATH','BASE','STYLE'].includes(e.tagName.toUpperCase()) ? [e.outerHTML] : []),
	...[...e.attributes].filter(a => a.name.startsWith('on') || a.name === 'style' || a.name === 'srcdoc' ||
		['href','src','action','formaction'].includes(a.name) && !e[a.name === 'formaction' ? 'formAction' : a.name].startsWith(location.origin)).map(a => e.tagName + ' ' + a.name + '=' + a.value),
])`

// pale finds texts whose contrast is below that of WCAG 2.2 AA: 4.5, or 3 for large ones.
const pale = `(() => {
	const rgb = c => c.match(/[\d.]+/g).map(Number);
	const lum = c => { const [r, g, b] = rgb(c).map(v => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
	const behind = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor, p = rgb(c); if (p.length < 4 || p[3] > 0) return c; } return 'rgb(255,255,255)'; };
	const found = new Set();
	for (const e of document.body.querySelectorAll('*')) {
		if (![...e.childNodes].some(n => n.nodeType === 3 && n.data.trim()) || !e.checkVisibility()) continue;
		const s = getComputedStyle(e), a = lum(s.color), b = lum(behind(e)), ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
		const large = parseFloat(s.fontSize) >= 24 || parseFloat(s.fontSize) >= 18.66 && s.fontWeight >= 700;
		if (ratio < (large ? 3 : 4.5)) found.add(e.tagName + '.' + e.className + ' ' + ratio.toFixed(2) + ': ' + e.textContent.trim().slice(0, 30));
	}
	return [...found];
})()`

// unnamed finds form fields without a label and tables without headings.
const unnamed = `[...document.querySelectorAll('input:not([type=hidden]), select, textarea')].filter(e => !e.hidden && !e.labels.length).map(e => e.outerHTML)
	.concat(document.querySelectorAll('h1').length === 1 ? [] : ['not one h1'])
	.concat([...document.querySelectorAll('[id]')].map(e => e.id).filter((id, n, all) => all.indexOf(id) !== n).map(id => 'id twice: ' + id))`

func TestBrowser(t *testing.T) {
	b := chromium(t)
	w := newWorld(t, nil)
	paths := []string{"/", "/trends", "/dead-letters", "/report", "/entities?value=%3Cscript%3Ealert(1)%3C%2Fscript%3E", "/health", "/rules", "/rules/r1?ask=1&key.user.name=ann", "/login", "/?status=closed"}
	for n, text := range corpus {
		i := w.incident(fmt.Sprintf("0c%02d", n), "t "+text, text)
		if n == 0 {
			paths = append(paths, "/incidents/"+i.ID, "/events/202611-0c00", "/alerts/a-0c00")
		}
		if n == len(corpus)-1 { // a word that is longer than the window
			paths = append(paths, "/incidents/"+i.ID)
		}
	}
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)
	for _, path := range paths {
		for _, scheme := range []string{"light", "dark"} {
			for _, width := range []int64{390, 1280} {
				b.view(scheme, width)
				b.open(server.URL + path)
				where := fmt.Sprintf("%s %s %d", path, scheme, width)
				b.none(where, "pale texts", evaluate[[]string](b, pale))
				b.none(where, "unnamed fields", evaluate[[]string](b, unnamed))
				if wide := evaluate[int](b, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 {
					t.Errorf("%s: %d px wider than the window", where, wide)
				}
				b.keep(path, scheme, width)
			}
		}
	}
}

// open loads a page and reports what it must not cause.
func (b *browser) open(address string) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 2*time.Minute)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.Navigate(address)); err != nil {
		b.t.Fatalf("%s: %v", address, err)
	}
	b.none(address, "faults", b.taken())
	b.none(address, "foreign elements", evaluate[[]string](b, foreign))
}

func (b *browser) none(where, what string, found []string) {
	b.t.Helper()
	if len(found) > 0 {
		b.t.Errorf("%s: %s:\n%s", where, what, strings.Join(found, "\n"))
	}
}

// keep writes a picture into the folder that TOCSIN_TEST_PICTURES names, to look at.
func (b *browser) keep(path, scheme string, width int64) {
	folder := os.Getenv("TOCSIN_TEST_PICTURES")
	if folder == "" {
		return
	}
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	if err != nil {
		b.t.Fatal(err)
	}
	name := fmt.Sprintf("%s-%s-%d.png", strings.Map(func(r rune) rune {
		if strings.ContainsRune("/?=", r) {
			return '_'
		}
		return r
	}, path), scheme, width)
	if err := os.WriteFile(filepath.Join(folder, name), picture, 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// TestBrowserShowsHostileTextAsText opens every page about every text of the corpus.
func TestBrowserShowsHostileTextAsText(t *testing.T) {
	b := chromium(t)
	w := newWorld(t, nil)
	var incidents []string
	for n, text := range corpus {
		i := w.incident(fmt.Sprintf("0c%02d", n), text, text)
		cookie := w.signIn(coordinatorToken)
		_ = w.post("/incidents/"+i.ID+"/comment", "revision=1&key=page:1&text="+url.QueryEscape(text), "Cookie", cookie)
		incidents = append(incidents, i.ID)
	}
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)
	for n, text := range corpus {
		b.open(server.URL + "/incidents/" + incidents[n])
		b.open(server.URL + fmt.Sprintf("/events/202611-0c%02d", n))
		b.open(server.URL + "/?entity=" + url.QueryEscape(text))
		b.open(server.URL + "/entities?value=" + url.QueryEscape(text))
		b.open(server.URL + "/rules/r1?ask=1&key.user.name=" + url.QueryEscape(text))
		b.open(server.URL + fmt.Sprintf("/alerts/a-0c%02d", n))
		shown := evaluate[string](b, `[...document.querySelectorAll('.fields .value')].map(e => e.textContent).join('\n')`)
		if want := string(dossier.Visible([]byte(strings.ReplaceAll(text, "\x00", "\uFFFD")))); !strings.Contains(shown, want) && !strings.HasSuffix(want, "…") {
			t.Errorf("%q is shown as %.200q", text, shown)
		}
	}
}
