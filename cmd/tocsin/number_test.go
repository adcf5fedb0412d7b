package main

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"

	"tocsin/internal/client"
)

// A number that listings do not tell of yet, as Elasticsearch is a second behind, is found; one that is nobody's is told
// of behind that.
func TestANumberOfAMomentAgoIsFound(t *testing.T) {
	for name, c := range map[string]struct {
		late int // answers without it
		id   string
	}{"at once": {0, "202611-a"}, "a second behind": {4, "202611-a"}, "nobody's": {100, ""}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				asked := 0
				l := client.Local(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Content-Type", "application/json")
					text := `{"items":[],"total":0}`
					if asked++; asked > c.late {
						text = `{"items":[{"id":"202611-a","number":"INC-2026-000007"}],"total":1}`
					}
					_, _ = w.Write([]byte(text))
				}), "")
				id, err := find(t.Context(), l, "inc-2026-000007")
				if id != c.id || (err == nil) != (c.id != "") || err != nil && !errors.Is(err, errNoSuch) {
					t.Errorf("%q, %v", id, err)
				}
			})
		})
	}
}
