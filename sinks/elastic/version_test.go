package elastic

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"tocsin/sinks"
)

// answers answers each path with one body.
type answers map[string]string

func (a answers) RoundTrip(req *http.Request) (*http.Response, error) {
	if body, ok := a[req.URL.Path]; ok {
		return answer(200, body), nil
	}
	return answer(403, `{"error":{"type":"security_exception","reason":"no"}}`), nil
}

// A cluster with a node that is too old is refused by its version; one that does not tell is not.
func TestReadyRefusesOldServers(t *testing.T) {
	set := `{"docs":[{"_id":"setup","found":true,"_source":{"doc":{"schema":4}}}]}`
	for name, c := range map[string]struct{ nodes, want string }{
		"new":      {`{"nodes":{"a":{"version":"8.19.21"},"b":{"version":"9.1.5"}}}`, ""},
		"one old":  {`{"nodes":{"a":{"version":"8.19.21"},"b":{"version":"7.17.9"}}}`, "elasticsearch 7.17.9 is too old: version 8 or later is needed"},
		"not told": {"", ""},
	} {
		a := answers{"/_mget": set}
		if c.nodes != "" {
			a["/_nodes"] = c.nodes
		}
		s, err := New(Config{Addresses: []string{"http://127.0.0.1:1"}, Transport: a})
		if err != nil {
			t.Fatal(err)
		}
		err = s.Ready(t.Context())
		if (err == nil) != (c.want == "") || err != nil && (!errors.Is(err, sinks.ErrPermanent) || !strings.HasPrefix(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
