package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"syscall"

	"github.com/elastic/go-elasticsearch/v8/esapi"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/klauspost/compress/gzip"

	"tocsin/sinks"
)

// An action is one item of a bulk.
type action struct {
	op      string // create, index or delete
	index   string
	id      string
	version *int64 // external version: the write is done only over a lower one
	gte     bool   // …or over the same one
	after   *place // the write is done only over the document as it was read here
	doc     []byte // one line of JSON; nil for delete
	placed  bool   // where the document then stands is to be answered
}

// place is where a document stood when it was read: optimistic concurrency.
type place struct{ seqNo, term int64 }

// An outcome is what became of an action. Status 0: not known yet.
type outcome struct {
	status int
	detail itemError
	at     place // of what was written, where it was asked for
}

type itemError struct {
	Type   string `json:"type"`
	Reason string `json:"reason"`
}

// known reports whether the action's fate is settled.
func (o outcome) known() bool { return o.status != 0 }

// bulk carries out all actions and returns what became of each: done, conflict or refused, never anything else. It is
// the ledger of delivery.md 1.3: an action without a believable answer is sent again, for ever, with growing waits,
// until ctx ends. The error wraps [sinks.ErrPermanent] where an answer means that the operator must act.
func (s *Store) bulk(ctx context.Context, actions []action) ([]outcome, error) {
	ledger := make([]outcome, len(actions))
	open := make([]int, len(actions))
	for i := range open {
		open[i] = i
	}
	for attempt := 0; len(open) > 0; {
		before := len(open)
		cause := s.round(ctx, actions, ledger, open)
		if errors.Is(cause, sinks.ErrPermanent) {
			s.health.stop(cause)
			return nil, cause
		}
		open = unresolved(ledger, open)
		if len(open) == 0 {
			break
		}
		if len(open) < before {
			attempt = 0
		}
		s.count(actions, open, again)
		if err := s.retry.Pause(ctx, attempt, cause); err != nil {
			return nil, err
		}
		attempt++
	}
	s.health.wrote(actions)
	s.tally(actions, ledger)
	return ledger, nil
}

func unresolved(ledger []outcome, open []int) []int {
	var left []int
	for _, i := range open {
		if !ledger[i].known() {
			left = append(left, i)
		}
	}
	return left
}

func (s *Store) count(actions []action, which []int, v verdict) {
	for _, i := range which {
		s.metrics.items.WithLabelValues(actions[i].op, string(v)).Inc()
	}
}

func (s *Store) tally(actions []action, ledger []outcome) {
	type cell struct {
		op string
		verdict
	}
	sums := map[cell]int{}
	for i, o := range ledger {
		sums[cell{actions[i].op, o.verdict()}]++
	}
	for c, n := range sums {
		s.metrics.items.WithLabelValues(c.op, string(c.verdict)).Add(float64(n))
	}
}

// round sends the open actions once, in bodies of the limit's size, and enters the answers. It returns why some are
// still open: after a request without an answer the rest is not tried.
func (s *Store) round(ctx context.Context, actions []action, ledger []outcome, open []int) error {
	var cause error
	for len(open) > 0 {
		n := portion(actions, open, s.limit.bytes())
		err := s.deliver(ctx, actions, ledger, open[:n])
		if err != nil {
			cause = err
		}
		if err != nil && !errors.Is(err, errItems) {
			return err
		}
		open = open[n:]
	}
	return cause
}

// maxItems bounds a bulk whatever its size: the reply grows with the items.
const maxItems = 10000

// portion is how many of the open actions fit into one body: one at least.
func portion(actions []action, open []int, most int) int {
	size := 0
	for n, i := range open {
		size += len(actions[i].doc) + len(actions[i].id) + 120
		if n > 0 && (size > most || n == maxItems) {
			return n
		}
	}
	return len(open)
}

// errItems marks a bulk that was answered, with some items to be sent again.
var errItems = errors.New("items turned away")

