package replay

import (
	"tocsin"
	"tocsin/register"
)

// Lessons are what a change of rules does to incidents that people gave a disposition.
type Lessons struct {
	Known     int      `json:"known"`           // incidents with a disposition
	Covered   int      `json:"covered"`         // of those: the old rules promote an event of them in this input
	TrueLost  []Lesson `json:"true_lost"`       // true positives of which the new rules promote no event any more
	TrueLess  []Lesson `json:"true_less"`       // true positives that keep an event and lose another
	FalseGone []Lesson `json:"false_removed"`   // false positives that the new rules no longer make
	FalseKept int      `json:"false_remaining"` // and those that they still make
}

// A Lesson is one such incident.
type Lesson struct {
	Incident    string   `json:"incident"`
	Number      string   `json:"number"`
	Title       string   `json:"title"`
	Disposition string   `json:"disposition"`
	Kept        []string `json:"kept"` // ids of the register's events that are still promoted
	Lost        []string `json:"lost"` // and of those that are not
}

// learn compares both sides with what people decided.
func learn(known []Known, found [2][]Found, of map[string]bool) Lessons {
	l := Lessons{Known: len(known), TrueLost: []Lesson{}, TrueLess: []Lesson{}, FalseGone: []Lesson{}}
	old, fresh := newFinder(found[0]), newFinder(found[1])
	for _, k := range known {
		le := Lesson{
			Incident: k.Incident.ID, Number: k.Incident.Number, Title: k.Incident.Title, Disposition: k.Incident.Disposition,
			Kept: []string{}, Lost: []string{},
		}
		others := false // an event of a rule that is not compared holds the incident up
		for i := range k.Events {
			e := &k.Events[i]
			switch {
			case !of[e.Rule.ID]:
				others = true
			case !old.promotes(e):
			case fresh.promotes(e):
				le.Kept = append(le.Kept, e.ID)
			default:
				le.Lost = append(le.Lost, e.ID)
			}
		}
		if len(le.Kept)+len(le.Lost) == 0 {
			continue
		}
		l.Covered++
		gone := len(le.Kept) == 0 && !others
		switch right := register.TruePositive(le.Disposition); {
		case right && gone:
			l.TrueLost = append(l.TrueLost, le)
		case right && len(le.Lost) > 0:
			l.TrueLess = append(l.TrueLess, le)
		case register.FalsePositive(le.Disposition) && gone:
			l.FalseGone = append(l.FalseGone, le)
		case register.FalsePositive(le.Disposition):
			l.FalseKept++
		}
	}
	return l
}

// A finder finds the events of one side that a register's event is.
type finder struct {
	found []Found
	byID  map[string]int
	byKey map[string][]int
}

func newFinder(found []Found) *finder {
	f := &finder{found: found, byID: map[string]int{}, byKey: map[string][]int{}}
	for i := range found {
		f.byID[found[i].ID] = i
		f.byKey[keyOf(&found[i])] = append(f.byKey[keyOf(&found[i])], i)
	}
	return f
}

// promotes reports whether the side promotes the event: by its id, or one of its rule and key that overlaps it.
func (f *finder) promotes(e *tocsin.Event) bool {
	if i, ok := f.byID[e.ID]; ok && f.found[i].promoted() {
		return true
	}
	want := Found{Tenant: e.Tenant, Rule: e.Rule.ID, Group: e.Group, First: e.First, Last: e.Last}
	for _, i := range f.byKey[keyOf(&want)] {
		if f.found[i].promoted() && overlap(&want, &f.found[i]) >= 0 {
			return true
		}
	}
	return false
}
