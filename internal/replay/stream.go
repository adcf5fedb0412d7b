package replay

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"tocsin"
	"tocsin/ingest"
	"tocsin/ingest/decode"
)

// An Input is one decoded record: an alert or the reason why it is none.
type Input struct {
	Record    ingest.Record
	Alert     *tocsin.Alert
	Rejection *tocsin.Rejection
	Case      string // the id beside a wrapped record (--field), "" for none
}

// A stream decodes one source record by record, one alert ahead: whether a time lies in the future is judged by the
// next record's time too (engine.md, ruling 2).
type stream struct {
	src     ingest.Source
	again   func() (ingest.Source, error) // opens the same records once more; nil where they can be read once only
	looked  bool                          // ahead, for the last dated record
	dec     *decode.Decoder
	field   string // the record is the string in this field of its line; "" for the line itself
	clock   decode.Clock
	batch   []ingest.Record
	ahead   []Input // decoded, the first one not yet settled
	done    bool
	latest  time.Time // running greatest time
	settled bool      // of ahead[0]
}

// head is the next input, nil at the end.
func (s *stream) head(ctx context.Context) (*Input, error) {
	for !s.ready() {
		if s.done {
			break
		}
		in, err := s.decode(ctx)
		if errors.Is(err, io.EOF) {
			s.done = true
			break
		}
		if err != nil {
			return nil, err
		}
		s.ahead = append(s.ahead, in)
	}
	if len(s.ahead) == 0 {
		return nil, nil
	}
	s.settle()
	return &s.ahead[0], nil
}

// ready reports whether the first input and the next alert after it are there.
func (s *stream) ready() bool {
	if len(s.ahead) == 0 {
		return false
	}
	if s.settled || s.ahead[0].Alert == nil {
		return true
	}
	return s.next() != nil
}

// lookAhead tells the clock the file's last dated time, by which lines without a year get theirs (ruling 2). It reads the
// file once more, when the first such line is met.
func (s *stream) lookAhead(ctx context.Context) error {
	s.looked = true
	if s.again == nil {
		return nil
	}
	src, err := s.again()
	if err != nil {
		return err
	}
	defer src.Close()
	ahead := &stream{src: src, dec: s.dec, field: s.field, looked: true}
	var last time.Time
	for {
		in, err := ahead.decode(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		if a := in.Alert; a != nil && !slices.Contains(a.Marks, "no_year") && a.Time.After(last) {
			last = a.Time
		}
	}
	if !last.IsZero() {
		s.clock.Until(last)
	}
	return nil
}

// next is the first alert behind the head, nil where none is decoded.
func (s *stream) next() *tocsin.Alert {
	for i := 1; i < len(s.ahead); i++ {
		if s.ahead[i].Alert != nil {
			return s.ahead[i].Alert
		}
	}
	return nil
}

// settle lets the clock judge the head's time, once.
func (s *stream) settle() {
	a := s.ahead[0].Alert
	if s.settled || a == nil {
		return
	}
	var after time.Time
	if n := s.next(); n != nil {
		after = n.Time
	}
	s.settled = true
	if rejection := s.clock.Settle(a, after); rejection != nil {
		s.ahead[0].Alert, s.ahead[0].Rejection = nil, rejection
		return
	}
	if a.Time.After(s.latest) {
		s.latest = a.Time
	}
}

// pop takes the head out.
func (s *stream) pop() Input {
	in := s.ahead[0]
	s.ahead, s.settled = s.ahead[1:], false
	return in
}

func (s *stream) decode(ctx context.Context) (Input, error) {
	for len(s.batch) == 0 {
		b, err := s.src.Read(ctx)
		if err != nil {
			return Input{}, err
		}
		s.batch = b.Records
	}
	r := s.batch[0]
	s.batch = s.batch[1:]
	in := Input{Record: r}
	if s.field != "" && r.Fault == "" {
		raw, id, err := decode.Unwrap(r.Value, s.field)
		if err != nil {
			r.Fault, r.Detail = "json", err.Error()
		} else {
			r.Value = raw
		}
		in.Case = id
	}
	a, rejection := s.dec.Decode(r)
	if rejection != nil {
		in.Rejection = rejection
		return in, nil
	}
	in.Alert = &a
	if !s.looked && a.Received.IsZero() && slices.Contains(a.Marks, "no_year") {
		return in, s.lookAhead(ctx)
	}
	return in, nil
}

// merge yields the inputs of several streams by their running greatest times, so that files that overlap in time
// are read as the one log they would have been. Streams that are level are read in the order given.
func merge(ctx context.Context, streams []*stream, yield func(Input) error) error {
	for {
		var least *stream
		var at time.Time
		for _, s := range streams {
			in, err := s.head(ctx)
			if err != nil {
				return err
			}
			if in == nil {
				continue
			}
			if least == nil || s.latest.Before(at) {
				least, at = s, s.latest
			}
		}
		if least == nil {
			return nil
		}
		if err := yield(least.pop()); err != nil {
			return err
		}
	}
}
