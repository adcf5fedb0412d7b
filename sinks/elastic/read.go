package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"tocsin"
	"tocsin/sinks"
)

// A name is where a document stands: index and id.
type name struct{ index, id string }

// A document is one answer of a read by id.
type document struct {
	found  bool
	place  place
	source json.RawMessage
}

// maxID is the longest id that Elasticsearch takes, in bytes.
const maxID = 512

// mget reads documents by id, in real time: what was written a moment ago is there. Unknown documents and unknown
// indices are not found. fields, if any, name the parts of the source to return.
func (s *Store) mget(ctx context.Context, names []name, fields ...string) ([]document, error) {
	docs := make([]document, len(names))
	var body bytes.Buffer
	var asked []int
	body.WriteString(`{"docs":[`)
	for i, n := range names {
		if n.id == "" || len(n.id) > maxID || n.index == "" {
			continue
		}
		if len(asked) > 0 {
			body.WriteByte(',')
		}
		line := quote(append(body.AvailableBuffer(), `{"_index":`...), n.index)
		body.Write(append(quote(append(line, `,"_id":`...), n.id), '}'))
		asked = append(asked, i)
	}
	body.WriteString(`]}`)
	if len(asked) == 0 {
		return docs, nil
	}
	var reply mgetReply
	req := func() esapi.Request {
		reply = mgetReply{}
		return esapi.MgetRequest{Body: bytes.NewReader(body.Bytes()), SourceIncludes: fields}
	}
	return docs, s.ask(ctx, "mget", req, &reply, func() error { return reply.enter(names, asked, docs) })
}

type mgetReply struct {
	Docs []struct {
		ID     string          `json:"_id"`
		Found  bool            `json:"found"`
		SeqNo  int64           `json:"_seq_no"`
		Term   int64           `json:"_primary_term"`
		Source json.RawMessage `json:"_source"`
		Error  *itemError      `json:"error"`
	} `json:"docs"`
}

// enter checks that the reply answers what was asked and hands the answers out. A shard that is away is no answer.
func (r *mgetReply) enter(names []name, asked []int, docs []document) error {
	if len(r.Docs) != len(asked) {
		return fmt.Errorf("mget: %d documents answered for %d: %w", len(r.Docs), len(asked), errOdd)
	}
	for n, d := range r.Docs {
		i := asked[n]
		switch {
		case d.ID != names[i].id:
			return fmt.Errorf("mget: document %d is another: %w", n, errOdd)
		case d.Error == nil:
			docs[i] = document{d.Found, place{d.SeqNo, d.Term}, d.Source}
		case d.Error.Type == "index_not_found_exception":
			docs[i] = document{}
		case d.Error.Type == "security_exception":
			return fmt.Errorf("mget: %s: %.300s: %w", d.Error.Type, d.Error.Reason, sinks.ErrPermanent)
		default:
			return fmt.Errorf("mget: %s: %.300s: %w", d.Error.Type, d.Error.Reason, errOdd)
		}
	}
	return nil
}

// one reads one document and decodes the object `doc` of it into target; the error wraps [tocsin.ErrNotFound].
func (s *Store) one(ctx context.Context, at name, target any) (document, error) {
	docs, err := s.mget(ctx, []name{at})
	if err != nil {
		return document{}, err
	}
	if !docs[0].found {
		return document{}, fmt.Errorf("%.80q: %w", at.id, tocsin.ErrNotFound)
	}
	return docs[0], docs[0].decode(target)
}

// inner is the object `doc` of the document: what was stored, as it was written.
func (d *document) inner() (json.RawMessage, error) {
	var source struct {
		Doc json.RawMessage `json:"doc"`
	}
	if err := json.Unmarshal(d.source, &source); err != nil {
		return nil, fmt.Errorf("stored document: %v: %w", err, sinks.ErrDamaged)
	}
	return source.Doc, nil
}

func (d *document) decode(target any) error {
	doc, err := d.inner()
	if err != nil {
		return err
	}
	if err := json.Unmarshal(doc, target); err != nil {
		return fmt.Errorf("stored document: %v: %w", err, sinks.ErrDamaged)
	}
	return nil
}

// object is a JSON object of a request or a document.
type object = map[string]any

// search runs a structured query, never one in query language, over an index or a pattern; a missing index is empty.
// Parts that cannot be searched are an error, not a shorter answer.
func (s *Store) search(ctx context.Context, index string, query object) (*searchReply, error) {
	return s.searchOn(ctx, index, "", query)
}

