package rules

import (
	"strconv"
	"time"

	"go.yaml.in/yaml/v4"

	"tocsin/internal/expression"
)

// An Exception hides matches of a rule without touching the rule's file. It holds for alerts whose event time lies
// before Expires.
type Exception struct {
	Rule    string // id, or "*" for all
	Reason  string
	Owner   string
	Expires time.Time
	Name    string // file:line, as [tocsin.Match.Suppressed] has it

	when *expression.Expr
}

// When is the exception's condition as it was written.
func (e *Exception) When() string { return e.when.Text() }

func place(file string, line int) string { return file + ":" + strconv.Itoa(line) }

// exceptionFile reads the exceptions of one file: a mapping per document, or a list of them.
func (l *loader) exceptionFile(f File) {
	r := &reader{file: f.Name, path: f.Path, src: f.Data}
	for _, root := range r.documents() {
		if root.Kind == yaml.SequenceNode {
			for _, n := range root.Content {
				l.exception(r, n)
			}
			continue
		}
		l.exception(r, root)
	}
	l.take(r)
}

func (l *loader) exception(r *reader, n *yaml.Node) {
	e := &Exception{Name: place(r.file, n.Line)}
	faults := r.found
	r.by(n, "the exception", exceptionKeys(), map[string]func(*yaml.Node){
		"rule":    l.exceptionRule(r, e),
		"when":    func(v *yaml.Node) { e.when = r.compileNode(l.table, v, nil) },
		"reason":  r.text(&e.Reason),
		"owner":   r.text(&e.Owner),
		"expires": l.expiry(r, e),
	})
	if r.found == faults {
		l.except = append(l.except, e)
	}
}

func (l *loader) exceptionRule(r *reader, e *Exception) func(*yaml.Node) {
	return func(v *yaml.Node) {
		r.text(&e.Rule)(v)
		if _, ok := l.byID[e.Rule]; e.Rule != "*" && !ok {
			r.lint(v, `a rule's id, or "*" for all`, "no rule has the id %q", e.Rule)
		}
	}
}

// expiry reads a day, which counts to its end, or a moment.
func (l *loader) expiry(r *reader, e *Exception) func(*yaml.Node) {
	return func(v *yaml.Node) {
		day, err := time.Parse(time.DateOnly, v.Value)
		if err == nil {
			e.Expires = day.AddDate(0, 0, 1)
		} else if e.Expires, err = time.Parse(time.RFC3339, v.Value); err != nil {
			r.fault(v, "write a day like 2026-12-31", "%q is no day", v.Value)
			return
		}
		if now := l.opts.Now; !now.IsZero() && !now.Before(e.Expires) {
			r.lint(v, "remove it, or decide again and set a new day", "the exception has expired")
		}
	}
}
