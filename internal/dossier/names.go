package dossier

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"text/template/parse"

	"tocsin/internal/fault"
)

// A reader follows the names that a template uses through the types of what it is given, so that one that does not exist
// is found when the template is read, and not in a report. What it cannot follow it takes for sound.
type reader struct {
	file   string
	src    string
	trees  map[string]*parse.Tree
	vars   map[string]reflect.Type
	within []string // the templates that call one another just now
	faults fault.List
}

// unknownNames finds the names of a template that what it is given does not have.
func unknownNames(file, src, root string, trees map[string]*parse.Tree, given any) error {
	r := &reader{file: file, src: src, trees: trees}
	r.template(root, reflect.TypeOf(given))
	return r.faults.Err()
}

func (r *reader) template(name string, dot reflect.Type) {
	tree := r.trees[name]
	if tree == nil || tree.Root == nil || slices.Contains(r.within, name) {
		return
	}
	outer := r.vars
	r.vars, r.within = map[string]reflect.Type{"$": dot}, append(r.within, name)
	r.list(tree.Root, dot)
	r.vars, r.within = outer, r.within[:len(r.within)-1]
}

func (r *reader) list(l *parse.ListNode, dot reflect.Type) {
	if l == nil {
		return
	}
	for _, n := range l.Nodes {
		switch n := n.(type) {
		case *parse.ActionNode:
			r.pipe(n.Pipe, dot)
		case *parse.IfNode:
			r.branch(&n.BranchNode, dot, func(reflect.Type) reflect.Type { return dot })
		case *parse.WithNode:
			r.branch(&n.BranchNode, dot, func(of reflect.Type) reflect.Type { return of })
		case *parse.RangeNode:
			r.branch(&n.BranchNode, dot, element)
		case *parse.TemplateNode:
			r.template(n.Name, r.pipe(n.Pipe, dot))
		}
	}
}

// branch reads what is written where a pipeline says something, with inner as its dot, and what is written else.
func (r *reader) branch(n *parse.BranchNode, dot reflect.Type, inner func(reflect.Type) reflect.Type) {
	outer := maps.Clone(r.vars)
	of := r.pipe(n.Pipe, dot)
	if n.NodeType == parse.NodeRange && len(n.Pipe.Decl) > 0 {
		r.vars[n.Pipe.Decl[0].Ident[0]] = nil // the number or the key of two
		r.vars[n.Pipe.Decl[len(n.Pipe.Decl)-1].Ident[0]] = element(of)
	}
	r.list(n.List, inner(of))
	r.vars = maps.Clone(outer)
	r.list(n.ElseList, dot)
	r.vars = outer
}

// pipe is the type of what a pipeline gives; nil where that is not known.
func (r *reader) pipe(p *parse.PipeNode, dot reflect.Type) (of reflect.Type) {
	if p == nil {
		return nil
	}
	for _, c := range p.Cmds {
		of = nil
		for _, arg := range c.Args {
			if got := r.arg(arg, dot); len(c.Args) == 1 {
				of = got
			}
		}
	}
	for _, v := range p.Decl {
		r.vars[v.Ident[0]] = of
	}
	return of
}

func (r *reader) arg(n parse.Node, dot reflect.Type) reflect.Type {
	switch n := n.(type) {
	case *parse.DotNode:
		return dot
	case *parse.FieldNode:
		return r.chain(n, dot, n.Ident)
	case *parse.VariableNode:
		return r.chain(n, r.vars[n.Ident[0]], n.Ident[1:])
	case *parse.ChainNode:
		return r.chain(n, r.arg(n.Node, dot), n.Field)
	case *parse.PipeNode:
		return r.pipe(n, dot)
	}
	return nil
}

// chain follows names, one in what the one before it is.
func (r *reader) chain(at parse.Node, of reflect.Type, names []string) reflect.Type {
	for _, name := range names {
		of = plainType(of)
		switch {
		case of == nil:
			return nil
		case of.Kind() == reflect.Map:
			of = of.Elem()
		case of.Kind() == reflect.Struct:
			known := members(of)
			next, ok := known[name]
			if !ok {
				r.unknown(at, name, slices.Sorted(maps.Keys(known)))
				return nil
			}
			of = next
		default:
			r.unknown(at, name, nil)
			return nil
		}
	}
	return of
}

func (r *reader) unknown(at parse.Node, name string, known []string) {
	before := r.src[:min(int(at.Position()), len(r.src))]
	start := strings.LastIndexByte(before, '\n') + 1
	message, remedy := `nothing here is called "`+name+`"`, fault.DidYouMean(name, known)
	if len(known) == 0 {
		message, remedy = `what stands before it has no "`+name+`"`, "a text or a list has no names: write it without, or use range"
	} else if remedy == "" {
		remedy = "known are: " + strings.Join(known, ", ")
	}
	r.faults = append(r.faults, fault.At(r.file, []byte(r.src), strings.Count(before, "\n")+1, len([]rune(before[start:]))+1, message, remedy))
}

// plainType is a type without its pointers; nil for one whose JSON is its own affair.
func plainType(t reflect.Type) reflect.Type {
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || t.Kind() == reflect.Interface || reflect.PointerTo(t).Implements(reflect.TypeFor[json.Marshaler]()) {
		return nil
	}
	return t
}

// element is the type of what a list or a map has; nil where that is not known.
func element(t reflect.Type) reflect.Type {
	t = plainType(t)
	if t == nil || t.Kind() != reflect.Slice && t.Kind() != reflect.Array && t.Kind() != reflect.Map {
		return nil
	}
	return t.Elem()
}

// members are what a struct has, by the names that JSON gives them.
func members(t reflect.Type) map[string]reflect.Type {
	known := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(t) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if f.IsExported() && name != "-" && !(f.Anonymous && name == "") {
			known[or(name, f.Name)] = f.Type
		}
	}
	return known
}
