package notify

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"tocsin"
)

const (
	atOnce     = 100             // notices of a receiver that one round sends
	maxRefused = 8               // refusals of one message before it is given up
	maxBackoff = 5 * time.Minute // between attempts to reach a receiver
	maxRepeats = 100             // of a notice that nobody acknowledges
)

// Deliver sends what is due, each receiver beside the others and in the order of its notices, until it fails.
func (d *Courier) Deliver(ctx context.Context) error {
	lines := d.going.Load().lines
	errs := make([]error, 0, len(lines))
	var mu sync.Mutex
	var wg sync.WaitGroup
	for name, w := range lines {
		wg.Go(func() {
			err := d.work(ctx, name, w)
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, err)
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// work sends what is due for one receiver.
func (d *Courier) work(ctx context.Context, name string, w *wire) error {
	now := d.Now()
	w.mu.Lock()
	resting := now.Before(w.next)
	w.mu.Unlock()
	if resting {
		return nil
	}
	due, err := d.Outbox.Notices(ctx, tocsin.NoticeQuery{Receiver: name, State: tocsin.NoticeWaiting, Until: now, Limit: atOnce})
	if err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	inOrder(due)
	if due, err = d.summarise(ctx, due); err != nil {
		return err
	}
	for _, n := range due {
		if goesOn, err := d.one(ctx, n.ID, w); err != nil || !goesOn {
			return err
		}
	}
	return nil
}

// inOrder sorts notices by when they are due, and those of one incident among each other as its log has them: they may have
// been made by daemons whose clocks differ.
func inOrder(due []tocsin.Notice) {
	slices.SortStableFunc(due, func(a, b tocsin.Notice) int {
		return cmp.Or(a.Due.Compare(b.Due), strings.Compare(a.Incident, b.Incident), cmp.Compare(a.Seq, b.Seq))
	})
	places := map[string][]int{}
	for n := range due {
		places[due[n].Incident] = append(places[due[n].Incident], n)
	}
	for _, at := range places {
		own := make([]tocsin.Notice, 0, len(at))
		for _, n := range at {
			own = append(own, due[n])
		}
		slices.SortStableFunc(own, func(a, b tocsin.Notice) int { return cmp.Compare(a.Seq, b.Seq) })
		for k, n := range at {
			due[n] = own[k]
		}
	}
}

// one sends a notice if it still waits: a listing may be older than what was done since. It reports whether the next one
// may be tried.
func (d *Courier) one(ctx context.Context, id string, w *wire) (goesOn bool, err error) {
	n, err := d.Outbox.Notice(ctx, id)
	now := d.Now()
	if err != nil {
		return false, fmt.Errorf("outbox: %w", err)
	}
	if n.State != tocsin.NoticeWaiting || n.Due.After(now) {
		return true, nil
	}
	m, i, err := d.message(ctx, &n)
	switch {
	case errors.Is(err, errNotTold), errors.Is(err, errRestricted):
		n.State, n.Reason = tocsin.NoticeDropped, "acknowledged"
		if errors.Is(err, errRestricted) {
			n.Reason = "restricted"
		}
		d.metrics.dropped.WithLabelValues(n.Reason).Inc()
		return true, d.change(ctx, n)
	case err != nil:
		return false, err
	}
	if until, window, quiet := d.quiet(&n, i.Priority, now); quiet {
		n.Held, n.Due = window, until
		d.metrics.notices.WithLabelValues(n.Receiver, "held").Inc()
		return true, d.change(ctx, n)
	}
	sending, cancel := context.WithTimeout(ctx, sendTimeout)
	err = w.Send(sending, m)
	cancel()
	if ctx.Err() != nil {
		return false, ctx.Err() // the end of the tenure: whoever comes next sends it, under the same id
	}
	n.Attempts++
	if err != nil {
		return d.failed(ctx, n, w, err)
	}
	w.reached(now)
	d.metrics.failing.WithLabelValues(n.Receiver).Set(0)
	d.metrics.notices.WithLabelValues(n.Receiver, "sent").Inc()
	if err := d.repeat(ctx, n, i, now); err != nil {
		return false, err
	}
	n.State, n.Sent, n.Reason = tocsin.NoticeSent, now, ""
	return true, d.change(ctx, n)
}

// failed notes an attempt that failed: a refused message is tried again by itself and given up in the end, a receiver
// that cannot be reached is left alone for a while, and nothing of it is lost.
func (d *Courier) failed(ctx context.Context, n tocsin.Notice, w *wire, err error) (goesOn bool, _ error) {
	now := d.Now()
	n.Reason = plain(err.Error(), 500)
	d.metrics.errs.WithLabelValues(n.Receiver).Inc()
	if errors.Is(err, ErrRefused) {
		n.Due = now.Add(backoff(n.Attempts))
		if n.Attempts >= maxRefused {
			n.State = tocsin.NoticeRefused
			d.metrics.notices.WithLabelValues(n.Receiver, "refused").Inc()
			d.log.ErrorContext(ctx, "a receiver refuses a notice for good", "receiver", n.Receiver, "notice", n.ID, "incident", n.Incident, "err", err)
		}
		return true, d.change(ctx, n)
	}
	if first := w.down(now, err); first {
		d.metrics.failing.WithLabelValues(n.Receiver).Set(1)
		d.log.WarnContext(ctx, "a receiver cannot be reached, its notices wait", "receiver", n.Receiver, "err", err)
	}
	return false, d.change(ctx, n)
}

// change stores a changed notice. Another writer's change stands: what it did is done.
func (d *Courier) change(ctx context.Context, n tocsin.Notice) error {
	n.Version++
	if err := d.Outbox.PutNotice(ctx, n); err != nil && !errors.Is(err, tocsin.ErrConflict) {
		return fmt.Errorf("notice %s: %w", n.ID, err)
	}
	return nil
}

// down notes that a receiver was not reached, and for how long it is left alone. It reports whether that is new.
func (w *wire) down(now time.Time, err error) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed++
	wait := backoff(w.failed)
	if later, ok := errors.AsType[*Later](err); ok {
		wait = max(wait, later.After)
	}
	first := w.since.IsZero()
	if first {
		w.since = now
	}
	w.next, w.lastErr = now.Add(wait), plain(err.Error(), 500)
	return first
}

func (w *wire) reached(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed, w.next, w.since, w.lastErr, w.sent = 0, time.Time{}, time.Time{}, "", now
}

// backoff is how long is waited after so many failures: 1 s, 2 s, 4 s, … 5 minutes.
func backoff(failures int) time.Duration {
	return min(time.Second<<min(max(failures-1, 0), 10), maxBackoff)
}

// quiet reports whether a window holds a notice now, and until when.
func (d *Courier) quiet(n *tocsin.Notice, priority string, now time.Time) (until time.Time, window string, _ bool) {
	if n.Members != nil {
		return until, "", false
	}
	for _, w := range d.going.Load().config.Windows {
		if end, ok := w.holds(n.Route, priority, now); ok && end.After(until) {
			until, window = end, w.Name
		}
	}
	return until, window, window != ""
}

// errNotTold says that a repetition is not needed any more.
var errNotTold = errors.New("taken up meanwhile")

// errRestricted says that the incident was restricted since the notice was made, and that its route tells of none.
var errRestricted = errors.New("restricted meanwhile")

// mayTell reports whether a notice may tell of an incident by its route, which may be gone.
func (d *Courier) mayTell(n *tocsin.Notice, i *tocsin.Incident) bool {
	r, _ := d.going.Load().config.route(n.Route)
	return r.may(i)
}

// message makes what a notice says, of its entry and of the incident as it is now.
func (d *Courier) message(ctx context.Context, n *tocsin.Notice) (Message, *tocsin.Incident, error) {
	if n.Members != nil {
		m, err := d.summary(ctx, n)
		return m, &tocsin.Incident{}, err
	}
	i, err := d.Register.Incident(ctx, n.Incident)
	if err != nil {
		return Message{}, nil, fmt.Errorf("incident %s: %w", n.Incident, err)
	}
	if !d.mayTell(n, &i) {
		return Message{}, &i, errRestricted
	}
	entries, err := d.Register.Entries(ctx, n.Incident, n.Seq)
	if err != nil || len(entries) == 0 {
		return Message{}, nil, fmt.Errorf("log of incident %s, entry %d: %w", n.Incident, n.Seq, cmp.Or(err, tocsin.ErrNotFound))
	}
	e := &entries[0]
	if n.Repeat > 0 && taken(&i, e.To) {
		return Message{}, &i, errNotTold
	}
	m := Message{ID: n.ID, Kind: "notice", At: e.Effective, Route: n.Route, Priority: i.Priority, Repeat: n.Repeat, Incident: about(&i), Entry: happened(e)}
	p := d.going.Load()
	if p.config.Page != "" {
		m.URL = p.config.Page + "/incidents/" + i.ID
	}
	own := line(plain(fmt.Sprintf("%s %s: %s", i.Number, i.Title, e.Action), maxTitle))
	if m.Title, err = render(p.title, &m, maxTitle); err == nil {
		m.Title = cmp.Or(line(m.Title), own)
		m.Text, err = render(p.text, &m, maxBody)
	}
	if err != nil { // a template that does not fit: what happened is told all the same
		m.Title, m.Text = own, plain("the template failed: "+err.Error(), 500)
	}
	return m, &i, nil
}

// repeat makes the next repetition of a notice that asks somebody to take an incident up.
func (d *Courier) repeat(ctx context.Context, n tocsin.Notice, i *tocsin.Incident, now time.Time) error {
	r, ok := d.going.Load().config.route(n.Route)
	if !ok || r.Repeat == 0 || !opening(n.Action) || n.Members != nil || n.Repeat >= maxRepeats || i.Status != tocsin.Proposed && i.Status != tocsin.Declared {
		return nil
	}
	next := n
	next.Repeat, next.Attempts, next.Held, next.Reason, next.Version = n.Repeat+1, 0, "", "", 1
	next.ID, next.Created, next.Due = tocsin.NoticeID(n.Incident, n.Seq, n.Receiver, next.Repeat), now, now.Add(r.Repeat)
	return d.create(ctx, next)
}
