package expression

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/types"
	"github.com/expr-lang/expr/vm"

	"tocsin/internal/fault"
)

// EnvType is what a name of a closed environment holds.
type EnvType uint8

// The types of a name.
const (
	EnvInt    EnvType = iota // an int
	EnvFloat                 // a float64
	EnvString                // a string
	EnvBool                  // a bool
	EnvList                  // a []string
)

// Limits of one condition over a closed environment: it is a line or two in a scale, never a program.
const (
	maxEnvText  = 4 << 10
	maxEnvNodes = 500
)

// A Condition is a compiled yes-or-no expression over a closed environment: a fixed set of names that always have a
// value of their type. Unlike an alert's fields these are never absent. It is immutable and safe for concurrent use.
type Condition struct {
	text    string
	program *vm.Program
	reads   []string
	literal []EnvLiteral
}

// An EnvLiteral is a string that a condition compares (==, != or in) with one of its names, and where: Line and Column count from 1,
// Column in characters.
type EnvLiteral struct {
	Name   string
	Text   string
	Line   int
	Column int
}

// An EnvFault is one thing wrong with a condition's text. Line and Column count from 1, Column in characters.
type EnvFault struct {
	Line    int
	Column  int
	Message string
	Remedy  string
}

// EnvFaults are all that was found wrong with a condition's text. It is an error.
type EnvFaults []EnvFault

// Error writes the faults on one line.
func (f EnvFaults) Error() string {
	parts := make([]string, len(f))
	for i, one := range f {
		parts[i] = fmt.Sprintf("%d:%d: %s", one.Line, one.Column, one.Message)
	}
	return strings.Join(parts, "; ")
}

// EnvFunctions are the functions that a condition over a closed environment may call.
func EnvFunctions() []string {
	return []string{"abs", "all", "any", "len", "lower", "max", "min", "none", "upper"}
}

// CompileEnv compiles text, an expression that is true or false, over names. A name may be dotted (rule.level); its
// first part is then no name of its own. The error is [EnvFaults] and lists every unknown name.
func CompileEnv(text string, names map[string]EnvType) (*Condition, error) {
	if len(text) > maxEnvText {
		return nil, EnvFaults{{Line: 1, Column: 1, Message: fmt.Sprintf("the expression is longer than %d bytes", maxEnvText)}}
	}
	if strings.TrimSpace(text) == "" {
		return nil, EnvFaults{{Line: 1, Column: 1, Message: "the expression is empty", Remedy: "write a condition, or true"}}
	}
	seen := &envNames{names: names, text: text}
	options := []expr.Option{
		expr.Env(envShape(names)), expr.DisableAllBuiltins(), expr.AsBool(), expr.MaxNodes(maxEnvNodes), expr.Patch(seen),
	}
	for _, name := range EnvFunctions() {
		options = append(options, expr.EnableBuiltin(name))
	}
	program, err := expr.Compile(text, options...)
	if faults := seen.unknown(); len(faults) > 0 {
		return nil, faults
	}
	if err != nil {
		return nil, envFaults(text, err)
	}
	return &Condition{text: text, program: program, reads: seen.reads(), literal: seen.literals()}, nil
}

// Text is the expression as it was written.
func (c *Condition) Text() string { return c.text }

// Reads are the names that the expression uses, in the order of their first use. The slice must not be written to.
func (c *Condition) Reads() []string { return c.reads }

// Literals are the strings that the expression compares with its names: what a caller with a vocabulary checks.
func (c *Condition) Literals() []EnvLiteral { return c.literal }

// An Env holds the values of a closed environment for any number of conditions. It is safe for concurrent use.
type Env struct{ nested map[string]any }

// NewEnv makes an environment of values by their (dotted) names: each of the Go type that its [EnvType] names.
func NewEnv(values map[string]any) Env {
	nested := make(map[string]any, len(values))
	for name, value := range values {
		first, rest, dotted := strings.Cut(name, ".")
		if !dotted {
			nested[name] = value
			continue
		}
		group, ok := nested[first].(map[string]any)
		if !ok {
			group = make(map[string]any)
			nested[first] = group
		}
		group[rest] = value
	}
	return Env{nested: nested}
}

// Holds evaluates the condition. An error means that it could not be decided (a division by zero, an index out of
// range); it is about this condition and these values alone.
func (c *Condition) Holds(e Env) (bool, error) {
	out, err := expr.Run(c.program, e.nested)
	if err != nil {
		if located, ok := errors.AsType[*file.Error](err); ok {
			err = errors.New(located.Message)
		}
		return false, fmt.Errorf("evaluate %q: %w", c.text, err)
	}
	holds, _ := out.(bool)
	return holds, nil
}

