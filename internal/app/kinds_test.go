package app_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go"

	"tocsin"
	kafkasink "tocsin/sinks/kafka"
	"tocsin/sinks/sqlite"
)

// everyKind fails unless every rule of kinds has an event.
func everyKind(t *testing.T, events []string) {
	t.Helper()
	for n, name := range kindNames() {
		found := 0
		for _, e := range events {
			if strings.HasPrefix(e, kindID(name)) {
				found++
			}
		}
		t.Logf("%s: %d events", name, found)
		if found == 0 {
			t.Errorf("rule %d, %s, finds nothing: the test shows nothing of it", n, name)
		}
	}
}

// Rules of every kind, chained ones too, give the same events and incidents through Kafka and Elasticsearch, over four
// partitions, as in a replay. What was never heard of is left out: it is waited for from the first watermark on, which
// depends on the pace at which partitions are read.
func TestKindsInKafkaAsReplayed(t *testing.T) {
	t.Parallel()
	s := newStand(t)
	s.cfg.Rules.Folders, s.cfg.Rules.Shipped = []string{kindRules(t, false)}, false
	records := kindRecords(1, time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC), 4*time.Hour)
	events, incidents := expected(t, records, s.cfg.Rules.Folders...)
	everyKind(t, events)
	s.produce(records)
	stop := s.run()
	defer stop()
	s.await(len(records), events, incidents, 4*time.Minute)
	s.keyed()
}

// keyed looks where the matches went: those of rules that rest on one another to one partition, the others to several.
func (s *stand) keyed() {
	s.t.Helper()
	found := map[bool]map[int]int{true: {}, false: {}} // chained or not: matches by partition
	for n := range s.cfg.Kafka.Partitions {
		r := kafka.NewReader(kafka.ReaderConfig{Brokers: s.cfg.Kafka.Brokers, Topic: s.cfg.Kafka.Prefix + "matches", Partition: n, MaxWait: 100 * time.Millisecond})
		for {
			m, err := r.ReadMessage(s.t.Context())
			if err != nil {
				s.t.Fatal(err)
			}
			rec, err := kafkasink.DecodeLogRecord(m.Value)
			if err != nil {
				s.t.Fatal(err)
			}
			if rec.Match != nil {
				if rec.Match.Chained != (rec.Match.Rule >= kindID("rank0")) {
					s.t.Fatalf("a match of rule %s is chained: %v", rec.Match.Rule, rec.Match.Chained)
				}
				found[rec.Match.Chained][n]++
			}
			if m.Offset+1 >= m.HighWaterMark {
				break
			}
		}
		r.Close()
	}
	if len(found[true]) != 1 || len(found[false]) < 2 {
		s.t.Errorf("matches by partition: of rules that rest on one another %v, of others %v", found[true], found[false])
	}
}

// Rules of every kind give the same events in embedded mode as in a replay, and a restart in the middle
// changes nothing.
func TestKindsEmbeddedAsReplayed(t *testing.T) {
	from := time.Now().Add(-72 * time.Hour).UTC().Truncate(time.Second)
	records := kindRecords(7, from, 8*time.Hour)
	records = append(records, fmt.Appendf(nil, `{"@timestamp":%q,"event":{"kind":"alert","action":"none"}}`, time.Now().UTC().Format(time.RFC3339))) // closes all
	h := newHouse(t)
	h.cfg.Rules.Folders, h.cfg.Rules.Shipped = []string{kindRules(t, true)}, false
	h.cfg.Intake.IdleAfter = time.Hour // data alone moves the watermark
	events, _ := expected(t, records, h.cfg.Rules.Folders...)
	everyKind(t, events)
	for at := 0; at < len(records); {
		_, stop := h.open()
		to := min(at+len(records)/4+1, len(records))
		for chunk := range slices.Chunk(records[at:to], 500) {
			if got := h.send(bytes.Join(chunk, []byte("\n")), "Content-Type", "text/plain"); got.Code != 202 || got.Accepted != len(chunk) {
				t.Fatalf("%+v", got)
			}
		}
		at = to
		h.settled(at, 0)
		stop()
	}
	if diff := cmp.Diff(events, h.events()); diff != "" {
		t.Errorf("events (-replay +daemon):\n%s", diff)
	}
}

