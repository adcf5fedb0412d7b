//go:build unix

package integrity

import (
	"cmp"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// A register that stays, for `tocsin verify --store` over a large one: TOCSIN_FILL names a folder for the file, the public
// key and the checkpoints, TOCSIN_FILL_INCIDENTS says how many, with 20 entries each. With TOCSIN_TEST_ES it is in
// Elasticsearch, in indices whose prefix the test tells.
func TestFillRegister(t *testing.T) {
	folder := os.Getenv("TOCSIN_FILL")
	if folder == "" {
		t.Skip("TOCSIN_FILL names no folder to fill a register into")
	}
	n, err := strconv.Atoi(cmp.Or(os.Getenv("TOCSIN_FILL_INCIDENTS"), "300"))
	if err != nil {
		t.Fatal(err)
	}
	put := func(name string, text []byte) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var w *world
	if os.Getenv("TOCSIN_TEST_ES") != "" {
		w = filledElastic(t, n, 20)
	} else {
		w = filledSQLite(t, filepath.Join(folder, "tocsin.db"), n, 20)
	}
	put("key.pub", []byte(strings.Join(w.signing.Public, "\n")+"\n"))
	checkpoints, err := os.ReadFile(string(w.anchor))
	if err != nil {
		t.Fatal(err)
	}
	put("checkpoints.txt", checkpoints)
}
