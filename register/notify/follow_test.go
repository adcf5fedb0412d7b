package notify

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"tocsin"
	"tocsin/register"
	"tocsin/sinks/memory"
)

// A lister counts how often incidents are listed.
type lister struct {
	*memory.Store
	listed int
}

// Incidents implements [Register].
func (l *lister) Incidents(ctx context.Context, q tocsin.Query) (tocsin.Page[tocsin.Incident], error) {
	l.listed++
	return l.Store.Incidents(ctx, q)
}

// A teller tells changes, or what it is told to.
type teller struct {
	*memory.Store
	err  error
	anew bool
}

// MeasuresSince implements [Changes].
func (t *teller) MeasuresSince(ctx context.Context, mark string, limit int) (tocsin.Measures, error) {
	if t.err != nil {
		return tocsin.Measures{}, t.err
	}
	if t.anew && mark != "" {
		t.anew = false
		return tocsin.Measures{Anew: true, Next: mark}, nil
	}
	return t.Store.MeasuresSince(ctx, mark, limit)
}

// Where the store tells what was changed, incidents are listed at the beginning and once an hour; what is written by
// somebody who pokes nobody is told all the same.
func TestChangesAreFollowed(t *testing.T) {
	w := newWorld(t, all)
	first := w.create() // before the courier begins to follow
	l, changes := &lister{Store: w.store}, &teller{Store: w.store}
	w.courier.Register, w.courier.Changes = l, changes
	f := &follower{}
	look := func() {
		t.Helper()
		w.now = w.now.Add(lookEvery)
		if err := errors.Join(w.courier.news(t.Context(), f), w.courier.Deliver(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	look()
	if said := w.chat.said(); !slices.Equal(said, []string{"create"}) {
		t.Fatalf("told %v", said)
	}
	begun := l.listed
	w.do(register.Command{Incident: first.ID, Action: tocsin.ActDeclare})
	look()
	second := w.create()
	w.do(register.Command{Incident: second.ID, Action: tocsin.ActDeclare})
	look()
	for range 20 {
		look()
	}
	if said := w.chat.said(); !slices.Equal(said, []string{"create", "declare", "create", "declare"}) || l.listed != begun {
		t.Errorf("told %v, listed %d times", said, l.listed-begun)
	}
	changes.anew = true // the store cannot go on from the mark: all is looked at
	w.create()
	look()
	if n := len(w.chat.said()); n != 5 || l.listed == begun {
		t.Errorf("told %d, listed %d times", n, l.listed-begun)
	}
	begun = l.listed
	w.now = w.now.Add(followedEvery)
	look()
	if l.listed == begun {
		t.Error("all was not looked at after an hour")
	}
	changes.err = errors.ErrUnsupported
	w.create()
	look()
	begun = l.listed
	w.create()
	look()
	if n := len(w.chat.said()); n != 7 || l.listed == begun {
		t.Errorf("a store that tells nothing: told %d, listed %d times", n, l.listed-begun)
	}
}

const (
	two     = "receivers: {chat: {kind: slack, url: https://chat.example/x}, pager: {kind: slack, url: https://pager.example/x}}\nroutes: [{name: all, to: [chat, pager]}]\n"
	chatted = "receivers: {chat: {kind: slack, url: https://chat.example/x}}\nroutes: [{name: all, to: [chat]}]\n"
)

// What waits for a receiver that is removed ends, is seen and counted, and is sent in its order where the receiver comes
// back before it is pruned; behind that it is gone.
func TestRemovedReceiver(t *testing.T) {
	w := newWorld(t, all)
	pager := &recorder{err: errors.New("down")}
	reload := func(text string) {
		t.Helper()
		cfg, err := Load("notify.yml", []byte(text), func(string) string { return "" }, Words{})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.courier.Reload(cfg); err != nil {
			t.Fatal(err)
		}
		if l := w.courier.going.Load().lines["pager"]; l != nil {
			l.Receiver = pager
		}
		if err := w.courier.Sort(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	count := func(state tocsin.NoticeState) int {
		t.Helper()
		found, err := w.store.Notices(t.Context(), tocsin.NoticeQuery{Receiver: "pager", State: state})
		if err != nil {
			t.Fatal(err)
		}
		return len(found)
	}
	reload(two)
	i := w.create()
	w.do(register.Command{Incident: i.ID, Action: tocsin.ActDeclare})
	w.settle()
	if n := count(tocsin.NoticeWaiting); n != 2 {
		t.Fatalf("%d wait, want 2", n)
	}
	reload(chatted)
	if waits, ended := count(tocsin.NoticeWaiting), count(tocsin.NoticeUndelivered); waits != 0 || ended != 2 {
		t.Errorf("%d wait, %d undelivered", waits, ended)
	}
	lines, err := w.courier.Status(t.Context())
	if err != nil || len(lines) != 2 || lines[0].Removed || !lines[1].Removed || lines[1].Receiver != "pager" || lines[1].Undelivered != 2 {
		t.Errorf("%+v %v", lines, err)
	}
	if chat := len(w.chat.said()); chat != 2 {
		t.Errorf("the other receiver was told %d times", chat)
	}
	pager.err = nil
	w.now = w.now.Add(30 * 24 * time.Hour)
	if err := w.courier.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	reload(two)
	w.settle()
	if said := pager.said(); !slices.Equal(said, []string{"create", "declare"}) {
		t.Errorf("told behind its return: %v", said)
	}
	pager.err = errors.New("down")
	w.create()
	w.settle()
	reload(chatted)
	w.now = w.now.Add(defaultKeep + time.Hour)
	if err := w.courier.Prune(t.Context()); err != nil {
		t.Fatal(err)
	}
	if n := count(tocsin.NoticeUndelivered); n != 0 {
		t.Errorf("%d are kept behind their time", n)
	}
}
