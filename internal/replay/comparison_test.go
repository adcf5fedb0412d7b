package replay

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
)

// event is a found event of a user from one second to another.
func foundEvent(id, user string, from, to int, state string) Found {
	at := time.Date(2026, 1, 5, 8, 0, 0, 0, time.UTC)
	return Found{
		ID: id, Tenant: "default", Rule: "r", Group: tocsin.Group{{Field: "user.name", Value: tocsin.StringValue(user)}},
		First: at.Add(time.Duration(from) * time.Second), Last: at.Add(time.Duration(to) * time.Second), Count: int64(to - from), State: state,
	}
}

func TestPair(t *testing.T) {
	for name, c := range map[string]struct {
		old, fresh []Found
		want       []int
	}{
		"by id, though it overlaps another longer": {
			[]Found{foundEvent("a", "ann", 0, 100, "")}, []Found{foundEvent("b", "ann", 0, 100, ""), foundEvent("a", "ann", 50, 60, "")}, []int{1},
		},
		"by the longest overlap": {
			[]Found{foundEvent("a", "ann", 0, 100, "")}, []Found{foundEvent("b", "ann", 0, 10, ""), foundEvent("c", "ann", 20, 90, "")}, []int{1},
		},
		"each once": {
			[]Found{foundEvent("a", "ann", 0, 10, ""), foundEvent("b", "ann", 5, 20, "")}, []Found{foundEvent("c", "ann", 0, 20, "")}, []int{0, -1},
		},
		"touching is overlapping": {[]Found{foundEvent("a", "ann", 0, 10, "")}, []Found{foundEvent("b", "ann", 10, 20, "")}, []int{0}},
		"another key":             {[]Found{foundEvent("a", "ann", 0, 10, "")}, []Found{foundEvent("b", "bert", 0, 10, "")}, []int{-1}},
		"another time":            {[]Found{foundEvent("a", "ann", 0, 10, "")}, []Found{foundEvent("b", "ann", 11, 20, "")}, []int{-1}},
	} {
		if diff := cmp.Diff(c.want, pair(c.old, c.fresh)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// TestLearn holds what a change does to incidents against what people decided of them.
func TestLearn(t *testing.T) {
	known := func(disposition string, events ...Found) Known {
		k := Known{Incident: tocsin.Incident{ID: "i", Disposition: disposition}}
		for _, f := range events {
			k.Events = append(k.Events, tocsin.Event{ID: f.ID, Tenant: f.Tenant, Rule: tocsin.RuleRef{ID: f.Rule}, Group: f.Group, First: f.First, Last: f.Last})
		}
		return k
	}
	a, b := foundEvent("a", "ann", 0, 10, "promoted"), foundEvent("b", "bert", 0, 10, "promoted")
	other := a
	other.ID = "of the file, not of the daemon"
	held := b
	held.State = "pending"
	foreign := b
	foreign.Rule = "not compared"
	for name, c := range map[string]struct {
		known      Known
		old, fresh []Found
		want       string
	}{
		"a true positive lost":                {known("true_positive_impact", a), []Found{a}, nil, "lost"},
		"lost, for it is not promoted":        {known("true_positive_no_impact", b), []Found{b}, []Found{held}, "lost"},
		"kept":                                {known("true_positive_impact", a), []Found{a}, []Found{a}, "covered"},
		"kept under another id":               {known("true_positive_impact", a), []Found{a}, []Found{other}, "covered"},
		"kept by another event":               {known("true_positive_impact", a, b), []Found{a, b}, []Found{b}, "less"},
		"kept by a rule that is not compared": {known("true_positive_impact", a, foreign), []Found{a}, nil, "less"},
		"not in the input":                    {known("true_positive_impact", a), []Found{b}, []Found{b}, ""},
		"a false positive removed":            {known("false_positive", a), []Found{a}, nil, "gone"},
		"a false positive remains":            {known("false_positive", a, b), []Found{a, b}, []Found{b}, "remains"},
		"benign is neither":                   {known("benign_true_positive", a), []Found{a}, nil, "covered"},
	} {
		l := learn([]Known{c.known}, [2][]Found{c.old, c.fresh}, map[string]bool{"r": true})
		got := map[bool]string{true: "covered"}[l.Covered == 1]
		for word, n := range map[string]int{"lost": len(l.TrueLost), "less": len(l.TrueLess), "gone": len(l.FalseGone), "remains": l.FalseKept} {
			if n > 0 {
				got = word
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func TestChangesOf(t *testing.T) {
	a, b := foundEvent("a", "ann", 0, 10, "promoted"), foundEvent("a", "ann", 0, 12, "pending")
	b.Priority = "P2"
	want := []string{"count 10 -> 12", "last 2026-01-05T08:00:10Z -> 2026-01-05T08:00:12Z", "state promoted -> pending", "priority none -> P2"}
	if diff := cmp.Diff(want, changesOf(&a, &b)); diff != "" {
		t.Error(diff)
	}
	if got := changesOf(&a, &a); slices.Compact(got) != nil {
		t.Error(got)
	}
}
