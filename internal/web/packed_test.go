package web

import (
	"compress/gzip"
	"io"
	"strings"
	"testing"
)

func TestPacked(t *testing.T) {
	w := newWorld(t, nil)
	w.incident("0e1", "Password spray", "ann")
	plain := w.get("/")
	for header, want := range map[string]string{"": "", "gzip": "gzip", "br, GZIP;q=0.5": "gzip", "gzip; q=0": "", "gzip;q=0.0": "", "identity": "", "gzip;q=0.01": "gzip"} {
		a := w.get("/", "Accept-Encoding", header)
		if got := a.Header.Get("Content-Encoding"); got != want || a.Header.Get("Vary") != "Accept-Encoding" {
			t.Errorf("%q: encoding %q, want %q; vary %q", header, got, want, a.Header.Get("Vary"))
		}
		if want == "" {
			continue
		}
		z, err := gzip.NewReader(strings.NewReader(a.body))
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(z)
		if err != nil || len(text) < len(plain.body)/2 || !strings.Contains(string(text), "Password spray") || len(a.body) >= len(plain.body)/2 {
			t.Errorf("%d bytes packed of %d: %v", len(a.body), len(plain.body), err)
		}
	}
	_, rest, _ := strings.Cut(plain.body, `href="/static/`)
	path, _, _ := strings.Cut(rest, `"`)
	if a := w.get("/static/"+path, "Accept-Encoding", "gzip"); a.Header.Get("Content-Encoding") != "gzip" || !strings.HasPrefix(a.Header.Get("Content-Type"), "text/css") {
		t.Errorf("the style sheet: %v", a.Header)
	}
}
