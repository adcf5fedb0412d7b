package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tocsin"
	"tocsin/register"
)

// A listener writes down what a page asks the store.
type listener struct {
	register.Store
	Search
	alerts  Store
	counter Counter
	mu      sync.Mutex
	asked   []string
}

func (l *listener) hear(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = append(l.asked, fmt.Sprintf(format, args...))
}

func (l *listener) Incidents(ctx context.Context, q tocsin.Query) (tocsin.Page[tocsin.Incident], error) {
	l.hear("incidents %+v", q)
	return l.Store.Incidents(ctx, q)
}

func (l *listener) Incident(ctx context.Context, id string) (tocsin.Incident, error) {
	l.hear("incident %s", id)
	return l.Store.Incident(ctx, id)
}

func (l *listener) Entries(ctx context.Context, id string, from int64) ([]tocsin.LogEntry, error) {
	l.hear("entries %s %d", id, from)
	return l.Store.Entries(ctx, id, from)
}

func (l *listener) Events(ctx context.Context, ids []string) ([]tocsin.Event, error) {
	l.hear("events %v", ids)
	return l.Store.Events(ctx, ids)
}

func (l *listener) EventsBy(ctx context.Context, q tocsin.EventQuery) (tocsin.Page[tocsin.Event], error) {
	l.hear("events by %+v", q)
	return l.Search.EventsBy(ctx, q)
}

func (l *listener) Originals(ctx context.Context, refs []tocsin.AlertRef) ([]tocsin.Alert, error) {
	l.hear("originals %v", refs)
	return l.alerts.Originals(ctx, refs)
}

func (l *listener) Counts(ctx context.Context, queries []tocsin.Query) ([]int64, error) {
	l.hear("counts %+v", queries)
	return l.counter.Counts(ctx, queries)
}

func (l *listener) EventCounts(ctx context.Context, queries []tocsin.EventQuery) ([]int64, error) {
	l.hear("event counts %+v", queries)
	return l.counter.EventCounts(ctx, queries)
}

func (l *listener) Mark(ctx context.Context, tenant string) (string, error) {
	l.hear("mark %s", tenant)
	return l.counter.Mark(ctx, tenant)
}

// TestQuestions: an incident's page asks the store for nothing twice, and for a bounded number of things.
func TestQuestions(t *testing.T) {
	var l *listener
	w := newWorld(t, func(o *Options) {
		l = &listener{Store: o.Store.(register.Store), Search: o.Search, alerts: o.Store, counter: o.Counts}
		o.Store, o.Search, o.Counts, o.Register = l, l, l, register.New(register.Options{Store: l, Now: o.Now})
	})
	i := w.incident("0e1", "Password spray", "ann")
	for n := range 20 {
		i.Entities = append(i.Entities, tocsin.Entity{Field: "host.name", Value: fmt.Sprint("host", n), Role: "victim"})
		w.incident(fmt.Sprint("1e", n), "Another", fmt.Sprint("host", n))
	}
	i.Revision++
	if err := w.store.PutIncident(t.Context(), i); err != nil {
		t.Fatal(err)
	}
	w.get("/incidents/" + i.ID) // the register has read its log since
	l.asked = nil
	if a := w.get("/incidents/" + i.ID); a.StatusCode != http.StatusOK {
		t.Fatal(a.Status)
	}
	twice := map[string]int{}
	for _, q := range l.asked {
		if twice[q]++; twice[q] == 2 {
			t.Errorf("asked twice: %s", q)
		}
	}
	// the incident, its log, events and alerts; how much there is of 8 entities, by two questions, and the incidents of each; of
	// the rule its incidents
	if want := 4 + 2 + kinEntities + 1; len(l.asked) > want {
		t.Errorf("%d questions, at most %d are needed:\n%s", len(l.asked), want, strings.Join(l.asked, "\n"))
	}
}

// TestQueueIsCountedOnce: what the queue has beside its list is counted once for each change, for each reader, and the
// list and the mark are asked for at each look.
func TestQueueIsCountedOnce(t *testing.T) {
	synctest.Test(t, queueIsCountedOnce) // where no time passes between two looks
}

func queueIsCountedOnce(t *testing.T) {
	var l *listener
	w := newWorld(t, func(o *Options) {
		l = &listener{Store: o.Store.(register.Store), Search: o.Search, alerts: o.Store, counter: o.Counts}
		o.Store, o.Counts = l, l
	})
	w.incident("0e1", "Password spray", "ann")
	look := func(headers ...string) (counted int) {
		t.Helper()
		l.asked = nil
		if a := w.get("/", headers...); a.StatusCode != http.StatusOK {
			t.Fatal(a.Status)
		}
		if len(l.asked) > 3 {
			t.Errorf("asked %q", l.asked)
		}
		return strings.Count(strings.Join(l.asked, "\n"), "counts ")
	}
	cookie := w.signIn(coordinatorToken)
	if look() != 1 || look() != 0 || look("Cookie", cookie) != 1 || look("Cookie", cookie) != 0 {
		t.Errorf("asked %q", l.asked)
	}
	w.incident("0e2", "Web shell", "bert")
	if look() != 1 {
		t.Errorf("an incident came in, and nothing is counted: %q", l.asked)
	}
	if body := w.get("/").body; !strings.Contains(body, `Open <span class="n">2</span>`) {
		t.Error("the count is not of the list's moment")
	}
}

// TestPulseIsAskedOnce: many readers that wait for what changes ask the store once, and are told the last mark while it
// does not answer.
func TestPulseIsAskedOnce(t *testing.T) {
	synctest.Test(t, pulseIsAskedOnce)
}

func pulseIsAskedOnce(t *testing.T) {
	l := &listener{counter: newWorld(t, nil).store}
	p := newPulse(l)
	for range 50 {
		_ = p.recent(t.Context(), "default")
	}
	if n := len(l.asked); n != 1 {
		t.Errorf("50 readers ask %d times", n)
	}
	time.Sleep(2 * pulseRest)
	if _ = p.recent(t.Context(), "default"); len(l.asked) != 2 {
		t.Errorf("a while later they ask %d times", len(l.asked))
	}
	mark := p.recent(t.Context(), "default")
	p.store = deaf{l}
	time.Sleep(2 * pulseRest)
	if now := p.recent(t.Context(), "default"); now != mark {
		t.Errorf("a store that does not answer makes the mark %q of %q", now, mark)
	}
}

// deaf does not answer.
type deaf struct{ Counter }

func (deaf) Mark(context.Context, string) (string, error) {
	return "", errors.New("connection refused")
}
