package elastic

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tocsin"
	"tocsin/sinks"
)

// An operator's fault on the real server halts the writing of alerts, refuses none of them, and once it is mended the
// same alerts are stored.
func TestRealServerHalts(t *testing.T) {
	const month = "alerts-2026.11"
	for name, c := range map[string]struct{ fault, mended func(*testing.T, *Store) }{
		"index closed": {
			func(t *testing.T, s *Store) { request(t, s, "POST", "/"+s.config.Prefix+month+"/_close", "") },
			func(t *testing.T, s *Store) { request(t, s, "POST", "/"+s.config.Prefix+month+"/_open", "") },
		},
		"blocked against writing": {
			func(t *testing.T, s *Store) { settings(t, s, month, `{"index.blocks.write":true}`) },
			func(t *testing.T, s *Store) { settings(t, s, month, `{"index.blocks.write":null}`) },
		},
		"blocked as read-only": {
			func(t *testing.T, s *Store) { settings(t, s, month, `{"index.blocks.read_only":true}`) },
			func(t *testing.T, s *Store) { settings(t, s, month, `{"index.blocks.read_only":null}`) },
		},
		"index deleted, none made by itself": {
			func(t *testing.T, s *Store) {
				request(t, s, "PUT", "/_cluster/settings", `{"persistent":{"action.auto_create_index":"-`+s.config.Prefix+`*,+*"}}`)
				request(t, s, "DELETE", "/"+s.config.Prefix+month, "")
			},
			func(t *testing.T, s *Store) {
				request(t, s, "PUT", "/_cluster/settings", `{"persistent":{"action.auto_create_index":null}}`)
			},
		},
		"alias in the place of the index": {
			func(t *testing.T, s *Store) {
				request(t, s, "DELETE", "/"+s.config.Prefix+month, "")
				for _, name := range []string{"alerts-a", "alerts-b"} {
					request(t, s, "PUT", "/"+s.config.Prefix+name, `{"aliases":{"`+s.config.Prefix+month+`":{}}}`)
				}
			},
			func(t *testing.T, s *Store) {
				request(t, s, "DELETE", "/"+s.config.Prefix+"alerts-a,"+s.config.Prefix+"alerts-b", "")
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := server(t)
			mender := admin(t, s.config.Prefix)
			alerts := someAlerts(20)
			if _, err := s.StoreAlerts(t.Context(), alerts[:1]); err != nil {
				t.Fatal(err)
			}
			c.fault(t, mender)
			receipts, err := s.StoreAlerts(t.Context(), alerts)
			c.mended(t, mender)
			if !errors.Is(err, sinks.ErrPermanent) || s.Health().State != Halted {
				t.Errorf("receipts %v, error %v, health %+v", receipts, err, s.Health())
			}
			wantStored(t, s, alerts)
		})
	}
}

func settings(t *testing.T, s *Store, index, body string) {
	t.Helper()
	request(t, s, "PUT", "/"+s.config.Prefix+index+"/_settings", body)
}

// wantStored stores alerts and wants all of them to be said to be stored, and the store to be well.
func wantStored(t *testing.T, s *Store, alerts []tocsin.Alert) {
	t.Helper()
	receipts, err := s.StoreAlerts(t.Context(), alerts)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range receipts {
		if r != (tocsin.Receipt{}) {
			t.Errorf("alert %d: receipt %+v", i, r)
		}
	}
	if h := s.Health(); h.State != OK {
		t.Errorf("health %+v", h)
	}
}

