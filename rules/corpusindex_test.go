package rules_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tocsin/ingest"
	"tocsin/ingest/decode"
	"tocsin/internal/recordings"
	"tocsin/rules"
)

// TestIndexOnRecordings holds that on every record of every recording the index finds what trying every rule finds,
// with the rules of the folder TOCSIN_SIGMA_RULES or, without it, those beside the recordings.
func TestIndexOnRecordings(t *testing.T) {
	set := recordedRules(t)
	if folder := os.Getenv("TOCSIN_SIGMA_RULES"); folder != "" {
		var err error
		if set, err = rules.Load([]rules.Source{{FS: os.DirFS(folder)}}, rules.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	d, err := decode.New(decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	index, scan := set.Matcher(), set.Matcher()
	scan.Scan()
	records, matches := 0, 0
	for _, name := range recorded(t) {
		for _, record := range recordings.Lines(t, name) {
			a, rejection := d.Decode(ingest.Record{Source: "test", Value: record})
			if rejection != nil {
				continue
			}
			got, want := index.Fires(&a), scan.Fires(&a)
			if !slices.Equal(got, want) {
				t.Errorf("%s: the index finds %v, every rule by itself %v in %s", name, got, want, record)
			}
			records, matches = records+1, matches+len(want)
		}
	}
	t.Logf("%d records, %d matches, %d rules", records, matches, len(set.Rules()))
	if records < 10_000 || matches < 50 {
		t.Errorf("%d records and %d matches: the recordings are not all there", records, matches)
	}
}

// recorded are the files of records, from the root of the recordings on.
func recorded(t *testing.T) []string {
	t.Helper()
	data := recordings.Path(t)
	var names []string
	for _, folder := range []string{"campaigns", "raw", "sigma"} {
		err := filepath.WalkDir(filepath.Join(data, folder), func(path string, d fs.DirEntry, err error) error {
			name := filepath.Base(path)
			if err != nil || d.IsDir() || strings.Contains(name, "label") || strings.Contains(name, "facts") {
				return err
			}
			for _, end := range []string{".ndjson", ".ndjson.zst", ".log"} {
				if strings.HasSuffix(name, end) {
					rel, err := filepath.Rel(data, path)
					names = append(names, rel)
					return err
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return names
}
