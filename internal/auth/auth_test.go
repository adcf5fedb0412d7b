package auth

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLocalTokenIsMadeOnceAndPrivate(t *testing.T) {
	dir := t.TempDir()
	var a, b Tokens
	if err := a.OpenLocal(dir, "kim"); err != nil {
		t.Fatal(err)
	}
	if err := b.OpenLocal(dir, "kim"); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(dir, Local))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, err %v", info.Mode(), err)
	}
	text, err := os.ReadFile(filepath.Join(dir, Local))
	if err != nil {
		t.Fatal(err)
	}
	for _, tokens := range []*Tokens{&a, &b} {
		id, ok := tokens.Of(strings.TrimSpace(string(text)))
		if !ok || id.Actor.Role != "admin" || id.Actor.ID != "kim" {
			t.Errorf("got %+v, %v", id, ok)
		}
	}
}

func TestIdentify(t *testing.T) {
	hash := sha256.Sum256([]byte("secret"))
	var tokens Tokens
	if err := tokens.Load("tokens.yml", []byte("- {name: siem, role: viewer, tenant: t1, sha256: "+hex.EncodeToString(hash[:])+"}\n"), []string{"viewer"}); err != nil {
		t.Fatal(err)
	}
	for header, want := range map[string]struct {
		id string
		ok bool
	}{"": {"", true}, "Bearer secret": {"siem", true}, "Bearer other": {"", false}, "Basic x": {"", false}, "Bearer ": {"", false}} {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Authorization", header)
		if id, ok := tokens.Identify(r); id.Actor.ID != want.id || ok != want.ok {
			t.Errorf("%q: got %q, %v", header, id.Actor.ID, ok)
		}
	}
}

func TestLoadTellsAllFaults(t *testing.T) {
	var tokens Tokens
	err := tokens.Load("tokens.yml", []byte("- {name: a, role: vewer, sha256: 00}\n- {role: viewer}\n- {name: b, role: viewer, sha256: xyz}\n- 5\n"), []string{"viewer", "admin"})
	if err == nil {
		t.Fatal("no faults")
	}
	for _, want := range []string{"tokens.yml:1:3", "did you mean viewer?", "without a name", "64 hex digits", "no token"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("not told: %s in\n%v", want, err)
		}
	}
}
