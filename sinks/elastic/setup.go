package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"tocsin"
	"tocsin/sinks"
)

// schemaVersion of the mappings; [Store.Ready] refuses another one.
const schemaVersion = 4

// A Step is one request of the set-up.
type Step struct {
	Method string
	Path   string
	Body   json.RawMessage
	// Optional steps may fail: roles cannot be made where security is switched off.
	Optional bool
	What     string // in words
}

// SetupPlan returns what [Store.Setup] does, in order, without doing it. Every step may be done again.
func (s *Store) SetupPlan() ([]Step, error) {
	p := s.config.Prefix
	var register, logs []string
	for _, kind := range []string{kindVerdicts, kindIncidents, kindSlots, kindCounters, kindState, kindDeadletter, "checkpoints", kindOutbox, kindBacklog, kindInformants, kindUsers} {
		register = append(register, p+kind)
	}
	for _, kind := range []string{kindEvents, "audit"} {
		register = append(register, p+kind+"-*")
	}
	for _, kind := range []string{kindLog, kindIntervals, kindEvidence} {
		logs = append(logs, p+kind+"-*")
	}
	steps := []struct {
		step Step
		body object
	}{
		{Step{Method: "PUT", Path: "/_index_template/" + p + "alerts", What: "template of the alert indices"}, template([]string{p + "alerts-*"}, s.schema.alertMapping())},
		{Step{Method: "PUT", Path: "/_index_template/" + p + "register", What: "template of the register's indices"}, template(register, registerMapping())},
		{Step{Method: "PUT", Path: "/_index_template/" + p + "logs", What: "template of the indices of logs and of what belongs to them"}, inOrder(template(logs, logMapping()))},
		{Step{Method: "PUT", Path: "/" + p + "alerts-*/_mapping?allow_no_indices=true", What: "fields of alert indices that are there"}, s.schema.alertMapping()},
		{Step{Method: "PUT", Path: "/" + strings.Join(register, ",") + "/_mapping?allow_no_indices=true&ignore_unavailable=true", What: "fields of register indices that are there"}, registerMapping()},
		{Step{Method: "PUT", Path: "/" + strings.Join(logs, ",") + "/_mapping?allow_no_indices=true&ignore_unavailable=true", What: "fields of logs that are there"}, logMapping()},
		{Step{Method: "PUT", Path: "/_security/role/" + p + "writer", Optional: true, What: "role that the daemon runs with"}, s.role()},
		{Step{Method: "PUT", Path: "/_security/role/" + p + "retention", Optional: true, What: "role for `tocsin retention run`"}, s.retentionRole()},
		{Step{Method: "PUT", Path: "/_security/role/" + p + "eraser", Optional: true, What: "role for `tocsin incident erase` and `tocsin retention run --evidence`"}, s.eraserRole()},
		{Step{Method: "PUT", Path: "/" + s.index(kindState) + "/_doc/" + setupID, What: "note that the set-up is done"}, object{"doc": object{"schema": schemaVersion, "prefix": p}}},
	}
	plan := make([]Step, len(steps))
	for i, st := range steps {
		body, err := json.Marshal(st.body)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", st.step.What, err)
		}
		plan[i] = st.step
		plan[i].Body = body
	}
	return plan, nil
}

const setupID = "setup"

func template(patterns []string, mapping object) object {
	return object{"index_patterns": patterns, "priority": 400, "version": schemaVersion, "template": object{
		"settings": object{"index": object{"number_of_shards": 1, "auto_expand_replicas": "0-1", "mapping": object{"total_fields": object{"limit": 2000}}}},
		"mappings": mapping,
	}}
}

// inOrder lets an index keep its documents in the order of their ids, in which whoever checks a whole register reads them:
// Elasticsearch then need not unpack a block of documents for each one (three times as many a second).
func inOrder(template object) object {
	settings := template["template"].(object)["settings"].(object)["index"].(object)
	settings["sort"] = object{"field": []string{"tocsin.id"}, "order": []string{"asc"}}
	return template
}

