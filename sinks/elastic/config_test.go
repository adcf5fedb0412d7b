package elastic

import (
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// All faults of a configuration are told together, and none tells a secret.
func TestConfigFaults(t *testing.T) {
	_, err := New(Config{Prefix: "Bad*", Addresses: []string{"ftp://x", "http://elastic:secret@127.0.0.1:9200", "http://search.example:9200", "::secret::"}})
	if err == nil {
		t.Fatal("no error")
	}
	for _, word := range []string{"index prefix", "no http or https URL", "use username and password", "search.example"} {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q is not told: %v", word, err)
		}
	}
	if strings.Contains(err.Error(), "secret") {
		t.Errorf("a secret is told: %v", err)
	}
	for name, c := range map[string]Config{
		"no address": {},
		"bad CA":     {Addresses: []string{"https://127.0.0.1:9200"}, CACert: []byte("none")},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	if s, err := New(Config{Addresses: []string{"http://search.example:9200"}, Insecure: true}); err != nil || s.config.Prefix != "tocsin-" {
		t.Errorf("plain http, insecure: %v", err)
	}
}
