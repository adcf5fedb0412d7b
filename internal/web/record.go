package web

import (
	"bytes"
	"errors"
	"net/http"
	"strconv"

	"tocsin"
	"tocsin/internal/auth"
	"tocsin/internal/integrity"
)

// sendRecord gives a record as it came, to be kept as a file of plain text: no browser shows it, whatever it holds.
func sendRecord(w http.ResponseWriter, name string, record []byte) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Content-Disposition", `attachment; filename="`+name+`.txt"`)
	w.Header().Set("Content-Length", strconv.Itoa(len(record)))
	_, _ = bytes.NewReader(record).WriteTo(w)
}

// fileName is an id as part of a file's name: what is no letter, digit or hyphen is left out.
func fileName(id string) string {
	var out []byte
	for _, c := range []byte(id) {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' {
			out = append(out, c)
		}
	}
	return string(out[:min(len(out), 80)])
}

// record gives an alert's record. That it was given stands in the audit log.
func (p *pages) record(w http.ResponseWriter, r *http.Request) error {
	a, err := p.shown(r)
	if err != nil {
		return err
	}
	sendRecord(w, "alert-"+fileName(a.ID), a.Raw)
	return nil
}

// exhibitRecord gives the record of one copy. That it was given stands in the incident's custody.
func (p *pages) exhibitRecord(w http.ResponseWriter, r *http.Request) error {
	i, err := p.visibleIncident(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if p.Custodian == nil {
		return tocsin.ErrNotFound
	}
	if err := p.Trail.Shows(r.Context(), "get-exhibit", "/incidents/"+i.ID); err != nil {
		return err
	}
	x, err := p.Custodian.Original(r.Context(), i, r.PathValue("exhibit"), "from the page", auth.From(r.Context()).Actor)
	if gone, ok := errors.AsType[*integrity.GoneError](err); ok {
		return p.showIncident(w, r, i.ID, http.StatusGone, setback{Why: []string{gone.Error()}})
	}
	if err != nil {
		return err
	}
	sendRecord(w, "evidence-"+fileName(x.ID), x.Original)
	return nil
}
