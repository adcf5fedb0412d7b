package auth_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/internal/auth"
	"tocsin/sinks/memory"
)

var noon = time.Date(2026, 11, 2, 12, 0, 0, 0, time.UTC)

func open(t *testing.T, store *memory.Store) (*auth.Directory, *auth.Tokens) {
	t.Helper()
	tokens := &auth.Tokens{Now: func() time.Time { return noon }}
	d, err := auth.OpenDirectory(t.Context(), store, tokens, []string{"viewer", "admin"}, tokens.Now)
	if err != nil {
		t.Fatal(err)
	}
	return d, tokens
}

func TestUsers(t *testing.T) {
	store := memory.New()
	d, _ := open(t, store)
	const secret = "correct horse battery"
	if err := d.AddUser(t.Context(), auth.User{Name: "ann", Role: "admin", Tenant: "t1"}, secret); err != nil {
		t.Fatal(err)
	}
	for name, err := range map[string]error{
		"taken":         d.AddUser(t.Context(), auth.User{Name: "ann", Role: "admin"}, secret),
		"name":          d.AddUser(t.Context(), auth.User{Name: "a/b", Role: "admin"}, secret),
		"no name":       d.AddUser(t.Context(), auth.User{Role: "admin"}, secret),
		"role":          d.AddUser(t.Context(), auth.User{Name: "bob", Role: "king"}, secret),
		"short":         d.AddUser(t.Context(), auth.User{Name: "bob", Role: "admin"}, "elevenchars"),
		"long":          d.AddUser(t.Context(), auth.User{Name: "bob", Role: "admin"}, strings.Repeat("x", 257)),
		"its own name":  d.AddUser(t.Context(), auth.User{Name: "bobbobbobbob", Role: "admin"}, "BobBobBobBob"),
		"other tenant":  d.SetPassword(t.Context(), "ann", "t2", secret),
		"nobody":        d.RemoveUser(t.Context(), "eve", ""),
		"not of tenant": d.RemoveUser(t.Context(), "ann", "t2"),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	again, _ := open(t, store) // as after a restart
	for _, d := range []*auth.Directory{d, again} {
		id, still, ok := d.SignIn("ann", secret)
		if !ok || id.Actor != (tocsin.Actor{Kind: "person", ID: "ann", Role: "admin"}) || id.Tenant != "t1" || !still() {
			t.Errorf("signed in as %+v, %v", id, ok)
		}
	}
	for _, c := range [][2]string{{"ann", "wrong"}, {"ann", ""}, {"eve", secret}, {"", ""}, {"ann", strings.Repeat("x", 5000)}, {"ANN", secret}} {
		if _, _, ok := d.SignIn(c[0], c[1]); ok {
			t.Errorf("%q signs in with %.20q", c[0], c[1])
		}
	}
	_, still, _ := d.SignIn("ann", secret)
	if err := d.SetPassword(t.Context(), "ann", "", "another secret"); err != nil {
		t.Fatal(err)
	}
	if _, _, ok := d.SignIn("ann", secret); ok || still() {
		t.Error("the password before is still good, or what was begun with it")
	}
	_, still, _ = d.SignIn("ann", "another secret")
	if err := d.RemoveUser(t.Context(), "ann", "t1"); err != nil || still() || !d.Empty() {
		t.Errorf("removed: %v, still %t", err, still())
	}
	kept, err := store.Secrets(t.Context(), "user")
	for name, text := range kept {
		t.Errorf("%s is kept: %s (%v)", name, text, err)
	}
}

func TestPasswordsAreKeptAsHashes(t *testing.T) {
	store := memory.New()
	d, _ := open(t, store)
	for _, name := range []string{"ann", "bob"} {
		if err := d.AddUser(t.Context(), auth.User{Name: name, Role: "viewer"}, "the same secret"); err != nil {
			t.Fatal(err)
		}
	}
	token, err := d.Grant(t.Context(), auth.Access{Name: "siem", Role: "viewer"})
	if err != nil {
		t.Fatal(err)
	}
	users, _ := store.Secrets(t.Context(), "user")
	made, _ := store.Secrets(t.Context(), "token")
	if strings.Contains(string(users["ann"]), "secret") || strings.Contains(string(made["siem"]), token) {
		t.Error("what must not be read is kept")
	}
	if hash := func(name string) string { _, rest, _ := strings.Cut(string(users[name]), `"hash":"`); return rest[:40] }; hash("ann") == hash("bob") {
		t.Error("two users of one password have one hash: there is no salt")
	}
}

func TestAccesses(t *testing.T) {
	store := memory.New()
	d, tokens := open(t, store)
	token, err := d.Grant(t.Context(), auth.Access{Name: "siem", Role: "viewer", Tenant: "t1", By: "ann", Expires: noon.Add(time.Hour)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := d.Grant(t.Context(), auth.Access{Name: "siem", Role: "viewer"}); !errors.Is(err, auth.ErrTaken) {
		t.Errorf("taken: %v", err)
	}
	if _, err := d.Grant(t.Context(), auth.Access{Name: "old", Role: "viewer", Expires: noon}); !errors.Is(err, auth.ErrExpiry) {
		t.Errorf("expired: %v", err)
	}
	again, fresh := open(t, store)
	for _, known := range []*auth.Tokens{tokens, fresh} {
		if id, ok := known.Of(token); !ok || id.Actor.ID != "siem" || id.Tenant != "t1" {
			t.Errorf("the token is %+v, %v", id, ok)
		}
	}
	if all := again.Accesses("t1"); len(all) != 1 || all[0].By != "ann" || !all[0].Used.Equal(noon) || len(again.Accesses("t2")) != 0 {
		t.Errorf("listed: %+v", all)
	}
	_, still, _ := tokens.SignIn(token)
	if err := d.Revoke(t.Context(), "siem", "t2"); !errors.Is(err, tocsin.ErrNotFound) || !still() {
		t.Errorf("revoked by another tenant: %v", err)
	}
	if err := d.Revoke(t.Context(), "siem", ""); err != nil || still() {
		t.Errorf("revoked: %v", err)
	}
	tokens.Now = func() time.Time { return noon.Add(time.Hour) }
	if _, ok := fresh.Of("tocsin_"); ok {
		t.Error("an unknown token is known")
	}
}

func TestLimits(t *testing.T) {
	now := noon
	l := auth.NewLimits(1, 2, func() time.Time { return now })
	allowed := func(key string, n int) (yes int) {
		for range n {
			if l.Allow(key) {
				yes++
			}
		}
		return yes
	}
	if a, b := allowed("a", 5), allowed("b", 1); a != 2 || b != 1 {
		t.Errorf("a %d, b %d", a, b)
	}
	for n := range 20_000 { // more keys than are kept, each used up
		key := strings.Repeat("k", n%7) + time.Duration(n).String()
		allowed(key, 2)
	}
	now = now.Add(time.Minute)
	if got := allowed("a", 5); got != 2 {
		t.Errorf("a minute later: %d", got)
	}
	if !(*auth.Limits)(nil).Allow("x") {
		t.Error("no limits limit")
	}
}

// Two daemons over one store: what one changes the other knows once it has read again, and neither overwrites the other.
func TestTwoDirectories(t *testing.T) {
	store := memory.New()
	a, _ := open(t, store)
	b, tokens := open(t, store)
	ctx := t.Context()
	if err := a.AddUser(ctx, auth.User{Name: "ann", Role: "viewer"}, "the first secret"); err != nil {
		t.Fatal(err)
	}
	if err := b.AddUser(ctx, auth.User{Name: "ann", Role: "admin"}, "another secret"); !errors.Is(err, auth.ErrTaken) {
		t.Errorf("made twice: %v", err)
	}
	token, err := a.Grant(ctx, auth.Access{Name: "siem", Role: "viewer"})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	_, still, ok := b.SignIn("ann", "the first secret")
	if _, known := tokens.Of(token); !ok || !known {
		t.Errorf("read again: user %t, token %t", ok, known)
	}
	told := []string{}
	b.Changed = func(name string) { told = append(told, name) }
	if err := errors.Join(a.SetPassword(ctx, "ann", "", "the second secret"), a.Revoke(ctx, "siem", "")); err != nil {
		t.Fatal(err)
	}
	if err := b.SetPassword(ctx, "ann", "", "the third secret"); !errors.Is(err, tocsin.ErrConflict) {
		t.Errorf("over a password that was not seen: %v", err)
	}
	if err := b.Refresh(ctx); err != nil {
		t.Fatal(err)
	}
	if _, known := tokens.Of(token); known || still() || len(told) != 1 {
		t.Errorf("token %t, session %t, told %v", known, still(), told)
	}
	if err := a.RemoveUser(ctx, "ann", ""); err != nil {
		t.Fatal(err)
	}
	if err := b.RemoveUser(ctx, "ann", ""); err != nil || b.Knows("ann") {
		t.Errorf("removed by both: %v", err)
	}
}
