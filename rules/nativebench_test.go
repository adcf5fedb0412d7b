package rules

import (
	"fmt"
	"strings"
	"testing"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/vm"

	"tocsin"
)

// nativeConditions are n conditions as people write them for processes that start, in the fields of [flat].
func nativeConditions(n int) []string {
	conditions := make([]string, n)
	for i := range n {
		start := `event.category == "process" and event.type == "start" and `
		switch i % 5 {
		case 0:
			conditions[i] = start + fmt.Sprintf(`process.executable endsWith "\\tool%d.exe" and process.command_line contains " -option%d "`, i, i)
		case 1:
			conditions[i] = start + fmt.Sprintf(`process.executable endsWith "\\powershell.exe" and (process.command_line contains "Invoke-Thing%d" or process.command_line contains "Get-Secret%d")`, i, i)
		case 2:
			conditions[i] = start + fmt.Sprintf(`process.parent.executable endsWith "\\parent%d.exe" and not (process.executable endsWith "\\conhost.exe")`, i)
		case 3:
			conditions[i] = start + fmt.Sprintf(`process.command_line contains "payload%d.dll" and process.command_line contains "rundll32" and user.name != "svc%d"`, i, i)
		default:
			conditions[i] = fmt.Sprintf(`event.code == "%d" and user.name startsWith "adm%d"`, 4000+i, i)
		}
	}
	return conditions
}

// flat has the fields of [nativeConditions] as expr reads them fastest: in a struct that is passed by value.
type flat struct {
	Category   string `expr:"event_category"`
	Type       string `expr:"event_type"`
	Code       string `expr:"event_code"`
	Executable string `expr:"process_executable"`
	Parent     string `expr:"process_parent_executable"`
	Command    string `expr:"process_command_line"`
	User       string `expr:"user_name"`
}

func nativeAlert() *tocsin.Alert {
	return alert("event.category", "process", "event.type", "start", "event.code", "1", "user.name", "alice", "host.name", "ws7", "process.name", "powershell.exe",
		"process.executable", `C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe`, "process.parent.executable", `C:\Windows\explorer.exe`,
		"process.command_line", `"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe" -NoProfile -ExecutionPolicy Bypass -File C:\ProgramData\Vendor\agent.ps1 -Quiet`)
}

// BenchmarkNative is what 3,141 native rules cost an alert that matches none: behind the index, and as one program
// for each rule, which reads a struct that was made before the clock runs.
func BenchmarkNative(b *testing.B) {
	conditions, a := nativeConditions(3141), nativeAlert()
	b.Run("index", func(b *testing.B) {
		files := map[string]string{}
		for i, when := range conditions {
			files[fmt.Sprintf("%d.yml", i)] = ruleText(i, "when: |-\n  "+when+"\ncorrelate: {kind: match, group_by: []}")
		}
		m := mustLoad(b, files).Matcher()
		b.ReportAllocs()
		for b.Loop() {
			if m.Match(a) != nil {
				b.Fatal("a match")
			}
		}
	})
	b.Run("programs", func(b *testing.B) {
		get := func(name string) string { s, _ := a.Fields.Get(name).Str(); return s }
		var env any = flat{
			get("event.category"), get("event.type"), get("event.code"), get("process.executable"),
			get("process.parent.executable"), get("process.command_line"), get("user.name"),
		}
		names := strings.NewReplacer(
			"event.", "event_", "process.parent.", "process_parent_", "process.", "process_", "user.", "user_")
		var programs []*vm.Program
		for _, when := range conditions {
			p, err := expr.Compile(names.Replace(when), expr.Env(flat{}), expr.AsBool())
			if err != nil {
				b.Fatal(err)
			}
			programs = append(programs, p)
		}
		var machine vm.VM
		b.ReportAllocs()
		for b.Loop() {
			for _, p := range programs {
				if out, err := machine.Run(p, env); err != nil || out == true {
					b.Fatal(out, err)
				}
			}
		}
	})
}

// TestNoMatchNoAllocation holds that an alert that matches nothing costs no memory, whatever was matched before it.
func TestNoMatchNoAllocation(t *testing.T) {
	files := map[string]string{}
	for i, when := range append(nativeConditions(200), `lower(process.command_line) contains "nothing"`, `process.command_line matches "(?i)no.thing[0-9]+"`,
		`wild(process.command_line, "*zz*yy*")`, `mentions("*nowhere*")`, `cidr(source.ip, "10.0.0.0/8")`, `event.code in ["7", "8"]`) {
		files[fmt.Sprintf("%d.yml", i)] = ruleText(i, "when: |-\n  "+when+"\ncorrelate: {kind: match, group_by: []}")
	}
	m, a := mustLoad(t, files).Matcher(), nativeAlert()
	a.Raw = []byte(`{"process":{"command_line":"C:\\Windows\\System32\\cmd.exe"}}`)
	if n := testing.AllocsPerRun(100, func() { m.Match(a) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}
