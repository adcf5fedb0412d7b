package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"tocsin/internal/auth"
	"tocsin/register"
)

const secret = "correct horse battery"

// withUsers is a page with a user ann and no open reads.
func withUsers(t *testing.T) (*world, *auth.Directory) {
	t.Helper()
	var d *auth.Directory
	w := newWorld(t, func(o *Options) {
		var err error
		if d, err = auth.OpenDirectory(t.Context(), o.Trail.Store.(auth.Secrets), o.Tokens, register.Roles(), o.Now); err != nil {
			t.Fatal(err)
		}
		o.OpenReads, o.Directory, o.Attempts = false, d, auth.NewLimits(10.0/300, 10, o.Now)
	})
	if err := d.AddUser(t.Context(), auth.User{Name: "ann", Role: "coordinator"}, secret); err != nil {
		t.Fatal(err)
	}
	return w, d
}

func credentials(name, password string) string {
	return url.Values{"name": {name}, "password": {password}, "next": {"/rules"}}.Encode()
}

func TestPasswordSignIn(t *testing.T) {
	w, d := withUsers(t)
	if a := w.get("/login"); !strings.Contains(a.body, `autocomplete="username"`) || !strings.Contains(a.body, "Token") {
		t.Errorf("the form is %s", a.body)
	}
	a := w.post("/login", credentials("ann", secret))
	if a.StatusCode != http.StatusSeeOther || a.Header.Get("Location") != "/rules" || len(a.Cookies()) != 1 {
		t.Fatalf("%s to %s", a.Status, a.Header.Get("Location"))
	}
	cookie := a.Cookies()[0].Name + "=" + a.Cookies()[0].Value
	in := func() bool { return w.get("/rules", "Cookie", cookie).StatusCode == http.StatusOK }
	if !in() {
		t.Fatal("signed in, and yet not")
	}
	if err := d.SetPassword(t.Context(), "ann", "", "another secret"); err != nil {
		t.Fatal(err)
	}
	if in() {
		t.Error("the session outlives the password that it was begun with")
	}
	for _, c := range [][2]string{{"ann", secret}, {"ann", ""}, {"eve", "another secret"}, {"", ""}} {
		if a := w.post("/login", credentials(c[0], c[1])); a.StatusCode != http.StatusUnauthorized || len(a.Cookies()) > 0 || !strings.Contains(a.body, "do not belong together") || c[0] != "" && !strings.Contains(a.body, `value="`+c[0]+`"`) {
			t.Errorf("%q with %q: %s", c[0], c[1], a.Status)
		}
	}
	log := strings.Join(w.noted(), "\n")
	if !strings.Contains(log, "ann sign-in /login refused") || strings.Contains(log, "eve") {
		t.Errorf("noted is\n%s", log)
	}
}

// TestGuessing: after ten attempts an address waits, also with the right password, and minutes later it may try again.
func TestGuessing(t *testing.T) {
	w, _ := withUsers(t)
	for range 10 {
		if a := w.post("/login", credentials("ann", "wrong")); a.StatusCode != http.StatusUnauthorized {
			t.Fatalf("a guess: %s", a.Status)
		}
	}
	if a := w.post("/login", credentials("ann", secret)); a.StatusCode != http.StatusTooManyRequests || a.Header.Get("Retry-After") == "" {
		t.Errorf("the eleventh: %s", a.Status)
	}
	w.now = w.now.Add(time.Minute)
	if a := w.post("/login", credentials("ann", secret)); a.StatusCode != http.StatusSeeOther {
		t.Errorf("a minute later: %s", a.Status)
	}
}

func TestWithoutProvider(t *testing.T) {
	w := newWorld(t, nil)
	for _, path := range []string{"/login/oidc", "/login/oidc/callback?state=x&code=y"} {
		if a := w.get(path); a.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, a.Status)
		}
	}
}

// TestProviderAway: the browser is not sent anywhere, and an answer that nobody asked for is refused.
func TestProviderAway(t *testing.T) {
	w := newWorld(t, func(o *Options) {
		o.OpenReads, o.Secure = false, true
		o.OIDC = auth.NewOIDC(auth.OIDCConfig{Issuer: "http://127.0.0.1:1", ClientID: "tocsin", Now: o.Now})
	})
	if a := w.get("/login?next=/rules"); !strings.Contains(a.body, `href="/login/oidc?next=%2frules"`) {
		t.Errorf("no link: %s", a.body)
	}
	if a := w.get("/login/oidc"); a.StatusCode != http.StatusBadGateway || len(a.Cookies()) > 0 {
		t.Errorf("begun: %s", a.Status)
	}
	if a := w.get("/login/oidc/callback?state=x&code=y"); a.StatusCode != http.StatusUnauthorized || a.Cookies()[0].MaxAge >= 0 {
		t.Errorf("finished: %s", a.Status)
	}
}

func TestPageLimits(t *testing.T) {
	w := newWorld(t, func(o *Options) { o.Limits = auth.NewLimits(1, 3, o.Now) })
	codes := map[int]int{}
	for range 5 {
		codes[w.get("/rules").StatusCode]++
	}
	if codes[200] != 3 || codes[429] != 2 {
		t.Errorf("of five: %v", codes)
	}
}
