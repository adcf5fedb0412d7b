// Package dossier writes what is known of incidents for people to read: the report of one incident from its log
// (ISO/IEC 27035-1, 4.7.4), the same without names for teaching (4.3 h), and the register's report for a period (4.7.5).
// All of it by templates that may be replaced.
package dossier

import (
	"bytes"
	"cmp"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	texttemplate "text/template"
	"text/template/parse"
	"time"

	"tocsin"
)

//go:embed templates
var shipped embed.FS

// The formats in which a report is written.
const (
	Markdown = "md"
	HTML     = "html"
	JSON     = "json" // of the register alone: the figures
)

// Policy lets a report that a browser shows load nothing and run nothing; its own style sheet stands in it.
const Policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// Formats lists them.
func Formats() []string { return []string{Markdown, HTML} }

// A File is all that is known of one incident.
type File struct {
	Incident tocsin.Incident
	Log      []tocsin.LogEntry
	Events   []tocsin.Event // those that are still stored
	Intact   error          // what is wrong with the log; nil: its chain holds
}

// A Press writes reports by its templates. It is safe for concurrent use.
type Press struct {
	text map[string]*texttemplate.Template
	html map[string]*template.Template
}

// names of the templates, each with the endings .md.tmpl and .html.tmpl.
const (
	nameIncident  = "incident"
	nameAwareness = "awareness"
	nameRegister  = "register"
)

// New reads the shipped templates, and those of a folder in place of the ones of the same name; "" is none. All that is
// wrong with them is in the error, each with file and line.
func New(folder string) (*Press, error) {
	p := &Press{text: map[string]*texttemplate.Template{}, html: map[string]*template.Template{}}
	var faults []error
	for _, name := range []string{nameIncident, nameAwareness, nameRegister} {
		for _, format := range Formats() {
			file := name + "." + format + ".tmpl"
			src, from, err := read(folder, file)
			if err == nil {
				err = p.parse(name, format, from, src)
			}
			faults = append(faults, err)
		}
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return p, p.try()
}

// read is a template's text, and where it is from.
func read(folder, file string) (src, from string, err error) {
	if folder != "" {
		path := filepath.Join(folder, file)
		text, err := os.ReadFile(path)
		if err == nil {
			return string(text), path, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return "", "", fmt.Errorf("reports.template: %w", err)
		}
		if _, err := os.Stat(folder); err != nil {
			return "", "", fmt.Errorf("reports.template: %w", err)
		}
	}
	text, err := shipped.ReadFile("templates/" + file)
	return string(text), file, err
}

func (p *Press) parse(name, format, from, src string) error {
	var err error
	trees := map[string]*parse.Tree{}
	if format == HTML {
		p.html[name], err = template.New(from).Funcs(functions()).Parse(src)
		if err == nil {
			for _, t := range p.html[name].Templates() {
				trees[t.Name()] = t.Tree
			}
		}
	} else {
		p.text[name], err = texttemplate.New(from).Funcs(functions()).Parse(src)
		if err == nil {
			for _, t := range p.text[name].Templates() {
				trees[t.Name()] = t.Tree
			}
		}
	}
	if err != nil {
		return err
	}
	return unknownNames(from, src, from, trees, map[string]any{nameIncident: incidentDoc{}, nameAwareness: awarenessDoc{}, nameRegister: RegisterDoc{}}[name])
}

// try writes each report of an incident that says little, so that a template that names what is not there is found when
// it is read and not when it is needed.
func (p *Press) try() error {
	var faults []error
	i := tocsin.Incident{ID: "202601-0", Status: tocsin.Proposed, Opened: time.Unix(0, 0), Timeline: map[string]time.Time{"detected": time.Unix(0, 0)}}
	for _, format := range Formats() {
		faults = append(faults, p.Incident(io.Discard, format, File{Incident: i}, i.Opened), p.Awareness(io.Discard, format, File{Incident: i}, i.Opened),
			p.Register(io.Discard, format, Period{From: i.Opened, To: i.Opened}, nil, i.Opened))
	}
	return errors.Join(faults...)
}

// Incident writes the report of one incident.
func (p *Press) Incident(w io.Writer, format string, f File, now time.Time) error {
	data := incidentData(f, now)
	return p.write(w, nameIncident, format, data)
}

// write fills a template in. Markdown gets its texts without markup; HTML escapes them by its place. In both what shows
// nothing is made visible.
func (p *Press) write(w io.Writer, name, format string, data any) error {
	var out bytes.Buffer
	var err error
	if format == HTML {
		plain, failed := untyped(data, func(s string) string { return s })
		if failed != nil {
			return failed
		}
		err = p.html[name].Execute(&out, plain)
	} else {
		plain, failed := untyped(data, harmless)
		if failed != nil {
			return failed
		}
		err = p.text[name].Execute(&out, plain)
	}
	if err != nil {
		return fmt.Errorf("report: %w", err)
	}
	_, err = w.Write(Visible(out.Bytes()))
	return err
}

// functions are what a template may call beside those that are built in.
func functions() map[string]any {
	return map[string]any{
		"words":    func(v any) string { return strings.NewReplacer("\\_", " ", "_", " ").Replace(text(v)) },
		"when":     when,
		"duration": duration,
		"or":       func(all ...any) any { return firstSaid(all) },
		"add":      func(a, b int) int { return a + b },
	}
}

func text(v any) string {
	if v == nil {
		return ""
	}
	return fmt.Sprint(v)
}

// when writes a time of the data in UTC to the second; "" for none.
func when(v any) string {
	t, err := time.Parse(time.RFC3339Nano, text(v))
	if err != nil || t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02 15:04:05")
}

// duration writes seconds in the two units that say most.
func duration(v any) string {
	d, err := time.ParseDuration(text(v) + "s")
	if err != nil {
		return text(v)
	}
	days, d := d/(24*time.Hour), d%(24*time.Hour)
	hours, minutes, seconds := d/time.Hour, d%time.Hour/time.Minute, d%time.Minute/time.Second
	switch {
	case days > 0:
		return fmt.Sprintf("%d d %d h", days, hours)
	case hours > 0:
		return fmt.Sprintf("%d h %d min", hours, minutes)
	case minutes > 0:
		return fmt.Sprintf("%d min %d s", minutes, seconds)
	}
	return fmt.Sprintf("%d s", seconds)
}

func firstSaid(all []any) any {
	for _, v := range all {
		if s := text(v); s != "" && s != "0" && s != "false" && s != "[]" && s != "map[]" {
			return v
		}
	}
	return ""
}

// or is the first text that says something.
func or(a, b string) string { return cmp.Or(a, b) }
