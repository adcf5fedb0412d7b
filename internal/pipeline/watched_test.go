package pipeline

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin"
)

func TestSightings(t *testing.T) {
	var s Sightings
	tell := func() (m tocsin.Marker) { s.Tell(&m); return m }
	old, other := []string{"a", "b", "c"}, []string{"b", "d"}
	for _, sees := range []uint64{0, 0b101, 0b100} {
		s.See(old, sees)
	}
	if diff := cmp.Diff(tocsin.Marker{Accepted: 3, Seen: []string{"a", "c"}}, tell()); diff != "" {
		t.Error(diff)
	}
	s.See(other, 0b11) // other rules since
	kept := tell()
	want := tocsin.Marker{Accepted: 4, Seen: []string{"a", "b", "c", "d"}}
	if diff := cmp.Diff(want, kept); diff != "" {
		t.Error(diff)
	}
	s.Told()
	s.See(other, 0b10)
	if diff := cmp.Diff(tocsin.Marker{Accepted: 1, Seen: []string{"d"}}, tell()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(want, kept); diff != "" {
		t.Errorf("a marker that was told changes: %s", diff)
	}
	s.Told()
	s.See(nil, 0)
	if m := tell(); m.Accepted != 1 || m.Seen != nil {
		t.Errorf("%+v", m)
	}
}
