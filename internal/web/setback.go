package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"tocsin"
)

// A setback is why a command was not carried out, and what its form said: nobody has to write it twice. The zero
// setback is none.
type setback struct {
	Why  []string
	form string // action of the form that was sent; "": none
	said url.Values
	Kept []named // what was written in a form that the page does not have any more
}

// setbackOf keeps what the form of a request said.
func setbackOf(r *http.Request, act tocsin.Action, why ...string) setback {
	_ = r.ParseForm() // of a form that cannot be read nothing is kept
	return setback{Why: why, form: string(act), said: r.PostForm}
}

// restore puts what was written back into the form that was sent, and opens it. Where the page does not have that form
// any more, because the incident went on meanwhile, what was written is kept to be read and copied.
func (s *setback) restore(forms []form) {
	n := slices.IndexFunc(forms, func(f form) bool { return s.form != "" && string(f.Action) == s.form })
	if n >= 0 {
		f := &forms[n]
		f.Open, f.Written = true, s.said.Get("text")
		for m := range f.Fields {
			f.Fields[m].Value = s.said.Get(f.Fields[m].Name)
		}
		return
	}
	f, _ := formOf(s.form)
	for _, in := range f.Fields {
		if v := strings.TrimSpace(s.said.Get(in.Name)); v != "" && in.Kind != "select" {
			s.Kept = append(s.Kept, named{in.Label, v})
		}
	}
	if v := strings.TrimSpace(s.said.Get("text")); v != "" {
		s.Kept = append(s.Kept, named{cmp.Or(f.Note, "A note for the log"), v})
	}
}

// written is what somebody wrote who turns out not to be signed in any more, as sessions end, or whom the register does not
// answer: the form is not at hand, so it is shown to be copied. What a form sends by itself is left out, and so are words to sign in by.
func written(r *http.Request) (all []named) {
	_ = r.ParseForm() // of a form that cannot be read nothing is kept
	for _, name := range []string{"what", "when", "where", "follow_up", "owner", "coordinator", "assignee", "title", "reason", "basis", "why", "text"} {
		if v := strings.TrimSpace(r.PostForm.Get(name)); v != "" {
			all = append(all, named{words(name), v})
		}
	}
	return all
}
