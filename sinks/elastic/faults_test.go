package elastic

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"tocsin"
	"tocsin/sinks"
)

var dawn = time.Date(2026, 11, 20, 6, 0, 0, 0, time.UTC)

func someAlerts(n int) []tocsin.Alert {
	alerts := make([]tocsin.Alert, n)
	for i := range alerts {
		a := &alerts[i]
		a.Raw = fmt.Appendf(nil, "record %d", i)
		a.Tenant, a.Source, a.Ref, a.Time, a.SHA256 = "default", "edr", tocsin.Ref{Topic: "t", Offset: int64(i)}, dawn, sha256.Sum256(a.Raw)
		a.ID = tocsin.AlertID(a.Tenant, a.Ref, a.Digest())
	}
	return alerts
}

const (
	crowded  = `"status":429,"error":{"type":"es_rejected_execution_exception","reason":"queue full"}`
	mapping  = `"status":400,"error":{"type":"document_parsing_exception","reason":"bad field"}`
	noRight  = `"status":403,"error":{"type":"security_exception","reason":"unauthorized"}`
	noIndex  = `"status":404,"error":{"type":"index_not_found_exception","reason":"no such index"}`
	noShard  = `"status":503,"error":{"type":"unavailable_shards_exception","reason":"primary away"}`
	internal = `"status":500,"error":{"type":"exception","reason":"x"}`
)

// Each way in which a bulk can go wrong for a while is waited out, and every alert is stored once: none is lost
// with `{}`, short or cut replies, and none dropped for a 429 inside a 200 (vector#2968, #11359, #25799,
// logstash-output-elasticsearch#626, #572, opentelemetry-collector-contrib#45747, fluent-bit#4630, #6342).
func TestFaultsThatPass(t *testing.T) {
	broken := errors.New("connection reset by peer")
	for name, d := range map[string]disturbance{
		"empty object":              {status: 200, body: `{}`},
		"empty object, done":        {status: 200, body: `{}`, apply: true},
		"empty body":                {status: 200, body: ``, apply: true},
		"null items":                {status: 200, body: `{"items":null}`, apply: true},
		"html":                      {status: 200, body: `<html>502 Bad Gateway</html>`},
		"html as 502":               {status: 502, body: `<html>502 Bad Gateway</html>`},
		"unavailable":               {status: 503, body: `{"error":{"type":"cluster_block_exception"}}`},
		"time-out, done":            {status: 504, body: ``, apply: true},
		"no bulk at this path":      {status: 404, body: `default backend - 404`},
		"queue full":                {status: 429, body: `{"error":{"type":"circuit_breaking_exception"}}`},
		"connection refused":        {err: broken},
		"answer lost":               {err: broken, apply: true},
		"short":                     {warp: func(a []string) string { return whole(a[1:]) }},
		"long":                      {warp: func(a []string) string { return whole(append(a, a[0])) }},
		"other order":               {warp: func(a []string) string { return whole(append(a[1:], a[0])) }},
		"cut off":                   {warp: func(a []string) string { return whole(a)[:len(whole(a))/2] }},
		"without end":               {warp: func(a []string) string { return whole(a) + strings.Repeat(" ", 2<<20) }},
		"two operations in an item": {warp: func(a []string) string { return strings.Replace(whole(a), `{"create"`, `{"x":{},"create"`, 1) }},
		"other operation":           {warp: func(a []string) string { return strings.ReplaceAll(whole(a), `"create"`, `"index"`) }},
		"status 0":                  {items: map[int]string{3: `"status":0`}},
		"status 999":                {items: map[int]string{3: `"status":999`}},
		"items turned away":         {items: map[int]string{0: crowded, 7: crowded, 19: crowded}},
		"items of a lost shard":     {items: map[int]string{5: noShard, 6: internal}},
		"redirect":                  {status: 302, body: ``},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				begun := time.Now()
				f := &fake{fault: func(n int, items []fakeItem) disturbance {
					if time.Since(begun) < 3*time.Minute && len(items) == 20 {
						return d
					}
					return disturbance{}
				}}
				s, alerts := over(t, f), someAlerts(20)
				wantAll(t, s, f, alerts)
				if h := s.Health(); h.State != OK || (h.Retries == 0 && name != "without end") { // that one is halved, not waited out
					t.Errorf("health after the fault: %+v", h)
				}
			})
		})
	}
}

// wantAll stores alerts and wants each to be there once and said to be stored.
func wantAll(t *testing.T, s *Store, f *fake, alerts []tocsin.Alert) {
	t.Helper()
	receipts, err := s.StoreAlerts(t.Context(), alerts)
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range receipts {
		if r != (tocsin.Receipt{}) {
			t.Errorf("alert %d: receipt %+v", i, r)
		}
		if _, ok := f.docs["tocsin-alerts-2026.11/"+alerts[i].ID]; !ok {
			t.Errorf("alert %d is not stored", i)
		}
	}
	if len(f.docs) != len(alerts) {
		t.Errorf("%d documents for %d alerts", len(f.docs), len(alerts))
	}
}

