package sinktest

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tocsin"
)

var morning = time.Date(2026, 11, 20, 8, 30, 15, 123456789, time.UTC)

// alert makes an alert of a topic's record, with an id made of coordinates and content.
func alert(offset int64, raw string, leaves ...tocsin.Field) tocsin.Alert {
	a := tocsin.Alert{
		Tenant: "default", Source: "edr", Format: "ecs",
		Ref:      tocsin.Ref{Topic: "alerts", Partition: 2, Offset: offset, Incarnation: "c1"},
		Time:     morning.Add(time.Duration(offset) * time.Second),
		Received: morning.Add(time.Duration(offset)*time.Second + time.Minute),
		SHA256:   sha256.Sum256([]byte(raw)), Raw: []byte(raw),
		Fields: tocsin.NewFields(leaves),
	}
	a.ID = tocsin.AlertID(a.Tenant, a.Ref, a.Digest())
	return a
}

func leaf(name string, value tocsin.Value) tocsin.Field {
	return tocsin.Field{Name: name, Value: value}
}

// store stores alerts and returns the verdicts.
func store(t *testing.T, s Store, alerts ...tocsin.Alert) []tocsin.Receipt {
	t.Helper()
	receipts, err := s.StoreAlerts(t.Context(), alerts)
	if err != nil {
		t.Fatal(err)
	}
	if len(receipts) != len(alerts) {
		t.Fatalf("%d receipts for %d alerts", len(receipts), len(alerts))
	}
	return receipts
}

func wantReceipts(t *testing.T, got []tocsin.Receipt, want ...tocsin.Receipt) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("receipts (-want +got):\n%s", diff)
	}
}

// wantAlert reads an alert back and compares it, field by field.
func wantAlert(t *testing.T, s Store, want tocsin.Alert) {
	t.Helper()
	got, err := s.Alert(t.Context(), want.ID)
	if err != nil {
		t.Errorf("alert %s: %v", want.ID, err)
		return
	}
	opts := cmp.Options{cmp.Comparer(tocsin.Value.Equal), cmpopts.EquateEmpty(), cmpopts.IgnoreFields(tocsin.Alert{}, "Fields")}
	if diff := cmp.Diff(want, got, opts); diff != "" {
		t.Errorf("alert (-stored +read):\n%.2000s", diff)
	}
	if diff := cmp.Diff(list(want.Fields), list(got.Fields), opts); diff != "" {
		t.Errorf("fields (-stored +read):\n%.2000s", diff)
	}
}

func list(f tocsin.Fields) []tocsin.Field {
	var all []tocsin.Field
	for name, value := range f.All() {
		all = append(all, leaf(name, value))
	}
	return all
}

func testAlertsCreated(t *testing.T, _ Suite, s Store) {
	full := alert(1, `{"message":"a"}`,
		leaf("@timestamp", tocsin.StringValue("2026-11-20T08:30:15.123456789Z")), leaf("message", tocsin.StringValue("a")),
		leaf("source.ip", tocsin.StringValue("203.0.113.7")), leaf("source.port", tocsin.IntValue(51000)),
		leaf("event.original", tocsin.StringValue("original of the sender")), leaf("event.kind", tocsin.StringValue("signal")),
		leaf("event.risk_score", tocsin.FloatValue(72.5)), leaf("process.args", tocsin.StringsValue("a", "b")),
		leaf("process.parent", tocsin.NullValue()), leaf("host.is_vm", tocsin.BoolValue(true)), leaf("tags", tocsin.ListValue()))
	full.Marks = []string{"truncated", "duplicate_key"}
	file := alert(0, "a plain line")
	file.Ref = tocsin.Ref{File: "day.ndjson", Line: 17}
	file.ID, file.Received = tocsin.AlertID(file.Tenant, file.Ref, file.Digest()), time.Time{}
	wantReceipts(t, store(t, s, full, file), tocsin.Receipt{}, tocsin.Receipt{})
	wantAlert(t, s, full)
	wantAlert(t, s, file)
	wantReceipts(t, store(t, s))
}

func testAlertsRepeated(t *testing.T, _ Suite, s Store) {
	own := alert(1, "content")
	own.ID = tocsin.SourceAlertID("default", "edr", "17")
	again := own
	again.Ref.Offset = 900 // the source sent it a second time
	remade := own
	remade.Ref.Incarnation = "c2"
	wantReceipts(t, store(t, s, own), tocsin.Receipt{})
	for range 2 {
		wantReceipts(t, store(t, s, own, again, remade),
			tocsin.Receipt{Verdict: tocsin.Stored}, tocsin.Receipt{Verdict: tocsin.Duplicate}, tocsin.Receipt{Verdict: tocsin.Duplicate})
	}
	wantAlert(t, s, own)
}

