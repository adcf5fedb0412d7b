package elastic

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tocsin/sinks"
)

// Rights that are missing are named with the index that they are missing on; a cluster that does not tell is not refused.
func TestReadyNamesMissingRights(t *testing.T) {
	for name, tt := range map[string]struct{ reply, want string }{
		"all":      {`{"username":"ann","has_all_requested":true,"index":{"tocsin-slots":{"index":true,"read":true}}}`, ""},
		"some":     {`{"username":"ann","index":{"tocsin-slots":{"read":false,"index":false},"tocsin-log-*":{"read":true,"create_doc":false}}}`, `elasticsearch user "ann" lacks rights: create_doc on tocsin-log-*; index, read on tocsin-slots; give it the role tocsin-writer`},
		"cluster":  {`{"username":"ann","cluster":{"monitor":false},"index":{"tocsin-slots":{"read":false}}}`, `elasticsearch user "ann" lacks rights: monitor on the cluster; read on tocsin-slots; give it the role tocsin-writer`},
		"not told": {"", ""},
	} {
		a := answers{"/_mget": `{"docs":[{"_id":"setup","found":true,"_source":{"doc":{"schema":4}}}]}`, "/_nodes": `{"nodes":{"a":{"version":"9.0.0"}}}`}
		if tt.reply != "" {
			a["/_security/user/_has_privileges"] = tt.reply
		}
		s, err := New(Config{Addresses: []string{"http://127.0.0.1:1"}, Transport: a})
		if err != nil {
			t.Fatal(err)
		}
		err = s.Ready(t.Context())
		if (err == nil) != (tt.want == "") || err != nil && (!errors.Is(err, sinks.ErrPermanent) || !strings.HasPrefix(err.Error(), tt.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// On the real server, with a user of the test's own: what its role lacks is named, and with the rights it is ready.
func TestRealServerNamesMissingRights(t *testing.T) {
	if os.Getenv("TOCSIN_TEST_ES_USER") == "" {
		t.Skip("TOCSIN_TEST_ES_USER is not set: the server has no least-privileged user (SECURE=1 deploy/stack/up makes one)")
	}
	s := server(t)
	r := realm{t: t, folder: filepath.Join(os.Getenv("STACK_DIR"), "elasticsearch", "config"), name: strings.TrimSuffix(s.config.Prefix, "-")}
	t.Cleanup(func() { r.set("", false) })
	c := s.config
	c.Username, c.Password, c.Transport = r.name, strings.TrimSpace(string(file(t, "TOCSIN_TEST_ES_ADMIN_PASSWORD_FILE"))), nil
	user, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	defer user.Close()
	ready := func(privileges, want string) {
		t.Helper()
		r.set(privileges, true)
		tick := time.NewTicker(50 * time.Millisecond)
		defer tick.Stop()
		var err error
		for range 4000 { // the server reads its files anew now and then
			err = user.Ready(t.Context())
			if err == nil && want == "" || err != nil && want != "" && strings.Contains(err.Error(), want) {
				return
			}
			<-tick.C
		}
		t.Errorf("with %s: %v, want %q", privileges, err, want)
	}
	ready("create_doc, index, auto_configure, read, delete", "")
	ready("index, auto_configure, read", fmt.Sprintf("lacks rights: delete on %[1]soutbox; delete on %[1]sstate;", s.config.Prefix))
	ready("create_doc, index, auto_configure, read, delete", "")
}
