package notify

import (
	"testing"
	"time"

	"tocsin"
)

// Another file of routes is in force from the next entry on, and a receiver that stays keeps what is known of it.
func TestReload(t *testing.T) {
	w := newWorld(t, all)
	w.create()
	w.settle()
	before := len(w.chat.said())
	if before == 0 {
		t.Fatal("nothing was told")
	}
	load := func(text string) *Config {
		t.Helper()
		cfg, err := Load("notify.yml", []byte("receivers: {chat: {kind: slack, url: https://chat.example/x}}\n"+text), func(string) string { return "" }, Words{})
		if err != nil {
			t.Fatal(err)
		}
		return cfg
	}
	if err := w.courier.Reload(load("routes: [{name: p5, to: [chat], priority: [P5]}]\n")); err != nil {
		t.Fatal(err)
	}
	if r := w.courier.Routes(); len(r) != 1 || r[0].Name != "p5" {
		t.Errorf("routes in force: %+v", r)
	}
	w.create()
	w.settle()
	if n := len(w.chat.said()); n != before {
		t.Errorf("told %d times by a route that is no more", n-before)
	}
	broken := load(all)
	broken.Title = "{{.Nothing"
	if err := w.courier.Reload(broken); err == nil || w.courier.Routes()[0].Name != "p5" {
		t.Errorf("a configuration that cannot be used: %v, in force %v", err, w.courier.Routes())
	}
	if err := w.courier.Reload(load(all)); err != nil {
		t.Fatal(err)
	}
	w.create()
	w.settle()
	if n := len(w.chat.said()); n <= before {
		t.Error("the receiver was not told again")
	}
}

// What was sent is removed once it is old enough, what waits never, and nothing of it is told again.
func TestPrune(t *testing.T) {
	w := newWorld(t, all+"keep: 48h\n")
	w.create()
	w.settle()
	told := len(w.chat.said())
	if err := w.store.PutNotice(t.Context(), tocsin.Notice{ID: "w", Receiver: "gone", State: tocsin.NoticeWaiting, Created: w.now, Due: w.now, Version: 1}); err != nil {
		t.Fatal(err)
	}
	count := func() int {
		t.Helper()
		if err := w.courier.Prune(t.Context()); err != nil {
			t.Fatal(err)
		}
		all, err := w.store.Notices(t.Context(), tocsin.NoticeQuery{})
		if err != nil {
			t.Fatal(err)
		}
		return len(all)
	}
	if n := count(); n != told+1 {
		t.Errorf("%d are there, want %d", n, told+1)
	}
	w.now = w.now.Add(49 * time.Hour)
	if n := count(); n != 1 {
		t.Errorf("%d are there, want the one that waits", n)
	}
	w.restart()
	w.settle()
	if n := len(w.chat.said()); n != told {
		t.Errorf("told %d times more", n-told)
	}
}
