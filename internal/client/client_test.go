package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"tocsin"
)

// serve answers with a handler and returns its client.
func serve(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	c, err := New(server.URL+"/", "secret")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestCommandIsOfTheRevisionThatWasRead(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer secret" {
			t.Error("no token")
		}
		w.Header().Set("ETag", `"7"`)
		if r.Method == http.MethodPost && (r.Header.Get("If-Match") != `"7"` || r.Header.Get("Idempotency-Key") == "" || r.URL.Path != "/api/v1/incidents/1/declare") {
			t.Errorf("%s %v", r.URL, r.Header)
		}
		fmt.Fprint(w, `{"number":"INC-1"}`)
	})
	if i, err := c.Command(t.Context(), "1", "declare", map[string]string{}); err != nil || i.Number != "INC-1" {
		t.Errorf("%+v, %v", i.Number, err)
	}
}

func TestAllPages(t *testing.T) {
	asked := 0
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		asked++
		page := tocsin.Page[int]{Items: []int{1, 2, 3}, Cursor: "next"}
		if r.URL.Query().Get("cursor") == "next" {
			page = tocsin.Page[int]{Items: []int{4}}
		}
		_ = json.NewEncoder(w).Encode(page)
	})
	if all, err := All[int](t.Context(), c, "/x", url.Values{}, 0); err != nil || len(all) != 4 || asked != 2 {
		t.Errorf("%v, %v, asked %d times", all, err, asked)
	}
	if all, err := All[int](t.Context(), c, "/x", url.Values{}, 3); err != nil || len(all) != 3 || asked != 3 {
		t.Errorf("%v, %v, asked %d times", all, err, asked)
	}
}

func TestRefusals(t *testing.T) {
	for body, want := range map[string]string{
		`{"title":"Conflict","detail":"close: a; b","errors":[{"message":"a"},{"message":"b"}]}`:                             "close: a; b",
		`{"title":"Unprocessable","detail":"validation failed","errors":[{"message":"expected x","location":"query.sort"}]}`: "validation failed\n  query.sort: expected x",
		"bad gateway": "bad gateway", "": "Conflict", `{"title":"Conflict"}`: "Conflict",
	} {
		c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusConflict)
			fmt.Fprint(w, body)
		})
		err := c.Get(t.Context(), "/x", nil, nil)
		if p, ok := errors.AsType[*Problem](err); !ok || p.Error() != want || p.Status != http.StatusConflict {
			t.Errorf("%s became %v", body, err)
		}
	}
	c := serve(t, http.NotFound)
	if err := c.Get(t.Context(), "/x", nil, nil); !errors.Is(err, tocsin.ErrNotFound) {
		t.Error(err)
	}
}

func TestSaysWhatIsNotThere(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"title":"Not Found","detail":"there is no such thing"}`)
	})
	for path, want := range map[string]string{
		"/events/202611-0/promote": `there is no event "202611-0"`, "/users/x%2Fy": `there is no user "x/y"`, "/dead-letters/1?q=2": `there is no dead letter "1"`,
		"/routes/urgent/test": `there is no route "urgent"`, "/incidents": "there is no such thing: /incidents", "/x/y": "there is no such thing: /x/y",
	} {
		if err := c.Get(t.Context(), path, nil, nil); !errors.Is(err, tocsin.ErrNotFound) || err.Error() != want {
			t.Errorf("%s: %v, not %s", path, err, want)
		}
	}
}

func TestWhatSaysMoreIsKept(t *testing.T) {
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"title":"Not Found","detail":"user.name is not given"}`)
	})
	if err := c.Get(t.Context(), "/rules/x/why-not", nil, nil); err == nil || !strings.HasPrefix(err.Error(), "user.name is not given") {
		t.Error(err)
	}
}

func TestTheTokenGoesNowhereElse(t *testing.T) {
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a redirect was followed") }))
	defer other.Close()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
	})
	if err := c.Get(t.Context(), "/x", nil, nil); err == nil {
		t.Error("a redirect is an answer")
	}
}

func TestUnreachable(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	c, err := New(server.URL, "")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Get(t.Context(), "/x", nil, nil); !errors.Is(err, ErrUnreachable) {
		t.Error(err)
	}
	for _, address := range []string{"", "localhost:8080", "ftp://x", "http://"} {
		if _, err := New(address, ""); err == nil || !strings.Contains(err.Error(), "write http://") {
			t.Errorf("%q: %v", address, err)
		}
	}
}
