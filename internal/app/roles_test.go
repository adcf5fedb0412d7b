package app_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/internal/app"
	"tocsin/internal/config"
	"tocsin/register"
	"tocsin/sinks/elastic"
)

// A secured is a register in an Elasticsearch with users, of whom the test makes its own.
type secured struct {
	t      *testing.T
	admin  config.Elasticsearch
	client *http.Client
	folder string // of the server's files of users and roles
	name   string
	plan   []elastic.Step // what the set-up does
	now    time.Time
}

func newSecured(t *testing.T) *secured {
	t.Helper()
	ca := os.Getenv("TOCSIN_TEST_ES_CA")
	if ca == "" {
		t.Skip("TOCSIN_TEST_ES_CA is not set: SECURE=1 deploy/stack/up starts an Elasticsearch with TLS and passwords and prints it")
	}
	s := &secured{t: t, admin: config.Default().Elasticsearch, folder: filepath.Join(os.Getenv("STACK_DIR"), "elasticsearch", "config"), now: time.Date(2026, 11, 20, 10, 0, 0, 0, time.UTC)}
	if _, err := os.Stat(filepath.Join(s.folder, "users")); err != nil {
		t.Skipf("STACK_DIR is not the folder of deploy/stack/up: %v", err)
	}
	s.name = fmt.Sprintf("tt%d", time.Now().UnixNano())
	s.admin.URLs, s.admin.Prefix, s.admin.Replicas, s.admin.CAFile = []string{os.Getenv("TOCSIN_TEST_ES")}, s.name+"-", 0, ca
	s.admin.User, s.admin.Password = os.Getenv("TOCSIN_TEST_ES_ADMIN_USER"), secret(t, os.Getenv("TOCSIN_TEST_ES_ADMIN_PASSWORD_FILE"))
	s.client = &http.Client{Transport: &http.Transport{TLSClientConfig: trusting(t, ca)}}
	store := s.store(s.admin)
	var err error
	if s.plan, err = store.SetupPlan(); err != nil {
		t.Fatal(err)
	}
	if _, err := store.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.wipe)
	return s
}

func (s *secured) store(e config.Elasticsearch) *elastic.Store {
	s.t.Helper()
	store, err := app.NewElastic(e, app.Options{Log: slog.New(slog.DiscardHandler)}, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = store.Close() })
	return store
}

// wipe removes all that the test made.
func (s *secured) wipe() {
	for _, kind := range []string{"alerts-2026.01", "alerts-2026.11", "log-2026.11", "incidents", "evidence-2026.11", "checkpoints", "state", "informants", "events-2026.11", "intervals-2026.11", "assessments", "slots", "counters"} {
		s.ask(s.admin, http.MethodDelete, s.admin.Prefix+kind+"?ignore_unavailable=true", "")
	}
	for _, template := range []string{"alerts", "register", "logs"} {
		s.ask(s.admin, http.MethodDelete, "_index_template/"+s.admin.Prefix+template, "")
	}
	for _, name := range []string{"users", "users_roles", "roles.yml"} {
		s.lines(name, s.name, "")
	}
}

// ask sends a request as somebody and returns its status.
func (s *secured) ask(as config.Elasticsearch, method, path, body string) int {
	s.t.Helper()
	req, err := http.NewRequestWithContext(context.Background(), method, as.URLs[0]+"/"+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.SetBasicAuth(as.User, as.Password.Reveal())
	res, err := s.client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	return res.StatusCode
}

// user lets somebody in, with the administrator's password and the role that the set-up makes under a name.
func (s *secured) user(role string) config.Elasticsearch {
	s.t.Helper()
	name, body := s.name+role, ""
	for _, step := range s.plan {
		if step.Path == "/_security/role/"+s.admin.Prefix+role {
			body = string(step.Body)
		}
	}
	if body == "" {
		s.t.Fatalf("the set-up makes no role %s", role)
	}
	users, err := os.ReadFile(filepath.Join(s.folder, "users"))
	if err != nil {
		s.t.Fatal(err)
	}
	_, hash, _ := strings.Cut(string(users), s.admin.User+":")
	hash, _, _ = strings.Cut(hash, "\n")
	s.lines("roles.yml", name, name+": "+body)
	s.lines("users", name, name+":"+hash)
	s.lines("users_roles", name, name+":"+name)
	as := s.admin
	as.User = name
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for s.ask(as, http.MethodGet, s.admin.Prefix+"state/_search?size=0", "") != http.StatusOK { // the server reads its files anew now and then
		select {
		case <-tick.C:
		case <-s.t.Context().Done():
			s.t.Fatalf("%s is not let in", name)
		}
	}
	return as
}

// lines puts one line in the place of those of a file that begin with a name; "" puts none.
func (s *secured) lines(file, name, line string) {
	s.t.Helper()
	path := filepath.Join(s.folder, file)
	text, err := os.ReadFile(path)
	if err != nil {
		s.t.Fatal(err)
	}
	var kept bytes.Buffer
	for old := range strings.Lines(string(text)) {
		if !strings.HasPrefix(old, name) {
			kept.WriteString(strings.TrimSuffix(old, "\n") + "\n")
		}
	}
	if line != "" {
		kept.WriteString(line + "\n")
	}
	if err := os.WriteFile(path, kept.Bytes(), 0o640); err != nil {
		s.t.Fatal(err)
	}
}

func (s *secured) keeper(as config.Elasticsearch) *app.Keeper {
	s.t.Helper()
	cfg := config.Default()
	cfg.Mode, cfg.DataDir, cfg.Elasticsearch = "kafka", s.t.TempDir(), as
	k, err := app.OpenKeeper(s.t.Context(), app.Options{Config: cfg, Now: func() time.Time { return s.now }})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = k.Close() })
	return k
}

