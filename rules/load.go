package rules

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"tocsin/internal/ecs"
	"tocsin/internal/expression"
	"tocsin/internal/fault"
	"tocsin/rules/sigma"
)

// A Source is a folder of rules: rule files anywhere in it, exceptions below exceptions/, reference lists below
// lists/, pipelines of Sigma rules below pipelines/. Files that are not .yml, .yaml, .txt or .csv, and names that start with a dot, are passed over.
type Source struct {
	Name string // precedes file names in faults; "" for none
	FS   fs.FS
}

// Options say what rules are checked against. The zero value is useful.
type Options struct {
	// Categories are the class/type pairs of the scale in force. A rule of another category gets a lint. Nil checks
	// none.
	Categories []string
	// Custom are field names outside ECS and its declared namespaces that rules may read.
	Custom []string
	// Now decides which exceptions get the lint of being expired. Zero: none do.
	Now time.Time
	// Pipelines are files of Sigma pipelines in pySigma's form, beside those below pipelines/ of the sources. They are
	// part of [Set.Files]. Only Name and Data are read.
	Pipelines []File
}

// A Fault is one thing wrong in one place of a rule file.
type Fault = fault.Fault

// Faults are all things wrong with what [Load] was given; its error is of this type.
type Faults = fault.List

// A File is one file of a rule set as it was read.
type File struct {
	Name string `json:"name"` // of its source, a slash and its path
	Path string `json:"path"` // in its source
	Data []byte `json:"data"`
}

// maxSet bounds all files of a set together.
const maxSet = 256 << 20

// manyRules is from how many rules on the memory that only loading took is given back to the system at once: it is as
// much as the set itself, and comes back by itself only after minutes.
const manyRules = 1_000

// giveBack frees what reading the files took before the index is built, and then what building took: the two are never
// resident together.
func (l *loader) giveBack() {
	if len(l.rules) >= manyRules {
		debug.FreeOSMemory()
	}
}

// Load reads, checks and compiles all rules of sources. The error is of type [Faults] and lists every fault of
// every file. The set is never nil: it holds the rules that have no fault, so that a caller may run them or refuse
// the whole.
func Load(sources []Source, opts Options) (*Set, error) {
	l := newLoader(opts)
	var files []File
	for _, s := range sources {
		files = append(files, l.read(s)...)
	}
	return l.load(l.withPipelines(files))
}

// withPipelines are the files and those of the options.
func (l *loader) withPipelines(files []File) []File {
	for _, f := range l.opts.Pipelines {
		f.Path = path.Join("pipelines", path.Base(f.Name))
		files = append(files, f)
	}
	return files
}

// LoadFiles does what [Load] does with files that were read before: [Set.Files] of a stored set.
func LoadFiles(files []File, opts Options) (*Set, error) {
	l := newLoader(opts)
	return l.load(files)
}

func newLoader(opts Options) *loader {
	return &loader{opts: opts, lists: map[string]*expression.List{}, listValues: map[string][]string{}, listFiles: map[string]string{}, wordTables: map[string]wordTable{}, chains: map[*Rule]*chainDraft{}, asked: map[string]string{}}
}

type loader struct {
	anyField    bool // every field is known and holds anything: for tests
	opts        Options
	lists       map[string]*expression.List
	listValues  map[string][]string // list name -> what the file says, for placeholders
	listFiles   map[string]string   // list name -> file
	listText    []string            // for the hash
	wordTables  map[string]wordTable
	table       *expression.Table
	rules       []*Rule
	byID        map[string]*Rule
	except      []*Exception
	faults      fault.List
	lints       fault.List
	refused     fault.List // Sigma documents that are not used, as lints say them
	refusedDocs int        // how many these are

	chains map[*Rule]*chainDraft

	asked        map[string]string // id that was derived -> what its rule asks for
	sigmaDrafts  []*sigmaDraft
	sigmaFilters []*sigma.Filter
	pipelines    []*sigma.UserPipeline
	trees        map[string][]expression.Tree // of Sigma rules by id, where they are wanted
}

