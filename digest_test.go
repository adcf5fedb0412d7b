package tocsin_test

import (
	"strings"
	"testing"

	"tocsin"
)

func TestDigest(t *testing.T) {
	for _, d := range []tocsin.Digest{{}, {1}, {31: 0xff}} {
		text := d.String()
		if got, err := tocsin.ParseDigest(text); err != nil || got != d {
			t.Errorf("%q: %v, %v", text, got, err)
		}
		if d.IsZero() != (text == "") {
			t.Errorf("%q: zero is %v", text, d.IsZero())
		}
	}
	if d, err := tocsin.ParseDigest(strings.Repeat("0", 64)); err != nil || !d.IsZero() {
		t.Errorf("zeros: %v, %v", d, err)
	}
	for _, text := range []string{"ab", strings.Repeat("g", 64), strings.Repeat("A", 64), strings.Repeat("0", 66)} {
		if d, err := tocsin.ParseDigest(text); err == nil {
			t.Errorf("%q: %v, no error", text, d)
		}
	}
}
