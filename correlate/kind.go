package correlate

import "tocsin"

// A kind says which windows over a key's alerts satisfy a rule. It is one file: a type with these methods and a line
// in kindOf. A kind whose condition more alerts can undo is a [fold] and answers other questions. A window is a run of held alerts whose last lies less than span after its first; more alerts must never
// make a satisfying window fail (a monotone condition; engine.md, ruling 5).
type kind interface {
	// values are the texts that the kind keeps of a match beside its time, nil for none.
	values(tk *track, m *tocsin.Match) []string
	// note is told of each alert that comes, in order or not, before newest and around are asked.
	note(st *state, x *item)
	// newest looks at the widest window that ends with the newest held alert, which came in order. It returns the
	// index of that window's first alert and how many alerts are missing from satisfying the rule: 0 when it does. The
	// index is of use only then.
	newest(st *state) (lo, missing int)
	// around returns the run [lo, hi] that the satisfying windows with the alert at pos cover together, for an alert
	// that came out of order; ok is false where there is none.
	around(st *state, pos int) (lo, hi int, ok bool)
	// keep is how many of the newest settled alerts, settled in number and at least one, a window to come can still
	// need: those before horizon, where every alert to come lies at or after it.
	keep(st *state, settled int, horizon int64) int
	// rebuild restores what the kind keeps in the state beside the held alerts.
	rebuild(st *state)
}

// kindOf returns the kind of that name, nil for an unknown one.
func kindOf(name string) kind {
	switch name {
	case "match":
		return matchKind{}
	case "count":
		return countKind{}
	case "distinct":
		return distinctKind{}
	case "set":
		return setKind{}
	case "absence":
		return absenceKind{}
	case "silence":
		return silenceKind{}
	case "spike":
		return spikeKind{}
	case "measure":
		return measureKind{}
	case "leaky":
		return leakyKind{}
	case leakyDistinct:
		return leakyDistinctKind{}
	case "sequence":
		return sequenceKind{}
	case "risk":
		return riskKind{}
	case "first_seen":
		return firstSeenKind{}
	case kindNovelty:
		return noveltyKind{}
	}
	return nil
}

// always reports whether alerts of the kind are evaluated however late they are (ruling 3).
func always(name string) bool { return name == "match" || name == "first_seen" }
