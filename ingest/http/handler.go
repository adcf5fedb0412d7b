package http

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"mime"
	nethttp "net/http"
	"strconv"
	"sync/atomic"
	"time"

	"tocsin/ingest"
	"tocsin/internal/fault"
)

// What the intake writes to is declared by package ingest, for all ways in.
type (
	// Journal is [ingest.Journal].
	Journal = ingest.Journal
	// Result is [ingest.Result].
	Result = ingest.Result
)

// The answers of a [Journal] that a client is told of as they are. Any other error is [ErrUnavailable].
var (
	ErrBacklog     = ingest.ErrBacklog                      // 429
	ErrFull        = ingest.ErrFull                         // 507
	ErrUnavailable = ingest.ErrUnavailable                  // 503
	ErrForbidden   = errors.New("not allowed to send here") // 403, of [Options.Authorize]
)

// A Source is one that clients may name by `?source=`.
type Source struct {
	Name   string
	Tenant string // empty: default
	Format string // empty: auto
}

// Config bounds what the intake takes. Zero fields take their defaults.
type Config struct {
	Sources     []Source      // the first one is taken where a request names none; default one named http
	MaxBody     int64         // bytes of one request as sent; default 16 MiB
	MaxUnpacked int64         // bytes of one request unpacked; default 64 MiB
	MaxRecord   int           // bytes of one record; default 1 MiB
	MaxRecords  int           // of one request; default 100,000
	MaxHeld     int64         // bytes of all requests being received; default 256 MiB
	ReadTimeout time.Duration // for a whole request to arrive; default 60 s
	RetryAfter  time.Duration // told with 429 and 503; default 2 s
}

func (c Config) withDefaults() Config {
	if len(c.Sources) == 0 {
		c.Sources = []Source{{Name: "http"}}
	}
	c.MaxBody = cmp.Or(c.MaxBody, 16<<20)
	c.MaxUnpacked = cmp.Or(c.MaxUnpacked, 64<<20)
	c.MaxRecord = cmp.Or(c.MaxRecord, 1<<20)
	c.MaxRecords = cmp.Or(c.MaxRecords, 100_000)
	c.MaxHeld = cmp.Or(c.MaxHeld, 256<<20)
	c.ReadTimeout = cmp.Or(c.ReadTimeout, time.Minute)
	c.RetryAfter = cmp.Or(c.RetryAfter, 2*time.Second)
	return c
}

// Options are what the handler needs of its surroundings. Journal must be there.
type Options struct {
	Journal    Journal
	Authorize  func(*nethttp.Request) error    // nil: everybody may send. Its error is answered 401, or 403 for [ErrForbidden]
	Keyed      func(key string) (Source, bool) // the source whose key it is: who has it is that source and no other; nil: none
	Now        func() time.Time                // nil: time.Now
	Log        *slog.Logger                    // nil: silent
	Registerer Registerer                      // nil: unregistered metrics
}

// A Handler serves `POST /api/v1/alerts`. Memory is bounded by [Config.MaxHeld] whatever clients send; against slow
// ones it sets its own read deadline, and the server should have a ReadHeaderTimeout.
type Handler struct {
	cfg     Config
	opts    Options
	budget  budget
	metrics *metrics
	refused atomic.Int64 // when the journal last refused, in Unix nanoseconds
}

var _ nethttp.Handler = (*Handler)(nil)

// New makes a handler. The error is one of registering metrics.
func New(cfg Config, opts Options) (*Handler, error) {
	h := &Handler{cfg: cfg.withDefaults(), opts: opts}
	if h.opts.Now == nil {
		h.opts.Now = time.Now
	}
	if h.opts.Log == nil {
		h.opts.Log = slog.New(slog.DiscardHandler)
	}
	h.budget.left.Store(h.cfg.MaxHeld)
	m, err := newMetrics(opts.Registerer, func() float64 { return float64(h.cfg.MaxHeld - h.budget.left.Load()) })
	h.metrics = m
	return h, err
}

// An Answer is the body of a 202.
type Answer struct {
	Accepted  int         `json:"accepted"`  // records that are new
	Duplicate int         `json:"duplicate"` // records that were sent before under the same Idempotency-Key
	Rejected  int         `json:"rejected"`  // elements that are no record; they are in the dead-letter place
	Rejection []Rejection `json:"rejections,omitempty"`
}

// A Rejection says what is wrong with one element; an answer tells of the first 20.
type Rejection struct {
	Ordinal int    `json:"ordinal"` // 0-based, in the request
	Reason  string `json:"reason"`  // json, too_big or too_deep
	Detail  string `json:"detail"`
}

const (
	toldRejections = 20
	maxKey         = 200 // bytes of an Idempotency-Key
)

// A refusal is an answer other than 202.
type refusal struct {
	code   int
	reason string // a word
	detail string
	retry  bool
	answer *Answer // what became of the elements, where that is known
}