// Setup makes templates, mappings and the daemon's role; it needs an administrator's rights and may be run again at
// any time. It returns what was skipped: optional steps that the cluster refused.
func (s *Store) Setup(ctx context.Context) (skipped []string, err error) {
	plan, err := s.SetupPlan()
	if err != nil {
		return nil, err
	}
	for _, step := range plan {
		err := s.retry.Do(ctx, func(ctx context.Context) error { return s.do(ctx, step) })
		switch {
		case err == nil:
		case step.Optional && ctx.Err() == nil:
			skipped = append(skipped, fmt.Sprintf("%s: %v", step.What, err))
		default:
			return skipped, fmt.Errorf("%s: %w", step.What, err)
		}
	}
	return skipped, nil
}

// A needless error is of a step that the rest does without: no retry, and nothing for anybody to mend.
type needless struct{ error }

// Is makes it final.
func (needless) Is(target error) bool { return target == sinks.ErrPermanent }

// do sends one step. An optional one is not worth waiting for.
func (s *Store) do(ctx context.Context, step Step) error {
	ctx, cancel := context.WithTimeout(ctx, s.config.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, step.Method, step.Path, bytes.NewReader(step.Body))
	if err != nil {
		return fmt.Errorf("%w: %w", err, sinks.ErrPermanent)
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := s.client.Perform(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 1<<20))
	if err != nil {
		return err
	}
	if res.StatusCode >= 300 {
		err := fault(res.StatusCode, body)
		switch {
		case step.Optional && bytes.Contains(body, []byte("no handler found for uri [/_security/")):
			return needless{errors.New("security is off in this Elasticsearch, so nobody needs it")}
		case step.Optional:
			return needless{err}
		}
		return err
	}
	return nil
}

// Ready reports whether the cluster answers, is not too old, gives the rights that are needed, and was set up for this
// version, templates and all: nil, or an error that says what to do. It waits out an outage for as long as ctx lives.
func (s *Store) Ready(ctx context.Context) error {
	var done struct {
		Schema int `json:"schema"`
	}
	if err := s.refuseRights(ctx); err != nil { // first: who may not ask is told no version
		return err
	}
	if err := s.refuseOld(ctx); err != nil {
		return err
	}
	_, err := s.one(ctx, name{s.index(kindState), setupID}, &done)
	switch {
	case errors.Is(err, tocsin.ErrNotFound):
		return fmt.Errorf("indices %s* are not set up: run `tocsin setup elasticsearch`: %w", s.config.Prefix, sinks.ErrPermanent)
	case err != nil:
		return err
	case done.Schema > schemaVersion:
		return fmt.Errorf("indices %s* have schema %d of a later tocsin, this one reads %d: run a tocsin that is as new: %w", s.config.Prefix, done.Schema, schemaVersion, sinks.ErrPermanent)
	case done.Schema != schemaVersion:
		return fmt.Errorf("indices %s* have schema %d, this tocsin needs %d: run its `tocsin setup elasticsearch`: %w", s.config.Prefix, done.Schema, schemaVersion, sinks.ErrPermanent)
	}
	return s.refuseTemplates(ctx)
}

// role is the least that the daemon needs (register.md 4.1).
func (s *Store) role() object {
	p := s.config.Prefix
	names := func(kinds ...string) []string {
		var all []string
		for _, kind := range kinds {
			all = append(all, p+kind)
		}
		return all
	}
	return object{"cluster": []string{"monitor"}, "indices": []object{
		{"names": names("alerts-*", "log-*", "intervals-*", "evidence-*", "checkpoints*", "deadletter*", "audit-*", "backlog*"), "privileges": []string{"create_doc", "auto_configure", "read"}},
		{"names": names("events-*", "assessments*", "incidents*", "slots*", "counters*", "informants*", "users*"), "privileges": []string{"index", "create_doc", "auto_configure", "read"}},
		{"names": names("state*", "outbox*"), "privileges": []string{"index", "create_doc", "auto_configure", "read", "delete"}},
	}}
}
