package app

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/ingest"
	"tocsin/internal/auth"
	"tocsin/register"
	"tocsin/sinks"
	"tocsin/sinks/memory"
)

// Commands of another system are carried out once, and what can never be is kept with the reason and its place.
func TestCommandsOfAnotherSystem(t *testing.T) {
	st := memory.New()
	reg := register.New(register.Options{Store: st})
	x := &exchange{register: reg, letters: st, trail: auth.Trail{Store: st, Now: time.Now, Log: slog.New(slog.DiscardHandler)}, by: auth.Identity{Actor: tocsin.Actor{Kind: "token", ID: "soar", Role: "analyst"}}}
	offset := int64(0)
	send := func(text string) {
		t.Helper()
		offset++
		rec := ingest.Record{Value: []byte(text), Ref: tocsin.Ref{Topic: "tocsin.commands", Offset: offset}, Received: time.Now()}
		if err := x.do(t.Context(), rec); err != nil {
			t.Fatal(err)
		}
	}
	send(`{"id":"t-1","action":"create","title":"Phish","category":"fraud/phishing"}`)
	send(`{"id":"t-1","action":"create","title":"Phish","category":"fraud/phishing"}`)
	page, err := reg.Incident(t.Context(), only(t, st))
	if err != nil || page.Title != "Phish" {
		t.Fatalf("%+v %v", page, err)
	}
	id := page.ID
	comment := `{"id":"t-2","incident":"` + id + `","action":"comment","text":"ticket 4711"}`
	send(comment)
	send(comment)
	if i, _ := reg.Incident(t.Context(), id); i.Revision != 2 {
		t.Errorf("revision %d, want 2: a command was carried out twice", i.Revision)
	}
	entries, _ := st.Entries(t.Context(), id, 2)
	if len(entries) != 1 || entries[0].By.ID != "soar" || entries[0].By.Kind != "token" {
		t.Errorf("%+v", entries)
	}
	bad := map[string]string{
		`{"id":"t-3","incident":"` + id + `","action":"contain"}`:                         "refused",
		`{"id":"t-4","incident":"` + id + `","action":"declare"}`:                         "command", // a coordinator's
		`{"id":"t-5","incident":"202611-unknown","action":"comment","text":"x"}`:          "not_found",
		`{"id":"t-6","incident":"` + id + `","action":"comment","text":"x","revision":1}`: "stale",
		`{"id":"t-7","incident":"` + id + `","action":"explode"}`:                         "command",
		`{"id":"t-8","incident":"` + id + `","action":"comment","txt":"x"}`:               "command",
		`{"incident":"` + id + `","action":"comment","text":"x"}`:                         "refused", // no command id
		`{"id":"t-9","action":"comment","text":"x"}`:                                      "command",
		`not json`: "command",
	}
	for text := range bad {
		send(text)
	}
	letters, err := st.Rejections(t.Context(), sinks.RejectionQuery{Source: "commands", Limit: 100})
	if err != nil || len(letters.Items) != len(bad) {
		t.Fatalf("%d dead letters, want %d (%v)", len(letters.Items), len(bad), err)
	}
	for _, l := range letters.Items {
		if want := bad[string(l.Raw)]; l.Reason != want || l.Ref.Topic != "tocsin.commands" || l.Detail == "" || l.Stage != "command" {
			t.Errorf("%s: %s (%s), want %s", l.Raw, l.Reason, l.Detail, want)
		}
	}
}

func only(t *testing.T, st *memory.Store) string {
	t.Helper()
	page, err := st.Incidents(t.Context(), tocsin.Query{})
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("%d incidents, want 1 (%v)", len(page.Items), err)
	}
	return page.Items[0].ID
}

type down struct{}

func (down) Do(context.Context, register.Command) (tocsin.Incident, error) {
	return tocsin.Incident{}, errors.New("the store is down")
}

func (down) Incident(context.Context, string) (tocsin.Incident, error) { return tocsin.Incident{}, nil }

// A store that is down is no fault of the command: it is repeated.
func TestCommandsWaitForTheStore(t *testing.T) {
	st := memory.New()
	x := &exchange{register: down{}, letters: st, by: auth.Identity{Actor: tocsin.Actor{Kind: "token", ID: "soar", Role: "lead"}}}
	err := x.do(t.Context(), ingest.Record{Value: []byte(`{"id":"t","action":"comment","incident":"x","text":"y"}`)})
	if err == nil || !strings.Contains(err.Error(), "down") {
		t.Errorf("%v", err)
	}
}
