package measure_test

import (
	"testing"
	"time"
)

// What somebody changes in the index by hand is in the next answer, too; documents that are deleted and an index that is
// made anew are noticed, and all is read again.
func TestFactsFollowAnIndex(t *testing.T) {
	s, es := newElastic(t)
	may := time.Date(2026, 5, 4, 8, 0, 0, 0, time.UTC)
	putAll(t, s, plain(1, may), plain(2, may), plain(3, may))
	es.refresh()
	f := filled(t, s, 3)
	sameTallies(t, f, s, 3)
	changed := plain(1, may)
	changed.Revision, changed.Priority, changed.Durations["assess_s"] = 2, "P1", 61
	putAll(t, s, changed, plain(4, may))
	es.refresh()
	sameTallies(t, f, s, 4)
	document := es.prefix + "incidents/_doc/" + plain(2, may).ID
	es.ask("POST", es.prefix+"incidents/_update/"+plain(2, may).ID, `{"doc":{"tocsin":{"priority":{"current":"P5"},"duration":{"assess_s":9}}}}`)
	es.refresh()
	sameTallies(t, f, s, 4)
	if h := f.Held(); h.ByStore != 0 || h.ByFacts != 3 {
		t.Fatalf("who answered: %+v", h)
	}
	es.ask("DELETE", document, "")
	es.refresh()
	sameTallies(t, f, s, 3)
	if h := f.Held(); h.ByStore != 1 || h.Filled {
		t.Errorf("a deleted document was not noticed: %+v", h)
	}
	if err := f.Fill(t.Context()); err != nil {
		t.Fatal(err)
	}
	sameTallies(t, f, s, 3)
	es.ask("DELETE", es.prefix+"incidents", "")
	putAll(t, s, plain(7, may), plain(8, may), plain(9, may)) // as many as there were
	es.refresh()
	sameTallies(t, f, s, 3)
	if h := f.Held(); h.ByStore != 2 || h.ByFacts != 4 {
		t.Errorf("an index that was made anew was not noticed: %+v", h)
	}
}
