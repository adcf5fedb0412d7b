package sqlite

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tocsin"
)

// What was erased is in no page of the file and of its log, whoever else has it open: of a name that fits in a page, and of
// one with a story that takes several.
func TestWhatIsErasedIsGone(t *testing.T) {
	path := filepath.Join(t.TempDir(), "tocsin.db")
	daemon := open(t, Options{Path: path})
	keeper := open(t, Options{Path: path, Overwrite: true})
	story := "Mallory Secret" + strings.Repeat(", who was there", 2000)
	at := time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
	for token, contact := range map[string]string{"a": "Mallory Secret", "b": story} {
		if err := daemon.PutInformant(t.Context(), tocsin.Informant{Token: token, Tenant: "default", Name: "Mallory Secret", Contact: contact, Salt: "salt", At: at}); err != nil {
			t.Fatal(err)
		}
	}
	e := tocsin.LogEntry{Incident: "202611-a", Seq: 1, Tenant: "default", Text: story, Recorded: at, Effective: at, Hash: "h"}
	v := tocsin.Verdict{Event: "202611-e", Tenant: "default", Version: 1, Detected: at, By: tocsin.Actor{Kind: "person", ID: "Mallory Secret"}}
	for _, err := range []error{daemon.Append(t.Context(), e), daemon.PutVerdict(t.Context(), v)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if !holds(t, path, "Mallory") {
		t.Fatal("the test looks for what never was there")
	}
	for _, token := range []string{"a", "b"} {
		if _, err := daemon.EraseInformant(t.Context(), token, tocsin.Erasure{At: at, Reason: "asked for"}); err != nil {
			t.Fatal(err)
		}
	}
	v.Version, v.By.ID, e.Text = 2, "", ""
	for _, err := range []error{keeper.PutVerdict(t.Context(), v), keeper.ReplaceEntry(t.Context(), e)} {
		if err != nil {
			t.Fatal(err)
		}
	}
	if holds(t, path, "Mallory") {
		t.Error("the name is still there")
	}
}

// holds reports whether the file or its log has a text.
func holds(t *testing.T, path, text string) bool {
	t.Helper()
	for _, name := range []string{path, path + "-wal"} {
		all, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(all, []byte(text)) {
			return true
		}
	}
	return false
}
