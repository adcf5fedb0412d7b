package measure_test

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

// A server is a real Elasticsearch, spoken to as anybody would.
type server struct {
	t               testing.TB
	address, prefix string
}

func (s server) ask(method, path, body string) string {
	s.t.Helper()
	req, err := http.NewRequest(method, s.address+"/"+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil || res.StatusCode >= 300 {
		s.t.Fatalf("%s %s: %s %s %v", method, path, res.Status, text, err)
	}
	return string(text)
}

func (s server) refresh() { s.ask("POST", s.prefix+"*/_refresh", "") }

func (s server) wipe() {
	for index := range strings.FieldsSeq(s.ask("GET", "_cat/indices/"+s.prefix+"*?h=index", "")) {
		s.ask("DELETE", index, "")
	}
	for _, template := range []string{"alerts", "register", "logs"} {
		s.ask("DELETE", "_index_template/"+s.prefix+template, "")
	}
}