// fill writes, as an administrator may, alerts of two months, a place for informants, and an incident that ann has worked on.
func (s *secured) fill() (incident string) {
	s.t.Helper()
	store, ctx := s.store(s.admin), s.t.Context()
	for n, month := range []time.Month{time.January, time.November} {
		raw := []byte{byte('0' + n)}
		a := tocsin.Alert{ID: string(raw), Tenant: "default", Time: time.Date(2026, month, 5, 0, 0, 0, 0, time.UTC), Received: time.Date(2026, month, 5, 0, 0, 0, 0, time.UTC), Raw: raw, SHA256: sha256.Sum256(raw)}
		if _, err := store.StoreAlerts(ctx, []tocsin.Alert{a}); err != nil {
			s.t.Fatal(err)
		}
	}
	r := register.New(register.Options{Store: store, Now: func() time.Time { return s.now }})
	i, err := r.Do(ctx, register.Command{ID: "c1", Action: tocsin.ActCreate, Tenant: "default", Title: "A stick was lost", Category: "other/other", Priority: "P3", Urgency: "active", Impact: tocsin.Impact{Functional: "low"}, By: ann})
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := r.Do(ctx, register.Command{ID: "c2", Incident: i.ID, Action: tocsin.ActComment, Text: "asked Bert", By: ann}); err != nil {
		s.t.Fatal(err)
	}
	if code := s.ask(s.admin, http.MethodPut, s.admin.Prefix+"informants/_doc/token?refresh=true", `{"doc":{"name":"a name"}}`); code >= http.StatusBadRequest {
		s.t.Fatalf("informants: %d", code)
	}
	s.ask(s.admin, http.MethodPost, s.admin.Prefix+"*/_refresh", "")
	return i.ID
}

var ann = tocsin.Actor{Kind: "person", ID: "ann", Role: "admin"}

// refused wants each request to be forbidden.
func (s *secured) refused(as config.Elasticsearch, requests map[string]string) {
	s.t.Helper()
	for request, body := range requests {
		method, path, _ := strings.Cut(request, " ")
		if code := s.ask(as, method, s.admin.Prefix+path, body); code != http.StatusForbidden {
			s.t.Errorf("%s may %s: %d", as.User, request, code)
		}
	}
}

// named wants an error that names the right that is missing and who lacks it.
func named(t *testing.T, what string, err error, words ...string) {
	t.Helper()
	for _, word := range words {
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%s: %v, want it to name %q", what, err, word)
		}
	}
}

// Each of the two roles that have more rights than the daemon does its work with them, cannot do the other's or anything
// else, and is told by name what it lacks.
func TestRolesOfRetentionAndErasure(t *testing.T) {
	s := newSecured(t)
	id := s.fill()
	writer, retention, eraser := s.user("writer"), s.user("retention"), s.user("eraser")
	erasing := app.Erasing{Incident: id, Person: "bert", By: ann, Reason: "ticket 7"}
	s.notTheirs(id, writer, retention, eraser, erasing)
	if t.Failed() {
		return
	}

	k := s.keeper(retention)
	plan, err := k.Plan(t.Context(), 100*24*time.Hour)
	if err != nil || len(plan) != 2 || !plan[0].Drop || plan[1].Drop {
		t.Fatalf("plan of retention: %+v (%v)", plan, err)
	}
	if err := k.Run(t.Context(), plan, ann, "policy 3"); err != nil {
		t.Fatal(err)
	}
	left, err := s.keeper(retention).Plan(t.Context(), 0)
	if err != nil || len(left) != 1 || left[0].Month != "2026.11" {
		t.Errorf("left: %+v (%v)", left, err)
	}
	store := s.store(s.admin)
	// None is of who was refused: what is to be dropped is written down before, by who may drop it.
	if entries, err := store.Entries(t.Context(), register.DisposalID(s.now), 1); err != nil || len(entries) != 1 || register.VerifyChain(entries) != nil {
		t.Errorf("log of disposals: %+v (%v)", entries, err)
	}
	if n, err := s.keeper(eraser).Erase(t.Context(), erasing); n != 1 || err != nil {
		t.Errorf("erased: %d values (%v)", n, err)
	}
	entries, err := store.Entries(t.Context(), id, 1)
	if err != nil || register.VerifyChain(entries) != nil || entries[1].Text != "" {
		t.Errorf("after the erasure: %+v (%v)", entries, err)
	}
}

