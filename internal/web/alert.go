package web

import (
	"net/http"
	"slices"

	"tocsin"
)

// An alertView is one alert, what was read of it and the record as it came.
type alertView struct {
	*tocsin.Alert
	About    []string // what it names, to see what else that did
	Leaves   []leaf
	Unshown  int // leaves that are not among them
	Original string
	Size     int64
	Cut      bool // of the record
	Whole    bool // it was asked for whole
}

// A leaf is one field that was read of an alert.
type leaf struct {
	Name, Value string
	Cut         bool
}

// How much of an alert its page has: what keeps it light, and, where it is asked for whole, what a browser can show.
const (
	leafRoom  = 2 << 10
	alertRoom = 48 << 10  // of the record, and again of the leaves
	wholeRoom = 256 << 10 // the API gives all of what is longer
	leafFrame = 100       // what a page needs for each, beside its texts
)

// aboutShown is how many names stand above an alert.
const aboutShown = 12

func (p *pages) alert(w http.ResponseWriter, r *http.Request) error {
	a, err := p.shown(r)
	if err != nil {
		return err
	}
	v := alertView{Alert: &a, About: about(&a), Size: int64(len(a.Raw)), Whole: r.URL.Query().Has("whole")}
	one, room := leafRoom, alertRoom
	if v.Whole {
		one, room = wholeRoom, wholeRoom
	}
	v.Original = fitting(room, string(a.Raw))
	v.Cut = len(v.Original) < len(a.Raw)
	for name, value := range a.Fields.All() {
		text := value.Text()
		l := leaf{Name: name, Value: fitting(min(one, room), text)}
		if room -= leafFrame + weight(l.Name) + weight(l.Value); room <= 0 {
			v.Unshown++
			continue
		}
		l.Cut = len(l.Value) < len(text)
		v.Leaves = append(v.Leaves, l)
	}
	p.render(w, r, http.StatusOK, "alert", "Alert", "incidents", v)
	return nil
}

// about are the names that an alert gathers by the Elastic Common Schema.
func about(a *tocsin.Alert) (names []string) {
	for _, field := range []string{"related.hosts", "related.user", "related.ip", "related.hash"} {
		for _, v := range a.Fields.Get(field).Items() {
			if name := v.Text(); name != "" && len(names) < aboutShown && !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	return names
}

// shown is the alert that is asked for, once the audit log says that it is shown.
func (p *pages) shown(r *http.Request) (tocsin.Alert, error) {
	a, err := p.Store.Alert(r.Context(), r.PathValue("id"))
	if err == nil && hidden(r.Context(), a.Tenant) {
		err = tocsin.ErrNotFound
	}
	if err == nil {
		err = p.Trail.Shows(r.Context(), "get-alert", "/alerts/"+a.ID)
	}
	return a, err
}
