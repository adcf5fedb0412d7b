package rules

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite the wanted parts of testdata")

// TestFaults loads the files of each archive and compares the report, as a person sees it, with its last part.
func TestFaults(t *testing.T) {
	archives, err := filepath.Glob("testdata/faults/*.txtar")
	if err != nil || len(archives) == 0 {
		t.Fatal("no archives", err)
	}
	for _, name := range archives {
		t.Run(filepath.Base(name), func(t *testing.T) {
			a, err := txtar.ParseFile(name)
			if err != nil {
				t.Fatal(err)
			}
			folder := fstest.MapFS{}
			var want *txtar.File
			for i, f := range a.Files {
				if f.Name == "want" {
					want = &a.Files[i]
					continue
				}
				folder[f.Name] = &fstest.MapFile{Data: f.Data}
			}
			got := report(folder)
			if *update {
				want.Data = got
				if err := os.WriteFile(name, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(string(want.Data), string(got)); diff != "" {
				t.Errorf("report (-want +got):\n%s", diff)
			}
		})
	}
}

func report(folder fstest.MapFS) []byte {
	set, err := Load([]Source{{FS: folder}}, Options{
		Categories: []string{"intrusion-attempts/brute-force", "other/other"}, Now: time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC),
	})
	var b bytes.Buffer
	if err != nil {
		b.WriteString(err.Error() + "\n")
	}
	for _, l := range set.Lints {
		b.WriteString("lint: " + l.String() + "\n")
	}
	return b.Bytes()
}