// notTheirs tries what each may not. Fields may be added by whoever may create documents: Elasticsearch 8 gives that right with the other.
func (s *secured) notTheirs(id string, writer, retention, eraser config.Elasticsearch, erasing app.Erasing) {
	t, ctx := s.t, s.t.Context()
	entry := "log-2026.11/_doc/" + tocsin.LogEntryID(id, 1)
	never := map[string]string{
		"DELETE " + entry: "", "DELETE log-2026.11": "", "DELETE incidents": "", "DELETE incidents/_doc/" + id: "", "DELETE checkpoints": "", "PUT checkpoints/_doc/x": `{}`,
		"PUT alerts-2026.11/_doc/1": `{}`, "PUT log-2026.11/_settings": `{"index":{"number_of_replicas":1}}`,
	}
	s.refused(writer, never)
	s.refused(retention, never)
	s.refused(eraser, never)
	s.refused(writer, map[string]string{"PUT " + entry: `{}`, "DELETE alerts-2026.01": "", "DELETE alerts-2026.01/_doc/0": ""})
	s.refused(retention, map[string]string{"PUT " + entry: `{}`, "PUT incidents/_doc/" + id: `{}`, "GET informants/_doc/token": "", "DELETE alerts-2026.01/_doc/0": "", "PUT evidence-2026.11/_doc/x": `{}`})
	s.refused(eraser, map[string]string{"DELETE alerts-2026.01": "", "GET alerts-2026.01/_doc/0": "", "GET informants/_doc/token": "", "DELETE evidence-2026.11/_doc/x": "", "DELETE evidence-2026.11": ""})

	january := []app.MonthOfAlerts{{Month: "2026.01", Drop: true}}
	named(t, "the daemon's user drops a month", s.keeper(writer).Run(ctx, january, ann, "policy 3"), writer.User, "alerts-", s.admin.Prefix+"retention")
	_, err := s.keeper(writer).Erase(ctx, erasing)
	named(t, "the daemon's user erases", err, writer.User, "log-", "eraser")
	_, err = s.keeper(eraser).Plan(ctx, 0)
	named(t, "the eraser plans retention", err, eraser.User, "alerts-")
	_, err = s.keeper(retention).Erase(ctx, erasing)
	named(t, "retention erases", err, retention.User, s.admin.Prefix+"eraser")
}

// The originals of evidence go with the eraser's role alone. Who lacks it is refused before the custody says anything.
func TestRoleOfDisposal(t *testing.T) {
	s := newSecured(t)
	id := s.ended()
	q := app.Disposing{Before: s.now.Add(time.Second), By: ann, Reason: "policy 3", Rule: "at once"}
	for _, role := range []string{"writer", "retention"} {
		as := s.user(role)
		_, err := s.keeper(as).DisposeEvidence(t.Context(), q, false)
		named(t, role, err, as.User, "evidence-", s.admin.Prefix+"eraser")
	}
	store := s.store(s.admin)
	if entries, err := store.Entries(t.Context(), register.CustodyID(id), 1); err != nil || len(entries) > 0 {
		t.Errorf("custody of who was refused: %+v (%v)", entries, err)
	}
	k := s.keeper(s.user("eraser"))
	for n, want := range []int{1, 0} {
		if all, err := k.DisposeEvidence(t.Context(), q, false); err != nil || len(all) != want {
			t.Errorf("run %d: %+v (%v)", n, all, err)
		}
		s.ask(s.admin, http.MethodPost, s.admin.Prefix+"*/_refresh", "")
	}
	entries, err := store.Entries(t.Context(), register.CustodyID(id), 1)
	if err != nil || len(entries) != 1 || entries[0].By.ID != "ann" || entries[0].Reason != "policy 3" {
		t.Errorf("custody: %+v (%v)", entries, err)
	}
	ids, err := store.Copies(t.Context(), id)
	if err != nil || len(ids) != 1 {
		t.Fatalf("copies: %v (%v)", ids, err)
	}
	if x, err := store.Exhibits(t.Context(), id, ids, true); err != nil || len(x) != 1 || x[0].Original != nil || x[0].Size == 0 {
		t.Errorf("the copy: %+v (%v)", x, err)
	}
}

// ended is an incident with one copy of an alert that was rejected.
func (s *secured) ended() (id string) {
	s.t.Helper()
	store, ctx := s.store(s.admin), s.t.Context()
	r := register.New(register.Options{Store: store, Exhibits: store, Now: func() time.Time { return s.now }})
	id = foundedOn(s.t, store, r, s.now, "ended", "10.0.0.1").ID
	cmd := register.Command{ID: "r", Incident: id, Action: tocsin.ActReject, By: ann, Reason: "benign_true_positive", Disposition: "benign_true_positive"}
	if _, err := r.Do(ctx, cmd); err != nil {
		s.t.Fatal(err)
	}
	s.ask(s.admin, http.MethodPost, s.admin.Prefix+"*/_refresh", "")
	return id
}
