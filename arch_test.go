package tocsin_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The layout of the module, held by TestArchitecture. Everything below is about files that are not tests,
// as a test may look at anything; only init functions are refused there too.

// An arrow says which packages of the module the package in a folder, and those below it, may import besides
// themselves and [leaves]. The longest folder that fits decides.
type arrow struct {
	folder string
	to     []string // folders; "" is the root package alone
}

// leaves are the packages below internal that know no stage: every package may import them.
var leaves = []string{"internal/cputime", "internal/ecs", "internal/expression", "internal/fault", "internal/metrics", "internal/schema"}

// stages are what the alert passes through. They meet in the types of the root package, never in each other.
var stages = []string{"ingest", "rules", "correlate", "classify", "register", "sinks"}

var arrows = []arrow{
	{folder: ""},
	{folder: "ingest", to: []string{""}},
	{folder: "rules", to: []string{""}},
	{folder: "correlate", to: []string{"", "rules"}},
	{folder: "classify", to: []string{""}},
	{folder: "register", to: []string{""}},
	{folder: "sinks", to: []string{""}}, // stores satisfy register's Store structurally
	{folder: "sinks/sinktest", to: []string{"", "sinks", "register"}},
	{folder: "rules.d"},
	{folder: "internal", to: []string{"", "internal"}},
	{folder: "internal/pipeline", to: slices.Concat([]string{"", "internal"}, stages)},
	{folder: "internal/integrity", to: []string{"", "internal", "register"}},
	{folder: "internal/conformance", to: []string{"", "internal", "rules", "correlate"}},
	{folder: "internal/authoring", to: []string{"", "internal", "rules", "classify"}},
	{folder: "internal/replay", to: slices.Concat([]string{"", "internal", "rules.d"}, stages)},
	{folder: "internal/simulator", to: slices.Concat([]string{"", "internal"}, stages)},
	{folder: "internal/demo", to: slices.Concat([]string{"", "internal", "rules.d"}, stages)},
	{folder: "internal/app", to: slices.Concat([]string{"", "internal", "rules.d"}, stages)},
	{folder: "internal/config", to: slices.Concat([]string{"", "internal"}, stages)}, // each stage owns its Config
	{folder: "internal/api", to: []string{"", "register", "internal"}},
	{folder: "internal/needtoknow", to: []string{"", "register", "internal"}},
	{folder: "internal/web", to: []string{"", "register", "internal"}},
	{folder: "cmd/tocsin", to: []string{"", "internal"}},
	{folder: "bench", to: slices.Concat([]string{"", "internal", "rules.d"}, stages)},
}

// A home is the only place of a third-party client, so that changing it changes one package.
type home struct {
	module  string
	folders []string
	file    string // a file name that is a home in any folder
}

var homes = []home{
	{module: "github.com/segmentio/kafka-go", folders: []string{"ingest/kafka", "sinks/kafka", "bench"}},
	{module: "github.com/elastic/go-elasticsearch", folders: []string{"sinks/elastic", "bench"}},
	{module: "github.com/elastic/elastic-transport-go", folders: []string{"sinks/elastic"}},
	{module: "github.com/expr-lang/expr", folders: []string{"internal/expression"}},
	{module: "github.com/spf13/viper", folders: []string{"internal/config"}},
	{module: "github.com/spf13/cobra", folders: []string{"cmd/tocsin"}},
	{module: "modernc.org/sqlite", folders: []string{"sinks/sqlite"}},
	{module: "github.com/danielgtaylor/huma", folders: []string{"internal/api"}},
	{module: "github.com/coreos/go-oidc", folders: []string{"internal/auth"}},
	{module: "github.com/fsnotify/fsnotify", folders: []string{"internal/app"}},
	{module: "github.com/wneessen/go-mail", folders: []string{"register/notify"}},
	{module: "github.com/oschwald/maxminddb-golang", folders: []string{"ingest/enrich"}},
	{module: "github.com/mileusna/useragent", folders: []string{"ingest/enrich"}},
	{module: "github.com/gaissmai/bart", folders: []string{"ingest/enrich"}},
	{module: "golang.org/x/mod/sumdb", folders: []string{"internal/integrity"}},
	{module: "github.com/elastic/go-grok", folders: []string{"ingest/decode"}},
	{
		module:  "github.com/prometheus/client_golang",
		folders: []string{"internal/metrics", "internal/api", "internal/app"}, file: "metrics.go",
	},
	// For tests alone.
	{module: "github.com/chromedp"},
	{module: "github.com/google/go-cmp", folders: []string{"sinks/sinktest", "internal/schema/schematest"}},
	{module: "github.com/maxmind/mmdbwriter"},
	{module: "github.com/rogpeppe/go-internal"},
	{module: "github.com/santhosh-tekuri/jsonschema", folders: []string{"internal/schema/schematest"}},
	{module: "github.com/twmb/franz-go"},
	{module: "go.uber.org/goleak"},
	{module: "pgregory.net/rapid"},
}