// deliver sends one body. One that is refused as a whole (400, 413) is halved until the culprit is alone.
func (s *Store) deliver(ctx context.Context, actions []action, ledger []outcome, which []int) error {
	items, err := s.post(ctx, actions, which)
	status, isStatus := errors.AsType[*statusError](err)
	switch {
	case err == nil:
		return s.enter(actions, ledger, which, items)
	case isStatus && (status.status == http.StatusBadRequest && status.own || status.status == http.StatusRequestEntityTooLarge):
		if status.status == http.StatusRequestEntityTooLarge {
			s.limit.cut()
		}
		if len(which) == 1 {
			return s.alone(actions, ledger, which[0], status)
		}
		return s.halve(ctx, actions, ledger, which)
	case errors.Is(err, errLong) && len(which) > 1: // many long reasons, else it would be asked the same for ever
		return s.halve(ctx, actions, ledger, which)
	case isStatus && status.status == http.StatusTooManyRequests, cutShort(err):
		s.limit.cut()
	case isStatus && (status.status == http.StatusNotFound || status.status == http.StatusMethodNotAllowed || status.status == http.StatusBadRequest):
		return fmt.Errorf("%v: %w", err, errOdd) // every Elasticsearch has _bulk: this is something before it
	}
	return err
}

// cutShort reports whether a connection broke, or the time was over, while the body was sent or its answer awaited: a
// server that finds a body too large may answer 413 and close before it was read, and a slow link takes less at a time.
func cutShort(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF) ||
		errors.Is(err, context.DeadlineExceeded)
}

// alone enters what was answered to a bulk of one item.
func (s *Store) alone(actions []action, ledger []outcome, i int, status *statusError) error {
	o := outcome{status: status.status, detail: itemError{status.kind, status.reason}}
	if o.verdict() == halt {
		return s.halting(actions[i], o)
	}
	ledger[i] = o
	return nil
}

func (s *Store) halve(ctx context.Context, actions []action, ledger []outcome, which []int) error {
	half := len(which) / 2
	return errors.Join(s.deliver(ctx, actions, ledger, which[:half]), s.deliver(ctx, actions, ledger, which[half:]))
}

// lineRoom is what the line of an action takes, in bytes, or a little more.
const lineRoom = 192

// post sends the actions and returns the items of the reply, checked to answer just these.
func (s *Store) post(ctx context.Context, actions []action, which []int) ([]outcome, error) {
	var body bytes.Buffer
	size := 0
	for _, i := range which {
		size += lineRoom + len(actions[i].doc)
	}
	body.Grow(size)
	for _, i := range which {
		body.Write(actions[i].line(body.AvailableBuffer()))
		if actions[i].doc != nil {
			body.Write(actions[i].doc)
			body.WriteByte('\n')
		}
	}
	parts := []string{"items.*._id", "items.*.status", "items.*.error.type", "items.*.error.reason"}
	if slices.ContainsFunc(which, func(i int) bool { return actions[i].placed }) {
		parts = append(parts, "items.*._seq_no", "items.*._primary_term")
	}
	req := esapi.BulkRequest{Body: &body, FilterPath: parts}
	if s.config.Compress {
		packed, err := compress(body.Bytes())
		if err != nil {
			return nil, err
		}
		req.Body, req.Header = packed, http.Header{"Content-Encoding": {"gzip"}}
	}
	reply, err := s.send(ctx, "bulk", req, int64(1<<20+1024*len(which)))
	if err != nil {
		return nil, err
	}
	return readItems(reply, actions, which)
}

