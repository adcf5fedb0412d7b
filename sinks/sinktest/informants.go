package sinktest

import (
	"errors"
	"testing"
	"time"

	"tocsin"
)

// An informant is created once, read as written, and erased for good: a second erasure changes nothing.
func testInformants(t *testing.T, _ Suite, s Store) {
	at := time.Date(2026, 11, 2, 10, 0, 0, 123, time.UTC)
	i := tocsin.Informant{Token: "ab12", Tenant: "default", Event: "202611-1", Name: "Ann Ä. <x>", Contact: "+1 555", Salt: "5a17", At: at}
	i.Commitment = i.Seal()
	if _, err := s.Informant(t.Context(), "ab12"); !errors.Is(err, tocsin.ErrNotFound) {
		t.Errorf("one that is not there: %v", err)
	}
	if _, err := s.EraseInformant(t.Context(), "ab12", tocsin.Erasure{At: at}); !errors.Is(err, tocsin.ErrNotFound) {
		t.Errorf("erasing one that is not there: %v", err)
	}
	for range 2 {
		if err := s.PutInformant(t.Context(), i); err != nil {
			t.Fatal(err)
		}
	}
	other := i
	other.Name = "Bert"
	if err := s.PutInformant(t.Context(), other); !errors.Is(err, tocsin.ErrConflict) {
		t.Errorf("another one under its token: %v", err)
	}
	if got, err := s.Informant(t.Context(), "ab12"); err != nil || got != i || got.Commitment != got.Seal() {
		t.Errorf("%+v, %v", got, err)
	}
	first := tocsin.Erasure{At: at.Add(time.Hour), By: tocsin.Actor{Kind: "person", ID: "lea", Role: "lead"}, Reason: "asked for"}
	for n, e := range []tocsin.Erasure{first, {At: at.Add(2 * time.Hour), Reason: "again"}} {
		got, err := s.EraseInformant(t.Context(), "ab12", e)
		if err != nil || got.Name != "" || got.Contact != "" || got.Salt != "" || got.Commitment != i.Commitment || got.Erased != first {
			t.Errorf("erased %d: %+v, %v", n, got, err)
		}
	}
	if got, err := s.Informant(t.Context(), "ab12"); err != nil || got.Name != "" || got.Erased != first {
		t.Errorf("after: %+v, %v", got, err)
	}
	if err := s.PutInformant(t.Context(), i); !errors.Is(err, tocsin.ErrConflict) {
		t.Errorf("put back: %v", err)
	}
}
