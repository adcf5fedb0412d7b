package tocsin_test

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"
)

// What documents name in backticks is checked where it can be nothing but a path of this repository, a make
// target or a tocsin command.
var (
	code    = regexp.MustCompile("`([^`\n]+)`")
	link    = regexp.MustCompile(`\]\(([^)#\s]+)[^)]*\)`)
	target  = regexp.MustCompile(`^make ([a-z][a-z-]*)`)
	command = regexp.MustCompile(`^(?:\./|bin/)?tocsin ([a-z]+)\b`)
	pathy   = regexp.MustCompile(`^(?:\./)?([A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*/?)`)
)

func TestDocs(t *testing.T) {
	for _, missing := range missingFromDocs(t, os.DirFS(".")) {
		t.Error(missing)
	}
}

func TestDocsSeesWhatIsMissing(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	tree := fstest.MapFS{
		"Makefile":               file("test: ## All\n"),
		"deploy/stack/up":        file(""),
		"cmd/tocsin/run.go":      file("package main\nvar c = cobra.Command{Use: \"run [flags]\"}\n"),
		"docs/servers.md":        file("`deploy/stack/up`, `deploy/nothing`, [up](../deploy/stack/up), [gone](gone.md), https://x.example/a/b"),
		"README.md":              file("`make test`, `make nothing`, `tocsin run --x`, `tocsin nothing`, `source.ip`, `docs/servers.md`, `/deploy/x`, `GONE.md`"),
		"sinks/testdata/READ.md": file("`deploy/not/looked/at`"),
	}
	want := []string{
		"README.md: make has no target nothing",
		"README.md: there is no command tocsin nothing",
		"README.md: there is no GONE.md",
		"docs/servers.md: there is no deploy/nothing",
		"docs/servers.md: the link gone.md leads nowhere",
	}
	found := missingFromDocs(t, tree)
	if strings.Join(found, "\n") != strings.Join(want, "\n") {
		t.Errorf("got %q\nwant %q", found, want)
	}
}

// missingFromDocs reads the Markdown files at the top and below docs and changelog.
func missingFromDocs(t *testing.T, tree fs.FS) []string {
	t.Helper()
	var found []string
	makefile := read(t, tree, "Makefile")
	commands := commandSource(t, tree)
	for _, document := range documents(t, tree) {
		text := read(t, tree, document)
		say := func(what string) { found = append(found, document+": "+what) }
		for _, m := range code.FindAllStringSubmatch(text, -1) {
			span := m[1]
			if m := target.FindStringSubmatch(span); m != nil && !strings.Contains("\n"+makefile, "\n"+m[1]+":") {
				say("make has no target " + m[1])
			}
			if m := command.FindStringSubmatch(span); m != nil && commands != "" &&
				!regexp.MustCompile(`Use:\s+"`+m[1]+`[ "]`).MatchString(commands) {
				say("there is no command tocsin " + m[1])
			}
			if p := ownPath(tree, span); p != "" && !exists(tree, p) {
				say("there is no " + p)
			}
		}
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if !strings.Contains(m[1], "://") && !exists(tree, path.Join(path.Dir(document), m[1])) {
				say("the link " + m[1] + " leads nowhere")
			}
		}
	}
	return found
}

// ownPath returns the path that span begins with if it is meant to be one of this repository: its first element is a
// folder here that has a slash after it, or it is a document of the top folder, such as SECURITY.md.
func ownPath(tree fs.FS, span string) string {
	m := pathy.FindStringSubmatch(span)
	if m == nil || strings.ContainsAny(span, "*…<>{}$") {
		return ""
	}
	p := path.Clean(m[1])
	first, _, nested := strings.Cut(strings.TrimPrefix(m[1], "./"), "/")
	info, err := fs.Stat(tree, first)
	switch {
	case nested && err == nil && info.IsDir() && first != "." && first != "..":
		return p
	case !nested && strings.HasSuffix(p, ".md") && strings.TrimSuffix(p, ".md") == strings.ToUpper(strings.TrimSuffix(p, ".md")):
		return p
	}
	return ""
}

func exists(tree fs.FS, p string) bool {
	_, err := fs.Stat(tree, p)
	return err == nil
}

func read(t *testing.T, tree fs.FS, name string) string {
	t.Helper()
	text, err := fs.ReadFile(tree, name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func documents(t *testing.T, tree fs.FS) []string {
	t.Helper()
	names, err := fs.Glob(tree, "*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, folder := range []string{"changelog", "docs"} {
		if !exists(tree, folder) {
			continue
		}
		err := fs.WalkDir(tree, folder, func(name string, _ fs.DirEntry, err error) error {
			if err == nil && filepath.Ext(name) == ".md" {
				names = append(names, name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return names
}

// commandSource is the text of the files that declare the tocsin commands, "" while there are none.
func commandSource(t *testing.T, tree fs.FS) string {
	t.Helper()
	names, err := fs.Glob(tree, "cmd/tocsin/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for _, name := range names {
		all.WriteString(read(t, tree, name))
	}
	return all.String()
}
