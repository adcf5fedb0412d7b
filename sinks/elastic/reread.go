package elastic

import (
	"context"
	"errors"

	"tocsin"
)

// mostReads bounds how many documents are remembered between a read and the write that follows it: some MB.
const mostReads = 4096

// oneToChange is [Store.one] for a document that the caller is likely to write next: where it stood is remembered, so that
// the write need not read it again. A write that rests on what was changed meanwhile loses, and reads.
func (s *Store) oneToChange(ctx context.Context, at name, target any) error {
	d, err := s.one(ctx, at, target)
	if err != nil && !errors.Is(err, tocsin.ErrNotFound) {
		return err
	}
	s.keep(at, d)
	return err
}

func (s *Store) keep(at name, d document) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.recent == nil || len(s.recent) >= mostReads {
		s.recent = map[name]document{}
	}
	s.recent[at] = d
}

// recall is the document as it was read or written last, once.
func (s *Store) recall(at name) (document, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	d, known := s.recent[at]
	delete(s.recent, at)
	return d, known
}

// lastRead is the document as it was read last, once; where it was not, it is read now, and fresh.
func (s *Store) lastRead(ctx context.Context, at name, target any) (d document, fresh bool, err error) {
	d, known := s.recall(at)
	switch {
	case !known:
		d, err = s.one(ctx, at, target)
		if errors.Is(err, tocsin.ErrNotFound) {
			err = nil
		}
		return d, true, err
	case !d.found:
		return d, false, nil
	}
	return d, false, d.decode(target)
}
