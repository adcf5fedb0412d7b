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