// searchOn is search where the same word is answered by the same copy of a shard, as long as it is there; "" by any.
func (s *Store) searchOn(ctx context.Context, index, copied string, query object) (*searchReply, error) {
	body, err := json.Marshal(query)
	if err != nil {
		return nil, fmt.Errorf("search: %w", err)
	}
	reply := &searchReply{}
	req := func() esapi.Request {
		*reply = searchReply{}
		return esapi.SearchRequest{
			Index: []string{index}, Body: bytes.NewReader(body), Preference: copied,
			IgnoreUnavailable: new(true), AllowNoIndices: new(true), AllowPartialSearchResults: new(false),
		}
	}
	return reply, s.ask(ctx, "search", req, reply, func() error {
		if reply.Hits == nil {
			return fmt.Errorf("search: no hits in the answer: %w", errOdd)
		}
		return nil
	})
}

type searchReply struct {
	Aggregations json.RawMessage `json:"aggregations"`
	Hits         *struct {
		Total struct {
			Value int64 `json:"value"`
		} `json:"total"`
		Hits []struct {
			Index   string          `json:"_index"`
			ID      string          `json:"_id"`
			Version int64           `json:"_version"`
			Source  json.RawMessage `json:"_source"`
			Sort    json.RawMessage `json:"sort"`
		} `json:"hits"`
	} `json:"hits"`
}

// A listing is what one page of documents is asked by; see [sinks.Key] for its order.
type listing struct {
	name    string // of the listing, in cursors
	index   string
	rank    string // field of the rank; "": none
	at      string // field of the time, as a number of nanoseconds
	filters []object
	without []string // parts of the document that are not read
	only    []string // parts that are read; nil: all
	// The order is descending by rank, and the earliest first, where these say so.
	rankDown, atUp bool
}

// direction is the word for it.
func direction(down bool) string {
	if down {
		return "desc"
	}
	return "asc"
}

// between asks for a time in [since, until); zero is open.
func (l *listing) between(field string, since, until time.Time) {
	var from, to *int64
	if !since.IsZero() {
		from = new(sinks.Nanos(since))
	}
	if !until.IsZero() {
		to = new(sinks.Nanos(until))
	}
	l.within(field, from, to)
}

// equal asks for a field's value; "" asks for nothing.
func (l *listing) equal(field, value string) {
	if value != "" {
		l.filters = append(l.filters, object{"term": object{field: object{"value": value}}})
	}
}

// any asks for one of several values; none asks for nothing.
func (l *listing) any(field string, values []string) {
	if len(values) > 0 {
		l.filters = append(l.filters, object{"terms": object{field: values}})
	}
}

// within asks for a number in [from, to); nil is open.
func (l *listing) within(field string, from, to *int64) {
	bounds := object{}
	if from != nil {
		bounds["gte"] = *from
	}
	if to != nil {
		bounds["lt"] = *to
	}
	if len(bounds) > 0 {
		l.filters = append(l.filters, object{"range": object{field: bounds}})
	}
}

// parts are what is read of a document.
func (l *listing) parts() []string {
	if l.only == nil {
		return []string{"doc"}
	}
	return l.only
}

// list reads one page; key tells an item's place in it.
func list[T any](ctx context.Context, s *Store, l listing, limit int, cursor string, key func(*T) sinks.Key) (tocsin.Page[T], error) {
	page := tocsin.Page[T]{Items: []T{}}
	after, resumed, err := sinks.ParseCursor(l.name, cursor)
	if err != nil {
		return page, err
	}
	sort := []object{
		{l.at: object{"order": direction(!l.atUp), "unmapped_type": "long"}},
		{"tocsin.id": object{"order": "asc", "unmapped_type": "keyword"}},
	}
	from := []any{after.At, after.ID}
	if l.rank != "" {
		sort = append([]object{{l.rank: object{"order": direction(l.rankDown), "unmapped_type": "keyword"}}}, sort...)
		from = append([]any{after.Rank}, from...)
	}
	size := sinks.PageSize(limit)
	query := object{
		"size": size + 1, "track_total_hits": true, "_source": object{"includes": l.parts(), "excludes": append([]string{}, l.without...)}, "sort": sort,
		"query": object{"bool": object{"filter": append([]object{}, l.filters...)}},
	}
	if resumed {
		query["search_after"] = from
	}
	reply, err := s.search(ctx, l.index, query)
	if err != nil {
		return page, err
	}
	page.Total = reply.Hits.Total.Value
	for n, hit := range reply.Hits.Hits {
		if n == size {
			page.Cursor = sinks.Cursor(l.name, key(&page.Items[n-1]))
			break
		}
		var item T
		if err := (&document{source: hit.Source}).decode(&item); err != nil {
			return page, fmt.Errorf("document %.80q of %s: %w", hit.ID, hit.Index, err)
		}
		page.Items = append(page.Items, item)
	}
	return page, nil
}
