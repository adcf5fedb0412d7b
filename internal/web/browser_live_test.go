package web

import (
	"net/http/httptest"
	"testing"
)

// TestBrowserLiveTellsOnce: whoever fills in a form while incidents come in is told so once, not at each of them.
func TestBrowserLiveTellsOnce(t *testing.T) {
	b := chromium(t)
	w := newWorld(t, nil)
	w.incident("0e1", "Password spray", "ann")
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)
	b.as(coordinatorToken)
	b.open(server.URL + "/")
	_ = evaluate[int](b, `(() => {
		window.came = window.told = 0;
		new MutationObserver(() => window.told++).observe(document.getElementById('live'), {childList: true, characterData: true, subtree: true});
		new EventSource('/live').addEventListener('changed', () => window.came++);
		document.getElementById('title').focus();
		return 1;
	})()`)
	for n, user := range []string{"bert", "carl"} {
		w.incident("0e"+string(rune('2'+n)), "Web shell", user)
		b.until(`window.came > ` + string(rune('0'+n)) + ` && window.told > 0`)
	}
	b.until(`window.came > 1`)
	if told := evaluate[int](b, `window.told`); told != 1 {
		t.Errorf("it was told %d times", told)
	}
}

// TestBrowserPhoneBeginsWithTheQueue: on a phone the first incident is in sight, and what the list is narrowed by too.
func TestBrowserPhoneBeginsWithTheQueue(t *testing.T) {
	b := chromium(t)
	w := newWorld(t, nil)
	w.incident("0e1", "Password spray", "ann")
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)
	b.view("light", 390)
	b.open(server.URL + "/")
	if top := evaluate[int](b, `Math.round(document.querySelector('#queue tbody tr').getBoundingClientRect().top)`); top > 450 {
		t.Errorf("the first incident is %d px down", top)
	}
	b.press("/")
	if !evaluate[bool](b, `document.activeElement.id === 'title'`) {
		t.Error("/ leads to a field that is not shown")
	}
	_ = evaluate[int](b, `document.querySelector('.more > summary').click(), 1`)
	b.until(`document.getElementById('entity').checkVisibility()`)
	b.open(server.URL + "/?entity=ann")
	if !evaluate[bool](b, `document.getElementById('entity').checkVisibility()`) {
		t.Error("what the list is narrowed by is not shown")
	}
}