// A document that the real server finds unfit, however it words that, is the document's fault and no halt: the other alerts
// of the bulk are stored.
func TestRealServerRefusesDocuments(t *testing.T) {
	const month = "alerts-2026.11"
	for name, c := range map[string]struct {
		index, later string // body at its making; settings behind it
		field        tocsin.Field
		says         string
	}{
		"field of another type": {`{"mappings":{"properties":{"labels":{"properties":{"n":{"type":"long"}}}}}}`, "", tocsin.Field{Name: "labels.n", Value: tocsin.StringValue("many")}, "failed to parse field"},
		"value for an object":   {`{"mappings":{"properties":{"labels":{"properties":{"n":{"properties":{"of":{"type":"long"}}}}}}}}`, "", tocsin.Field{Name: "labels.n", Value: tocsin.StringValue("many")}, "object mapping for [labels.n]"},
		"too many fields":       {`{"mappings":{"dynamic":true}}`, `{"index.mapping.total_fields.limit":1}`, tocsin.Field{Name: "labels.n", Value: tocsin.StringValue("many")}, "Limit of total fields"},
		"too deep":              {`{"mappings":{"dynamic":true}}`, `{"index.mapping.depth.limit":1}`, tocsin.Field{Name: "labels.a.b.c.d", Value: tocsin.StringValue("many")}, "Limit of mapping depth"},
		"unknown field":         {`{"mappings":{"properties":{"labels":{"dynamic":"strict","properties":{}}}}}`, "", tocsin.Field{Name: "labels.n", Value: tocsin.StringValue("many")}, "dynamic introduction of"},
		"immense term":          {`{"mappings":{"properties":{"labels":{"properties":{"n":{"type":"keyword"}}}}}}`, "", tocsin.Field{Name: "labels.n", Value: tocsin.StringValue(strings.Repeat("many", 10_000))}, "failed to parse field [labels.n] of type [keyword]"},
	} {
		t.Run(name, func(t *testing.T) {
			s := server(t)
			mender := admin(t, s.config.Prefix)
			request(t, mender, "PUT", "/"+s.config.Prefix+month, c.index)
			alerts := someAlerts(3)
			wantStored(t, s, alerts[:1])
			if c.later != "" {
				settings(t, mender, month, c.later)
			}
			alerts[1].Fields = tocsin.NewFields([]tocsin.Field{c.field})
			receipts, err := s.StoreAlerts(t.Context(), alerts)
			if err != nil || receipts[0] != (tocsin.Receipt{}) || receipts[1].Verdict != tocsin.Refused || receipts[2] != (tocsin.Receipt{}) {
				t.Fatalf("receipts %+v, error %v", receipts, err)
			}
			if why := receipts[1].Why; !strings.Contains(why, c.says) {
				t.Errorf("refused for %q, not for %q", why, c.says)
			}
			if h := s.Health(); h.State != OK {
				t.Errorf("health %+v", h)
			}
		})
	}
}

// A bulk above the server's limit (32 MB here) is halved; the server answers before it has read it, and closes the connection.
func TestRealServerBulkTooLarge(t *testing.T) {
	s := server(t)
	c := s.config
	c.BulkBytes, c.BulkMax, c.Transport = 200<<20, 200<<20, nil
	large, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	defer large.Close()
	alerts := largeAlerts(30)
	before := large.limit.bytes()
	wantStored(t, large, alerts)
	if now := large.limit.bytes(); now >= before {
		t.Errorf("the limit of a bulk went from %d to %d", before, now)
	}
}

func largeAlerts(n int) []tocsin.Alert {
	alerts := someAlerts(n)
	for i := range alerts {
		alerts[i].Raw = []byte(strings.Repeat("raw bytes ", 100_000)) // 1.3 MB in base64
	}
	return alerts
}

// More at once than the server takes (24 MB here): it turns bulks away by 429, they are sent again, and get smaller.
func TestRealServerCrowded(t *testing.T) {
	s := server(t)
	c := s.config
	c.BulkBytes, c.BulkMax, c.Transport = 16<<20, 16<<20, nil
	crowd, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	defer crowd.Close()
	alerts := largeAlerts(48)
	var wg sync.WaitGroup
	for round := 0; round < 20 && crowd.Health().Retries == 0; round++ { // until they meet: a busy machine sends one after the other
		for portion := range slices.Chunk(alerts, 12) {
			wg.Go(func() {
				if receipts, err := crowd.StoreAlerts(t.Context(), portion); err != nil || slices.ContainsFunc(receipts, func(r tocsin.Receipt) bool { return r.Verdict == tocsin.Refused }) {
					t.Errorf("%v, %v", receipts, err)
				}
			})
		}
		wg.Wait()
	}
	if h := crowd.Health(); h.Retries == 0 || h.State != OK {
		t.Errorf("health %+v: nothing was turned away", h)
	}
	if now := crowd.limit.bytes(); now >= c.BulkBytes {
		t.Errorf("the limit of a bulk is %d", now)
	}
	wantStored(t, s, alerts) // none of them twice, none missing
}

