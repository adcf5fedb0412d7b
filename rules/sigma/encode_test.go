package sigma

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var zero time.Time

func TestGlob(t *testing.T) {
	for value, want := range map[string]string{
		`plain`:    `plain`,
		`\cmd.exe`: `\\cmd.exe`,
		`C:\*\x?`:  `C:\*\\x?`,
		`a\*b`:     `a\*b`,
		`a\\*b`:    `a\\*b`,
		`a\\\*b`:   `a\\\*b`,
		`\\\\srv`:  `\\\\srv`,
		`end\`:     `end\\`,
		`*a?`:      `*a?`,
		`50% \? x`: `50% \? x`,
	} {
		if got := glob(value).String(); got != want {
			t.Errorf("%s: %s, want %s", value, got, want)
		}
	}
}

// The three forms must be found in the base64 text of anything that holds the value, wherever it stands.
func TestBase64Offset(t *testing.T) {
	forms, err := base64Offsets(literal("http://"))
	if err != nil {
		t.Fatal(err)
	}
	for before := range 7 {
		for after := range 7 {
			whole := base64.StdEncoding.EncodeToString([]byte(strings.Repeat("q", before) + "http://" + strings.Repeat("z", after)))
			found := false
			for _, f := range forms {
				s, _ := text(f)
				found = found || strings.Contains(whole, s)
			}
			if !found {
				t.Errorf("not found %d bytes in, %d before the end: %s", before, after, whole)
			}
		}
	}
	if _, err := base64Offsets(glob("a*")); err == nil {
		t.Error("a wildcard was encoded")
	}
}

func TestEncodings(t *testing.T) {
	wide, _ := text(utf16Bytes(literal("ab"), false, false))
	big, _ := text(utf16Bytes(literal("ab"), true, false))
	mark, _ := text(utf16Bytes(literal("ab"), false, true))
	got := []string{wide, big, mark}
	if diff := cmp.Diff([]string{"a\x00b\x00", "\x00a\x00b", "\xff\xfea\x00b\x00"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestWindash(t *testing.T) {
	for value, want := range map[string]int{" -f": 5, "/f -g": 25, "a-b": 1, "-": 1, "--x": 5, "x -": 1, "/": 1, "*-f*": 5} {
		forms, err := windash(glob(value))
		if err != nil || len(forms) != want {
			t.Errorf("%q: %d forms, %v, want %d", value, len(forms), err, want)
		}
	}
	if _, err := windash(literal("-a -b -c -d -e")); err == nil {
		t.Error("five dashes were expanded")
	}
}

func TestPlaceholder(t *testing.T) {
	for value, want := range map[string]string{"%known_cdcs%": "known_cdcs", "100% sure": "", "%APPDATA%\\x": "APPDATA", `\%a%`: "", `\%a%b%`: "b", "a%b c%d": ""} {
		if got := placeholder(value); got != want {
			t.Errorf("%q: %q, want %q", value, got, want)
		}
	}
}

// The byte order mark of utf16 stands before all else, wildcards too.
func TestUTF16Mark(t *testing.T) {
	for value, want := range map[string]string{
		"a":   "\xff\xfea\x00",
		"*a":  "\xff\xfe*a\x00",
		"a*b": "\xff\xfea\x00*b\x00",
		"?":   "\xff\xfe?",
		"":    "\xff\xfe",
	} {
		var got strings.Builder
		for _, p := range utf16Bytes(glob(value), false, true) {
			if got.WriteString(p.Text); p.Wild != 0 {
				got.WriteByte(p.Wild)
			}
		}
		if got.String() != want {
			t.Errorf("%s: %q, want %q", value, got.String(), want)
		}
	}
}
