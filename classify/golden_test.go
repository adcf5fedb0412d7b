package classify

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "rewrite the want files of the goldens")

// TestFaults loads faulty files and compares all that is said about them. A story holds assets.yml or scales.yml, or
// edit: pairs of lines `- old` and `+ new` applied to the shipped scale.
func TestFaults(t *testing.T) {
	stories, err := filepath.Glob("testdata/faults/*.txtar")
	if err != nil || len(stories) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, story := range stories {
		t.Run(strings.TrimSuffix(filepath.Base(story), ".txtar"), func(t *testing.T) {
			golden(t, story, func(files map[string]string) string {
				var err error
				switch {
				case files["assets.yml"] != "":
					_, err = LoadAssets("assets.yml", []byte(files["assets.yml"]))
				case files["edit"] != "":
					_, err = LoadScales("scales.yml", []byte(edited(t, files["edit"])))
				default:
					_, err = LoadScales("scales.yml", []byte(files["scales.yml"]))
				}
				if err == nil {
					return "no fault\n"
				}
				return err.Error() + "\n"
			})
		})
	}
}

// golden runs one story and compares, or rewrites, its file want.
func golden(t *testing.T, story string, run func(files map[string]string) string) {
	t.Helper()
	archive, err := txtar.ParseFile(story)
	if err != nil {
		t.Fatal(err)
	}
	files, want := map[string]string{}, -1
	for i, f := range archive.Files {
		files[f.Name] = string(f.Data)
		if f.Name == "want" {
			want = i
		}
	}
	got := run(files)
	if *update {
		if want < 0 {
			archive.Files = append(archive.Files, txtar.File{Name: "want"})
			want = len(archive.Files) - 1
		}
		archive.Files[want].Data = []byte(got)
		if err := os.WriteFile(story, txtar.Format(archive), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(files["want"], got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", story, diff)
	}
}

// edited applies an edit to the shipped scale. Lines that start with - stand in it exactly once, in this order; the
// lines with + that follow take their place.
func edited(t *testing.T, edit string) string {
	t.Helper()
	text := DefaultText()
	var old, replacement []string
	apply := func() {
		if len(old) == 0 {
			return
		}
		from := strings.Join(old, "\n")
		if n := strings.Count(text, from); n != 1 {
			t.Fatalf("the shipped scale has %d times:\n%s", n, from)
		}
		text = strings.Replace(text, from, strings.Join(replacement, "\n"), 1)
		old, replacement = nil, nil
	}
	for line := range strings.Lines(edit) {
		line = strings.TrimRight(line, "\n")
		switch {
		case strings.HasPrefix(line, "-"):
			if len(replacement) > 0 {
				apply()
			}
			old = append(old, line[1:])
		case strings.HasPrefix(line, "+"):
			replacement = append(replacement, line[1:])
		default:
			apply()
		}
	}
	apply()
	return text
}