// An index that was deleted is made anew from the template, and what comes is stored.
func TestRealServerIndexDeleted(t *testing.T) {
	s := server(t)
	alerts := someAlerts(20)
	wantStored(t, s, alerts[:10])
	request(t, admin(t, s.config.Prefix), "DELETE", "/"+s.monthly(kindAlerts, "2026.11"), "")
	wantStored(t, s, alerts[10:])
	body := request(t, admin(t, s.config.Prefix), "GET", "/"+s.monthly(kindAlerts, "2026.11")+"/_mapping", "")
	if !strings.Contains(string(body), `"dynamic":"false"`) {
		t.Errorf("not of the template: %.300s", body)
	}
}

// A right that is revoked in mid-stream, and a user that is not let in any more, halt; given back, all goes on.
func TestRealServerRightsRevoked(t *testing.T) {
	if os.Getenv("TOCSIN_TEST_ES_USER") == "" {
		t.Skip("TOCSIN_TEST_ES_USER is not set: the server has no least-privileged user (SECURE=1 deploy/stack/up makes one)")
	}
	s := server(t)
	r := realm{t: t, folder: filepath.Join(os.Getenv("STACK_DIR"), "elasticsearch", "config"), name: strings.TrimSuffix(s.config.Prefix, "-")}
	t.Cleanup(func() { r.set("", false) })
	const all = "create_doc, index, auto_configure, read, delete"
	r.set(all, true)
	c := s.config
	c.Username, c.Password, c.Transport = r.name, strings.TrimSpace(string(file(t, "TOCSIN_TEST_ES_ADMIN_PASSWORD_FILE"))), nil
	user, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	defer user.Close()
	alerts := someAlerts(20)
	if !turnsTo(t, user, alerts, false) {
		t.Fatal("the user cannot write")
	}
	for _, f := range []struct {
		what, privileges string
		letIn            bool
	}{{"right to write revoked", "read", true}, {"user not let in", all, false}} {
		r.set(f.privileges, f.letIn)
		if !turnsTo(t, user, alerts, true) {
			t.Errorf("%s: not halted", f.what)
		}
		r.set(all, true)
		if !turnsTo(t, user, alerts, false) {
			t.Errorf("%s: does not go on", f.what)
		}
	}
	wantStored(t, user, alerts)
}

// A realm is the server's files of users and roles, in which a test has a user and a role of its own.
type realm struct {
	t            *testing.T
	folder, name string
}

// set gives the role its privileges on the test's indices, "" for no role, and lets the user in, with the
// administrator's password, or not.
func (r realm) set(privileges string, letIn bool) {
	r.t.Helper()
	hash := ""
	r.change("users", func(line string) bool {
		if h, ok := strings.CutPrefix(line, "admin:"); ok {
			hash = h
		}
		return !strings.HasPrefix(line, r.name+":")
	}, func() string {
		if !letIn {
			return ""
		}
		return r.name + ":" + hash
	})
	r.change("users_roles", func(line string) bool { return !strings.HasPrefix(line, r.name+":") }, func() string {
		if !letIn {
			return ""
		}
		return r.name + ":" + r.name
	})
	r.change("roles.yml", func(line string) bool { return !strings.HasPrefix(line, r.name+":") }, func() string {
		if privileges == "" {
			return ""
		}
		return r.name + `: {cluster: [monitor], indices: [{names: ["` + r.name + `-*"], privileges: [` + privileges + `]}]}`
	})
}

// change rewrites one file: the lines to keep, and one more.
func (r realm) change(name string, keep func(line string) bool, more func() string) {
	r.t.Helper()
	path := filepath.Join(r.folder, name)
	text, err := os.ReadFile(path)
	if err != nil {
		r.t.Skipf("STACK_DIR is not the folder of deploy/stack/up: %v", err)
	}
	var lines []string
	for line := range strings.Lines(string(text)) {
		if keep(line) {
			lines = append(lines, strings.TrimSuffix(line, "\n"))
		}
	}
	if line := more(); line != "" {
		lines = append(lines, strings.TrimSuffix(line, "\n"))
	}
	if err := os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o640); err != nil {
		r.t.Fatal(err)
	}
}

// turnsTo writes until the writes are, or are not, halted: what is known of rights may be some moments old.
func turnsTo(t *testing.T, s *Store, alerts []tocsin.Alert, halted bool) bool {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 4000 {
		receipts, err := s.StoreAlerts(t.Context(), alerts)
		for _, r := range receipts {
			if r.Verdict == tocsin.Refused {
				t.Errorf("an alert was refused for want of a right")
			}
		}
		if errors.Is(err, sinks.ErrPermanent) == halted && (s.Health().State == Halted) == halted {
			return true
		}
		<-tick.C
	}
	return false
}
