package app_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// A hostile record is one that must not hurt: it is dead-lettered for a reason, or taken with a mark.
type hostile struct {
	name   string
	value  string
	reason string // of the dead letter; "" where it is taken
	mark   string // of the alert; "" for none
}

const good = `{"@timestamp":"2026-11-20T12:00:00Z","event":{"kind":"alert"},"message":"good"}`

// around is an alert with more in it.
func around(rest string) string {
	return `{"@timestamp":"2026-11-20T12:00:00Z","event":{"kind":"alert"},` + rest + `}`
}

func hostiles() []hostile {
	var fields strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&fields, `%s"k%d":%d`, strings.Repeat(",", min(i, 1)), i, i)
	}
	return []hostile{
		{name: "two megabytes", value: around(`"message":"` + strings.Repeat("x", 2<<20) + `"`), reason: "too_big"},
		{name: "broken JSON", value: `{"@timestamp":"2026-11-20T12:00:00Z","event":{"kind":"alert"`, reason: "json"},
		{name: "10,000 deep", value: around(`"a":` + strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000)), reason: "too_deep"},
		{name: "10,000 deep arrays", value: around(`"a":` + strings.Repeat(`[`, 9_990) + strings.Repeat("]", 9_990)), reason: "too_deep"},
		{name: "duplicate keys", value: around(`"message":"one","message":"two"`), mark: "duplicate_key"},
		{name: "invalid UTF-8", value: around("\"message\":\"a\xff\xfeb\""), mark: "encoding_repaired"},
		{name: "a million digits", value: around(`"n":` + strings.Repeat("9", 1_000_000)), mark: "number_as_text"},
		{name: "empty object", value: `{}`, mark: "no_timestamp"},
		{name: "NUL escaped", value: around(`"message":"a\u0000b","k\u0000":"c"`)},
		{name: "NUL bytes in text", value: around("\"message\":\"a\x00b\""), reason: "json"},
		{name: "NUL bytes in place of a record", value: "\x00\x00\x00\x00", reason: "format"},
		{name: "value of 66,000 bytes", value: around(`"message":"` + strings.Repeat("y", 66_000) + `"`), mark: "truncated"},
		{name: "3,000 fields", value: around(fields.String()), mark: "truncated"},
		{name: "half a surrogate pair", value: around(`"message":"\ud800"`), mark: "encoding_repaired"},
		{name: "scalar", value: `42`, reason: "format"},
	}
}

// fates are the reasons and marks that a daemon's metrics count for a source.
func fates(t *testing.T, url, source string) map[string]int {
	t.Helper()
	found := map[string]int{}
	for _, name := range []string{"tocsin_rejected_total", "tocsin_marked_total"} {
		for labels, n := range counters(t, url, name) {
			if !strings.Contains(labels, `source="`+source+`"`) {
				continue
			}
			for pair := range strings.SplitSeq(labels, ",") {
				if key, value, _ := strings.Cut(pair, "="); key == "reason" || key == "mark" {
					found[key+" "+strings.Trim(value, `"`)] += int(n)
				}
			}
		}
	}
	return found
}

