package elastic

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"tocsin/sinks/sinktest"
)

// server opens a store on the real Elasticsearch of TOCSIN_TEST_ES, with an index prefix of its own that is deleted
// at the end. TOCSIN_TEST_ES_USER and the like, where set, are the least-privileged user that the suite runs as;
// set-up and clean-up are then done by TOCSIN_TEST_ES_ADMIN_USER.
func server(t testing.TB) *Store {
	t.Helper()
	if os.Getenv("TOCSIN_TEST_ES") == "" {
		t.Skip("TOCSIN_TEST_ES is not set: no Elasticsearch to test against (deploy/stack/up starts one)")
	}
	var random [4]byte
	_, _ = rand.Read(random[:])
	prefix := "tt" + hex.EncodeToString(random[:]) + "-"
	setup := admin(t, prefix)
	if _, err := setup.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { wipe(t, setup) })
	return as(t, prefix, "")
}

// admin is a store with an administrator's rights.
func admin(t testing.TB, prefix string) *Store { return as(t, prefix, "ADMIN_") }

func as(t testing.TB, prefix, who string) *Store {
	t.Helper()
	s, err := New(Config{
		Addresses: []string{os.Getenv("TOCSIN_TEST_ES")}, Prefix: prefix, CACert: file(t, "TOCSIN_TEST_ES_CA"),
		Username: os.Getenv("TOCSIN_TEST_ES_" + who + "USER"), Password: strings.TrimSpace(string(file(t, "TOCSIN_TEST_ES_"+who+"PASSWORD_FILE"))),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func file(t testing.TB, variable string) []byte {
	t.Helper()
	path := os.Getenv(variable)
	if path == "" {
		return nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// wipe deletes all indices and templates of the store's prefix, each by its name.
func wipe(t testing.TB, s *Store) {
	var indices map[string]json.RawMessage
	if err := json.Unmarshal(request(t, s, "GET", "/"+s.config.Prefix+"*/_alias", ""), &indices); err != nil {
		t.Error(err)
	}
	if len(indices) > 0 {
		request(t, s, "DELETE", "/"+strings.Join(slices.Sorted(maps.Keys(indices)), ","), "")
	}
	request(t, s, "DELETE", "/_index_template/"+s.config.Prefix+"alerts", "")
	request(t, s, "DELETE", "/_index_template/"+s.config.Prefix+"register", "")
	request(t, s, "DELETE", "/_index_template/"+s.config.Prefix+"logs", "")
	// There is no role where security is off.
	for _, role := range []string{"writer", "retention", "eraser"} {
		_ = s.do(context.Background(), Step{Method: "DELETE", Path: "/_security/role/" + s.config.Prefix + role, Optional: true})
	}
}

// request does one plain request and returns the body.
func request(t testing.TB, s *Store, method, path, body string) []byte {
	t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := s.client.Perform(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	out, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	if res.StatusCode >= 300 {
		t.Fatalf("%s %s: status %d: %s", method, path, res.StatusCode, out)
	}
	return out
}

func settle(t testing.TB, s *Store) {
	t.Helper()
	request(t, admin(t, s.config.Prefix), "POST", "/"+s.config.Prefix+"*/_refresh", "")
}

func TestStore(t *testing.T) {
	if os.Getenv("TOCSIN_TEST_ES") == "" {
		t.Skip("TOCSIN_TEST_ES is not set: no Elasticsearch to test against (deploy/stack/up starts one)")
	}
	sinktest.Suite{
		Open:   func(t *testing.T) sinktest.Store { return server(t) },
		Settle: func(t *testing.T, s sinktest.Store) { settle(t, s.(*Store)) },
		Entitled: func(t *testing.T, s sinktest.Store) sinktest.Store {
			if os.Getenv("TOCSIN_TEST_ES_USER") == "" {
				return s
			}
			return admin(t, s.(*Store).config.Prefix)
		},
		Damage: func(t *testing.T, s sinktest.Store, partition int32) {
			store := s.(*Store)
			settle(t, store)
			reply, err := store.search(t.Context(), store.index(kindState), object{"query": object{"bool": object{"filter": []object{
				{"term": object{"tocsin.kind": object{"value": "chunk"}}}, {"term": object{"tocsin.partition": object{"value": partition}}},
			}}}})
			if err != nil || len(reply.Hits.Hits) != 1 {
				t.Fatalf("chunks: %+v (%v)", reply.Hits, err)
			}
			if _, err := store.put(t.Context(), action{op: "index", index: store.index(kindState), id: reply.Hits.Hits[0].ID, doc: []byte(`{"doc":{"data":"AAAA"}}`)}); err != nil {
				t.Fatal(err)
			}
		},
		Reopen: func(t *testing.T, s sinktest.Store) sinktest.Store { return as(t, s.(*Store).config.Prefix, "") },
	}.Run(t)
}
