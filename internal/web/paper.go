package web

import (
	"bytes"
	"net/http"

	"tocsin/internal/dossier"
	"tocsin/register"
)

// paper gives an incident's report as a document of its own: HTML that prints well, or Markdown to keep.
func (p *pages) paper(w http.ResponseWriter, r *http.Request) error {
	i, err := p.visibleIncident(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	f := dossier.File{Incident: i}
	if f.Log, err = p.Store.Entries(r.Context(), i.ID, 1); err == nil {
		f.Events, err = p.Store.Events(r.Context(), i.Events)
	}
	if err != nil {
		return err
	}
	f.Intact = register.VerifyChain(f.Log)
	format := dossier.HTML
	if r.URL.Query().Get("format") == dossier.Markdown {
		format = dossier.Markdown
	}
	var out bytes.Buffer
	if err := p.Press.Incident(&out, format, f, p.Now()); err != nil {
		return err
	}
	w.Header().Set("Content-Security-Policy", dossier.Policy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	if format == dossier.Markdown {
		w.Header().Set("Content-Type", "text/markdown; charset=utf-8")
		w.Header().Set("Content-Disposition", `attachment; filename="`+i.Number+`.md"`)
	}
	_, err = w.Write(out.Bytes())
	return err
}

// previewShown bounds the report that stands in an incident's page.
const previewShown = 32 << 10

// preview tells what a report must say and does not, and writes the report where the address asks for it.
func (p *pages) preview(r *http.Request, v *incidentView, f dossier.File) error {
	v.Lacks = dossier.Missing(f)
	if !r.URL.Query().Has("preview") {
		return nil
	}
	var out bytes.Buffer
	if err := p.Press.Incident(&out, dossier.Markdown, f, p.Now()); err != nil {
		return err
	}
	if v.Preview = fitting(previewShown, out.String()); len(v.Preview) < out.Len() {
		v.Preview += "\n…"
	}
	return nil
}
