package app_test

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin/internal/app"
)

// Asked to, a daemon reads all again that may change, and tells what changed, what has faults and stays as it was, and what
// holds from the next start on.
func TestReloadOnDemand(t *testing.T) {
	h := newHouse(t)
	folder := t.TempDir()
	h.cfg.Rules.Reload = time.Hour // nothing is read but on demand
	h.cfg.Rules.Folders, h.cfg.Rules.Shipped = []string{filepath.Join(folder, "rules")}, false
	h.cfg.Notify, h.cfg.HTTP.TokensFile, h.cfg.HTTP.OpenIntake = filepath.Join(folder, "notify.yml"), filepath.Join(folder, "tokens.yaml"), "never"
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	routes := func(to string) string {
		return "receivers: {one: {kind: webhook, url: http://127.0.0.1:9/hook, allow: [127.0.0.1]}}\nroutes: [{name: all, to: [" + to + "]}]\n"
	}
	token := func(name string) string {
		sum := sha256.Sum256([]byte(name))
		return "- {name: " + name + ", role: lead, sha256: " + hex.EncodeToString(sum[:]) + "}\n"
	}
	if err := os.Mkdir(h.cfg.Rules.Folders[0], 0o700); err != nil {
		t.Fatal(err)
	}
	put(h.cfg.Notify, routes("one"))
	put(h.cfg.HTTP.TokensFile, token("siem"))
	a, _ := h.open()
	again := func() app.Reread {
		t.Helper()
		r, err := a.Reload(t.Context(), h.cfg)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	may := func(name string) bool {
		code, _ := called(t, http.MethodGet, h.url+"/api/v1/audit", name, "")
		return code == http.StatusOK
	}
	if r := again(); len(r.Changed)+len(r.Faults)+len(r.Restart) > 0 || !slices.Equal(r.Same, []string{"routes", "rules", "scales", "tokens"}) {
		t.Errorf("nothing changed: %s", r)
	}
	put(h.cfg.HTTP.TokensFile, token("soar"))
	put(h.cfg.Notify, routes("two"))
	h.cfg.HTTP.RateLimit++
	r := again()
	if !slices.Equal(r.Changed, []string{"tokens"}) || !slices.Equal(r.Restart, []string{"http.rate_limit"}) || len(r.Faults) != 1 {
		t.Errorf("%s", r)
	}
	if text := r.Faults["routes"]; !strings.Contains(text, "notify.yml:2:") || !strings.Contains(text, "^") {
		t.Errorf("no place and no caret: %s", text)
	}
	if may("siem") || !may("soar") {
		t.Error("the tokens are not those of the file")
	}
	put(h.cfg.Notify, routes("one")+"keep: 48h\n")
	put(h.cfg.HTTP.TokensFile, "- {name: x}\n")
	if r := again(); !slices.Equal(r.Changed, []string{"routes"}) || r.Faults["tokens"] == "" || !may("soar") {
		t.Errorf("%s", r)
	}
}

// Who is in which response team is read again on demand: from then on its new members know of what is restricted to it,
// and those that left do not.
func TestTeamsAreReadAgain(t *testing.T) {
	h := newHouse(t)
	h.cfg.HTTP.TokensFile = filepath.Join(t.TempDir(), "tokens.yaml")
	var file strings.Builder
	for _, name := range []string{"tess", "dora", "lena"} {
		sum, role := sha256.Sum256([]byte(name)), "analyst"
		if name == "lena" {
			role = "lead"
		}
		file.WriteString("- {name: " + name + ", role: " + role + ", sha256: " + hex.EncodeToString(sum[:]) + "}\n")
	}
	if err := os.WriteFile(h.cfg.HTTP.TokensFile, []byte(file.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	h.cfg.HTTP.Teams = []string{"windows=tess"}
	a, _ := h.open()
	c := &crew{t: t, token: "lena"}
	c.url.Store(h.url)
	i := c.send("/incidents", "made", `{"title":"It is about one of us","priority":"P2"}`)
	c.send("/incidents/"+i.ID+"/team", "team", `{"team":"windows"}`)
	c.send("/incidents/"+i.ID+"/visibility", "hidden", `{"visibility":"restricted","reason":"x"}`)
	known := func(name string) bool {
		code, _ := called(t, http.MethodGet, h.url+"/api/v1/incidents/"+i.ID, name, "")
		return code == http.StatusOK
	}
	if !known("tess") || known("dora") || !known("lena") {
		t.Error("at the start it is not the team that knows")
	}
	for _, to := range []struct {
		teams      []string
		tess, dora bool
	}{{[]string{"windows=dora"}, false, true}, {[]string{"windows=dora", "windows=tess"}, true, true}, {nil, false, false}} {
		h.cfg.HTTP.Teams = to.teams
		r, err := a.Reload(t.Context(), h.cfg)
		if err != nil || !slices.Equal(r.Changed, []string{"teams"}) || len(r.Restart)+len(r.Faults) > 0 {
			t.Errorf("%v: %s (%v)", to.teams, r, err)
		}
		if known("tess") != to.tess || known("dora") != to.dora || !known("lena") {
			t.Errorf("%v: tess knows: %t, dora: %t", to.teams, known("tess"), known("dora"))
		}
	}
	if r, err := a.Reload(t.Context(), h.cfg); err != nil || !slices.Contains(r.Same, "teams") || len(r.Changed) > 0 {
		t.Errorf("again: %s (%v)", r, err)
	}
}
