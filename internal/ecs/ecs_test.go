package ecs

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLookup(t *testing.T) {
	for name, want := range map[string]Type{
		"@timestamp": Date, "message": Text, "tags": Keyword, "source.ip": IP, "source.port": Long,
		"source.geo.country_iso_code": Keyword, "destination.as.number": Long, "process.parent.command_line": Keyword,
		"process.parent.hash.sha256": Keyword, "process.pid": Long, "process.parent.pe.original_file_name": Keyword,
		"user.target.name": Keyword, "user.changes.name": Keyword, "client.user.name": Keyword, "threat.indicator.file.hash.md5": Keyword,
		"threat.indicator.ip": IP, "threat.enrichments.indicator.url.full": Keyword, "event.risk_score_norm": Double,
		"dll.hash.sha256": Keyword, "dns.answers.data": Keyword, "tls.server.x509.subject.common_name": Keyword,
		"host.os.type": Keyword, "host": Object, "process.parent": Object, "related.ip": IP, "cloud.origin.account.id": Keyword,
		"winlog.event_data.TargetUserName": Any, "winlog.event_id": Keyword, "labels.team": Any, "wazuh.rule.level": Any,
		"file.x509.not_after": Date, "log.syslog.structured_data.x": Any, "email.attachments.file.hash.sha1": Keyword,
	} {
		if got, ok := Lookup(name); got != want || !ok {
			t.Errorf("Lookup(%q) = %v, %v; want %v", name, got, ok, want)
		}
	}
	for _, name := range []string{"", "sorce.ip", "source.user.target.name", "winlog", "winlog.", "nothing.at.all", "proc.pid", "geo.name", "hash.md5"} {
		if got, ok := Lookup(name); ok && got != Object {
			t.Errorf("Lookup(%q) = %v, want nothing", name, got)
		}
	}
}

func TestNearest(t *testing.T) {
	for name, want := range map[string]string{
		"sorce.ip": "source.ip", "source.pi": "source.ip", "user.nmae": "user.name", "process.comand_line": "process.command_line",
		"src.ip": "source.ip", "event.catgory": "event.category", "destination.prot": "destination.port", "process.parent.nam": "process.parent.name",
		"proces.name": "process.name", "CommandLine": "process.command_line", "http.request.methd": "http.request.method",
	} {
		got := Nearest(name)
		if len(got) == 0 || got[0] != want {
			t.Errorf("Nearest(%q) = %v, want %s first", name, got, want)
		}
	}
	if got := Nearest("completely.different.thing"); len(got) > 0 {
		t.Errorf("a far name has the neighbours %v", got)
	}
}

func TestAllIsSortedAndWhole(t *testing.T) {
	var names []string
	for name, kind := range All() {
		if kind.String() == "" {
			t.Errorf("%s has no type", name)
		}
		names = append(names, name)
	}
	if len(names) < 1500 {
		t.Errorf("%d leaves", len(names))
	}
	for i := 1; i < len(names); i++ {
		if names[i-1] >= names[i] {
			t.Fatalf("%s before %s", names[i-1], names[i])
		}
	}
}

func TestDistance(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"abc", "ab", 1}, {"kitten", "sitting", 3}, {"ab", "xyzw", 4}} {
		if diff := cmp.Diff(c.want, distance(c.a, c.b, 9, nil)); diff != "" {
			t.Errorf("%s to %s (-want +got):\n%s", c.a, c.b, diff)
		}
	}
}
