package web

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"tocsin"
	"tocsin/internal/dossier"
	"tocsin/internal/integrity"
	"tocsin/register"
)

// A liar hands out copies of alerts in which every text is hostile.
type liar struct{ text string }

func (l liar) List(ctx context.Context, i tocsin.Incident) ([]integrity.Listed, error) {
	x, err := l.Original(ctx, i, "x1", "", tocsin.Actor{})
	return []integrity.Listed{{Exhibit: x, Disposed: &tocsin.Disposal{By: l.text, Reason: l.text, At: t0}}}, err
}

func (l liar) Original(_ context.Context, i tocsin.Incident, id, _ string, _ tocsin.Actor) (tocsin.Exhibit, error) {
	return tocsin.Exhibit{
		ID: id, Original: []byte(l.text),
		Manifest: tocsin.Manifest{
			Incident: i.ID, Tenant: l.text, Alert: l.text, SHA256: l.text, MediaType: l.text, Source: l.text, Format: l.text, Received: t0, At: t0,
			Acquired: tocsin.Acquired{At: t0, By: l.text, Tool: l.text, How: l.text}, Ref: tocsin.Ref{File: l.text},
		},
	}, nil
}

// ownPress has templates of its own, which put what an incident says into attributes and addresses too.
func ownPress(t *testing.T) *dossier.Press {
	t.Helper()
	folder := t.TempDir()
	text := `<!doctype html><html lang="en"><head><title>{{.incident.title}}</title></head><body><p title="{{.incident.title}}" class='{{.incident.summary}}'>{{.incident.summary}}</p><a href="{{.incident.title}}">{{.incident.title}}</a></body></html>`
	if err := os.WriteFile(filepath.Join(folder, "incident.html.tmpl"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := dossier.New(folder)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TestBrowserShowsHostileAccountsAsText has the texts of the corpus as names of accounts, of people who may know, of
// tenants, lists and sources, in copies of alerts and in a report by templates of one's own.
func TestBrowserShowsHostileAccountsAsText(t *testing.T) {
	b := chromium(t)
	const token = "token-of-a-hostile-name"
	sum := sha256.Sum256([]byte(token))
	for n, text := range corpus {
		if n%3 != 0 || testing.Short() && n > 3 { // three at a time
			continue
		}
		mixed := text + corpus[(n+1)%len(corpus)] + corpus[(n+2)%len(corpus)]
		w := newWorld(t, func(o *Options) {
			o.Custodian, o.Press = liar{mixed}, ownPress(t)
			file := fmt.Sprintf("- {name: %q, role: lead, sha256: %s}\n", mixed, hex.EncodeToString(sum[:]))
			if err := o.Tokens.Load("tokens.yaml", []byte(file), register.Roles()); err != nil {
				t.Fatal(err)
			}
		})
		i := w.incident(fmt.Sprintf("0a%02d", n), mixed, mixed)
		cmd := register.Command{ID: "accounts", Incident: i.ID, Action: tocsin.ActVisibility, Visibility: tocsin.Restricted, Shared: []string{cut(60, mixed)}, Reason: cut(200, mixed), By: tocsin.Actor{Kind: "person", ID: mixed, Role: "lead"}}
		if _, err := w.register.Do(t.Context(), cmd); err != nil {
			t.Logf("%s: %v", cmd.Action, err) // a name that the register refuses is not shown
		}
		alert := tocsin.Alert{
			ID: "a-named", Tenant: mixed, Source: mixed, Format: mixed, Time: t0, Received: t0, Raw: []byte(mixed), Ref: tocsin.Ref{File: mixed},
			Fields: tocsin.NewFields([]tocsin.Field{{Name: "tocsin.lists", Value: tocsin.StringValue(mixed)}, {Name: "asset." + mixed, Value: tocsin.StringValue(mixed)}}),
		}
		if _, err := w.store.StoreAlerts(t.Context(), []tocsin.Alert{alert}); err != nil {
			t.Fatal(err)
		}
		server := httptest.NewServer(w.handler)
		b.as(token)
		for _, path := range []string{"/?status=", "/incidents/" + i.ID, "/incidents/" + i.ID + "/report", "/incidents/" + i.ID + "/evidence/x1", "/alerts/a-named", "/report", "/trends", "/nowhere"} {
			b.visit(server.URL + path)
			b.none(path, "foreign elements", evaluate[[]string](b, foreign))
			if missing := evaluate[bool](b, `document.body.innerText.includes('There is no such thing here')`); missing != (path == "/nowhere") {
				t.Errorf("%s: not found: %t", path, missing)
			}
		}
		server.Close()
	}
}
