package tocsin_test

import (
	"strings"
	"testing"
	"testing/fstest"
)

// TestArchitectureSeesViolations plants each kind of violation and expects it, and it alone, to be named.
func TestArchitectureSeesViolations(t *testing.T) {
	file := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	for name, test := range map[string]struct {
		file, text string
		want       string // "" where nothing is wrong
	}{
		"nothing":                    {"correlate/a.go", "// Package correlate is.\npackage correlate\nimport (\n\"tocsin\"\n\"tocsin/rules\"\n\"tocsin/internal/fault\"\n)", ""},
		"a test sees everything":     {"correlate/a_test.go", "package correlate\nimport (\n\"tocsin/ingest\"\n\"github.com/segmentio/kafka-go\"\n)", ""},
		"part of the same stage":     {"sinks/elastic/a.go", "// Package elastic is.\npackage elastic\nimport (\n\"tocsin/sinks\"\n\"github.com/elastic/go-elasticsearch/v8\"\n)", ""},
		"metrics file":               {"sinks/metrics.go", "// Package sinks is.\npackage sinks\nimport \"github.com/prometheus/client_golang/prometheus\"", ""},
		"stage to stage":             {"correlate/a.go", "// Package correlate is.\npackage correlate\nimport \"tocsin/ingest\"", `correlate must not import "tocsin/ingest"`},
		"stage to register":          {"sinks/elastic/a.go", "// Package elastic is.\npackage elastic\nimport \"tocsin/register\"", `must not import "tocsin/register"`},
		"stage to plumbing":          {"ingest/a.go", "// Package ingest is.\npackage ingest\nimport \"tocsin/internal/pipeline\"", "must not import"},
		"store to its test suite":    {"sinks/sqlite/a.go", "// Package sqlite is.\npackage sqlite\nimport \"tocsin/sinks/sinktest\"", "must not import"},
		"root to anything":           {"a.go", "// Package tocsin is.\npackage tocsin\nimport \"tocsin/internal/fault\"", "must not import"},
		"api to a store":             {"internal/api/a.go", "// Package api is.\npackage api\nimport \"tocsin/sinks/elastic\"", "must not import"},
		"command to a stage":         {"cmd/tocsin/a.go", "// Command tocsin is.\npackage main\nimport \"tocsin/rules\"", "must not import"},
		"anything to app":            {"internal/api/a.go", "// Package api is.\npackage api\nimport \"tocsin/internal/app\"", "must not import"},
		"third party in the root":    {"a.go", "// Package tocsin is.\npackage tocsin\nimport \"go.yaml.in/yaml/v4\"", "standard library only"},
		"second home":                {"ingest/http/a.go", "// Package http is.\npackage http\nimport \"github.com/segmentio/kafka-go/compress\"", "whose home is [ingest/kafka sinks/kafka bench]"},
		"metrics in another file":    {"sinks/a.go", "// Package sinks is.\npackage sinks\nimport \"github.com/prometheus/client_golang/prometheus\"\nvar c prometheus.Counter", "whose home is"},
		"registry handed on":         {"sinks/a.go", "// Package sinks is.\npackage sinks\nimport \"github.com/prometheus/client_golang/prometheus\"\nvar r prometheus.Registerer", ""},
		"test library in the binary": {"rules/a.go", "// Package rules is.\npackage rules\nimport \"pgregory.net/rapid\"", "whose home is"},
		"no package comment":         {"rules/a.go", "package rules", "one package comment is wanted, there are 0"},
		"directive is no comment":    {"rules/a.go", "//go:build linux\n\npackage rules", "one package comment is wanted, there are 0"},
		"other package comment":      {"rules/a.go", "// All about rules.\npackage rules", `does not begin with "Package rules "`},
		"init function":              {"rules/a_test.go", "package rules\nfunc init() {}", "has an init function"},
		"init method is none":        {"rules/a.go", "// Package rules is.\npackage rules\ntype T int\nfunc (T) init() {}", ""},
		"grab-bag folder":            {"internal/util/a.go", "// Package text is.\npackage text", `the name "util" says nothing`},
		"grab-bag name":              {"internal/x/a.go", "// Package types is.\npackage types", `the name "types" says nothing`},
		"other top-level folder":     {"pkg/a.go", "// Package pkg is.\npackage pkg", "no Go files belong in the top-level folder pkg"},
		"long file":                  {"rules/a.go", "// Package rules is.\npackage rules\n" + strings.Repeat("\n", maxLines), "more than 500"},
		"goroutine in the engine":    {"correlate/a.go", "// Package correlate is.\npackage correlate\nfunc f() { go f() }", "starts a goroutine"},
		"logger in the engine":       {"correlate/a.go", "// Package correlate is.\npackage correlate\nimport \"log/slog\"", "is deterministic"},
		"testdata is data":           {"rules/testdata/a.go", "package wrong", ""},
		"another module":             {"tools/x/a.go", "package wrong", ""},
	} {
		t.Run(name, func(t *testing.T) {
			tree := fstest.MapFS{test.file: file(test.text), "tools/x/go.mod": file("module x")}
			found := violations(t, tree)
			switch {
			case test.want == "" && len(found) > 0:
				t.Errorf("nothing is wrong, but: %v", found)
			case test.want != "" && (len(found) != 1 || !strings.Contains(found[0], test.want)):
				t.Errorf("want one violation with %q, got %q", test.want, found)
			}
		})
	}
	t.Run("two package comments", func(t *testing.T) {
		found := violations(t, fstest.MapFS{
			"rules/a.go": file("// Package rules is.\npackage rules"),
			"rules/b.go": file("// Package rules is again.\npackage rules"),
		})
		if len(found) != 1 || !strings.Contains(found[0], "there are 2") {
			t.Errorf("got %q", found)
		}
	})
}
