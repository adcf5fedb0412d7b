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
	x := &exchange{register: reg, letters: st, trail: auth.Trail{Store: st, Now: time.Now, Log: slog.New(slog.DiscardHandler)}, who: one(auth.Identity{Actor: tocsin.Actor{Kind: "token", ID: "soar", Role: "analyst"}})}
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
		`{"id":"t-10","incident":"` + id + `","action":"comment","text":"x","text":"y"}`:             "command", // which of the two?
		`{"id":"t-11","incident":"` + id + `","action":"comment","Action":"acknowledge","text":"x"}`: "command",
		`{"id":"t-12","incident":"` + id + `","action":"comment","text":"x"} {}`:                     "command",
		`{"id":"t-2","incident":"` + id + `","action":"comment","text":"another"}`:                   "refused", // the id was another's
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
	x := &exchange{register: down{}, letters: st, who: one(auth.Identity{Actor: tocsin.Actor{Kind: "token", ID: "soar", Role: "lead"}})}
	err := x.do(t.Context(), ingest.Record{Value: []byte(`{"id":"t","action":"comment","incident":"x","text":"y"}`)})
	if err == nil || !strings.Contains(err.Error(), "down") {
		t.Errorf("%v", err)
	}
}

// Two systems write to one topic, each under its own name and role; what nobody signed, or somebody else did, is refused
// and kept, and a record that is copied later is a replay.
func TestCommandsOfSeveralSystems(t *testing.T) {
	st, now := memory.New(), time.Date(2026, 11, 28, 20, 0, 0, 0, time.UTC)
	reg := register.New(register.Options{Store: st, Now: func() time.Time { return now }})
	tokens := &auth.Tokens{Now: func() time.Time { return now }}
	directory, err := auth.OpenDirectory(t.Context(), st, tokens, register.Roles(), tokens.Now)
	if err != nil {
		t.Fatal(err)
	}
	secret := map[string]string{}
	for name, role := range map[string]string{"soar": "coordinator", "ticketing": "analyst"} {
		if secret[name], err = directory.Grant(t.Context(), auth.Access{Name: name, Role: role}); err != nil {
			t.Fatal(err)
		}
	}
	x := &exchange{
		register: reg, letters: st, trail: auth.Trail{Store: st, Now: tokens.Now, Log: slog.New(slog.DiscardHandler)},
		who: func(rec ingest.Record) (auth.Identity, error) { return signed(tokens, rec) },
	}
	offset := int64(0)
	send := func(s auth.Signature, written time.Time, text string) {
		t.Helper()
		offset++
		rec := ingest.Record{Value: []byte(text), Ref: tocsin.Ref{Topic: "tocsin.commands", Offset: offset}, Received: written, Claim: ingest.Claim{Actor: s.Name, At: s.At, Signature: s.Value}}
		if err := x.do(t.Context(), rec); err != nil {
			t.Fatal(err)
		}
	}
	by := func(name, text string) auth.Signature {
		return auth.Sign(secret[name], name, "tocsin.commands", now, []byte(text))
	}
	create := `{"id":"t-1","action":"create","title":"Phish","category":"fraud/phishing","priority":"P3"}`
	send(by("ticketing", create), now, create)
	id := only(t, st)
	note := func(key string) string {
		return `{"id":"` + key + `","incident":"` + id + `","action":"comment","text":"` + key + `"}`
	}
	declare := `{"id":"d","incident":"` + id + `","action":"hand_over","coordinator":"cora","text":"yours"}`
	send(by("ticketing", declare), now, declare) // a coordinator's: refused
	send(by("soar", declare), now, declare)
	send(by("soar", note("n1")), now, note("n1"))
	send(by("soar", note("n1")), now, note("n1"))                // the producer tried again
	send(by("soar", note("n1")), now.Add(time.Hour), note("n1")) // somebody copied it
	send(auth.Signature{}, now, note("n2"))                      // nobody's
	send(by("ticketing", note("n3")), now, note("n4"))           // another command's signature
	forged := by("ticketing", note("n5"))
	forged.Name = "soar"
	send(forged, now, note("n5"))
	if err := directory.Revoke(t.Context(), "ticketing", ""); err != nil {
		t.Fatal(err)
	}
	send(by("ticketing", note("n6")), now, note("n6"))
	entries, err := st.Entries(t.Context(), id, 1)
	if err != nil {
		t.Fatal(err)
	}
	var did []string
	for _, e := range entries {
		did = append(did, e.By.ID+" "+string(e.Action))
	}
	if got := strings.Join(did, ", "); got != "ticketing create, soar hand_over, soar comment" {
		t.Errorf("done: %s", got)
	}
	letters, err := st.Rejections(t.Context(), sinks.RejectionQuery{Source: "commands", Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	reasons := map[string]int{}
	for _, l := range letters.Items {
		reasons[l.Reason]++
	}
	if reasons["command"] != 1 || reasons["replay"] != 1 || reasons["signature"] != 4 || len(reasons) != 3 {
		t.Errorf("dead letters: %v", reasons)
	}
	audit, err := st.AuditEntries(t.Context(), tocsin.AuditQuery{Outcome: tocsin.AuditRefused, Action: "command", Limit: 100})
	if err != nil || len(audit.Items) != 6 {
		t.Errorf("%d refusals in the audit log, want 6 (%v)", len(audit.Items), err)
	}
}

// Where all records are one actor's, one that claims to be somebody's is not given to that actor.
func TestClaimsAreNotOverruled(t *testing.T) {
	who := one(auth.Identity{Actor: tocsin.Actor{Kind: "token", ID: "soar", Role: "lead"}})
	if id, err := who(ingest.Record{}); err != nil || id.Actor.ID != "soar" {
		t.Errorf("%+v %v", id, err)
	}
	if id, err := who(ingest.Record{Claim: ingest.Claim{Actor: "ticketing"}}); !errors.Is(err, auth.ErrSignature) || id.Actor.ID != "" {
		t.Errorf("%+v %v", id, err)
	}
}