// ServeHTTP implements [net/http.Handler].
func (h *Handler) ServeHTTP(w nethttp.ResponseWriter, r *nethttp.Request) {
	started := time.Now()
	answer, no := h.take(w, r)
	code := nethttp.StatusAccepted
	if no != nil {
		code = no.code
		h.refuse(w, no)
	} else {
		write(w, "application/json", code, answer)
	}
	h.metrics.answered(code, time.Since(started).Seconds())
}

func write(w nethttp.ResponseWriter, kind string, code int, body any) {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(body) // the client has gone: it will ask again
}

// refuse answers with a problem document (RFC 9457).
func (h *Handler) refuse(w nethttp.ResponseWriter, no *refusal) {
	if no.retry {
		w.Header().Set("Retry-After", strconv.Itoa(int(max(1, h.cfg.RetryAfter.Seconds()))))
	}
	switch no.code {
	case nethttp.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", "Bearer")
	case nethttp.StatusMethodNotAllowed:
		w.Header().Set("Allow", nethttp.MethodPost)
	case nethttp.StatusUnsupportedMediaType:
		w.Header().Set("Accept-Encoding", "gzip, zstd, identity")
	}
	write(w, "application/problem+json", no.code, struct {
		Title  string `json:"title"`
		Status int    `json:"status"`
		Reason string `json:"reason"`
		Detail string `json:"detail"`
		*Answer
	}{nethttp.StatusText(no.code), no.code, no.reason, no.detail, no.answer})
}

// take receives one request and makes it durable.
func (h *Handler) take(w nethttp.ResponseWriter, r *nethttp.Request) (*Answer, *refusal) {
	if r.Method != nethttp.MethodPost {
		return nil, &refusal{code: nethttp.StatusMethodNotAllowed, reason: "method", detail: "alerts are sent by POST"}
	}
	source, no := h.sender(r)
	if no != nil {
		return nil, no
	}
	if no := unknown(r, "source"); no != nil {
		return nil, no
	}
	key := r.Header.Get("Idempotency-Key")
	if len(key) > maxKey {
		return nil, &refusal{code: nethttp.StatusBadRequest, reason: "idempotency_key", detail: fmt.Sprintf("the Idempotency-Key is longer than %d bytes", maxKey)}
	}
	body, stamp, give, no := h.receive(w, r, source, key)
	defer give()
	if no != nil {
		return nil, no
	}
	kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	return h.journal(r.Context(), stamp, key, newSplitter(body, kind == "text/plain", h.cfg.MaxRecord))
}

// receive reads the body of a request within the limits, and makes what its records have in common. give gives the
// memory back, whatever the outcome.
func (h *Handler) receive(w nethttp.ResponseWriter, r *nethttp.Request, source Source, key string) (body []byte, stamp ingest.Record, give func(), no *refusal) {
	// A recorder in tests cannot set deadlines.
	_ = nethttp.NewResponseController(w).SetReadDeadline(time.Now().Add(h.cfg.ReadTimeout))
	body, held, err := readBody(r, h.cfg, &h.budget)
	give = func() { h.budget.give(held) }
	stamp = ingest.Record{Source: source.Name, Tenant: cmp.Or(source.Tenant, "default"), Format: source.Format, Received: h.opts.Now().UTC()}
	if err != nil {
		if key != "" {
			stamp.Position = key + "/body"
		}
		return nil, stamp, give, h.unread(r.Context(), stamp, err)
	}
	h.metrics.bytes.WithLabelValues(source.Name).Add(float64(len(body)))
	return body, stamp, give, nil
}

// source finds the source that the request names.
func (h *Handler) source(r *nethttp.Request) (Source, *refusal) {
	name := r.URL.Query().Get("source")
	if name == "" {
		return h.cfg.Sources[0], nil
	}
	names := make([]string, len(h.cfg.Sources))
	for i, s := range h.cfg.Sources {
		if names[i] = s.Name; s.Name == name {
			return s, nil
		}
	}
	detail := fmt.Sprintf("source %q is not configured", name)
	if near := fault.Nearest(name, names); near != "" {
		detail += fmt.Sprintf("; did you mean %q?", near)
	}
	return Source{}, &refusal{code: nethttp.StatusBadRequest, reason: "source", detail: detail}
}

