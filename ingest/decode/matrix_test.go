package decode

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"tocsin"
	"tocsin/ingest"
	"tocsin/internal/recordings"
)

// takenFor says which formats a record with this label may be recognised as; a label that it does not list may be
// anything. What shippers put around a record, and text that is several things at once, is named here.
var takenFor = map[string]string{
	"syslog3164": "syslog auditd cef leef weblog cisco_asa cisco_ios cisco_ise f5_bigip tenable_ad", "syslog5424": "syslog cef leef", "syslog_other": "carbon_black_app_control syslog cef leef kaspersky keyvalue", "kv": "keyvalue auditd syslog cef plain", "cef": "cef", "leef": "leef",
	"suricata": "suricata", "wazuh5": "wazuh5", "ocsf": "ocsf json product", "winevent_json": "windows json", "winevent_wazuh": "windows wazuh",
	"aws_cloudtrail": "cloudtrail json", "aws_guardduty": "guardduty", "aws_securityhub": "security_hub", "aws_vpcflow": "json ocsf", "aws_waf": "product",
	"gcp_audit": "gcp_audit json", "k8s_audit": "kubernetes gcp_audit azure json", "crowdstrike": "crowdstrike json product", "osquery": "osquery",
	"sentinelone": "sentinel_one product", "ms_defender": "defender", "okta": "okta", "github": "github", "azure": "azure json product", "o365": "office",
	"wiz": "json product", "orca": "json product", "onepassword": "json product", "proofpoint": "json product", "carbonblack": "json product", "cloudflare": "json product", "canary": "json product",
	"raw/auditd": "auditd", "raw/elastic_alert": "elastic", "raw/falco": "falco", "raw/ms_sentinel": "sentinel", "raw/osquery": "osquery",
	"raw/splunk_export": "splunk", "raw/suricata": "suricata", "raw/syslog": "syslog", "raw/web": "weblog", "raw/zeek": "zeek",
	"json_vendor": "audit_items product json syslog windows wazuh ecs zeek eslogger",
}

// TestMatrix decodes every recorded record under auto and counts what each label's are taken for. None may be taken
// for a format that it is not.
func TestMatrix(t *testing.T) {
	matrix := map[string]map[string]int{}
	d := newTest(t)
	decode := func(label string, line []byte) {
		a, rejected := d.Decode(ingest.Record{Value: line, Ref: tocsin.Ref{Line: 1}})
		format := a.Format
		if rejected != nil {
			format = "-" + rejected.Reason
		}
		if matrix[label] == nil {
			matrix[label] = map[string]int{}
		}
		matrix[label][format]++
		if may, listed := takenFor[label]; listed && rejected == nil && !slices.Contains(strings.Fields(may), format) {
			t.Errorf("a record of %s is taken for %s: %.200s", label, format, line)
		}
	}
	files, err := filepath.Glob(filepath.Join(recordings.Path(t, "normalise"), "*.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		for _, line := range recordings.Lines(t, "normalise", filepath.Base(file)) {
			var about struct{ Format string }
			if err := json.Unmarshal(line, &about); err != nil {
				t.Fatal(err)
			}
			record, _, err := Unwrap(line, "input")
			if err != nil {
				t.Fatal(err)
			}
			decode(about.Format, record)
		}
	}
	raw, err := filepath.Glob(filepath.Join(recordings.Path(t, "raw"), "*", "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range raw {
		if strings.HasSuffix(file, ".facts.jsonl") {
			continue
		}
		label := "raw/" + filepath.Base(filepath.Dir(file))
		for _, line := range recordings.Lines(t, "raw", filepath.Base(filepath.Dir(file)), filepath.Base(file)) {
			decode(label, line)
		}
	}
	for _, label := range slices.Sorted(maps.Keys(matrix)) {
		var row strings.Builder
		for _, format := range slices.Sorted(maps.Keys(matrix[label])) {
			fmt.Fprintf(&row, " %s %d", format, matrix[label][format])
		}
		t.Logf("%-18s%s", label, row.String())
	}
}
