package elastic

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tocsin"
	"tocsin/sinks"
)

// Each answer to an item, as Elasticsearch 8.19 words it, and what it means: for the alert that it answers, and whether
// the rest waits for an operator.
func TestItemVerdicts(t *testing.T) {
	reason := func(status int, kind, text string) string {
		return fmt.Sprintf(`"status":%d,"error":{"type":%q,"reason":%q}`, status, kind, text)
	}
	for name, c := range map[string]struct {
		answer string
		want   verdict
	}{
		"created":                 {`"status":201`, done},
		"written over":            {`"status":200`, done},
		"was not there to delete": {`"status":404`, done},
		"id taken":                {reason(409, "version_conflict_engine_exception", "document already exists"), conflict},
		"field of another type":   {reason(400, "document_parsing_exception", "failed to parse field [n] of type [long]"), refused},
		"limit of fields":         {reason(400, "document_parsing_exception", "Limit of total fields [2000] has been exceeded"), refused},
		"limit of depth":          {reason(400, "document_parsing_exception", "Limit of mapping depth [20] has been exceeded"), refused},
		"unknown field":           {reason(400, "strict_dynamic_mapping_exception", "dynamic introduction is not allowed"), refused},
		"immense term":            {reason(400, "illegal_argument_exception", "Document contains at least one immense term"), refused},
		"item too large":          {reason(413, "circuit_breaking_exception", "Data too large"), refused},
		"index closed":            {reason(400, "index_closed_exception", "closed"), halt},
		"limit of shards":         {reason(400, "validation_exception", "Validation Failed: 1: this action would add [2] shards, but this cluster currently has [1000]/[1000] maximum normal shards open;"), halt},
		"no such index name":      {reason(400, "invalid_index_name_exception", "must be lowercase"), halt},
		"alias without index":     {reason(400, "illegal_argument_exception", "no write index is defined for alias [tocsin-alerts-2026.11]."), halt},
		"data stream":             {reason(400, "illegal_argument_exception", "only write ops with an op_type of create are allowed in data streams"), halt},
		"key expired":             {reason(401, "security_exception", "token expired"), halt},
		"no right":                {reason(403, "security_exception", "action is unauthorized"), halt},
		"blocked by an operator":  {reason(403, "cluster_block_exception", "blocked by: [FORBIDDEN/8/index write (api)];"), halt},
		"no index":                {reason(404, "index_not_found_exception", "forbids automatic creation of the index"), halt},
		"queue full":              {reason(429, "es_rejected_execution_exception", "rejected execution of coordinating operation"), again},
		"disk at flood stage":     {reason(429, "cluster_block_exception", "blocked by: [TOO_MANY_REQUESTS/12/disk usage exceeded flood-stage watermark"), again},
		"exception":               {reason(500, "exception", "x"), again},
		"shard away":              {reason(503, "unavailable_shards_exception", "primary shard is not active"), again},
		"master away":             {reason(503, "process_cluster_event_timeout_exception", "failed to process cluster event"), again},
		"odd":                     {`"status":302`, again},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun, culprit := time.Now(), someAlerts(3)[1].ID
				f := &fake{fault: func(_ int, items []fakeItem) disturbance {
					at := slices.IndexFunc(items, func(item fakeItem) bool { return item.id == culprit })
					if at < 0 || time.Since(begun) >= time.Minute {
						return disturbance{}
					}
					return disturbance{items: map[int]string{at: c.answer}}
				}}
				s := over(t, f)
				if c.want == conflict { // what stands there is read back
					f.docs["tocsin-alerts-2026.11/"+culprit] = newSchema().encoder(dawn).document(&someAlerts(3)[1])
				}
				receipts, err := s.StoreAlerts(t.Context(), someAlerts(3))
				if got := verdictOf(receipts, err, time.Since(begun)); got != c.want && (got != done || c.want != conflict) {
					t.Errorf("%s: %v, %v", got, receipts, err)
				}
				if (s.Health().State == Halted) != (c.want == halt) {
					t.Errorf("health %+v", s.Health())
				}
			})
		})
	}
}

