package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"tocsin"
	"tocsin/sinks"
)

// A wholeHit is one document of a reading of all: where it stands, and its text as it was written.
type wholeHit struct {
	index, id string
	source    string
	sort      json.RawMessage
}

// at says whether the document stands where it says.
func (h *wholeHit) at(index, id string) error {
	if h.index != index || h.id != id {
		return fmt.Errorf("it stands as %.80q in %s, and says it is %.80q of %s", h.id, h.index, id, index)
	}
	return nil
}

// inner is the object doc of the document.
func (h *wholeHit) inner() []byte { return []byte(innerOf(h.source)) }

// wholly hands out all documents of a span, by a field that names their log, in the order of their ids.
func (s *Store) wholly(ctx context.Context, index, field string, span tocsin.LogRange, size int, t taking) error {
	bounds := object{"gte": span.From}
	if span.To != "" {
		bounds["lt"] = span.To
	}
	query := object{
		"size": size, "track_total_hits": false, "query": object{"bool": object{"filter": []object{{"range": object{field: bounds}}}}},
		"sort": []object{{"tocsin.id": object{"order": "asc", "unmapped_type": "keyword"}}},
	}
	for {
		n, err := s.page(ctx, index, query, t)
		if errors.Is(err, errLong) && size > 1 { // a copy of an alert may have megabytes
			size = max(size/8, 1)
			query["size"] = size
			continue
		}
		if err != nil || n < size {
			return err
		}
	}
}

// mostStrays are looked at at a time: one is enough to be told of.
const mostStrays = 1000

// strays are documents that lack the field by which their log is found, one of each log: no reading by logs shows them, and
// who asks for one by its id, or counts all, is given them.
func (s *Store) strays(ctx context.Context) (map[string]error, error) {
	found := map[string]error{}
	for _, in := range []struct{ index, field string }{
		{s.monthly(kindLog, "*"), "tocsin.incident"},
		{s.monthly(kindIntervals, "*"), "tocsin.incident"},
		{s.index(kindIncidents), "tocsin.id"},
		{s.monthly(kindEvidence, "*"), "tocsin.incident"},
	} {
		reply, err := s.search(ctx, in.index, object{
			"size": mostStrays, "track_total_hits": false, "_source": false, "query": object{"bool": object{"must_not": []object{{"exists": object{"field": in.field}}}}},
		})
		if err != nil {
			return nil, err
		}
		if reply.Hits == nil {
			continue
		}
		for _, hit := range reply.Hits.Hits {
			log, _, _ := strings.Cut(hit.ID, ":")
			if found[log] == nil {
				found[log] = fmt.Errorf("document %.80q of %s has no %s, by which it would be found", hit.ID, hit.Index, in.field)
			}
		}
	}
	return found, nil
}

// wholeReply bounds a page: two are read at a time.
const wholeReply = 96 << 20

// page hands out one page of a search, with the documents' own text, and tells how many the last reply had. The query goes
// on behind what was handed out, also where a reply is odd in its middle and asked for again.
func (s *Store) page(ctx context.Context, index string, query object, t taking) (n int, err error) {
	// Packing and unpacking all of a register takes both sides longer than carrying it.
	uncompressed := http.Header{"Accept-Encoding": {"identity"}}
	room, ok := s.rooms.Get().(*bytes.Buffer)
	if !ok {
		room = new(bytes.Buffer)
	}
	defer s.rooms.Put(room)
	long, stopped := false, error(nil)
	take := taking{t.cut, func(hit *wholeHit) error {
		if stopped = t.each(hit); stopped == nil {
			n, query["search_after"] = n+1, hit.sort
		}
		return stopped
	}}
	err = s.reads.Do(ctx, func(ctx context.Context) error {
		body, err := json.Marshal(query)
		if err != nil {
			return fmt.Errorf("search: %w: %w", err, sinks.ErrPermanent)
		}
		n = 0
		err = s.sendInto(ctx, room, "search", esapi.SearchRequest{
			Index: []string{index}, Body: bytes.NewReader(body), Header: uncompressed,
			IgnoreUnavailable: new(true), AllowNoIndices: new(true), AllowPartialSearchResults: new(false),
		}, wholeReply)
		if long = errors.Is(err, errLong); long || err != nil {
			return ignoreLong(err)
		}
		if err = readHits(room.String(), take); err != nil && stopped == nil {
			return fmt.Errorf("search: %v: %w", err, errOdd)
		}
		return nil
	})
	switch {
	case err == nil && long:
		return n, fmt.Errorf("search: %w", errLong)
	case err == nil:
		s.health.recover(reading)
	case denied(err):
		s.health.halt(reading, err)
	}
	return n, errors.Join(err, stopped)
}

// ignoreLong lets a reply that is too long not be asked for again.
func ignoreLong(err error) error {
	if errors.Is(err, errLong) {
		return nil
	}
	return err
}

// wordEnd is where a text in quotes ends that has no quotes in it.
func wordEnd(text string) int {
	if !strings.HasPrefix(text, `"`) {
		return 0
	}
	return strings.IndexByte(text[1:], '"') + 2
}