// An outage of an hour is an hour of patience, in few requests and with a word about it.
func TestOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := time.Now()
		f := &fake{}
		s := over(t, f)
		f.fault = func(n int, _ []fakeItem) disturbance {
			if h := s.Health(); n > 1 && h.State != Degraded {
				t.Errorf("health during the outage: %+v", h)
			}
			if time.Since(begun) < time.Hour {
				return disturbance{err: errors.New("connection refused")}
			}
			return disturbance{}
		}
		wantAll(t, s, f, someAlerts(3))
		if f.bulks > 750 {
			t.Errorf("%d requests in an hour", f.bulks)
		}
	})
}

// A server that stands still, and closes no connection, makes the store degraded before a request gives up.
func TestNoAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{fault: func(int, []fakeItem) disturbance { time.Sleep(30 * time.Second); return disturbance{} }}
		s := over(t, f)
		done := make(chan error)
		go func() {
			_, err := s.StoreAlerts(t.Context(), someAlerts(3))
			done <- err
		}()
		for _, test := range []struct {
			after time.Duration
			want  State
		}{{5 * time.Second, OK}, {10 * time.Second, Degraded}, {20 * time.Second, OK}} {
			time.Sleep(test.after)
			if h := s.Health(); h.State != test.want {
				t.Errorf("%v later: %+v", test.after, h)
			}
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
}

func TestContextEndsTheWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := over(t, &fake{fault: func(int, []fakeItem) disturbance { return disturbance{status: 503} }})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := s.StoreAlerts(ctx, someAlerts(3)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want the context's", err)
		}
	})
}

