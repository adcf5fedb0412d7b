package decode

import (
	"slices"
	"testing"

	"tocsin/ingest"
)

// TestProducts runs the tests that stand in the files of products, and wants that no two products claim one record.
func TestProducts(t *testing.T) {
	d := newTest(t)
	c := newCatalogue(newTest(t))
	for _, m := range products() {
		if len(m.tests) == 0 {
			t.Errorf("%s has no tests", m.Format)
		}
		for i := range m.tests {
			test := &m.tests[i]
			for _, message := range test.run(d, "product") {
				t.Errorf("%s, line %d: %s: %s", m.Format, test.line, test.name, message)
			}
			if _, rejected := c.readers[0].d.Decode(ingest.Record{Value: test.record, Received: test.received, Source: "test"}); rejected != nil {
				t.Fatalf("%s: %s", m.Format, rejected.Detail)
			}
			if err := c.readers[0].d.doc.scan(test.record); err != nil {
				t.Fatalf("%s: %s", m.Format, err.detail)
			}
			var claim []string
			for _, r := range c.readers {
				if r.holds(c.readers[0].d.doc) {
					claim = append(claim, r.m.Format)
				}
			}
			if want := []string{m.Format}; (test.format == "" || test.format == "product") && !slices.Equal(claim, want) {
				t.Errorf("%s: %s: claimed by %v", m.Format, test.name, claim)
			}
		}
	}
}