// gzipBomb is a gzip stream of so many MiB of zeros: streams may stand one behind the other.
func gzipBomb(t *testing.T, size int) []byte {
	t.Helper()
	var one bytes.Buffer
	z := gzip.NewWriter(&one)
	if _, err := z.Write(make([]byte, 1<<20)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return bytes.Repeat(one.Bytes(), size)
}

// What a client may send to hurt is dead-lettered or marked, each with its reason, in bounded memory; the good record
// behind it is taken, every record is accounted for, and nothing is there twice when all of it is sent again.
func TestHostileOverHTTP(t *testing.T) {
	h := newHouse(t)
	_, stop := h.open()
	bomb := gzipBomb(t, 700)
	peak := growth(t)
	want := map[string]int{}
	alerts, dead := 0, 0
	for round := range 2 {
		for _, x := range hostiles() {
			kind := "application/json"
			if x.reason == "format" { // no JSON begins so: it is refused unless it is called text
				kind = "text/plain"
			}
			got := h.send([]byte(x.value), "Content-Type", kind, "Idempotency-Key", x.name)
			next := h.send([]byte(good), "Idempotency-Key", x.name+" and then")
			if next.Code != 202 || next.Accepted != 1-round || next.Duplicate != round {
				t.Fatalf("the good record behind %s, round %d: %+v", x.name, round, next)
			}
			if got.Code != 202 && x.reason == "" {
				t.Errorf("%s: %+v", x.name, got)
			}
			if round > 0 {
				continue
			}
			alerts++
			switch {
			case x.reason != "":
				dead++
				want["reason "+x.reason]++
			case x.mark != "":
				want["mark "+x.mark]++
				fallthrough
			default:
				alerts++
			}
		}
		if got := h.send([]byte(`[1, "two", null]`), "Idempotency-Key", "scalars"); got.Code != 202 {
			t.Errorf("an array of scalars: %+v", got)
		}
		if got := h.send(bomb, "Content-Encoding", "gzip", "Idempotency-Key", "bomb"); got.Code != 413 || got.Reason != "bomb" {
			t.Errorf("a bomb: %+v", got)
		}
		h.settled(alerts, dead+3+1)
	}
	want["reason format"] += 3
	want["reason bomb"]++
	have := fates(t, h.url, "http")
	for fate, n := range want { // one record may have more marks than the one that is looked for
		if have[fate] < n || strings.HasPrefix(fate, "reason") && have[fate] != n {
			t.Errorf("%s: counted %d times, of %d", fate, have[fate], n)
		}
	}
	listed := map[string]int{}
	for _, r := range deadLetters(t, h.url) {
		listed["reason "+r.Reason]++
		if r.Detail == "" || r.Source != "http" || r.Ref.Topic == "" {
			t.Errorf("a dead letter without detail, source or place: %+v", r)
		}
	}
	for fate, n := range want {
		if strings.HasPrefix(fate, "reason") && listed[fate] != n {
			t.Errorf("%s: %d dead letters of %d", fate, listed[fate], n)
		}
	}
	if n := sum(counters(t, h.url, "tocsin_alerts_total")); n != alerts {
		t.Errorf("%d alerts are counted, of %d", n, alerts)
	}
	if grown := peak(); grown > 300<<20 && !raced {
		t.Errorf("memory grew by %d MiB", grown>>20)
	} else {
		t.Logf("memory grew by %d MiB at most", grown>>20)
	}
	stop()
	h.settled(alerts, dead+4)
}

// The same in one body: an element that cannot be taken does not take its neighbours with it.
func TestHostileAmidGood(t *testing.T) {
	h := newHouse(t)
	h.open()
	var body bytes.Buffer
	alerts, dead := 0, 0
	for _, x := range hostiles() {
		body.WriteString(x.value + "\n" + good + "\n")
		alerts++
		if x.reason != "" {
			dead++
		} else {
			alerts++
		}
	}
	for round := range 2 {
		got := h.send(body.Bytes(), "Idempotency-Key", "all")
		if want := []int{202, alerts + dead}; !slices.Equal(want, []int{got.Code, got.Accepted + got.Duplicate + got.Rejected}) || round > 0 && got.Accepted > 0 {
			t.Errorf("round %d: %+v", round, got)
		}
		h.settled(alerts, dead)
	}
}

// wazuhLine is an alert with an id of its own, its number to be filled in.
const wazuhLine = `{"timestamp":"2026-11-20T12:00:00.000+0000","id":"1700000000.%d","rule":{"id":"5710","level":5,"description":"sshd"},"agent":{"id":"001","name":"web"},"manager":{"name":"m"},"decoder":{"name":"sshd"},"location":"/var/log/auth.log","full_log":"x"}`

// Records with ids of their own are there once however often they are sent, and the copies are counted.
func TestSentTwice(t *testing.T) {
	h := newHouse(t)
	_, stop := h.open()
	var body strings.Builder
	for i := range 100 {
		fmt.Fprintf(&body, wazuhLine+"\n", i)
	}
	for round := range 2 {
		if got := h.send([]byte(body.String())); got.Code != 202 || got.Accepted != 100 {
			t.Errorf("round %d: %+v", round, got)
		}
		await(t, time.Minute, "processed", func() (bool, string) {
			n, d := sum(counters(t, h.url, "tocsin_alerts_total")), sum(counters(t, h.url, "tocsin_duplicates_total"))
			return n == 100 && d == 100*round, fmt.Sprintf("%d alerts, %d duplicates", n, d)
		})
	}
	stop()
	h.settled(100, 0)
}
