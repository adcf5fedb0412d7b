package web

import (
	"context"
	"net/http"
	"strings"

	"tocsin"
	"tocsin/internal/auth"
)

// A draftView is the page of a draft.
type draftView struct {
	ID, Title string // of the rule
	RuleDraft
	Kind  string
	Of    named // what it is drafted of: a name and its address; zero: the rule
	Event string
	Incd  string // id of the incident
	Asked bool   // a person changed it
}

// mostDraft bounds what a person may send, as a rule file is.
const mostDraft = 256 << 10

// draft shows a draft of a change and what trying it told. It is the same for a text that a person changed. Nothing is
// written: the text is copied or downloaded and put where rules are read from.
func (p *pages) draft(w http.ResponseWriter, r *http.Request) error {
	if p.Workshop == nil {
		return tocsin.ErrNotFound
	}
	q := DraftQuery{Rule: r.PathValue("id"), Kind: r.FormValue("kind"), By: auth.From(r.Context()).Actor.ID}
	if q.Kind != DraftException && q.Kind != DraftShadow {
		return &badRequest{"Say what is to be drafted: an exception or a shadow copy."}
	}
	v := draftView{Kind: q.Kind, Event: r.FormValue("event"), Incd: r.FormValue("incident")}
	rule, ok := p.ruleOf(q.Rule)
	if !ok {
		return tocsin.ErrNotFound
	}
	v.ID, v.Title = rule.ID, rule.Title
	if err := p.drafted(r.Context(), &q, &v); err != nil {
		return err
	}
	if r.Method == http.MethodPost {
		q.Text, v.Asked = strings.ReplaceAll(r.PostFormValue("text"), "\r\n", "\n"), true
		if len(q.Text) > mostDraft {
			return &badRequest{"The text is longer than a rule file may be."}
		}
	}
	var err error
	if v.RuleDraft, err = p.Workshop.Draft(r.Context(), q); err != nil {
		return err
	}
	if r.FormValue("download") != "" && v.Refused == "" {
		_, name, _ := strings.Cut("/"+v.File, "/exceptions/")
		if name == "" {
			name = v.File
		}
		w.Header().Set("Content-Type", "application/yaml; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="`+fileName(strings.TrimSuffix(name, ".yml"))+`.yml"`)
		_, err = w.Write([]byte(v.Text))
		return err
	}
	p.render(w, r, http.StatusOK, "draft", "Draft", "rules", v)
	return nil
}

// drafted reads what a draft is to be made of, as far as the reader's tenant may see it.
func (p *pages) drafted(ctx context.Context, q *DraftQuery, v *draftView) error {
	var ids []string
	switch {
	case v.Incd != "":
		i, err := p.visibleIncident(ctx, v.Incd)
		if err != nil {
			return err
		}
		q.Incident, v.Of, ids = &i, named{i.Number + " " + i.Title, "/incidents/" + i.ID}, i.Events
	case v.Event != "":
		ids = []string{v.Event}
	default:
		return nil
	}
	events, err := p.Store.Events(ctx, ids)
	if err != nil {
		return err
	}
	for _, e := range events {
		if !hidden(ctx, e.Tenant) {
			q.Events = append(q.Events, e)
		}
	}
	if v.Incd != "" {
		return nil
	}
	if len(q.Events) == 0 {
		return tocsin.ErrNotFound
	}
	v.Of = named{"event " + q.Events[0].ID, "/events/" + q.Events[0].ID}
	return nil
}

// ruleOf is a rule in force.
func (p *pages) ruleOf(id string) (Rule, bool) {
	for _, rule := range p.Rules().Rules {
		if rule.ID == id {
			return rule, true
		}
	}
	return Rule{}, false
}
