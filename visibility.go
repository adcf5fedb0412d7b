package tocsin

import "slices"

// The classes of who may know of an incident (ISO/IEC 27035-1, 4.6: only who is mandated).
const (
	VisibleToTeam = "team"       // everybody whose role and tenant allow it; in an [Incident] also ""
	Restricted    = "restricted" // a lead, an admin, and whom the incident names
)

// Visibilities is the closed list of these classes.
func Visibilities() []string { return []string{VisibleToTeam, Restricted} }

// A Reader is who asks for incidents and sees of the restricted ones only those that name him. A nil *Reader sees all.
type Reader struct {
	Name  string   // as an incident names people; "" is nobody in particular, whom none names
	Teams []string // that he is a member of
}

// KnownTo reports whether somebody may know of the incident: whoever coordinates it, works on it, is a member of a team
// that was activated for it, or is named as one that may know.
func (i *Incident) KnownTo(r *Reader) bool {
	if r == nil || i.Visibility != Restricted {
		return true
	}
	named := r.Name != "" && (r.Name == i.Assignee || r.Name == i.Coordinator || slices.Contains(i.Shared, r.Name))
	return named || slices.ContainsFunc(i.Teams, func(t Team) bool { return slices.Contains(r.Teams, t.Name) })
}
