package notify

import (
	"slices"
	"testing"

	"tocsin"
	"tocsin/register"
)

// A route tells of a restricted incident only if it says so; what waits when one is restricted is not told either.
func TestRestrictedIsToldToRoutesThatSaySo(t *testing.T) {
	restrict := register.Command{Action: tocsin.ActVisibility, Visibility: tocsin.Restricted, Reason: "one of us"}
	for name, c := range map[string]struct {
		route string
		want  []string
	}{
		"plain":   {"routes: [{name: all, to: [chat], actions: [create, comment, visibility]}]\n", []string{"create"}},
		"says so": {"routes: [{name: all, to: [chat], restricted: true, actions: [create, comment, visibility]}]\n", []string{"create", "visibility", "comment", "comment"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, c.route)
			i := w.create()
			w.settle()
			restrict.Incident = i.ID
			w.do(restrict)
			w.do(register.Command{Action: tocsin.ActComment, Incident: i.ID, Text: "x"})
			w.settle()
			w.do(register.Command{Action: tocsin.ActComment, Incident: i.ID, Text: "y"})
			w.settle()
			if got := w.chat.said(); !slices.Equal(got, c.want) {
				t.Errorf("told %v, want %v", got, c.want)
			}
		})
	}
}

func TestWhatWaitsIsNotToldOnceRestricted(t *testing.T) {
	w := newWorld(t, "routes: [{name: all, to: [chat], actions: [create]}]\n")
	w.chat.err = errFault
	i := w.create()
	w.settle()
	w.do(register.Command{Action: tocsin.ActVisibility, Incident: i.ID, Visibility: tocsin.Restricted, Reason: "one of us"})
	w.chat.err = nil
	w.after(maxBackoff)
	all, err := w.store.Notices(t.Context(), tocsin.NoticeQuery{Incident: i.ID, Limit: 10})
	if err != nil || len(w.chat.got) > 0 || len(all) != 1 || all[0].State != tocsin.NoticeDropped || all[0].Reason != "restricted" {
		t.Errorf("told %v; notices %+v (%v)", w.chat.said(), all, err)
	}
}