// read takes all files of a source into memory.
func (l *loader) read(s Source) []File {
	var files []File
	total := 0
	err := fs.WalkDir(s.FS, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if p != "." && strings.HasPrefix(d.Name(), ".") {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		if d.IsDir() || !wanted(p) {
			return nil
		}
		if info, err := d.Info(); err == nil && info.Size() > mostBytes(p) {
			l.faults = append(l.faults, Fault{File: path.Join(s.Name, p), Message: fmt.Sprintf("file of %d bytes: the limit is %d", info.Size(), mostBytes(p))})
			return nil
		}
		data, err := fs.ReadFile(s.FS, p)
		if err != nil {
			l.faults = append(l.faults, Fault{File: path.Join(s.Name, p), Message: "cannot be read: " + plainError(err)})
			return nil
		}
		if total += len(data); total > maxSet {
			return fmt.Errorf("more than %d bytes of rules", maxSet)
		}
		files = append(files, File{Name: path.Join(s.Name, p), Path: p, Data: data})
		return nil
	})
	if err != nil {
		l.faults = append(l.faults, Fault{File: cmp.Or(s.Name, "."), Message: "cannot be read: " + plainError(err)})
	}
	return files
}

func plainError(err error) string {
	if pe, ok := errors.AsType[*fs.PathError](err); ok {
		return pe.Err.Error()
	}
	return err.Error()
}

// mostBytes is how large a file may be: lists hold more than rules.
func mostBytes(p string) int64 {
	if folder(p) == "lists" {
		return maxList
	}
	return maxFile
}

func wanted(p string) bool {
	switch path.Ext(p) {
	case ".yml", ".yaml":
		return true
	case ".txt", ".csv":
		return folder(p) == "lists"
	default:
		return false
	}
}

// folder is what a file is read as: lists, exceptions, pipelines or, for all other folders, rules.
func folder(p string) string {
	for dir := range strings.SplitSeq(path.Dir(p), "/") {
		if dir == "lists" || dir == "exceptions" || dir == "pipelines" {
			return dir
		}
	}
	return "rules"
}

func (l *loader) load(files []File) (*Set, error) {
	slices.SortStableFunc(files, func(a, b File) int { return cmp.Compare(a.Name, b.Name) })
	for _, f := range files { // lists first: expressions name them
		switch folder(f.Path) {
		case "lists":
			l.list(f)
		case "pipelines":
			l.pipelineFile(f)
		}
	}
	l.byID = map[string]*Rule{}
	l.table = expression.New(expression.Options{Lookup: l.lookup, Nearest: ecs.Nearest, Lists: l.lists, Mark: indicators})
	for _, f := range files {
		if folder(f.Path) == "rules" {
			l.ruleFile(f)
		}
	}
	l.sigmaRules()
	l.chain()
	for _, f := range files {
		if folder(f.Path) == "exceptions" {
			l.exceptionFile(f)
		}
	}
	l.sigmaDrafts, l.sigmaFilters, l.asked = nil, nil, nil // the set's table knows the loader: documents would live as long as it
	l.giveBack()
	set := newSet(l, files)
	l.giveBack()
	return set, l.faults.Err()
}

// lookup tells expressions of the fields that there are.
func (l *loader) lookup(name string) (expression.Type, bool) {
	if l.anyField {
		return expression.Any, true
	}
	if t, ok := ecs.Lookup(name); ok {
		return typeOf(t), t != ecs.Any || !ofEvents(name) // what only looks like a field of events is misspelt
	}
	return expression.Any, slices.Contains(l.opts.Custom, name)
}

func typeOf(t ecs.Type) expression.Type {
	switch t {
	case ecs.Keyword, ecs.Text:
		return expression.Keyword
	case ecs.IP:
		return expression.IP
	case ecs.Long, ecs.Double:
		return expression.Number
	case ecs.Boolean:
		return expression.Boolean
	case ecs.Date:
		return expression.Date
	case ecs.Object:
		return expression.Object
	default:
		return expression.Any
	}
}

// take moves a reader's findings to the loader's.
func (l *loader) take(r *reader) {
	l.faults = append(l.faults, r.faults...)
	l.lints = append(l.lints, r.lints...)
}