var (
	// topFolders are the top-level folders that may hold Go files.
	topFolders = []string{".", "bench", "classify", "cmd", "correlate", "ingest", "internal", "register", "rules", "rules.d", "sinks"}

	// grabBags are names that say nothing of what a package holds, and so gather everything.
	grabBags = []string{"common", "helper", "helpers", "misc", "model", "models", "shared", "types", "util", "utils"}

	// deterministic packages have no goroutine, clock, logger, file or socket: the same input gives the same output.
	deterministic = []string{".", "correlate"}
	worldly       = []string{"crypto/rand", "io/fs", "log", "log/slog", "math/rand", "math/rand/v2", "net", "net/http", "os", "os/exec", "os/signal"}
)

// registry is the package of the metrics' registry; see metered.
const registry = "github.com/prometheus/client_golang/prometheus"

const maxLines = 500 // a hard stop; 400 is what to aim at

func TestArchitecture(t *testing.T) {
	for _, violation := range violations(t, os.DirFS(".")) {
		t.Error(violation)
	}
}

// A goFile is one parsed file of the module.
type goFile struct {
	name   string // slash-separated, from the root of the module
	folder string
	test   bool
	lines  int
	syntax *ast.File
}

// violations reads every Go file below tree and says what breaks the layout. It parses the files itself:
// what `go list` would have to say is not part of the test cache's key, so a violation could go unseen.
func violations(t *testing.T, tree fs.FS) []string {
	t.Helper()
	var found []string
	say := func(where, format string, arguments ...any) {
		found = append(found, where+": "+fmt.Sprintf(format, arguments...))
	}
	comments := map[string]int{} // by folder
	for _, f := range goFiles(t, tree) {
		checkFile(f, say)
		if f.test {
			continue
		}
		text := f.syntax.Doc.Text()
		if text == "" {
			comments[f.folder] += 0 // one that has none counts too
			continue
		}
		comments[f.folder]++
		want := "Package " + f.syntax.Name.Name + " "
		if f.syntax.Name.Name == "main" {
			want = "Command "
		}
		if !strings.HasPrefix(text, want) {
			say(f.name, "the package comment does not begin with %q", want)
		}
	}
	for folder, n := range comments {
		if n != 1 {
			say(folder, "one package comment is wanted, there are %d", n)
		}
	}
	slices.Sort(found)
	return found
}

