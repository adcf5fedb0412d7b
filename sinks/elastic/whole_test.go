package elastic

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/sinks"
)

// A pager is a server whose replies are longer than the limit where they hold more than a few documents.
type pager struct {
	documents, most int
	torn            int // so many replies are odd behind their third document
	sizes           []int
}

// RoundTrip answers a search of all documents in the order of their ids.
func (p *pager) RoundTrip(req *http.Request) (*http.Response, error) {
	var query struct {
		Size  int      `json:"size"`
		After []string `json:"search_after"`
	}
	if err := json.NewDecoder(req.Body).Decode(&query); err != nil {
		return nil, err
	}
	p.sizes = append(p.sizes, query.Size)
	from := 0
	if len(query.After) > 0 {
		if _, err := fmt.Sscanf(query.After[0], "%d", &from); err != nil {
			return nil, err
		}
		from++
	}
	var hits []string
	for n := from; n < min(p.documents, from+query.Size); n++ {
		hits = append(hits, fmt.Sprintf(`{"_index":"i","_id":"%03d","_source":{"doc":{}},"sort":["%03d"]}`, n, n))
	}
	text := `{"hits":{"hits":[` + strings.Join(hits, ",") + `]}}`
	if p.torn > 0 && len(hits) > 3 {
		p.torn--
		text = `{"hits":{"hits":[` + strings.Join(hits[:3], ",") + `,<html>`
	}
	body := io.Reader(strings.NewReader(text))
	if len(hits) > p.most {
		body = io.MultiReader(body, zeros{})
	}
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"X-Elastic-Product": {"Elasticsearch"}, "Content-Type": {"application/json"}}, Body: io.NopCloser(body), Request: req,
	}, nil
}

// zeros go on for ever.
type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	return copy(p, bytes.Repeat([]byte("0"), min(len(p), 1<<20))), nil
}

// A reply that is odd in its middle is asked for again behind what was taken of it: each document comes once.
func TestWhollyOverOddReplies(t *testing.T) {
	p := &pager{documents: 200, most: 1000, torn: 5}
	s, err := New(Config{Addresses: []string{"http://127.0.0.1:1"}, Transport: p, Retry: sinks.Retry{Base: time.Millisecond, Cap: time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	n, full := 0, errors.New("no more")
	each := func(hit *wholeHit) error {
		if hit.id != fmt.Sprintf("%03d", n) {
			return fmt.Errorf("document %s in the place of %d", hit.id, n)
		}
		if n++; n == 150 {
			return full
		}
		return nil
	}
	if err := s.wholly(t.Context(), "i", "tocsin.id", tocsin.LogRange{}, 50, taking{each: each}); !errors.Is(err, full) || n != 150 {
		t.Errorf("%d documents: %v", n, err)
	}
	if p.torn > 0 || len(p.sizes) > 10 {
		t.Errorf("asked %d times, %d replies still to be torn", len(p.sizes), p.torn)
	}
}

// A page that is too long is asked for in parts, until it fits: each document comes once and in its order.
func TestWhollyInParts(t *testing.T) {
	p := &pager{documents: 200, most: 20}
	s, err := New(Config{Addresses: []string{"http://127.0.0.1:1"}, Transport: p})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	n := 0
	err = s.wholly(t.Context(), "i", "tocsin.id", tocsin.LogRange{}, 1000, taking{each: func(hit *wholeHit) error {
		if hit.id != fmt.Sprintf("%03d", n) {
			return fmt.Errorf("document %s in the place of %d", hit.id, n)
		}
		n++
		return nil
	}})
	if err != nil || n != p.documents {
		t.Fatalf("%d of %d documents, asked for %v: %v", n, p.documents, p.sizes, err)
	}
	if p.sizes[0] != 1000 || p.sizes[len(p.sizes)-1] > p.most {
		t.Errorf("asked for %v", p.sizes)
	}
}
