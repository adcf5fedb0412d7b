package tocsin_test

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"testing"
)

// The profile that the daemon is built with knows what is hot today, and holds no path of the machine that made it.
func TestProfile(t *testing.T) {
	const daemon = "cmd/tocsin/default.pgo"
	f, err := os.Open(daemon)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	for _, hot := range []string{
		"tocsin/ingest/decode.(*Decoder).decode", "tocsin/internal/expression.(*Finder).Find", "tocsin/rules.(*Matcher).Append",
		"tocsin/correlate.(*Engine).Take", "tocsin/internal/pipeline.",
	} {
		if !bytes.Contains(text, []byte(hot)) {
			t.Errorf("nothing of %s: renew it with make profile", hot)
		}
	}
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(text, []byte(here+"/")) || bytes.Contains(text, []byte("/go/pkg/mod/")) {
		t.Error("it holds paths of a machine: make profile builds without them")
	}
}
