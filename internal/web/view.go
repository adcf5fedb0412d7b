package web

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"tocsin"
	"tocsin/internal/auth"
	"tocsin/internal/dossier"
)

//go:embed templates/*.html static
var files embed.FS

// views are the parsed templates, and the files that pages load.
type views struct {
	pages map[string]*template.Template
	// static is the path below which they are. It holds their hash, so that browsers may keep them for ever.
	static string
	texts  map[string]file
}

// A file is one that pages load.
type file struct {
	kind  string
	bytes []byte
}

// kinds are the files that pages load, and their types.
var kinds = map[string]string{"style.css": "text/css; charset=utf-8", "icon.svg": "image/svg+xml", "page.js": "text/javascript; charset=utf-8"}

func newViews() (*views, error) {
	v := &views{pages: map[string]*template.Template{}, texts: map[string]file{}}
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(kinds)) {
		text, err := files.ReadFile("static/" + name)
		if err != nil {
			return nil, fmt.Errorf("static file: %w", err)
		}
		sum.Write(text)
		v.texts[name] = file{kinds[name], text}
	}
	v.static = "/static/" + hex.EncodeToString(sum.Sum(nil)[:6]) + "/"
	frame, err := template.New("layout").Funcs(functions()).ParseFS(files, "templates/layout.html", "templates/parts.html")
	if err != nil {
		return nil, fmt.Errorf("page frame: %w", err)
	}
	names, err := fs.Glob(files, "templates/*.html")
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		short := strings.TrimSuffix(strings.TrimPrefix(name, "templates/"), ".html")
		if short == "layout" || short == "parts" {
			continue
		}
		own, err := frame.Clone()
		if err == nil {
			_, err = own.ParseFS(files, name)
		}
		if err != nil {
			return nil, fmt.Errorf("page %s: %w", short, err)
		}
		v.pages[short] = own
	}
	return v, nil
}

// file serves what pages load.
func (v *views) file(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	name := r.PathValue("name")
	text, ok := v.texts[name]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", text.kind)
	_, _ = w.Write(packed(w, r, text.bytes))
}

// A frame is what every page is written from.
type frame struct {
	Title   string
	Section string // of the navigation
	Static  string // where the files that it loads are
	Now     time.Time
	User    tocsin.Actor // zero: nobody is signed in
	Session bool         // signed in here, so one can sign out
	SignIn  string       // where one signs in, to come back here
	Again   *resend      // the form that led here; nil: none did
	Body    any
}

// An errorView says what went wrong and what to do.
type errorView struct {
	Heading, Advice string
	SignIn          string  // where one signs in; "": that would not help
	Kept            []named // what was written in the form that was sent
	Again           bool    // it can be sent again as it was
}

// render writes a page, or, where a template fails, a plain answer: never half a page.
func (p *pages) render(w http.ResponseWriter, r *http.Request, status int, name, title, section string, body any) {
	who := auth.From(r.Context()).Actor
	id, session := p.sessions.of(r)
	if session {
		who = id.Actor // also on pages that anybody may see
	}
	f := frame{Title: title, Section: section, Static: p.views.static, Now: p.Now().UTC(), User: who, Session: session, SignIn: signIn(r), Again: resendOf(r), Body: body}
	var out bytes.Buffer
	if err := p.views.pages[name].ExecuteTemplate(&out, "layout", f); err != nil {
		p.Log.ErrorContext(r.Context(), "page was not rendered", "page", name, "err", err)
		http.Error(w, "this page cannot be shown; the log says why", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	page := packed(w, r, dossier.Visible(out.Bytes()))
	w.WriteHeader(status)
	_, _ = w.Write(page)
}

// fail writes the page for an error.
func (p *pages) fail(w http.ResponseWriter, r *http.Request, err error) {
	if errors.Is(err, tocsin.ErrNotFound) {
		p.render(w, r, http.StatusNotFound, "error", "Not found", "", errorView{Heading: "There is no such thing here", Advice: "The address may be cut, or what it named is past its retention."})
		return
	}
	if bad, ok := errors.AsType[*badRequest](err); ok {
		p.render(w, r, http.StatusBadRequest, "error", "Cannot be answered", "", errorView{Heading: "This cannot be answered", Advice: bad.Error(), Kept: written(r)})
		return
	}
	p.Log.ErrorContext(r.Context(), "page failed", "path", r.URL.Path, "err", err)
	p.render(w, r, http.StatusServiceUnavailable, "error", "No answer", "", errorView{
		Heading: "The register does not answer now", Advice: "Nothing is lost: what comes in waits. The health page and the log say more. Try again in a moment.",
		Kept: written(r), Again: true,
	})
}

// A badRequest is an address that asks for what there is not.
type badRequest struct{ text string }

// Error says what is wrong with the address.
func (b *badRequest) Error() string { return b.text }