// Alerts that come late, but within lateness, end with the events of a replay, and what they take back is visible where
// people look: an event that was promoted and then withdrawn rejects its incident, with the reason, in log and page.
func TestKindsEmbeddedLate(t *testing.T) {
	from := time.Now().Add(-72 * time.Hour).UTC().Truncate(time.Second)
	records := kindRecords(11, from, 8*time.Hour)
	h := newHouse(t)
	h.cfg.Rules.Folders, h.cfg.Rules.Shipped = []string{kindRules(t, true)}, false
	h.cfg.Intake.IdleAfter, h.cfg.Intake.Lateness = time.Hour, 2*time.Hour // data alone moves the watermark
	closing := fmt.Appendf(nil, `{"@timestamp":%q,"event":{"kind":"alert","action":"none"}}`, time.Now().UTC().Format(time.RFC3339))
	events, _ := expected(t, append(slices.Clone(records), closing), h.cfg.Rules.Folders...)
	everyKind(t, events)
	a, stop := h.open()
	defer stop()
	for _, chunk := range [][][]byte{records[:6], disordered(records[6:], 120), {closing}} {
		if got := h.send(bytes.Join(chunk, []byte("\n")), "Content-Type", "text/plain"); got.Code != 202 || got.Accepted != len(chunk) {
			t.Fatalf("%+v", got)
		}
	}
	h.settled(len(records)+1, 0)
	if diff := cmp.Diff(events, h.events()); diff != "" {
		t.Errorf("events (-replay +daemon):\n%s", diff)
	}
	h.shown(a.URL())
}

// disordered moves every seventh line by so many places back.
func disordered(lines [][]byte, by int) [][]byte {
	out := slices.Clone(lines)
	for i := 0; i+by < len(out); i += 7 {
		line := out[i]
		copy(out[i:], out[i+1:i+by+1])
		out[i+by] = line
	}
	return out
}

// shown looks at events that were withdrawn or merged, and at silences, as the API and the page show them.
func (h *house) shown(url string) {
	h.t.Helper()
	ctx := h.t.Context()
	st, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(h.cfg.DataDir, "tocsin.db")})
	if err != nil {
		h.t.Fatal(err)
	}
	defer st.Close()
	all, err := st.AllEvents(ctx)
	if err != nil {
		h.t.Fatal(err)
	}
	seen := map[string]int{}
	for _, e := range all {
		v, err := st.Verdict(ctx, e.ID)
		if err != nil {
			h.t.Fatalf("event %s: %v", e.ID, err)
		}
		want := ""
		switch {
		case e.Activity == tocsin.Withdrawn:
			want = "Withdrawn: a late alert"
			if v.Incident != "" {
				seen["withdrawn, its incident is "+h.incidentOf(url, v.Incident, e)]++
			} else if v.Assessment.Reason != "withdrawn" {
				h.t.Errorf("event %s was withdrawn; its verdict says %+v", e.ID, v.Assessment)
			}
		case e.Activity == tocsin.Merged:
			want = "Merged into"
		case e.Count == 0:
			want = "No alert of observer.name"
		default:
			continue
		}
		kind := string(e.Activity)
		if e.Count == 0 {
			kind = "silence " + kind
		}
		if seen[kind]++; seen[kind] > 5 {
			continue
		}
		var got tocsin.Event
		get(h.t, url+"/api/v1/events/"+e.ID, &got)
		if got.Activity != e.Activity || got.Count != e.Count {
			h.t.Errorf("the API says of event %s: %s, %d alerts", e.ID, got.Activity, got.Count)
		}
		if text := h.page(url + "/events/" + e.ID); !strings.Contains(text, want) {
			h.t.Errorf("the page of event %s, %s, lacks %q", e.ID, kind, want)
		}
	}
	h.t.Logf("%v", seen)
	for _, kind := range []string{"merged", "withdrawn", "silence closed", "withdrawn, its incident is rejected"} {
		if seen[kind] == 0 {
			h.t.Errorf("no event was %s: the test shows nothing of it", kind)
		}
	}
}

// incidentOf is the status of a withdrawn event's incident, whose page must say why.
func (h *house) incidentOf(url, id string, e tocsin.Event) string {
	h.t.Helper()
	var i tocsin.Incident
	get(h.t, url+"/api/v1/incidents/"+id, &i)
	if text := h.page(url + "/incidents/" + id); !strings.Contains(text, "(withdrawn)") {
		h.t.Errorf("the page of incident %s, %s, does not say that event %s was withdrawn", id, i.Status, e.ID)
	}
	return string(i.Status)
}

func (h *house) page(url string) string {
	h.t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		h.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		h.t.Fatalf("%s: %s, %v", url, resp.Status, err)
	}
	return string(text)
}
