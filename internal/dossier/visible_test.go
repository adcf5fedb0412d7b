package dossier

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"tocsin"
)

func TestVisible(t *testing.T) {
	for in, want := range map[string]string{
		"plain\n\ttext":       "plain\n\ttext",
		"a\u202Eb":            `a\u{202E}b`,
		"a\x00\x1b[31m\r":     `a\u{0}\u{1B}[31m\u{D}`,
		"\uFEFFa\u200B\u2066": `\u{FEFF}a\u{200B}\u{2066}`,
		"a\x85\u0085\xffb":    "a\uFFFD\\u{85}\uFFFDb",
		"\U000E0041":          `\u{E0041}`,
		"größer, 漢字, עברית":   "größer, 漢字, עברית",
	} {
		if got := string(Visible([]byte(in))); got != want {
			t.Errorf("%q became %q, want %q", in, got, want)
		}
	}
}

func FuzzVisible(f *testing.F) {
	f.Add("a\u202Eb\x00\xff")
	f.Fuzz(func(t *testing.T, in string) {
		once := Visible([]byte(in))
		if again := Visible(once); string(again) != string(once) {
			t.Errorf("%q leaves %q", in, once)
		}
	})
}

// TestReportShowsWhatShowsNothing writes reports of texts that hide in what they say: all of it can be read.
func TestReportShowsWhatShowsNothing(t *testing.T) {
	p := press(t, "")
	f := closed()
	f.Incident.Title = "invoice\u202Efdp.exe"
	f.Incident.Summary = "no\u200Bthing"
	f.Log = append(f.Log, tocsin.LogEntry{Seq: 3, Action: "comment", By: tocsin.Actor{Kind: "person", ID: "cora"}, Text: "a\x1b[31mb", Effective: t0.Add(time.Hour)})
	for format, want := range map[string][]string{
		HTML:     {`invoice\u{202E}fdp.exe`, `no\u{200B}thing`, `a\u{1B}[31mb`},
		Markdown: {`invoice\\u{202E}fdp.exe`, `no\\u{200B}thing`, `a\\u{1B}\[31mb`},
	} {
		var out bytes.Buffer
		if err := p.Incident(&out, format, f, t0); err != nil {
			t.Fatal(err)
		}
		for _, text := range want {
			if !strings.Contains(out.String(), text) {
				t.Errorf("%s: no %q in\n%s", format, text, out.String())
			}
		}
	}
}
