package web

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"tocsin"
	"tocsin/register"
)

// A listener writes down what a page asks the store.
type listener struct {
	register.Store
	Search
	mu    sync.Mutex
	asked []string
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

// TestQuestions: an incident's page asks the store for nothing twice, and for a bounded number of things.
func TestQuestions(t *testing.T) {
	var l *listener
	w := newWorld(t, func(o *Options) {
		l = &listener{Store: o.Store, Search: o.Search}
		o.Store, o.Search, o.Register = l, l, register.New(register.Options{Store: l, Now: o.Now})
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
	// the incident, its log and events; of each of 8 entities its incidents and events; of the rule its incidents
	if want := 3 + 2*kinEntities + 1; len(l.asked) > want {
		t.Errorf("%d questions, at most %d are needed:\n%s", len(l.asked), want, strings.Join(l.asked, "\n"))
	}
}