// What only the operator can mend halts at once, whatever kind of document it is.
func TestFaultsThatHalt(t *testing.T) {
	for name, d := range map[string]disturbance{
		"no right to the item": {items: map[int]string{1: noRight}},
		"index missing":        {items: map[int]string{1: noIndex}},
		"key expired":          {status: 401, body: `{"error":{"type":"security_exception"}}`},
		"role revoked":         {status: 403, body: `{"error":{"type":"security_exception"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := over(t, &fake{fault: func(int, []fakeItem) disturbance { return d }})
				begun := time.Now()
				if _, err := s.StoreAlerts(t.Context(), someAlerts(3)); !errors.Is(err, sinks.ErrPermanent) {
					t.Errorf("error %v, want one that no retry cures", err)
				}
				if s.Health().State != Halted || time.Since(begun) > time.Second {
					t.Errorf("health %+v after %v", s.Health(), time.Since(begun))
				}
			})
		})
	}
}

// Only alerts may be refused one by one; a refused event, incident or log entry halts.
func TestRefusedDocuments(t *testing.T) {
	refuse := func(int, []fakeItem) disturbance { return disturbance{items: map[int]string{0: mapping}} }
	s := over(t, &fake{fault: refuse})
	receipts, err := s.StoreAlerts(t.Context(), someAlerts(3))
	if err != nil || receipts[0].Verdict != tocsin.Refused || receipts[1].Verdict != tocsin.Stored {
		t.Errorf("receipts %+v (%v)", receipts, err)
	}
	for name, write := range map[string]func(*Store) error{
		"event":       func(s *Store) error { return s.StoreEvents(t.Context(), []tocsin.Event{{ID: "202611-e"}}) },
		"dead letter": func(s *Store) error { return s.StoreRejections(t.Context(), []tocsin.Rejection{{ID: "r"}}) },
		"log entry":   func(s *Store) error { return s.Append(t.Context(), tocsin.LogEntry{Incident: "202611-i", Seq: 1}) },
		"incident":    func(s *Store) error { return s.PutIncident(t.Context(), tocsin.Incident{ID: "202611-i"}) },
		"slot":        func(s *Store) error { return s.PutSlot(t.Context(), tocsin.Slot{ID: "s", Version: 1}) },
	} {
		s := over(t, &fake{fault: refuse})
		if err := write(s); !errors.Is(err, sinks.ErrPermanent) || s.Health().State != Halted {
			t.Errorf("%s: error %v, health %+v", name, err, s.Health())
		}
	}
}

// A bulk that is refused as a whole is halved until the culprit is alone; all others are stored.
func TestWholeBulkRefused(t *testing.T) {
	for _, status := range []int{400, 413} {
		culprits := map[int]bool{7: true, 64: true, 65: true}
		alerts := someAlerts(100)
		bad := map[string]bool{}
		for n := range culprits {
			bad[alerts[n].ID] = true
		}
		f := &fake{fault: func(_ int, items []fakeItem) disturbance {
			for _, item := range items {
				if bad[item.id] {
					return disturbance{status: status, body: `{"error":{"type":"illegal_argument_exception","reason":"bad line"}}`}
				}
			}
			return disturbance{}
		}}
		receipts, err := over(t, f).StoreAlerts(t.Context(), alerts)
		if err != nil {
			t.Fatal(err)
		}
		for i, r := range receipts {
			if (r.Verdict == tocsin.Refused) != culprits[i] {
				t.Errorf("status %d: alert %d has verdict %d", status, i, r.Verdict)
			}
		}
		if len(f.docs) != 97 || f.bulks > 50 {
			t.Errorf("status %d: %d stored by %d requests", status, len(f.docs), f.bulks)
		}
	}
}

// Too much at once makes bulks smaller, success larger again.
func TestBulkSizeAdapts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		most := 100
		f := &fake{fault: func(_ int, items []fakeItem) disturbance {
			if len(items) > most {
				return disturbance{status: 429}
			}
			return disturbance{}
		}}
		s := over(t, f)
		first := s.limit.bytes()
		alerts := someAlerts(4000)
		s.limit.least = 1 << 10
		wantAll(t, s, f, alerts)
		cut := s.limit.bytes()
		if cut >= first {
			t.Errorf("limit went from %d to %d", first, cut)
		}
		most = 1 << 30
		for range 100 {
			if _, err := s.StoreAlerts(t.Context(), alerts[:1]); err != nil {
				t.Fatal(err)
			}
		}
		if got := s.limit.bytes(); got <= cut || got > s.config.BulkMax {
			t.Errorf("limit is %d after success, was %d", got, cut)
		}
	})
}

// A server that closes the connection on a body that is too large, before its 413 can be read, is given less.
func TestBulkCutShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{fault: func(_ int, items []fakeItem) disturbance {
			if len(items) > 100 {
				return disturbance{err: &net.OpError{Op: "write", Err: syscall.ECONNRESET}}
			}
			return disturbance{}
		}}
		s := over(t, f)
		s.limit.least = 1 << 10
		begun := time.Now()
		wantAll(t, s, f, someAlerts(4000))
		if took := time.Since(begun); took > 3*time.Minute {
			t.Errorf("it took %v", took)
		}
	})
}

// Whatever goes wrong in whatever order, at the end each alert is stored once, and the receipts tell which are.
func TestAnyFaults(t *testing.T) {
	kinds := []disturbance{
		{},
		{status: 200, body: `{}`, apply: true},
		{status: 503},
		{status: 429},
		{err: errors.New("reset"), apply: true},
		{err: errors.New("refused")},
		{items: map[int]string{0: crowded, 2: noShard}},
		{items: map[int]string{1: internal, 5: crowded}},
		{warp: func(a []string) string { return whole(a)[:len(whole(a))-3] }},
		{warp: func(a []string) string { return whole(a[:len(a)-1]) }},
		{status: 413},
	}
	rapid.Check(t, func(rt *rapid.T) {
		faults := rapid.SliceOfN(rapid.IntRange(0, len(kinds)-1), 0, 12).Draw(rt, "faults")
		synctest.Test(t, func(t *testing.T) {
			f := &fake{fault: func(n int, items []fakeItem) disturbance {
				if n > len(faults) || (kinds[faults[n-1]].status == 413 && len(items) == 1) {
					return disturbance{}
				}
				return kinds[faults[n-1]]
			}}
			wantAll(t, over(t, f), f, someAlerts(rapid.IntRange(1, 40).Draw(rt, "alerts")))
		})
	})
}

// However hostile an id or a document, a bulk of n items has 2n lines, and each says what it was meant to.
func FuzzBulkFraming(f *testing.F) {
	f.Add("id\n{\"delete\":{}}", "name", "value\r\n")
	f.Add("\x00\x01\xff", "a.b", "\u2028")
	f.Fuzz(func(t *testing.T, id, name, value string) {
		a := tocsin.Alert{ID: id, Tenant: name, Source: value, Time: dawn, Raw: []byte(value), Fields: tocsin.NewFields([]tocsin.Field{
			{Name: name, Value: tocsin.StringValue(value)}, {Name: name + "." + id, Value: tocsin.StringsValue(id, value)}, {Name: "source.ip", Value: tocsin.StringValue(value)},
		})}
		act := action{op: "create", index: "tocsin-alerts-2026.11", id: id, doc: newSchema().encoder(dawn).document(&a)}
		body := string(act.line(nil)) + string(act.doc) + "\n"
		items, err := parseBulk(body)
		if err != nil || len(items) != 1 || strings.Count(body, "\n") != 2 {
			t.Fatalf("%d items (%v) in %q", len(items), err, body)
		}
		if items[0].id != strings.ToValidUTF8(id, "\ufffd") && items[0].id == "" && id != "" {
			t.Errorf("id %q became %q", id, items[0].id)
		}
		got, err := newSchema().decodeAlert(items[0].doc)
		if err != nil || string(got.Raw) != value {
			t.Errorf("the alert came back with %q (%v)", got.Raw, err)
		}
		if !utf8.ValidString(id + name + value) {
			return
		}
		for field, want := range a.Fields.All() {
			if v := got.Fields.Get(field); !v.Equal(want) {
				t.Errorf("field %q came back as %q, was %q", field, v.Text(), want.Text())
			}
		}
		if got.Fields.Len() != a.Fields.Len() {
			t.Errorf("%d fields came back, %d were stored", got.Fields.Len(), a.Fields.Len())
		}
	})
}
