package decode

import (
	"bytes"
	"fmt"
	"os"
	"strings"
	"testing"

	"tocsin"
	"tocsin/ingest"
	"tocsin/internal/ecs"
	"tocsin/internal/recordings"
)

// TestScoreFiles writes the documents of TOCSIN_SCORE_IN to TOCSIN_SCORE_OUT, for a scorer outside. A file whose name
// has ".jsonl" wraps its records in the field "input".
func TestScoreFiles(t *testing.T) {
	in, out := os.Getenv("TOCSIN_SCORE_IN"), os.Getenv("TOCSIN_SCORE_OUT")
	if in == "" || out == "" {
		t.Skip("TOCSIN_SCORE_IN and TOCSIN_SCORE_OUT name no files")
	}
	d, err := New(Options{})
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	formats, reasons := map[string]int{}, map[string]int{}
	for i, line := range recordings.Lines(t, in) {
		id := ""
		if strings.Contains(in, ".jsonl") {
			if line, id, err = Unwrap(line, "input"); err != nil {
				t.Fatal(err)
			}
		}
		a, rejected := d.Decode(ingest.Record{Value: line, Ref: tocsin.Ref{File: in, Line: int64(i)}})
		var doc []byte
		if rejected != nil {
			reasons[rejected.Reason]++
			doc = fmt.Appendf(nil, `{"tocsin":{"rejected":{"reason":%q}},"labels":{"case_id":%q}}`, rejected.Reason, id)
		} else {
			formats[a.Format]++
			doc, err = Document(a, id)
		}
		if err != nil {
			t.Fatal(err)
		}
		b.Write(doc)
		b.WriteByte('\n')
	}
	t.Logf("formats %v, rejected %v", formats, reasons)
	if err := os.WriteFile(out, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
}

// TestRecordedData decodes every record of the recorded sets: each is an alert or a rejection, in the format it is in.
func TestRecordedData(t *testing.T) {
	for path, want := range map[string]string{
		"campaigns/ait_ads/russellmitchell/alerts.ndjson.zst":          "ecs",
		"campaigns/otrf_lsass_02_procdump/events.ndjson.zst":           "windows",
		"campaigns/otrf_atomic/covenant_installutil/events.ndjson.zst": "windows",
		"campaigns/cptc2017/team5/eve.ndjson.zst":                      "suricata",
		"campaigns/wazuh_insect/alerts.ndjson.zst":                     "wazuh",
		"campaigns/apt29_zeek_day1/zeek.ndjson.zst":                    "zeek",
		"sigma/stratus_cloudtrail.ndjson.zst":                          "cloudtrail",
		"sigma/evtx_mitre.ndjson.zst":                                  "windows",
		"raw/auditd/auditd.log":                                        "auditd",
		"raw/syslog/auth_bruteforce_part1.log":                         "syslog",
		"raw/suricata/wrccdc-2017.ndjson":                              "suricata",
		"raw/zeek/ssh.ndjson":                                          "zeek",
		"raw/elastic_alert/rfc0031_example.ndjson":                     "elastic",
		"raw/falco/alerts.ndjson":                                      "falco",
		"raw/ms_sentinel/security_alert.ndjson":                        "sentinel",
		"raw/osquery/results.log":                                      "osquery",
		"raw/splunk_export/cptc2017_team5.ndjson":                      "splunk",
		"raw/web/nginx_access.log":                                     "weblog",
	} {
		t.Run(path, func(t *testing.T) {
			lines := recordings.Lines(t, path)
			d, err := New(Options{})
			if err != nil {
				t.Fatal(err)
			}
			unknown := map[string]bool{}
			for i, line := range lines {
				a, rejected := d.Decode(ingest.Record{Value: line, Ref: tocsin.Ref{Line: int64(i)}})
				if rejected != nil {
					t.Fatalf("line %d: %s: %s", i, rejected.Reason, rejected.Detail)
				}
				if a.Format != want {
					t.Fatalf("line %d: format %s, want %s", i, a.Format, want)
				}
				for field := range a.Fields.All() {
					if _, known := ecs.Lookup(field); !known && want != "ecs" && want != "elastic" && !unknown[field] {
						unknown[field] = true
						t.Errorf("line %d: rules do not know the field %s", i, field)
					}
				}
				if a.Time.IsZero() || len(a.Marks) > 0 && want != "syslog" {
					t.Fatalf("line %d: time %v, marks %v", i, a.Time, a.Marks)
				}
			}
		})
	}
}