// verdictOf tells from outside what became of the second of three alerts.
func verdictOf(receipts []tocsin.Receipt, err error, took time.Duration) verdict {
	switch {
	case errors.Is(err, sinks.ErrPermanent):
		return halt
	case err != nil || receipts[0].Verdict != tocsin.Stored || receipts[2].Verdict != tocsin.Stored:
		return "lost"
	case receipts[1].Verdict == tocsin.Refused:
		return refused
	case took >= time.Minute:
		return again
	default:
		return done
	}
}

// Each answer to a whole bulk that lasts: what it means.
func TestWholeVerdicts(t *testing.T) {
	said := func(kind string) string { return `{"error":{"type":"` + kind + `","reason":"r"},"status":0}` }
	for name, c := range map[string]struct {
		status int
		body   string
		want   verdict
	}{
		"bad line or id":        {400, said("action_request_validation_exception"), refused},
		"too large":             {413, ``, refused},
		"too large for a proxy": {413, `<html>413 Request Entity Too Large</html>`, refused},
		"bad for a proxy":       {400, `<html>The plain HTTP request was sent to HTTPS port</html>`, again},
		"bad without a word":    {400, ``, again},
		"wrong password":        {401, said("security_exception"), halt},
		"role revoked":          {403, said("security_exception"), halt},
		"cluster read-only":     {403, said("cluster_block_exception"), halt},
		"not behind this path":  {404, `default backend - 404`, again},
		"time-out":              {408, ``, again},
		"crowded":               {429, said("es_rejected_execution_exception"), again},
		"exception":             {500, said("exception"), again},
		"gateway":               {502, `<html>`, again},
		"no master":             {503, said("cluster_block_exception"), again},
		"gateway time-out":      {504, ``, again},
		"nothing said":          {200, `{}`, again},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun, culprit := time.Now(), someAlerts(3)[1].ID
				f := &fake{fault: func(_ int, items []fakeItem) disturbance {
					for _, item := range items {
						if item.id == culprit && time.Since(begun) < time.Minute {
							return disturbance{status: c.status, body: c.body}
						}
					}
					return disturbance{}
				}}
				s := over(t, f)
				receipts, err := s.StoreAlerts(t.Context(), someAlerts(3))
				if got := verdictOf(receipts, err, time.Since(begun)); got != c.want {
					t.Errorf("%s: %v, %v", got, receipts, err)
				}
			})
		})
	}
}

// A right on one index that is gone is a halt, and says what to do, until that index is written to again: writes to others
// go on meanwhile, and say nothing of it.
func TestHaltStandsWhileOthersWrite(t *testing.T) {
	gone := true
	s := over(t, &fake{fault: func(_ int, items []fakeItem) disturbance {
		if gone && strings.Contains(items[0].index, "-alerts-") {
			return disturbance{items: map[int]string{0: noRight}}
		}
		return disturbance{}
	}})
	_, err := s.StoreAlerts(t.Context(), someAlerts(1))
	if !errors.Is(err, sinks.ErrPermanent) || !strings.Contains(err.Error(), "; give the daemon's user the role tocsin-writer again") {
		t.Errorf("no remedy: %v", err)
	}
	if err := s.StoreRejections(t.Context(), []tocsin.Rejection{{ID: "r"}}); err != nil {
		t.Fatal(err)
	}
	if h := s.Health(); h.State != Halted {
		t.Errorf("after a write to another index: %+v", h)
	}
	gone = false
	if _, err := s.StoreAlerts(t.Context(), someAlerts(1)); err != nil || s.Health().State != OK {
		t.Errorf("once mended: %v, health %+v", err, s.Health())
	}
}

// A halt is seen in the metric and, by whoever repeats the write, ends with the cause.
func TestHaltEndsWithItsCause(t *testing.T) {
	gone := true
	s := over(t, &fake{fault: func(int, []fakeItem) disturbance {
		if gone {
			return disturbance{status: http.StatusForbidden, body: `{"error":{"type":"security_exception","reason":"no"}}`}
		}
		return disturbance{}
	}})
	if _, err := s.StoreAlerts(t.Context(), someAlerts(1)); !errors.Is(err, sinks.ErrPermanent) || s.Health().State != Halted {
		t.Errorf("%v, health %+v", err, s.Health())
	}
	gone = false
	if _, err := s.StoreAlerts(t.Context(), someAlerts(1)); err != nil || s.Health().State != OK {
		t.Errorf("once mended: %v, health %+v", err, s.Health())
	}
}
