package web

import (
	"fmt"
	"net/http"
	"time"

	"tocsin/internal/auth"
)

// How the page is told of what changes: the store is asked by the [pulse], once for all readers.
const (
	liveEvery = 3 * time.Second  // between two looks at the mark
	liveFor   = 90 * time.Second // an answer's length: the browser asks again, and who has lost its session finds out
	liveMost  = 200              // answers at a time
)

// live tells by server-sent events that incidents of the reader's have changed: not which and how, so that what is
// shown always comes from the page itself.
func (p *pages) live(w http.ResponseWriter, r *http.Request) error {
	if p.watching.Add(1) > liveMost {
		p.watching.Add(-1)
		w.Header().Set("Retry-After", "60")
		w.WriteHeader(http.StatusServiceUnavailable)
		return nil
	}
	defer p.watching.Add(-1)
	out := http.NewResponseController(w)
	_ = out.SetWriteDeadline(time.Now().Add(liveFor + 10*time.Second)) // a test's writer has none
	w.Header().Set("Content-Type", "text/event-stream")
	last := p.known(r) // before the reader is told that it is listened for
	if _, err := fmt.Fprint(w, "retry: 3000\nid: "+p.newest(r)+"\n\n"); err != nil || out.Flush() != nil {
		return nil // the reader is gone
	}
	every, end := time.NewTicker(liveEvery), time.NewTimer(liveFor)
	defer every.Stop()
	defer end.Stop()
	for {
		select {
		case <-r.Context().Done():
			return nil
		case <-p.Stopping:
			return nil
		case <-end.C:
			return nil
		case <-every.C:
		}
		now, text := p.newest(r), ": nothing new\n\n"
		if now != last {
			last, text = now, "event: changed\nid: "+now+"\ndata: "+now+"\n\n"
		}
		if _, err := fmt.Fprint(w, text); err != nil || out.Flush() != nil {
			return nil // the reader is gone
		}
	}
}

// known is the mark of what the reader has: of the answer before this one, or of the page, which was made before it.
func (p *pages) known(r *http.Request) string {
	if last := r.Header.Get("Last-Event-ID"); last != "" {
		return last
	}
	if r.URL.Query().Has("last") {
		return r.URL.Query().Get("last")
	}
	return p.newest(r)
}

// newest is the mark of the reader's incidents.
func (p *pages) newest(r *http.Request) string {
	return p.pulse.recent(r.Context(), auth.From(r.Context()).Tenant)
}
