package elastic

import (
	"errors"
	"strings"
	"testing"

	"tocsin/sinks"
)

// A cluster whose templates are gone, or of another version, is refused though the note of its set-up is there, as it is
// where indices were restored from a snapshot. Set up again, it is ready.
func TestReadyRefusesOtherTemplates(t *testing.T) {
	s := server(t)
	mender := admin(t, s.config.Prefix)
	p := s.config.Prefix
	for name, c := range map[string]struct {
		fault func(*testing.T)
		want  string
	}{
		"gone": {
			func(t *testing.T) {
				request(t, mender, "DELETE", "/_index_template/"+p+"alerts", "")
				request(t, mender, "DELETE", "/_index_template/"+p+"logs", "")
			}, "index templates " + p + "alerts, " + p + "logs are missing: run `tocsin setup elasticsearch`",
		},
		"of another version": {
			func(t *testing.T) {
				request(t, mender, "PUT", "/_index_template/"+p+"register", `{"index_patterns":["`+p+`slots"],"priority":400,"version":3}`)
			}, "index templates " + p + "register (3) are of another schema, this tocsin needs 4",
		},
		"of no version": {
			func(t *testing.T) {
				request(t, mender, "PUT", "/_index_template/"+p+"alerts", `{"index_patterns":["`+p+`alerts-*"],"priority":400}`)
			}, "index templates " + p + "alerts (0) are of another schema",
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.fault(t)
			if err := s.Ready(t.Context()); !errors.Is(err, sinks.ErrPermanent) || !strings.HasPrefix(err.Error(), c.want) {
				t.Errorf("ready: %v, want %s", err, c.want)
			}
			if _, err := mender.Setup(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := s.Ready(t.Context()); err != nil {
				t.Errorf("set up again: %v", err)
			}
		})
	}
}

// A cluster that does not show its templates is not refused for it.
func TestReadyWithTemplatesNotShown(t *testing.T) {
	s, err := New(Config{Addresses: []string{"http://127.0.0.1:1"}, Transport: answers{"/_mget": `{"docs":[{"_id":"setup","found":true,"_source":{"doc":{"schema":4}}}]}`}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Ready(t.Context()); err != nil || s.Health().State != OK {
		t.Errorf("ready: %v, health %+v", err, s.Health())
	}
}
