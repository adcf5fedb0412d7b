package enrich_test

import (
	"encoding/json"
	"maps"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/maxmind/mmdbwriter"
	"github.com/maxmind/mmdbwriter/mmdbtype"

	"tocsin"
	"tocsin/ingest"
	"tocsin/ingest/decode"
	"tocsin/ingest/enrich"
)

// write makes a file in a folder of the test and returns its name.
func write(t testing.TB, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func know(t testing.TB, spec enrich.Spec) *enrich.Knowledge {
	t.Helper()
	k, err := enrich.Read(spec)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// alert decodes an ECS record and enriches it.
func alert(t testing.TB, k *enrich.Knowledge, fields map[string]any) tocsin.Alert {
	t.Helper()
	d, err := decode.New(decode.Options{Enricher: enrich.NewEnricher(k)})
	if err != nil {
		t.Fatal(err)
	}
	record := map[string]any{"@timestamp": "2026-11-22T08:00:00Z", "ecs.version": "8.17"}
	maps.Copy(record, fields)
	text, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	a, rejection := d.Decode(ingest.Record{Value: text, Format: "ecs", Received: time.Date(2026, 11, 22, 8, 0, 1, 0, time.UTC)})
	if rejection != nil {
		t.Fatal(rejection.Detail)
	}
	return a
}

const table = `value,type,name,confidence,valid_until
203.0.113.7,ip,Mirai node,90,
198.51.100.0/24,cidr,Bad network,50,
evil.example,domain,,,
.bad.example,domain,,,
hxxp://Evil[.]example:80/a?b=1,url,Drop zone,,
44d88612fea8a8f36de82e1278abb02f,md5,Eicar,high,
mallory@evil.example,email,,,
192.0.2.9,ip,Expired,,2026-11-22T07:59:59Z
`

func TestIndicators(t *testing.T) {
	k := know(t, enrich.Spec{Lists: []enrich.ListSpec{{Name: "feed", File: write(t, "feed.csv", table)}}})
	for name, c := range map[string]struct {
		fields map[string]any
		want   map[string]string
	}{
		"an address": {map[string]any{"source.ip": "203.0.113.7"}, map[string]string{
			"threat.indicator.type": "ipv4-addr", "threat.indicator.ip": "203.0.113.7", "threat.indicator.name": "Mirai node", "threat.indicator.provider": "feed",
			"threat.indicator.confidence": "High", "threat.enrichments.matched.field": "source.ip", "threat.enrichments.matched.atomic": "203.0.113.7", "tocsin.lists": "feed",
		}},
		"an address of IPv4 in IPv6": {map[string]any{"source.ip": "::ffff:203.0.113.7"}, map[string]string{"threat.indicator.ip": "203.0.113.7"}},
		"a network":                  {map[string]any{"destination.ip": "198.51.100.77"}, map[string]string{"threat.indicator.type": "ipv4-addr", "threat.indicator.name": "Bad network", "threat.indicator.confidence": "Medium"}},
		"a domain, whatever its case": {map[string]any{"dns.question.name": "EVIL.example."}, map[string]string{
			"threat.indicator.type": "domain-name", "threat.indicator.url.domain": "evil.example",
		}},
		"below a domain that stands alone": {map[string]any{"dns.question.name": "www.evil.example"}, nil},
		"below a domain with a dot":        {map[string]any{"dns.question.name": "a.b.bad.example"}, map[string]string{"threat.indicator.url.domain": "bad.example"}},
		"the domain with a dot itself":     {map[string]any{"dns.question.name": "bad.example"}, map[string]string{"threat.indicator.url.domain": "bad.example"}},
		"another that ends alike":          {map[string]any{"dns.question.name": "notbad.example"}, nil},
		"a URL":                            {map[string]any{"url.full": "http://evil.example/a?b=1#there"}, map[string]string{"threat.indicator.type": "url", "threat.indicator.name": "Drop zone"}},
		"another path":                     {map[string]any{"url.full": "http://evil.example/a?b=2"}, map[string]string{"threat.indicator.type": "-"}},
		"a hash in capitals":               {map[string]any{"file.hash.md5": "44D88612FEA8A8F36DE82E1278ABB02F"}, map[string]string{"threat.indicator.type": "file", "threat.indicator.file.hash.md5": "44d88612fea8a8f36de82e1278abb02f"}},
		"a mail address":                   {map[string]any{"email.from.address": "Mallory@evil.example"}, map[string]string{"threat.indicator.type": "email-addr"}},
		"one whose time is over":           {map[string]any{"source.ip": "192.0.2.9"}, nil},
		"one of a list of addresses":       {map[string]any{"host.ip": []string{"192.0.2.1", "203.0.113.7"}}, map[string]string{"threat.enrichments.matched.field": "host.ip", "threat.enrichments.matched.atomic": "203.0.113.7"}},
		"the record's own indicator stays": {map[string]any{"source.ip": "203.0.113.7", "threat.indicator.type": "own"}, map[string]string{"threat.indicator.type": "own", "threat.indicator.provider": "-", "tocsin.lists": "feed"}},
	} {
		t.Run(name, func(t *testing.T) {
			a := alert(t, k, c.fields)
			if got := a.Fields.Get("tocsin.enrichment").Text(); got != k.Version() || got == "" {
				t.Errorf("version %q, want %q", got, k.Version())
			}
			if c.want == nil {
				c.want = map[string]string{"tocsin.lists": "-", "threat.indicator.type": "-"}
			}
			for field, want := range c.want {
				got := a.Fields.Get(field)
				if want == "-" && !got.IsAbsent() && field != "threat.indicator.type" || want != "-" && got.Text() != want || want == "-" && field == "threat.indicator.type" && got.Text() == "url" {
					t.Errorf("%s is %q, want %q", field, got.Text(), want)
				}
			}
		})
	}
}

func TestPlainListsAndSeveral(t *testing.T) {
	k := know(t, enrich.Spec{Lists: []enrich.ListSpec{
		{Name: "vpn", File: write(t, "vpn.txt", "# exits\n203.0.113.0/24 # all of it\n203.0.113.7\n"), Plain: true},
		{Name: "a", File: write(t, "a.txt", "203.0.113.7:8443\n203.0.113.7\n")},
		{Name: "b", File: write(t, "b.txt", "203.0.113.7\nhttp://evil.example/#frag\n")},
	}})
	a := alert(t, k, map[string]any{"source.ip": "203.0.113.7"})
	if got := a.Fields.Get("tocsin.lists").Text(); got != tocsin.StringsValue("vpn", "a", "b").Text() {
		t.Errorf("lists %s", got)
	}
	if got := a.Fields.Get("threat.indicator.provider").Text(); got != tocsin.StringsValue("a", "b").Text() {
		t.Errorf("providers %s", got)
	}
	a = alert(t, k, map[string]any{"source.ip": "203.0.113.8"})
	if !a.Fields.Get("threat.indicator.type").IsAbsent() || a.Fields.Get("tocsin.lists").Text() != "vpn" {
		t.Error("a list that is none of indicators made one")
	}
	var counts []int
	for _, l := range k.Lists() {
		counts = append(counts, l.Entries, l.Repeated)
	}
	if diff := cmp.Diff([]int{2, 0, 1, 1, 2, 0}, counts); diff != "" {
		t.Errorf("entries and repeated (-want +got):\n%s", diff)
	}
}

const bundle = `{"type": "bundle", "id": "bundle--1", "objects": [
 {"type": "identity", "id": "identity--1"},
 {"type": "indicator", "id": "indicator--1", "name": "C2", "confidence": 80, "pattern_type": "stix", "pattern": "[ipv4-addr:value = '203.0.113.7' OR ipv4-addr:value = '203.0.113.8']", "valid_from": "2026-01-01T00:00:00Z"},
 {"type": "indicator", "id": "indicator--2", "pattern_type": "stix", "pattern": "[file:hashes.'SHA-256' = 'E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855']"},
 {"type": "indicator", "id": "indicator--3", "pattern_type": "stix", "pattern": "[ipv4-addr:value ISSUBSET '198.51.100.0/24'] OR [domain-name:value IN ('evil.example', 'bad.example')]"},
 {"type": "indicator", "id": "indicator--4", "pattern_type": "stix", "pattern": "[file:name = 'a.exe' AND file:size = 25]"},
 {"type": "indicator", "id": "indicator--5", "pattern_type": "sigma", "pattern": "title: x"},
 {"type": "indicator", "id": "indicator--6", "pattern_type": "stix", "revoked": true, "pattern": "[ipv4-addr:value = '192.0.2.1']"},
 {"type": "indicator", "id": "indicator--7", "pattern_type": "stix", "pattern": "[url:value = 'http://evil.example/it\\'s']"}
]}`

func TestSTIX(t *testing.T) {
	k := know(t, enrich.Spec{Lists: []enrich.ListSpec{{Name: "stix", File: write(t, "feed.json", bundle)}}})
	l := k.Lists()[0]
	if l.Format != "stix" || l.Entries != 7 || l.Unused != 3 {
		t.Errorf("got %+v", l)
	}
	for value, want := range map[string]int{
		"203.0.113.8": 1, "198.51.100.9": 1, "bad.example": 1, "http://evil.example/it's": 1, "192.0.2.1": 0, "a.exe": 0,
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855": 1,
	} {
		if got := k.Test(value); len(got) != want {
			t.Errorf("%s: %v", value, got)
		}
	}
}

func TestListFaults(t *testing.T) {
	for name, c := range map[string]struct{ file, text, want string }{
		"plain": {"l.txt", "203.0.113.7\n  nonsense here\n10.0.0.5/8\n0.0.0.0/0\n", `l.txt:2:3: cannot tell what "nonsense here" is
      nonsense here
      ^
    a list of values has an address, a network, a domain, a URL, a hash or a mail address a line; other lists say format
l.txt:3:1: "10.0.0.5/8" names a host inside the network
    10.0.0.5/8
    ^
    write 10.0.0.0/8, or the address without /8
l.txt:4:1: "0.0.0.0/0" is every address
    0.0.0.0/0
    ^
    name the networks that are meant`},
		"table": {"l.csv", "# a feed\nname,md5,confidence\n\"x, y\",abc,\nz,44d88612fea8a8f36de82e1278abb02f,sure\n", `l.csv:3:8: "abc" is no md5
    "x, y",abc,
           ^
    it has 32 hexadecimal digits
l.csv:4:36: "sure" is no confidence
    z,44d88612fea8a8f36de82e1278abb02f,sure
                                       ^
    write 0 to 100, or low, medium or high`},
		"bundle": {"l.json", "{\"type\": \"bundle\", \"objects\": [\n {\"type\": \"indicator\", \"id\": \"i\", \"pattern\": \"[ipv4-addr:value = 'x']\"}\n]}", `l.json:2:35: pattern of i: "x" is no ip
     {"type": "indicator", "id": "i", "pattern": "[ipv4-addr:value = 'x']"}
                                      ^
    write 192.0.2.1, or 192.0.2.0/24 for a network`},
		"no JSON": {"l.json", "{\"objects\": [\n {]}", "l.json:2:2: not JSON: invalid character ']' looking for beginning of object key string\n     {]}\n     ^"},
	} {
		t.Run(name, func(t *testing.T) {
			file := write(t, c.file, c.text)
			_, err := enrich.Read(enrich.Spec{Lists: []enrich.ListSpec{{Name: "l", File: file}}})
			if err == nil {
				t.Fatal("no fault")
			}
			if diff := cmp.Diff(c.want, strings.ReplaceAll(err.Error(), filepath.Dir(file)+"/", "")); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestTooManyIndicators(t *testing.T) {
	_, err := enrich.Read(enrich.Spec{Most: 2, Lists: []enrich.ListSpec{{Name: "l", File: write(t, "l.txt", "192.0.2.1\n192.0.2.2\n192.0.2.3\n192.0.2.4\n")}}})
	if err == nil || !strings.Contains(err.Error(), "l.txt:3:1: all lists together have more than 2 indicators") {
		t.Errorf("got %v", err)
	}
}

// The vectors are those of the specification and of implementations of it.
func TestCommunityID(t *testing.T) {
	k := know(t, enrich.Spec{CommunityID: true})
	for name, c := range map[string]struct {
		from, to, protocol string
		port, other        int
		want               string
	}{
		"tcp":          {"66.35.250.204", "128.232.110.120", "tcp", 80, 34855, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
		"tcp, back":    {"128.232.110.120", "66.35.250.204", "tcp", 34855, 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="},
		"udp":          {"8.8.8.8", "192.168.1.52", "udp", 53, 54585, "1:d/FP5EW3wiY1vCndhwleRRKHowQ="},
		"sctp":         {"192.168.170.8", "192.168.170.56", "sctp", 7, 7, "1:MP2EtRCAUIZvTw6MxJHLV7N7JDs="},
		"icmp":         {"192.168.0.89", "192.168.0.1", "icmp", 8, 0, "1:X0snYXpgwiv9TZtqg64sgzUn6Dk="},
		"icmp6":        {"fe80::260:97ff:fe07:69ea", "ff02::1", "ipv6-icmp", 134, 0, "1:pkvHqCL88/tg1k4cPigmZXUtL00="},
		"no transport": {"8.8.8.8", "192.168.1.52", "", 53, 54585, ""},
	} {
		t.Run(name, func(t *testing.T) {
			fields := map[string]any{"source.ip": c.from, "destination.ip": c.to, "network.transport": c.protocol}
			if strings.Contains(c.protocol, "icmp") {
				fields["suricata.icmp_type"], fields["suricata.icmp_code"] = c.port, c.other
			} else {
				fields["source.port"], fields["destination.port"] = c.port, c.other
			}
			if got := alert(t, k, fields).Fields.Get("network.community_id").Text(); got != c.want {
				t.Errorf("got %s, want %s", got, c.want)
			}
		})
	}
}

func TestDomainsAndAgents(t *testing.T) {
	k := know(t, enrich.Spec{RegisteredDomain: true, UserAgent: true})
	if k.Version() != "" {
		t.Error("the program's own knowledge has a version")
	}
	for domain, want := range map[string][3]string{
		"www.Example.co.uk": {"example.co.uk", "co.uk", "www"},
		"example.com":       {"example.com", "com", ""},
		"a.b.example.com.":  {"example.com", "com", "a.b"},
		"host.corp.local":   {},
		"co.uk":             {},
		"192.0.2.1":         {},
		"localhost":         {},
	} {
		a := alert(t, k, map[string]any{"url.domain": domain})
		got := [3]string{a.Fields.Get("url.registered_domain").Text(), a.Fields.Get("url.top_level_domain").Text(), a.Fields.Get("url.subdomain").Text()}
		if got != want {
			t.Errorf("%s: got %q, want %q", domain, got, want)
		}
	}
	a := alert(t, k, map[string]any{"user_agent.original": "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"})
	for field, want := range map[string]string{"user_agent.name": "Firefox", "user_agent.version": "140.0", "user_agent.os.name": "Windows", "user_agent.os.version": "10.0"} {
		if got := a.Fields.Get(field).Text(); got != want {
			t.Errorf("%s: got %q, want %q", field, got, want)
		}
	}
}

// database makes a small database as their makers do.
func database(t *testing.T, kind string, record mmdbtype.Map) string {
	t.Helper()
	w, err := mmdbwriter.New(mmdbwriter.Options{DatabaseType: kind, RecordSize: 24, IncludeReservedNetworks: true})
	if err != nil {
		t.Fatal(err)
	}
	_, network, _ := net.ParseCIDR("203.0.113.0/24")
	if err := w.Insert(network, record); err != nil {
		t.Fatal(err)
	}
	f, err := os.Create(filepath.Join(t.TempDir(), kind+".mmdb"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.WriteTo(f); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}

func TestPlaces(t *testing.T) {
	city := database(t, "Test-City", mmdbtype.Map{
		"country":  mmdbtype.Map{"iso_code": mmdbtype.String("DE"), "names": mmdbtype.Map{"en": mmdbtype.String("Germany")}},
		"city":     mmdbtype.Map{"names": mmdbtype.Map{"en": mmdbtype.String("Berlin")}},
		"location": mmdbtype.Map{"latitude": mmdbtype.Float64(52.5), "longitude": mmdbtype.Float64(13.4)},
	})
	as := database(t, "Test-ASN", mmdbtype.Map{"autonomous_system_number": mmdbtype.Uint32(64500), "autonomous_system_organization": mmdbtype.String("Example Net")})
	k := know(t, enrich.Spec{Databases: []string{city, as}})
	a := alert(t, k, map[string]any{"source.ip": "203.0.113.7", "destination.ip": "10.0.0.1"})
	for field, want := range map[string]string{
		"source.geo.country_iso_code": "DE", "source.geo.country_name": "Germany", "source.geo.city_name": "Berlin", "source.geo.location": "52.5,13.4",
		"source.as.number": "64500", "source.as.organization.name": "Example Net", "destination.geo.country_iso_code": "", "tocsin.enrichment": k.Version(),
	} {
		if got := a.Fields.Get(field).Text(); got != want {
			t.Errorf("%s: got %q, want %q", field, got, want)
		}
	}
	if _, err := enrich.Read(enrich.Spec{Databases: []string{write(t, "x.mmdb", "no database")}}); err == nil || !strings.Contains(err.Error(), "x.mmdb: ") {
		t.Errorf("got %v", err)
	}
}

// What was known when a record was first taken is what its alert gets when it is decoded again.
func TestEnrichedBefore(t *testing.T) {
	d, err := decode.New(decode.Options{Enricher: enrich.NewEnricher(know(t, enrich.Spec{CommunityID: true}))})
	if err != nil {
		t.Fatal(err)
	}
	a, rejection := d.Decode(ingest.Record{
		Value: []byte(`{"@timestamp":"2026-11-22T08:00:00Z","ecs":{"version":"8"},"source":{"ip":"66.35.250.204"}}`), Format: "ecs",
		Enriched: []tocsin.Field{{Name: "threat.indicator.type", Value: tocsin.StringValue("ipv4-addr")}, {Name: "source.ip", Value: tocsin.StringValue("192.0.2.1")}},
	})
	if rejection != nil {
		t.Fatal(rejection.Detail)
	}
	if a.Fields.Get("threat.indicator.type").Text() != "ipv4-addr" || a.Fields.Get("source.ip").Text() != "66.35.250.204" {
		t.Error("what was known is not on the alert, or more than that")
	}
}

// A reload is taken over between two batches, never within one; a file with faults changes nothing.
func TestReload(t *testing.T) {
	file := write(t, "l.txt", "203.0.113.7\n")
	live, err := enrich.NewLive(enrich.Spec{Lists: []enrich.ListSpec{{Name: "l", File: file, StaleAfter: time.Hour}}}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	e := live.Enricher()
	first := live.Current().Version()
	put := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("nonsense here\n")
	if changed, err := live.Reload(); changed || err == nil || live.Current().Version() != first {
		t.Errorf("a faulty list: changed %v, %v", changed, err)
	}
	put("203.0.113.8\n")
	if changed, err := live.Reload(); !changed || err != nil || live.Current().Version() == first {
		t.Errorf("another list: changed %v, %v", changed, err)
	}
	if !e.Renew() || e.Renew() {
		t.Error("a new list is to be taken over once")
	}
	if changed, err := live.Reload(); changed || err != nil || e.Renew() {
		t.Errorf("the same list: changed %v, %v", changed, err)
	}
	if live.Stale() != nil {
		t.Error("a new list is stale")
	}
	old := time.Now().Add(-2 * time.Hour)
	if err := os.Chtimes(file, old, old); err != nil {
		t.Fatal(err)
	}
	if _, err := live.Reload(); err != nil || len(live.Stale()) != 1 {
		t.Errorf("an old list is not stale: %v", err)
	}
}
