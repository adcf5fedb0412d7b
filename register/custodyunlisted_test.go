package register

import (
	"testing"

	"tocsin"
)

// Custody and disposals are logs without an incident: nothing of them was cut short.
func TestCustodyIsNotUnlisted(t *testing.T) {
	w := newWorld(t)
	o := options(w.store, w.Register.opts.Now)
	w.Register = New(o)
	for _, log := range []string{CustodyID("202611-aa"), DisposalID(w.now)} {
		if err := w.Handle(t.Context(), Handling{Log: log, Tenant: "default", Action: tocsin.ActExport, By: ann, Reason: "court"}); err != nil {
			t.Fatal(err)
		}
	}
	n, err := w.Settle(t.Context(), w.now)
	if n != 0 || err != nil || len(w.store.incidents) > 0 {
		t.Errorf("settled %d, %v, %d incidents", n, err, len(w.store.incidents))
	}
}
