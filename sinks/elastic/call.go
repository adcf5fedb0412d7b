package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"tocsin/sinks"
)

// maxReply is the most that is read of any reply, in bytes.
const maxReply = 256 << 20

// mostGrown is how much room is made for a reply at its word, in bytes.
const mostGrown = 16 << 20

// errOdd marks a reply that is none of Elasticsearch's: HTML, cut off, too long. It says nothing and is retried.
var errOdd = errors.New("odd reply")

// errLong marks a reply that is longer than the limit for it: an odd one, or answers with long reasons to many items.
var errLong = fmt.Errorf("longer than the limit: %w", errOdd)

// A statusError is a reply whose status says that the request was not done.
type statusError struct {
	status int
	kind   string // Elasticsearch's name for it
	reason string
	own    bool // Elasticsearch says so, not something before it
}

// Error says status, kind and reason.
func (e *statusError) Error() string {
	return fmt.Sprintf("status %d: %s: %.300s", e.status, e.kind, e.reason)
}

// Unwrap makes statuses that no retry cures [sinks.ErrPermanent]: what the operator must mend, or what is our fault.
func (e *statusError) Unwrap() error {
	switch e.status {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed:
		return sinks.ErrPermanent
	default:
		return nil
	}
}

// denied reports whether the error says that a right is missing.
func denied(err error) bool {
	status, ok := errors.AsType[*statusError](err)
	return ok && (status.status == http.StatusUnauthorized || status.status == http.StatusForbidden)
}

// send does one request once and returns the body of a reply with a status below 300; any other is a [statusError].
func (s *Store) send(ctx context.Context, op string, req esapi.Request, most int64) ([]byte, error) {
	var room bytes.Buffer
	err := s.sendInto(ctx, &room, op, req, most)
	if err != nil {
		return nil, err
	}
	return room.Bytes(), nil
}

// sendInto is send into a room that may have been used before.
func (s *Store) sendInto(ctx context.Context, room *bytes.Buffer, op string, req esapi.Request, most int64) error {
	room.Reset()
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	defer s.health.ask()()
	begun := time.Now()
	res, err := req.Do(ctx, s.client)
	if err != nil {
		s.metrics.requests.WithLabelValues(op, "transport").Inc()
		return fmt.Errorf("%s: %w", op, err)
	}
	defer res.Body.Close()
	if n, err := strconv.Atoi(res.Header.Get("Content-Length")); err == nil && n > 0 {
		room.Grow(min(n, mostGrown) + bytes.MinRead) // its end is read into room too
	}
	_, err = room.ReadFrom(io.LimitReader(res.Body, most+1))
	s.metrics.seconds.WithLabelValues(op).Observe(time.Since(begun).Seconds())
	if err == nil && int64(room.Len()) > most {
		s.metrics.requests.WithLabelValues(op, "odd").Inc()
		return fmt.Errorf("%s: reply of status %d: %w", op, res.StatusCode, errLong)
	}
	if err != nil {
		s.metrics.requests.WithLabelValues(op, "odd").Inc()
		return fmt.Errorf("%s: reply of status %d: %v: %w", op, res.StatusCode, err, errOdd)
	}
	s.metrics.requests.WithLabelValues(op, class(res.StatusCode)).Inc()
	if res.StatusCode >= 300 {
		return fmt.Errorf("%s: %w", op, fault(res.StatusCode, room.Bytes()))
	}
	return nil
}

// class is a status as a label: 2xx, 4xx, ….
func class(status int) string {
	if status < 100 || status > 599 {
		return "odd"
	}
	return string(rune('0'+status/100)) + "xx"
}

// fault reads what a reply says of its error, as far as it is Elasticsearch's.
func fault(status int, body []byte) *statusError {
	var reply struct {
		Error json.RawMessage `json:"error"`
	}
	e := &statusError{status: status, kind: http.StatusText(status)}
	if json.Unmarshal(body, &reply) != nil || len(reply.Error) == 0 {
		e.reason = string(bytes.ToValidUTF8(body[:min(len(body), 200)], []byte("?")))
		return e
	}
	var detail itemError
	if json.Unmarshal(reply.Error, &detail) == nil && detail.Type != "" {
		e.kind, e.reason, e.own = detail.Type, detail.Reason, true
	} else {
		e.reason = string(reply.Error)
	}
	return e
}

// ask repeats a reading request until it has an answer that decodes into target, or an error that no retry cures.
func (s *Store) ask(ctx context.Context, op string, req func() esapi.Request, target any, valid func() error) error {
	err := s.reads.Do(ctx, func(ctx context.Context) error {
		body, err := s.send(ctx, op, req(), maxReply)
		if err != nil {
			return err
		}
		if err := json.Unmarshal(body, target); err != nil {
			return fmt.Errorf("%s: %v: %w", op, err, errOdd)
		}
		return valid()
	})
	if err == nil {
		s.health.recover(reading)
	} else if denied(err) {
		s.health.halt(reading, err)
	}
	return err
}