// goFiles parses what belongs to this module: no hidden folder, no testdata, no module within the module.
func goFiles(t *testing.T, tree fs.FS) []goFile {
	t.Helper()
	var files []goFile
	err := fs.WalkDir(tree, ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && name != ".":
			base := path.Base(name)
			_, err := fs.Stat(tree, path.Join(name, "go.mod"))
			if strings.HasPrefix(base, ".") || base == "testdata" || err == nil {
				return fs.SkipDir
			}
			return nil
		case d.IsDir() || path.Ext(name) != ".go":
			return nil
		}
		source, err := fs.ReadFile(tree, name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // an editor's temporary file
		}
		if err != nil {
			return err
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), name, source, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		files = append(files, goFile{
			name: name, folder: path.Dir(name), test: strings.HasSuffix(name, "_test.go"),
			lines: strings.Count(string(source), "\n"), syntax: syntax,
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func checkFile(f goFile, say func(where, format string, arguments ...any)) {
	for _, declaration := range f.syntax.Decls {
		if function, ok := declaration.(*ast.FuncDecl); ok && function.Recv == nil && function.Name.Name == "init" {
			say(f.name, "has an init function: wire things where they are used")
		}
	}
	top, _, _ := strings.Cut(f.folder, "/")
	if !slices.Contains(topFolders, top) {
		say(f.name, "no Go files belong in the top-level folder %s", top)
	}
	if f.test {
		return
	}
	for _, name := range []string{path.Base(f.folder), f.syntax.Name.Name} {
		if slices.Contains(grabBags, name) {
			say(f.name, "the name %q says nothing of what the package holds", name)
		}
	}
	if f.lines > maxLines && !ast.IsGenerated(f.syntax) {
		say(f.name, "has %d lines, more than %d", f.lines, maxLines)
	}
	for _, spec := range f.syntax.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			say(f.name, "imports %s: %v", spec.Path.Value, err)
			continue
		}
		checkImport(f, imported, say)
	}
	if slices.Contains(deterministic, f.folder) {
		ast.Inspect(f.syntax, func(n ast.Node) bool {
			if _, ok := n.(*ast.GoStmt); ok {
				say(f.name, "starts a goroutine: the caller of a deterministic package adds concurrency")
			}
			return true
		})
	}
}

func checkImport(f goFile, imported string, say func(where, format string, arguments ...any)) {
	if imported == "tocsin" || strings.HasPrefix(imported, "tocsin/") {
		to := strings.TrimPrefix(strings.TrimPrefix(imported, "tocsin"), "/")
		if !allowed(f.folder, to) {
			say(f.name, "%s must not import %q", f.folder, imported)
		}
		return
	}
	if f.folder == "." && strings.Contains(strings.Split(imported, "/")[0], ".") {
		say(f.name, "the root package imports %q, but is standard library only", imported)
	}
	if slices.Contains(deterministic, f.folder) && slices.Contains(worldly, imported) {
		say(f.name, "imports %q, but %s is deterministic", imported, f.folder)
	}
	if imported == registry && !metered(f) {
		return
	}
	for _, h := range homes {
		if within(imported, h.module) && path.Base(f.name) != h.file &&
			!slices.ContainsFunc(h.folders, func(folder string) bool { return within(f.folder, folder) }) &&
			!strings.HasSuffix(f.folder, "kafkatest") {
			say(f.name, "imports %q, whose home is %v", imported, h.folders)
		}
	}
}

// metered tells whether f makes or reads metrics. To hand on the registry that they belong to, it only needs the name of its type.
func metered(f goFile) bool {
	found := false
	ast.Inspect(f.syntax, func(n ast.Node) bool {
		if selector, ok := n.(*ast.SelectorExpr); ok {
			x, ok := selector.X.(*ast.Ident)
			found = found || ok && x.Name == "prometheus" && selector.Sel.Name != "Registerer"
		}
		return true
	})
	return found
}

// allowed tells whether the package in folder from may import the one in folder to.
func allowed(from, to string) bool {
	if from == "." {
		from = ""
	}
	if within(to, "internal/app") && from != "internal/app" && !within(from, "cmd") && !within(from, "bench") {
		return false // what wires all the others is imported by none of them
	}
	if to == "sinks/sinktest" || to == "internal/schema/schematest" || to == "internal/auth/authtest" || to == "internal/recordings" {
		return false // tests import them
	}
	if slices.ContainsFunc(leaves, func(leaf string) bool { return within(to, leaf) }) {
		return from != "" && from != "rules.d"
	}
	var rule arrow
	for _, a := range arrows {
		if within(from, a.folder) && len(a.folder) >= len(rule.folder) {
			rule = a
		}
	}
	if rule.folder != "" && within(to, rule.folder) {
		return true
	}
	if stage := stageOf(from); stage != "" && stageOf(to) == stage {
		return true // a part of the same stage
	}
	return slices.ContainsFunc(rule.to, func(folder string) bool {
		return to == folder || folder != "" && within(to, folder)
	})
}

func stageOf(folder string) string {
	top, _, _ := strings.Cut(folder, "/")
	if slices.Contains(stages, top) {
		return top
	}
	return ""
}

// within tells whether the path p is root or below it; everything is below "".
func within(p, root string) bool {
	return root == "" || p == root || strings.HasPrefix(p, root+"/")
}
