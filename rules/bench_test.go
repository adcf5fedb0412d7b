package rules

import (
	"fmt"
	"testing"

	"tocsin"
)

// generated makes n rules as people write them: three in four are about one event code or action, one in four looks
// into strings.
func generated(n int) map[string]string {
	files := map[string]string{}
	for i := range n {
		when := fmt.Sprintf(`event.code == "%d" and user.name != "svc%d"`, 4000+i, i)
		switch i % 4 {
		case 1:
			when = fmt.Sprintf(`event.module == "suricata" and rule.id in ["%d", "%d"] and not cidr(source.ip, "10.%d.0.0/16")`, 2000000+i, 2100000+i, i%250)
		case 2:
			when = fmt.Sprintf(`event.category == "authentication" and event.outcome == "failure" and host.name == "srv%d"`, i)
		case 3:
			when = fmt.Sprintf(`process.command_line contains "tool%d.exe" or wild(process.executable, "*\\temp\\x%d*.exe")`, i, i)
		}
		files[fmt.Sprintf("%d.yml", i)] = ruleText(i, "when: |-\n  "+when+"\ncorrelate: {kind: count, group_by: [source.ip], span: 5m, at_least: 3}")
	}
	return files
}

func benchAlerts() []*tocsin.Alert {
	return []*tocsin.Alert{
		alert("event.code", "4625", "event.category", []string{"authentication"}, "event.outcome", "failure", "user.name", "alice", "source.ip", "203.0.113.7",
			"host.name", "srv2", "event.module", "windows", "winlog.channel", "Security", "process.executable", `C:\Windows\System32\lsass.exe`, "related.ip", []string{"203.0.113.7"}),
		alert("event.module", "suricata", "event.kind", "alert", "rule.id", "2024897", "rule.name", "ET SCAN x", "source.ip", "203.0.113.7", "destination.ip", "10.0.0.1",
			"destination.port", 443, "event.severity", 2, "url.path", "/index.php", "user_agent.original", "Mozilla/5.0"),
		alert("event.code", "1", "event.category", []string{"process"}, "process.command_line", `"C:\Program Files\Vendor\agent.exe" --run --config C:\ProgramData\Vendor\agent.yml --quiet`,
			"process.executable", `C:\Program Files\Vendor\agent.exe`, "process.name", "agent.exe", "host.name", "ws7", "user.name", "SYSTEM"),
	}
}

// BenchmarkMatch is the cost of one alert against generated rules, by index and by trying all of them.
func BenchmarkMatch(b *testing.B) {
	for _, n := range []int{15, 1000, 10000} {
		set := mustLoad(b, generated(n))
		alerts := benchAlerts()
		for _, scan := range []bool{false, true} {
			name := "index"
			if scan {
				name = "scan"
			}
			b.Run(fmt.Sprintf("%d/%s", n, name), func(b *testing.B) {
				m := set.Matcher()
				m.scan = scan
				b.ReportAllocs()
				for i := 0; b.Loop(); i++ {
					m.Match(alerts[i%len(alerts)])
				}
			})
		}
	}
}

func BenchmarkLoad(b *testing.B) {
	files := generated(1000)
	for b.Loop() {
		mustLoad(b, files)
	}
}
