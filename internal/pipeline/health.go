package pipeline

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"tocsin/correlate"
	"tocsin/ingest/kafka"
	"tocsin/sinks"
)

// Health is what the daemon knows of its own state. The zero value is a healthy daemon that has done nothing. It is
// safe for concurrent use; a nil *Health takes no note.
type Health struct {
	mu      sync.Mutex
	trouble map[string]Trouble
	shards  map[int32]Shard
	watched map[string]func() []kafka.Progress
	asked   []func() (Trouble, bool)
}

// Ask lets the report tell the trouble of a part that repeats its writes by itself.
func (h *Health) Ask(trouble func() (Trouble, bool)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.asked = append(h.asked, trouble)
}

// Watch lets the report tell how far a consumer group's member has read its partitions.
func (h *Health) Watch(group string, progress func() []kafka.Progress) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.watched == nil {
		h.watched = map[string]func() []kafka.Progress{}
	}
	h.watched[group] = progress
}

// A Lag is how far one partition is behind.
type Lag struct {
	Group     string `json:"group"`
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Next      int64  `json:"next"`
	Lag       int64  `json:"lag"` // records
	Halted    string `json:"halted,omitempty"`
}

// A Trouble is something that keeps the daemon from working as it should: it is degraded, not dead (delivery.md 3.3,
// 10).
type Trouble struct {
	Part    string    `json:"part"`   // journal, write, elasticsearch, kafka, rules
	Detail  string    `json:"detail"` // the error
	Since   time.Time `json:"since"`
	Retries int64     `json:"retries"`
	Halted  bool      `json:"halted"` // no retry cures it: an operator must act
}

// Fail notes a trouble, or one more retry of it. It reports whether this says something else of the part than the last
// failure did, so that whoever tries often tells the log once for each change.
func (h *Health) Fail(part string, err error, at time.Time) (other bool) {
	if h == nil {
		return true
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.trouble == nil {
		h.trouble = map[string]Trouble{}
	}
	t := h.trouble[part]
	if t.Since.IsZero() {
		t = Trouble{Part: part, Since: at}
	}
	detail := err.Error()
	other = t.Detail != detail
	t.Detail, t.Halted = detail, operators(err)
	t.Retries++
	h.trouble[part] = t
	return other
}

// Note notes a trouble that is no failure of the daemon's own and is not tried again.
func (h *Health) Note(part, detail string, since time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.trouble == nil {
		h.trouble = map[string]Trouble{}
	}
	h.trouble[part] = Trouble{Part: part, Detail: detail, Since: since}
}

// operators reports whether an operator must act before anything goes on: to mend a cause, or to make room.
func operators(err error) bool {
	return errors.Is(err, sinks.ErrPermanent) || errors.Is(err, sinks.ErrFull)
}

// Heal takes a trouble back.
func (h *Health) Heal(part string) {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.trouble, part)
}

// statsEvery is how often the engine is asked for its counts, which walks its keys.
const statsEvery = 5 * time.Second

// Progress notes how far an engine has come. shard is its partition of the matches log.
func (h *Health) Progress(e *correlate.Engine, shard int32, offset int64, now time.Time) {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.shards == nil {
		h.shards = map[int32]Shard{}
	}
	s := h.shards[shard]
	s.Partition, s.Offset, s.Watermark = shard, offset, e.Reached()
	if now.Sub(s.taken) >= statsEvery {
		s.Engine, s.taken = e.Stats(), now
	}
	h.shards[shard] = s
}

// Gone forgets a shard that is another daemon's now.
func (h *Health) Gone(shard int32) {
	if h == nil {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.shards, shard)
}

// A Shard is one engine's state.
type Shard struct {
	Partition int32           `json:"partition"`
	Offset    int64           `json:"offset"`
	Watermark time.Time       `json:"watermark,omitzero"` // zero where no partition has had an alert yet, or one was not heard of
	Engine    correlate.Stats `json:"engine"`

	taken time.Time
}

// A Report is a copy of the state.
type Report struct {
	Status   string    `json:"status"` // ok or degraded
	Troubles []Trouble `json:"troubles"`
	Shards   []Shard   `json:"shards"` // by partition; one in embedded mode
	Lags     []Lag     `json:"lags"`   // of the partitions that this daemon owns; none in embedded mode
}

// Report tells the state.
func (h *Health) Report() Report {
	h.mu.Lock()
	defer h.mu.Unlock()
	r := Report{Status: "ok", Troubles: []Trouble{}, Shards: []Shard{}, Lags: []Lag{}}
	for _, part := range slices.Sorted(maps.Keys(h.trouble)) {
		r.Status = "degraded"
		r.Troubles = append(r.Troubles, h.trouble[part])
	}
	for _, ask := range h.asked {
		if t, ok := ask(); ok && h.trouble[t.Part].Since.IsZero() {
			r.Status = "degraded"
			r.Troubles = append(r.Troubles, t)
		}
	}
	for _, n := range slices.Sorted(maps.Keys(h.shards)) {
		r.Shards = append(r.Shards, h.shards[n])
	}
	for _, group := range slices.Sorted(maps.Keys(h.watched)) {
		for _, p := range h.watched[group]() {
			r.Lags = append(r.Lags, Lag{group, p.Topic, p.Partition, p.Next, max(p.HighWatermark-p.Next, 0), p.Halted})
		}
	}
	return r
}

// Watermark is the least of the engines', zero where one has none.
func (r Report) Watermark() time.Time {
	var least time.Time
	for i, s := range r.Shards {
		if i == 0 || s.Watermark.Before(least) {
			least = s.Watermark
		}
	}
	return least
}

// Open is how many events are open in the engines.
func (r Report) Open() int {
	n := 0
	for _, s := range r.Shards {
		n += openEvents(s.Engine)
	}
	return n
}

// firstPause is before the second try of a write, but for jitter; each later pause is twice as long.
const firstPause = 100 * time.Millisecond

// haltedPause is at least between two tries of a write that only an operator can make succeed: a missing index, a
// revoked right. The part stands still meanwhile and health says so; once the cause is mended it goes on by itself.
const haltedPause = 10 * time.Second

// Do repeats f with growing pauses until it succeeds or ctx is done; the error is then ctx's. part names the trouble in
// the health report.
func (r *Retry) Do(ctx context.Context, part string, f func() error) error {
	for attempt := 0; ; attempt++ {
		err := f()
		switch {
		case err == nil:
			if attempt > 0 { // else another may be failing, whose trouble this is not to take back
				r.Health.Heal(part)
			}
			return nil
		case ctx.Err() != nil:
			if attempt > 0 { // nobody tries any more: whoever takes over will say how it fares
				r.Health.Heal(part)
			}
			return ctx.Err()
		}
		r.Metrics.retried(part)
		r.Health.Fail(part, err, r.Now())
		wait := sinks.Retry{Base: firstPause, Cap: 2 * haltedPause, Random: r.Random}
		pause := wait.Delay(attempt)
		switch {
		case errors.Is(err, sinks.ErrPermanent):
			wait.Base = 2 * haltedPause
			pause = wait.Delay(0)
			fallthrough
		case operators(err):
			r.Log.ErrorContext(ctx, "halted: an operator must mend the cause", "part", part, "err", err)
		default:
			r.Log.WarnContext(ctx, "will be repeated", "part", part, "pause", pause, "err", err)
		}
		select {
		case <-ctx.Done():
			r.Health.Heal(part)
			return ctx.Err()
		case <-time.After(pause):
		}
	}
}
