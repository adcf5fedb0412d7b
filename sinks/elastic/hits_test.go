package elastic

import (
	"encoding/json"
	"testing"
)

// FuzzHits holds what is taken from a reply against encoding/json: of text that is JSON the same, and of other text no more
// than an error.
func FuzzHits(f *testing.F) {
	for _, text := range []string{
		`{"hits":{"total":{"value":1},"hits":[{"_index":"i","_id":"a:1","_source":{"doc":{"text":"\"}]\\"}},"sort":["a",-1.5e3]}]}}`,
		` { "took" : 3, "timed_out":false , "hits" : { "hits" : [ ] } } `,
		`{"hits":{"hits":[{"_id":"\u0061","_source":{"DOC":[],"doc":null}},{"_source":"x"},{}]}}`,
		`{"hits":{}}`, `{"hits":{"hits":[}}`, `{"hits":{"hits":[{"_source":{"a":"\\\"`, `{"hits":`, `]`, ``,
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		hits, err := hitsOf(text)
		var reply struct {
			Hits struct {
				Hits []map[string]json.RawMessage `json:"hits"`
			} `json:"hits"`
		}
		if err != nil || json.Unmarshal([]byte(text), &reply) != nil || len(reply.Hits.Hits) != len(hits) {
			return // names that repeat, or differ by case, are not Elasticsearch's
		}
		for n, want := range reply.Hits.Hits {
			var id string
			if source, ok := want["_source"]; ok && (hits[n].source != string(source) || json.Unmarshal(want["_id"], &id) == nil && hits[n].id != id) {
				t.Errorf("%s: hit %d is %+v", text, n, hits[n])
			}
			var doc document
			doc.source = want["_source"]
			if inner, err := doc.inner(); err == nil && innerOf(hits[n].source) != string(inner) {
				t.Errorf("%s: %q within, encoding/json: %q", text, innerOf(hits[n].source), inner)
			}
		}
	})
}

// hitsOf are all hits of a reply.
func hitsOf(reply string) (hits []wholeHit, err error) {
	err = readHits(reply, taking{each: func(hit *wholeHit) error {
		hits = append(hits, *hit)
		return nil
	}})
	return hits, err
}

// A reply is taken apart as it stands.
func TestHits(t *testing.T) {
	hits, err := hitsOf(`{"took":1,"hits":{"max_score":null,"hits":[ {"_index":"i","_id":"a\"1","_score":null,"_source":{"b":[{"c":"}"}],"doc":{"d":1}} ,"sort":["a",2]}, {"_id":"b"}]}}`)
	if err != nil || len(hits) != 2 || hits[0].index != "i" || hits[0].id != `a"1` || string(hits[0].inner()) != `{"d":1}` || string(hits[0].sort) != `["a",2]` || hits[1].id != "b" {
		t.Errorf("%+v: %v", hits, err)
	}
	for _, text := range []string{``, `{}`, `{"hits":{}}`, `{"hits":{"hits":[}}`, `{"hits":{"hits":[{"_id":"a"`, `{"hits":{"hits":[{"_id":1}]}}`, `{"hits":{"hits":[{"_source":,}]}}`, `{"hits":{"hits":[{"_source":{]}}`} {
		if hits, err := hitsOf(text); err == nil {
			t.Errorf("%s is taken for %+v", text, hits)
		}
	}
}