// unread says why a body could not be read. A bomb leaves a dead letter, without its body.
func (h *Handler) unread(ctx context.Context, stamp ingest.Record, err error) *refusal {
	no := &refusal{code: nethttp.StatusBadRequest, reason: "codec", detail: err.Error()}
	switch {
	case errors.Is(err, errBusy):
		return &refusal{code: nethttp.StatusServiceUnavailable, reason: "busy", detail: err.Error(), retry: true}
	case errors.Is(err, errTooBig):
		no = &refusal{code: nethttp.StatusRequestEntityTooLarge, reason: faultTooBig, detail: fmt.Sprintf("a request may have %d bytes", h.cfg.MaxBody)}
	case errors.Is(err, errEncoding):
		no = &refusal{code: nethttp.StatusUnsupportedMediaType, reason: "encoding", detail: err.Error() + ": send gzip, zstd or plain"}
	case errors.Is(err, errBomb):
		no = &refusal{code: nethttp.StatusRequestEntityTooLarge, reason: faultBomb, detail: fmt.Sprintf("a request may unpack to %d bytes", h.cfg.MaxUnpacked)}
		stamp.Fault, stamp.Detail = faultBomb, fmt.Sprintf("a request unpacks to more than %d bytes", h.cfg.MaxUnpacked)
		if _, err := h.opts.Journal.Append(ctx, []ingest.Record{stamp}); err != nil {
			h.opts.Log.WarnContext(ctx, "dead letter of a bomb was not kept", "source", stamp.Source, "err", err)
		}
	case !errors.Is(err, errPacked):
		no = &refusal{code: nethttp.StatusRequestTimeout, reason: "read", detail: "the request did not arrive whole", retry: true}
	}
	h.metrics.faults.WithLabelValues(stamp.Source, no.reason).Inc()
	return no
}

// journal makes the records of a body durable, all at once.
func (h *Handler) journal(ctx context.Context, stamp ingest.Record, key string, s *splitter) (*Answer, *refusal) {
	if s.shape == shapeNone {
		h.metrics.faults.WithLabelValues(stamp.Source, faultJSON).Inc()
		return nil, &refusal{
			code: nethttp.StatusBadRequest, reason: faultJSON,
			detail: "the body is neither a JSON object, an array of them, nor NDJSON; for lines of another format say Content-Type: text/plain",
		}
	}
	var records []ingest.Record
	answer := &Answer{}
	for {
		p, ok := s.next()
		if !ok {
			break
		}
		if len(records) >= h.cfg.MaxRecords {
			h.metrics.faults.WithLabelValues(stamp.Source, "too_many").Inc()
			return nil, &refusal{code: nethttp.StatusRequestEntityTooLarge, reason: "too_many", detail: fmt.Sprintf("a request may have %d records", h.cfg.MaxRecords)}
		}
		rec := stamp
		rec.Value, rec.Size, rec.Fault, rec.Detail = p.value, int64(len(p.value)), p.fault, p.detail
		if key != "" {
			rec.Position = key + "/" + strconv.Itoa(len(records))
		}
		if p.fault != "" {
			answer.reject(len(records), p)
		}
		records = append(records, rec)
	}
	return h.commit(ctx, stamp.Source, records, answer)
}

func (a *Answer) reject(ordinal int, p piece) {
	a.Rejected++
	if len(a.Rejection) < toldRejections {
		a.Rejection = append(a.Rejection, Rejection{Ordinal: ordinal, Reason: p.fault, Detail: p.detail})
	}
}

func (h *Handler) commit(ctx context.Context, source string, records []ingest.Record, answer *Answer) (*Answer, *refusal) {
	if len(records) == 0 {
		return answer, nil
	}
	done, err := h.opts.Journal.Append(ctx, records)
	if err != nil {
		return nil, h.unkept(ctx, err)
	}
	for _, r := range records {
		if r.Fault != "" {
			h.metrics.faults.WithLabelValues(source, r.Fault).Inc()
		}
	}
	// A rejected element is in the journal too, new or not.
	answer.Duplicate = min(done.Duplicate, len(records)-answer.Rejected)
	answer.Accepted = len(records) - answer.Rejected - answer.Duplicate
	for outcome, n := range map[string]int{"accepted": answer.Accepted, "duplicate": answer.Duplicate, "rejected": answer.Rejected} {
		h.metrics.records.WithLabelValues(source, outcome).Add(float64(n))
	}
	if answer.Rejected == len(records) && answer.Rejection[0].Reason == faultJSON {
		return nil, &refusal{code: nethttp.StatusBadRequest, reason: faultJSON, detail: "no element of the body is JSON; all are kept in the dead-letter place", answer: answer}
	}
	return answer, nil
}

// unkept says why records are not durable: the client is to send them again.
func (h *Handler) unkept(ctx context.Context, err error) *refusal {
	h.refused.Store(h.opts.Now().UnixNano())
	switch {
	case errors.Is(err, ErrBacklog):
		return &refusal{code: nethttp.StatusTooManyRequests, reason: "backlog", detail: "more alerts are waiting than may; nothing of this request was taken", retry: true}
	case errors.Is(err, ErrFull):
		return &refusal{code: nethttp.StatusInsufficientStorage, reason: "full", detail: "the store is full; nothing of this request was taken", retry: true}
	}
	if !errors.Is(err, ErrUnavailable) && ctx.Err() == nil {
		h.opts.Log.ErrorContext(ctx, "journal refuses records", "err", err)
	}
	return &refusal{code: nethttp.StatusServiceUnavailable, reason: "unavailable", detail: "the store cannot be reached; send this request again", retry: true}
}
