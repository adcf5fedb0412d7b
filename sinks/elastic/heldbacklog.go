package elastic

import (
	"context"
	"encoding/json"
	"fmt"

	"tocsin"
	"tocsin/sinks"
)

var _ sinks.WholeBacklogs = (*Store)(nil)

// HeldBacklogs hands out every document that searches see; see [sinks.WholeBacklogs].
func (s *Store) HeldBacklogs(ctx context.Context, each func(tocsin.Backlog, error) error) error {
	reply, err := s.search(ctx, s.index(kindBacklog), object{"size": 0, "track_total_hits": true})
	if err != nil {
		return err
	}
	left := reply.Hits.Total.Value
	err = s.wholly(ctx, s.index(kindBacklog), "tocsin.id", tocsin.LogRange{}, entriesPage, taking{each: func(hit *wholeHit) error {
		left--
		var b tocsin.Backlog
		odd := (&document{source: json.RawMessage(hit.source)}).decode(&b)
		if odd == nil {
			odd = s.likeBacklog(hit, &b)
		}
		if odd != nil {
			odd = fmt.Errorf("backlog, document %.80q: %w", hit.id, odd)
		}
		return each(b, odd)
	}})
	if err == nil && left > 0 {
		err = each(tocsin.Backlog{}, fmt.Errorf("backlog: %d documents have no id that they are found by", left))
	}
	return err
}

// likeBacklog holds a document against the one that would be written now.
func (s *Store) likeBacklog(hit *wholeHit, b *tocsin.Backlog) error {
	now, err := s.backlogAction(b)
	if err != nil {
		return err
	}
	if err := hit.at(now.index, now.id); err != nil {
		return err
	}
	if odd := sinks.Unlike(hit.source, now.doc); odd != "" {
		return fmt.Errorf("its field %s, by which it is found or drawn, is not what it says", odd)
	}
	return nil
}
