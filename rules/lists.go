package rules

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"path"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v4"

	"tocsin/internal/expression"
	"tocsin/internal/fault"
)

// list reads a reference list. It is named after its file, without the extension.
//
//   - .txt: one value a line; # starts a comment line
//   - .csv: the first column; a first row whose first cell is "value" is a heading
//   - .yml: a list, or {fold: true, values: [...]}
func (l *loader) list(f File) {
	name := strings.TrimSuffix(path.Base(f.Path), path.Ext(f.Path))
	r := &reader{file: f.Name, path: f.Path, src: f.Data}
	defer l.take(r)
	if first, ok := l.listFiles[name]; ok {
		r.faults = append(r.faults, Fault{File: f.Name, Message: "the list " + name + " stands in " + first + " too", Remedy: "rename one of them"})
		return
	}
	l.listFiles[name] = f.Name
	if !utf8.Valid(f.Data) {
		r.faults = append(r.faults, Fault{File: f.Name, Message: "file is not valid UTF-8"})
		return
	}
	var values []string
	fold := false
	switch path.Ext(f.Path) {
	case ".txt":
		values = textList(f.Data)
	case ".csv":
		values = r.csvList()
		if table, ok := r.readTable(); ok {
			l.wordTables[name] = table
			l.listText = append(l.listText, "words", name, table.text())
		}
	default:
		values, fold = r.yamlList()
	}
	l.lists[name] = expression.NewList(name, fold, values)
	l.listValues[name] = values
	slices.Sort(values)
	l.listText = append(l.listText, "list", name, strconv.FormatBool(fold), strings.Join(slices.Compact(values), "\n"))
}

func textList(data []byte) []string {
	var values []string
	for line := range strings.Lines(string(data)) {
		if s := strings.TrimSpace(line); s != "" && !strings.HasPrefix(s, "#") {
			values = append(values, s)
		}
	}
	return values
}

func (r *reader) csvList() []string {
	in := csv.NewReader(bytes.NewReader(r.src))
	in.FieldsPerRecord, in.Comment, in.TrimLeadingSpace = -1, '#', true
	var values []string
	for first := true; ; first = false {
		row, err := in.Read()
		if errors.Is(err, io.EOF) {
			return values
		}
		if err != nil {
			r.faults = append(r.faults, r.csvFault(err))
			return values
		}
		if v := strings.TrimSpace(row[0]); v != "" && !(first && strings.EqualFold(v, "value")) {
			values = append(values, v)
		}
	}
}

func (r *reader) csvFault(err error) Fault {
	if pe, ok := errors.AsType[*csv.ParseError](err); ok {
		return fault.At(r.file, r.src, pe.Line, pe.Column, pe.Err.Error(), "")
	}
	return Fault{File: r.file, Message: err.Error()}
}

func (r *reader) yamlList() (values []string, fold bool) {
	for _, root := range r.documents() {
		if root.Kind == yaml.SequenceNode {
			r.texts(&values)(root)
			continue
		}
		r.mapping(root, "the list",
			key{"fold", false, r.boolean(&fold)},
			key{"values", true, r.texts(&values)})
	}
	return values, fold
}
