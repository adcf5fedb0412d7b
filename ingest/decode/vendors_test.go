package decode

import (
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin"
	"tocsin/internal/ecs"
)

// A vendorSample is a record written for these tests, and what must become of it: the format, the time, and lines of
// field and text.
type vendorSample struct{ text, want string }

func withVendors(m map[string]string) map[string]string {
	for name, s := range vendors() {
		m[name] = s.text
	}
	for format, mapping := range builtins() { // what a shipped mapping file tests is a sample of its format
		for _, test := range mapping.tests {
			if test.format == "" && test.rejected == "" {
				m[format+" "+test.name] = string(test.record)
			}
		}
	}
	for _, mapping := range products() {
		for _, test := range mapping.tests {
			m["product "+mapping.Format+" "+test.name] = string(test.record)
		}
	}
	return m
}

// vendors are all of the samples.
func vendors() map[string]vendorSample {
	all := maps.Clone(platforms)
	maps.Copy(all, devices)
	maps.Copy(all, programs)
	maps.Copy(all, databases)
	maps.Copy(all, shapes)
	maps.Copy(all, relayed)
	maps.Copy(all, wordings)
	maps.Copy(all, headed)
	maps.Copy(all, evidence)
	maps.Copy(all, network)
	maps.Copy(all, endpoints)
	maps.Copy(all, clouds)
	maps.Copy(all, sentences)
	return all
}

// TestVendors says where the values of the vendors' samples go.
func TestVendors(t *testing.T) {
	d := newTest(t)
	for name, s := range vendors() {
		t.Run(name, func(t *testing.T) {
			a := alert(t, d, s.text)
			var fields []string
			for line := range strings.Lines(s.want) {
				if field, _, ok := strings.Cut(line, "="); ok {
					fields = append(fields, field)
				}
			}
			if diff := cmp.Diff(s.want, show(a, strings.Join(fields, " "))); diff != "" {
				t.Errorf("alert (-want +got):\n%s", diff)
			}
			for field, v := range a.Fields.All() {
				if strings.HasPrefix(field, "tocsin.unfit") {
					t.Errorf("%s = %s does not fit its field", field, v.Text())
				}
				if _, known := ecs.Lookup(field); !known {
					t.Errorf("rules do not know the field %s", field)
				}
			}
		})
	}
}

// TestOwnIDs holds that what a source promises never to give twice makes the alert's id.
func TestOwnIDs(t *testing.T) {
	d := newTest(t)
	for name, own := range map[string]string{
		"elastic": "u-9", "elastic 7": "sig-1", "guardduty": "gd-1@2026-03-01T10:00:00Z", "security hub": "arn:f/1@2026-03-01T10:00:00Z",
		"sentinel": "sa-1@2026-03-01T10:00:00Z", "defender": "da-1@2026-03-01T10:00:00Z", "okta": "o-1", "office": "i",
	} {
		if got, want := alert(t, d, samples[name]).ID, tocsin.SourceAlertID("default", "s", own); got != want {
			t.Errorf("%s: id %s, want %s", name, got, want)
		}
	}
}
