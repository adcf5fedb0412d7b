package auth

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
)

// A file of tokens that is read again gives and takes: who is in it no more is nobody, their sessions end, and so do those
// of whoever has another role now; a file with faults changes nothing.
func TestTokensReload(t *testing.T) {
	line := func(name, role string) string {
		sum := sha256.Sum256([]byte("secret of " + name))
		return "- {name: " + name + ", role: " + role + ", sha256: " + hex.EncodeToString(sum[:]) + "}\n"
	}
	roles := []string{"viewer", "lead"}
	tokens := &Tokens{}
	local := t.TempDir()
	if err := tokens.OpenLocal(local, "root"); err != nil {
		t.Fatal(err)
	}
	load := func(text string) error { return tokens.Reload("tokens.yaml", []byte(text), roles) }
	if err := load(line("ann", "viewer") + line("bert", "lead") + line("cora", "lead")); err != nil {
		t.Fatal(err)
	}
	still := map[string]func() bool{}
	for _, name := range []string{"ann", "bert", "cora"} {
		_, s, ok := tokens.SignIn("secret of " + name)
		if !ok {
			t.Fatalf("%s is not known", name)
		}
		still[name] = s
	}
	if err := load(line("ann", "emperor")); err == nil || !still["ann"]() || !still["cora"]() {
		t.Errorf("a file with a fault: %v", err)
	}
	if err := load(line("ann", "viewer") + line("bert", "viewer") + line("dora", "lead")); err != nil {
		t.Fatal(err)
	}
	if !still["ann"]() || still["bert"]() || still["cora"]() {
		t.Error("sessions of who is as before, has another role, is no more")
	}
	for name, want := range map[string]string{"ann": "viewer", "bert": "viewer", "cora": "", "dora": "lead"} {
		if id, ok := tokens.Of("secret of " + name); id.Actor.Role != want || ok != (want != "") {
			t.Errorf("%s: %+v", name, id)
		}
	}
	if n := len(tokens.known); n != 4 {
		t.Errorf("%d tokens are known, want three and the local one", n)
	}
}
