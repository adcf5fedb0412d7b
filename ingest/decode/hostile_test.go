package decode

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"tocsin/ingest"

	"tocsin"
	"tocsin/internal/cputime"
)

// TestHostileCost reads the worst records of 1 MiB that we know of. None may cost more than a fraction of a second, or
// leave the decoder with more names than its dictionary may have.
func TestHostileCost(t *testing.T) {
	fill := func(head, unit, tail string) string {
		var b strings.Builder
		b.WriteString(head)
		for i := 0; b.Len() < 1<<20-200; i++ {
			fmt.Fprintf(&b, unit, i)
		}
		return b.String() + tail
	}
	d := newTest(t)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	for name, text := range map[string]string{
		"keys":             fill(`{"event.kind":"event"`, `,"k%d":1`, "}"),
		"objects":          fill(`{"event.kind":"event"`, `,"k%d":{}`, "}"),
		"dotted keys":      fill(`{"event.kind":"event"`, `,"a.b.c.d.e.f.g.h.i%d":1`, "}"),
		"array of objects": fill(`{"event.kind":"event","a":[{}`, `,{"a":%d}`, "]}"),
		"arrays in arrays": fill(`{"event.kind":"event","a":[[]`, `,[%d,{"b":[1,2,3]}]`, "]}"),
		"pairs":            fill(`{"Event":{"System":{"EventID":1},"EventData":{"Data":[{"Name":"a"}`, `,{"Name":"n%d","text":"x"}`, "]}}}"),
		"escapes":          fill(`{"event.kind":"event","a":"`, `\u00e9\n%d`, `"}`),
		"duplicates":       fill(`{"event.kind":"event"`, `,"a":%d`, "}"),
		"cef equals signs": fill("CEF:0|a|b|c|d|e|f|", `=%d`, ""),
		"cef keys":         fill("CEF:0|a|b|c|d|e|f|", ` k%d=v`, ""),
		"cef label":        fill("CEF:0|a|b|c|d|e|f|cs1=v cs1Label=l", `%d`, ""),
		"leef attributes":  fill("LEEF:1.0|a|b|c|d|", "k%d=v\t", ""),
		"cef escapes":      fill("CEF:0|a|b|c|d|e|f|k=", `\=%d`, ""),
		"audit pairs":      fill("type=X msg=audit(1.2:3): ", ` k%d=v`, ""),
		"audit quotes":     fill("type=X msg=audit(1.2:3): ", ` msg='a%d=`, ""),
		"structured data":  fill("<1>1 2026-01-01T00:00:00Z h a - - ", `[x k%d="v"]`, ""),
		"open brackets":    fill("<1>1 2026-01-01T00:00:00Z h a - - ", `[x %d`, ""),
		"many patterns":    fill("%ASA-4-106023: Deny ", ` from outside:192.0.2.%d`, ""),
		"mnemonics":        fill("%SEC-4-X: list ", ` from %%A-1-B: %d`, ""),
		"access log":       fill("2026-03-01 10:00:00 ", ` GET /%d`, ""),
		"colon pairs":      fill("<1>Jan  1 00:00:00 h ", `a%d:"b"; `, ""),
		"bar pairs":        fill("", `a%d=b|`, ""),
		"names of JSON":    fill(`{"a":1`, `,"x_%d":{"src-ip":"192.0.2.1"}`, "}"),
		"sshd words":       fill("<38>1 2026-01-01T00:00:00Z h sshd 1 - - Failed password for ", ` from %d`, ""),
	} {
		start := cputime.Thread()
		for range 3 {
			d.Decode(ingest.Record{Value: []byte(text), Received: time.Now()})
		}
		if took := (cputime.Thread() - start) / 3; took > time.Minute { // of the processor; what is not linear takes longer
			t.Errorf("%s: %v for a record", name, took)
		} else {
			t.Logf("%s: %v", name, took)
		}
		if d.doc.dict.loose > 2*maxNames {
			t.Errorf("%s: %d names", name, d.doc.dict.loose)
		}
	}
}

// TestRecordsWithinRecords holds that records inside records are read to a depth and no further.
func TestRecordsWithinRecords(t *testing.T) {
	text := `{"n":1}`
	for range 12 {
		quoted, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		text = `{"time":1772359200,"sourcetype":"x","event":` + string(quoted) + `}`
	}
	if a := alert(t, newTest(t), text); a.Format != "splunk" || a.Fields.Get("json.n").Kind() != tocsin.Absent {
		t.Errorf("format %s, json.n %s", a.Format, a.Fields.Get("json.n").Text())
	}
}