func compress(data []byte) (*bytes.Buffer, error) {
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
	if err != nil {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	if _, err := w.Write(data); err != nil {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("gzip: %w", err)
	}
	return &packed, nil
}

// line appends the action's own line. Every string in it is quoted as JSON: no id can break out of its line.
func (a *action) line(b []byte) []byte {
	b = append(b, `{"`...)
	b = append(b, a.op...)
	b = append(b, `":{"_index":`...)
	b = quote(b, a.index)
	b = append(b, `,"_id":`...)
	b = quote(b, a.id)
	if a.version != nil {
		b = append(b, `,"version_type":"external`...)
		if a.gte {
			b = append(b, `_gte`...)
		}
		b = append(b, `","version":`...)
		b = strconv.AppendInt(b, *a.version, 10)
	}
	if a.after != nil {
		b = append(b, `,"if_seq_no":`...)
		b = strconv.AppendInt(b, a.after.seqNo, 10)
		b = append(b, `,"if_primary_term":`...)
		b = strconv.AppendInt(b, a.after.term, 10)
	}
	return append(b, "}}\n"...)
}

// quote appends a string as JSON; bytes that are no UTF-8 become U+FFFD.
func quote[T string | []byte](b []byte, text T) []byte {
	b, _ = jsontext.AppendQuote(b, text) // the error says that bytes were replaced
	return b
}

// readItems reads a bulk's reply. Anything but one believable answer for each action, in order, is [errOdd]: short,
// long, of other ids, cut off, or no JSON at all.
func readItems(reply []byte, actions []action, which []int) ([]outcome, error) {
	var doc struct {
		Items []map[string]struct {
			ID     string    `json:"_id"`
			Status int       `json:"status"`
			Error  itemError `json:"error"`
			SeqNo  int64     `json:"_seq_no"`
			Term   int64     `json:"_primary_term"`
		} `json:"items"`
	}
	if err := json.Unmarshal(reply, &doc); err != nil {
		return nil, fmt.Errorf("bulk: %v: %w", err, errOdd)
	}
	if len(doc.Items) != len(which) {
		return nil, fmt.Errorf("bulk: %d items answered for %d: %w", len(doc.Items), len(which), errOdd)
	}
	items := make([]outcome, len(which))
	for n, i := range which {
		item, ok := doc.Items[n][actions[i].op]
		if !ok || len(doc.Items[n]) != 1 || item.ID != actions[i].id || item.Status < 200 || item.Status > 599 {
			return nil, fmt.Errorf("bulk: item %d answers something else: %w", n, errOdd)
		}
		items[n] = outcome{item.Status, item.Error, place{item.SeqNo, item.Term}}
	}
	return items, nil
}

// enter puts the answers into the ledger by the verdict table (delivery.md 3.1, 5).
func (s *Store) enter(actions []action, ledger []outcome, which []int, items []outcome) error {
	var turned, halted error
	crowded := false
	for n, i := range which {
		o := items[n]
		switch o.verdict() {
		case halt:
			halted = s.halting(actions[i], o)
		case again:
			turned = fmt.Errorf("%s in %s: status %d: %s: %.300s: %w", actions[i].op, actions[i].index, o.status, o.detail.Type, o.detail.Reason, errItems)
			crowded = crowded || o.status == http.StatusTooManyRequests
		default:
			ledger[i] = o
		}
	}
	if halted != nil {
		return halted
	}
	if crowded {
		s.limit.cut()
	} else if turned == nil {
		s.limit.raise()
	}
	return turned
}

// A haltError is an answer that the operator must act on, about an item of one index.
type haltError struct {
	index string
	error
}

func (e haltError) Unwrap() error { return e.error }

func (s *Store) halting(a action, o outcome) error {
	remedy := ""
	if o.status == http.StatusForbidden && o.detail.Type == "security_exception" {
		remedy = fmt.Sprintf("; give the daemon's user the role %swriter again", s.config.Prefix)
	}
	return haltError{a.index, fmt.Errorf("%s in %s: status %d: %s: %.300s%s: %w", a.op, a.index, o.status, o.detail.Type, o.detail.Reason, remedy, sinks.ErrPermanent)}
}

// put carries out actions none of which Elasticsearch may refuse: a refusal wraps [sinks.ErrPermanent], as only
// alerts may be dead-lettered (delivery.md 3.3, 7).
func (s *Store) put(ctx context.Context, actions ...action) ([]outcome, error) {
	ledger, err := s.bulk(ctx, actions)
	if err != nil {
		return nil, err
	}
	for i, o := range ledger {
		if o.verdict() == refused {
			err := haltError{actions[i].index, fmt.Errorf("document %.80q of %s was refused: %s: %.300s: %w", actions[i].id, actions[i].index, o.detail.Type, o.detail.Reason, sinks.ErrPermanent)}
			s.health.stop(err)
			return nil, err
		}
	}
	return ledger, nil
}
