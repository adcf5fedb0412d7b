// Package conformance plays the conformance stories: short logs with the events that the correlation engine makes of
// them, one for each thing that its rulings decide. They are embedded, so that an installed binary can prove itself.
package conformance

import (
	"bytes"
	"fmt"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/tools/txtar"

	"tocsin/correlate"
)

// A Story is one log and what the engine must say to it.
type Story struct {
	Name    string // the file's, without .txtar: 06_the_windows_edge
	Rulings []int  // which the story shows, the first one first; at least one
	Kind    string // the kind of correlation that the story is about; "" for none in particular
	Shows   string // the first sentence of the prose
	Prose   string // all of it but the ruling, on one line
	Text    string // the whole story as it is written

	files map[string]string
}

// Stories are all embedded stories by name. The error names the first one that cannot be read.
func Stories() ([]Story, error) { return read(correlate.Stories(), "testdata") }

// read reads the stories of a folder.
func read(files fs.FS, folder string) ([]Story, error) {
	names, err := fs.Glob(files, folder+"/*.txtar")
	if err != nil {
		return nil, err
	}
	var all []Story
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		s, err := Parse(strings.TrimSuffix(path.Base(name), ".txtar"), text)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	slices.SortFunc(all, func(a, b Story) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}

var (
	heading = regexp.MustCompile(`^Rulings? (\d+(?:(?:, | and )\d+)*)(?:, kind ([a-z_]+))?\. `)
	number  = regexp.MustCompile(`\d+`)
	file    = regexp.MustCompile(`^(\d\d)_[a-z0-9_]+$`)
)

// Parse reads a story. It is a txtar archive: prose that begins with "Ruling N. " ("Rulings N and M. ", "Ruling N, kind K. "),
// the rules, the section log and the section want.
func Parse(name string, text []byte) (Story, error) {
	a := txtar.Parse(text)
	prose := strings.Join(strings.Fields(string(a.Comment)), " ")
	h := heading.FindStringSubmatch(prose)
	if h == nil {
		return Story{}, fmt.Errorf("story %s does not begin with its ruling: write \"Ruling 6. \" and then what it shows", name)
	}
	s := Story{Name: name, Kind: h[2], Prose: prose[len(h[0]):], Text: string(text), files: map[string]string{}}
	for _, n := range number.FindAllString(h[1], -1) {
		ruling, err := strconv.Atoi(n)
		if err != nil {
			return Story{}, fmt.Errorf("story %s: %w", name, err)
		}
		s.Rulings = append(s.Rulings, ruling)
	}
	s.Shows = firstSentence(s.Prose)
	for _, f := range a.Files {
		s.files[f.Name] = string(f.Data)
	}
	for _, section := range []string{"rule.yaml", "log", "want"} {
		if _, ok := s.files[section]; !ok {
			return Story{}, fmt.Errorf("story %s has no section %s", name, section)
		}
	}
	m := file.FindStringSubmatch(name)
	if m == nil || m[1] != fmt.Sprintf("%02d", s.Rulings[0]) {
		return Story{}, fmt.Errorf("story %s: the name begins with the first ruling, %02d_", name, s.Rulings[0])
	}
	return s, nil
}

// firstSentence ends at the first full stop before a space.
func firstSentence(prose string) string {
	if head, _, ok := strings.Cut(prose, ". "); ok {
		return head + "."
	}
	return prose
}

// Want is what the engine must say, line by line.
func (s Story) Want() string { return s.files["want"] }

// WithWant is the story's text with another section want.
func (s Story) WithWant(want string) []byte {
	a := txtar.Parse([]byte(s.Text))
	for i := range a.Files {
		if a.Files[i].Name == "want" {
			a.Files[i].Data = []byte(want)
		}
	}
	return txtar.Format(a)
}

// A Result is what became of a story.
type Result struct {
	Story Story
	Got   string // what the engine said
	Err   error  // the story could not be played to its end
	Took  time.Duration
}

// Passed says whether the engine said what it must.
func (r Result) Passed() bool { return r.Err == nil && r.Got == r.Story.Want() }

// Difference lists the lines that are wanted and were not said (-) and those that were said and are not wanted (+),
// with what they agree in left out; the error where there is one.
func (r Result) Difference() string {
	if r.Err != nil {
		return r.Err.Error() + "\n"
	}
	var b bytes.Buffer
	want, got := strings.SplitAfter(r.Story.Want(), "\n"), strings.SplitAfter(r.Got, "\n")
	for _, line := range want {
		if i := slices.Index(got, line); i >= 0 {
			got = slices.Delete(got, i, i+1)
		} else {
			b.WriteString("- " + line)
		}
	}
	for _, line := range got {
		b.WriteString("+ " + line)
	}
	if b.Len() == 0 && !r.Passed() {
		return "the same lines in another order\n"
	}
	return b.String()
}
