// Command testpick reads the module in the current folder and prints which tests a step of CI has to run, so that none is
// run again where it can show nothing new:
//
//	testpick servers      tests that read the address of a real server, by themselves or through what they call
//	testpick goroutines   tests of packages in which something may run beside something else
//
// It prints a line for each package: its folder, and the names of the tests, or nothing behind it for all tests. Calls are
// followed by name alone, within a package: rather a test too many than one too few.
package main

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

func main() {
	if err := run(os.DirFS("."), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "testpick:", err)
		os.Exit(2)
	}
}

func run(module fs.FS, args []string, out io.Writer) error {
	if len(args) != 1 || args[0] != "servers" && args[0] != "goroutines" {
		return errors.New("usage: testpick servers|goroutines")
	}
	all, err := load(module)
	if err != nil {
		return err
	}
	for _, folder := range slices.Sorted(maps.Keys(all)) {
		p := all[folder]
		switch {
		case args[0] == "goroutines" && all.starts(p):
			fmt.Fprintln(out, "./"+folder)
		default:
			asked := func(d *decl) bool { return d.asks }
			if args[0] == "goroutines" {
				asked = func(d *decl) bool { return d.starts }
			}
			if tests := p.tests(asked); len(tests) > 0 {
				fmt.Fprintln(out, "./"+folder, strings.Join(tests, " "))
			}
		}
	}
	return nil
}

// A pack is a package with its tests.
type pack struct {
	imports, testImports map[string]bool // folders of the module
	decls                []*decl
	hasTests             bool
	starts, testStarts   bool // by a client that does
}

// A decl is a function, method, variable or constant.
type decl struct {
	name         string
	test         bool // it stands in a test file
	uses         map[string]bool
	asks, starts bool // for the address of a server; something that runs beside it
}

type packs map[string]*pack

// load parses the module, but for modules within it.
func load(module fs.FS) (packs, error) {
	all := packs{}
	text, err := fs.ReadFile(module, "go.mod")
	if err != nil {
		return nil, err
	}
	name := regexp.MustCompile(`(?m)^module (\S+)`).FindSubmatch(text)
	if name == nil {
		return nil, errors.New("go.mod names no module")
	}
	err = fs.WalkDir(module, ".", func(file string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && file != "." {
			if _, err := fs.Stat(module, file+"/go.mod"); err == nil || strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" {
				return fs.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(file, ".go") {
			return nil
		}
		text, err := fs.ReadFile(module, file)
		if err != nil {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, text, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		folder := path.Dir(file)
		if all[folder] == nil {
			all[folder] = &pack{imports: map[string]bool{}, testImports: map[string]bool{}}
		}
		all[folder].add(parsed, string(name[1]), strings.HasSuffix(file, "_test.go"))
		return nil
	})
	return all, err
}

func (p *pack) add(file *ast.File, module string, test bool) {
	imports := p.imports
	if test {
		imports, p.hasTests = p.testImports, true
	}
	for _, i := range file.Imports {
		of, err := strconv.Unquote(i.Path.Value)
		if err == nil && (of == module || strings.HasPrefix(of, module+"/")) {
			imports[path.Clean(strings.TrimPrefix(strings.TrimPrefix(of, module), "/"))] = true
		}
		if slices.ContainsFunc(runners, func(client string) bool { return strings.HasPrefix(of, client) }) {
			p.starts, p.testStarts = p.starts || !test, p.testStarts || test
		}
	}
	for _, d := range file.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			p.decls = append(p.decls, newDecl(d.Name.Name, test, d))
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				if v, ok := spec.(*ast.ValueSpec); ok {
					for _, name := range v.Names {
						p.decls = append(p.decls, newDecl(name.Name, test, v))
					}
				}
			}
		}
	}
}

// concurrent are the functions and methods that run what they are given, or what they belong to, beside their caller.
var concurrent = []string{"Go", "AfterFunc", "NewServer", "NewTLSServer", "NewUnstartedServer", "Serve", "ListenAndServe", "RunParallel", "Parallel"}

// runners are clients that call back beside their caller.
var runners = []string{"github.com/segmentio/kafka-go", "github.com/twmb/franz-go", "github.com/fsnotify/fsnotify"}

func newDecl(name string, test bool, node ast.Node) *decl {
	d := &decl{name: name, test: test, uses: map[string]bool{}}
	ast.Inspect(node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.Ident:
			d.uses[n.Name] = true
		case *ast.GoStmt:
			d.starts = true
		case *ast.CallExpr:
			if s, ok := n.Fun.(*ast.SelectorExpr); ok && slices.Contains(concurrent, s.Sel.Name) {
				d.starts = true
			}
		case *ast.BasicLit:
			d.asks = d.asks || strings.Contains(n.Value, "TOCSIN_TEST_KAFKA") || strings.Contains(n.Value, "TOCSIN_TEST_ES")
		}
		return true
	})
	return d
}

// tests are the tests that one of the asked for declarations is reached from.
func (p *pack) tests(asked func(*decl) bool) []string {
	reach, found := map[string]bool{}, map[string]bool{}
	for grown := true; grown; {
		grown = false
		for _, d := range p.decls {
			uses := asked(d)
			for name := range d.uses {
				uses = uses || reach[name] && name != d.name
			}
			if !uses {
				continue
			}
			if d.test && isTest.MatchString(d.name) {
				found[d.name] = true
			} else if !reach[d.name] {
				reach[d.name], grown = true, true
			}
		}
	}
	return slices.Sorted(maps.Keys(found))
}

var isTest = regexp.MustCompile(`^(Test|Fuzz|Example)(\P{Ll}|$)`)

// starts tells whether a package with tests, or a package of the module that it or its tests are made of, starts what runs
// beside something else.
func (all packs) starts(p *pack) bool {
	if !p.hasTests || p.testStarts {
		return p.hasTests
	}
	seen := map[*pack]bool{p: true}
	next := slices.Concat(slices.Collect(maps.Keys(p.imports)), slices.Collect(maps.Keys(p.testImports)))
	for len(next) > 0 {
		of := all[next[0]]
		if next = next[1:]; of != nil && !seen[of] {
			seen[of], next = true, append(next, slices.Collect(maps.Keys(of.imports))...)
		}
	}
	for of := range seen {
		if of.starts || slices.ContainsFunc(of.decls, func(d *decl) bool { return d.starts && !d.test }) {
			return true
		}
	}
	return false
}
