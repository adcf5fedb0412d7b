package fault

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFaultShowsTheSpot(t *testing.T) {
	src := []byte("listen: 1\n\tport: x\n")
	got := At("c.yml", src, 2, 8, "not a number", "write a port").String()
	want := "c.yml:2:8: not a number\n    \tport: x\n    \t      ^\n    write a port"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("fault (-want +got):\n%s", diff)
	}
}

func TestFaultKeepsControlCharactersOut(t *testing.T) {
	if got := At("c.yml", []byte("a: \x1b[31mred"), 1, 1, "odd", "").String(); strings.Contains(got, "\x1b") {
		t.Errorf("an escape reached the report: %q", got)
	}
}

func TestListErr(t *testing.T) {
	if err := (List{}).Err(); err != nil {
		t.Errorf("an empty list is the error %v", err)
	}
	err := List{{File: "b", Message: "two"}, {File: "a", Message: "one"}}.Err()
	if got, want := err.Error(), "a: one\nb: two"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestNearest(t *testing.T) {
	valid := []string{"source.ip", "source.port", "host.name", "listen"}
	for name, want := range map[string]string{"sorce.ip": "source.ip", "listn": "listen", "hsot.name": "host.name", "zzz": "", "Source.IP": "source.ip"} {
		if got := Nearest(name, valid); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
}