// envShape is the environment's type for the checker: closed, so that an unknown name is an error.
func envShape(names map[string]EnvType) types.Map {
	kinds := map[EnvType]types.Type{
		EnvInt: types.Int, EnvFloat: types.Float64, EnvString: types.String, EnvBool: types.Bool, EnvList: types.TypeOf([]string(nil)),
	}
	shape := types.Map{}
	for name, kind := range names {
		first, rest, dotted := strings.Cut(name, ".")
		if !dotted {
			shape[name] = kinds[kind]
			continue
		}
		group, ok := shape[first].(types.Map)
		if !ok {
			group = types.Map{}
			shape[first] = group
		}
		group[rest] = kinds[kind]
	}
	return shape
}

// envFaults turns an error of the compiler into a fault with its place.
func envFaults(text string, err error) EnvFaults {
	message, remedy, at := firstLine(err.Error()), "", 0
	if located, ok := errors.AsType[*file.Error](err); ok {
		message, at = firstLine(located.Message), located.From
	}
	switch {
	case strings.Contains(message, "expected bool, but got"):
		message = "the expression must be true or false: " + message
		remedy = "compare it, e.g. … >= 2"
	case strings.Contains(message, "mismatched types"):
		remedy = "both sides must be of one type"
	case strings.HasPrefix(message, "unexpected token Operator(\"=\")"):
		remedy = "write == to compare"
	}
	line, column := place(text, at)
	return EnvFaults{{Line: line, Column: column, Message: message, Remedy: remedy}}
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// place turns an offset in characters into a line and a column, both from 1.
func place(text string, offset int) (line, column int) {
	line, column = 1, 1
	for i, r := range []rune(text) {
		if i >= offset {
			break
		}
		column++
		if r == '\n' {
			line, column = line+1, 1
		}
	}
	return line, column
}

// envNames collects the names and literals of an expression while the compiler walks it; it changes nothing.
type envNames struct {
	names    map[string]EnvType
	text     string
	uses     map[int]string // offset -> dotted name
	declared []string
	compared map[int]EnvLiteral
}

// Visit implements [ast.Visitor]; children come before their parents, and the walk may be repeated.
func (e *envNames) Visit(node *ast.Node) {
	if e.uses == nil {
		e.uses, e.compared = make(map[int]string), make(map[int]EnvLiteral)
	}
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		e.uses[n.Location().From] = n.Value
	case *ast.VariableDeclaratorNode:
		e.declared = append(e.declared, n.Name)
	case *ast.MemberNode:
		if name, at, ok := dotted(n); ok {
			e.uses[at] = name
		}
	case *ast.BinaryNode:
		if n.Operator == "==" || n.Operator == "!=" || n.Operator == "in" {
			e.compare(n.Left, n.Right)
			e.compare(n.Right, n.Left)
		}
	}
}

// dotted is the name that a chain of members spells, and where it starts.
func dotted(node ast.Node) (name string, at int, ok bool) {
	switch n := node.(type) {
	case *ast.IdentifierNode:
		return n.Value, n.Location().From, true
	case *ast.MemberNode:
		base, at, ok := dotted(n.Node)
		property, isName := n.Property.(*ast.StringNode)
		if !ok || !isName || n.Method {
			return "", 0, false
		}
		return base + "." + property.Value, at, true
	default:
		return "", 0, false
	}
}

// compare notes the strings that stand against a name on the other side of a comparison.
func (e *envNames) compare(side, other ast.Node) {
	name, _, ok := dotted(side)
	if !ok {
		return
	}
	stack := []ast.Node{other}
	for len(stack) > 0 {
		node := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		switch n := node.(type) {
		case *ast.ArrayNode:
			stack = append(stack, n.Nodes...)
		case *ast.StringNode:
			line, column := place(e.text, n.Location().From)
			e.compared[n.Location().From] = EnvLiteral{Name: name, Text: n.Value, Line: line, Column: column}
		}
	}
}

// unknown lists the names that are neither in the environment nor functions nor declared by let.
func (e *envNames) unknown() EnvFaults {
	valid := slices.Sorted(maps.Keys(e.names))
	var faults EnvFaults
	for _, at := range slices.Sorted(maps.Keys(e.uses)) {
		name := e.uses[at]
		if _, ok := e.names[name]; ok || slices.Contains(EnvFunctions(), name) || slices.Contains(e.declared, name) {
			continue
		}
		line, column := place(e.text, at)
		remedy := fault.DidYouMean(name, append(slices.Clone(valid), EnvFunctions()...))
		if remedy == "" {
			remedy = "known are: " + strings.Join(valid, ", ")
		}
		faults = append(faults, EnvFault{Line: line, Column: column, Message: "unknown name " + strconv.Quote(name), Remedy: remedy})
	}
	return faults
}

// reads are the known names in the order of their first use.
func (e *envNames) reads() []string {
	var names []string
	for _, at := range slices.Sorted(maps.Keys(e.uses)) {
		if _, ok := e.names[e.uses[at]]; ok && !slices.Contains(names, e.uses[at]) {
			names = append(names, e.uses[at])
		}
	}
	return names
}

func (e *envNames) literals() []EnvLiteral {
	var all []EnvLiteral
	for _, at := range slices.Sorted(maps.Keys(e.compared)) {
		all = append(all, e.compared[at])
	}
	return all
}