func testAlertsResent(t *testing.T, _ Suite, s Store) {
	own, other := alert(1, "content", leaf("message", tocsin.StringValue("first"))), alert(2, "other content", leaf("message", tocsin.StringValue("second")))
	own.ID = tocsin.SourceAlertID("default", "edr", "17")
	second := other.ID
	other.ID = own.ID
	wantReceipts(t, store(t, s, own), tocsin.Receipt{})
	for range 2 { // the second time as after a restart
		wantReceipts(t, store(t, s, other), tocsin.Receipt{Verdict: tocsin.Resent, Other: second})
	}
	wantAlert(t, s, own)
	other.ResendOf, other.ID = own.ID, second
	wantAlert(t, s, other)
}

func testAlertsTwice(t *testing.T, _ Suite, s Store) {
	own := alert(1, "content")
	own.ID = tocsin.SourceAlertID("default", "edr", "17")
	again, other := own, alert(3, "other content")
	again.Ref.Offset, other.ID = 2, own.ID
	got := store(t, s, own, again, alert(4, "x"), other, own)
	wantReceipts(t, got, tocsin.Receipt{}, tocsin.Receipt{Verdict: tocsin.Duplicate}, tocsin.Receipt{},
		tocsin.Receipt{Verdict: tocsin.Resent, Other: alert(3, "other content").ID}, tocsin.Receipt{})
	wantAlert(t, s, own)
}

func testAlertsHostile(t *testing.T, _ Suite, s Store) {
	long := strings.Repeat("ü", 32<<10) // 64 KiB
	text := tocsin.StringValue
	control := "a\x00b\x01\x1b[31m\n{\"index\":{}}\n\r\u2028\u202e\x7f"
	hostile := []tocsin.Alert{
		alert(1, "raw\xff\xfe\x00bytes", leaf("message", text("x"))),
		alert(2, "two\nlines\n{\"delete\":{\"_index\":\"x\"}}\n", leaf("message", text(control)), leaf("host.name", text(control))),
		alert(3, long, leaf("message", text(long)), leaf("host.name", text(long)), leaf("user.name", tocsin.StringsValue(long, long)), leaf("process.command_line", text(long))),
		alert(4, "names", leaf("", text("empty")), leaf(".", text("dot")), leaf("..", text("dots")), leaf("a..b", text("gap")), leaf(".a", text("lead")), leaf("a.", text("trail")), leaf(" ", text("blank")),
			leaf("x\ny", text("newline")), leaf(strings.Repeat("n", 60000), text("long name")), leaf(strings.Repeat("d.", 500)+"d", text("deep"))),
		alert(5, "leaf and object", leaf("source", text("leaf")), leaf("source.ip", text("::1")), leaf("source.ip.x", text("below")), leaf("source-x", text("between")), leaf("tocsin.id", text("mine")), leaf("tocsin", text("me")),
			leaf("_id", text("1")), leaf("_index", text("2")), leaf("_source", text("3")), leaf("doc", text("4")), leaf("event", text("5"))),
		alert(6, "wrong types", leaf("source.ip", text("not an address")), leaf("source.port", text("http")), leaf("@timestamp", text("yesterday")), leaf("event.created", tocsin.IntValue(-5)), leaf("event.risk_score", text("high")),
			leaf("destination.ip", tocsin.StringsValue("10.0.0.1", "fe80::1%eth0", "")), leaf("destination.port", tocsin.FloatValue(1.5)), leaf("process.pid", tocsin.IntValue(-1<<63)), leaf("process.exit_code", tocsin.BoolValue(true)),
			leaf("host.name", tocsin.BoolValue(false)), leaf("source.geo.location", text("nowhere")), leaf("event.severity", number("1e308")), leaf("source.bytes", number("18446744073709551615"))),
		alert(7, ""),
		alert(8, "times"),
	}
	hostile[7].Time = time.Date(1, 1, 1, 0, 0, 0, 0, time.UTC)
	for i, r := range store(t, s, hostile...) {
		if r.Verdict != tocsin.Stored {
			t.Errorf("hostile alert %d: verdict %d, want it stored", i+1, r.Verdict)
		}
		wantAlert(t, s, hostile[i])
	}
}

func number(text string) tocsin.Value {
	v, _ := tocsin.NumberValue(text)
	return v
}

func testAlertsMany(t *testing.T, _ Suite, s Store) {
	var alerts []tocsin.Alert
	for n := range int64(3000) {
		alerts = append(alerts, alert(n, fmt.Sprintf("record %d %s", n, strings.Repeat("x", int(n%700))), leaf("source.port", tocsin.IntValue(n))))
	}
	for round := range 2 {
		for i, r := range store(t, s, alerts...) {
			if r != (tocsin.Receipt{}) {
				t.Fatalf("round %d: alert %d has receipt %+v", round, i, r)
			}
		}
	}
	for _, n := range []int{0, 999, 2999} {
		wantAlert(t, s, alerts[n])
	}
}

func testAlertUnknown(t *testing.T, _ Suite, s Store) {
	for _, id := range []string{"0123456789abcdef0123456789abcdef", "", "../_all", "a/b?c#d", strings.Repeat("x", 600)} {
		if _, err := s.Alert(t.Context(), id); !errors.Is(err, tocsin.ErrNotFound) {
			t.Errorf("alert %.20q: error %v, want not found", id, err)
		}
	}
}
