package rules

import (
	"errors"
	"runtime"
	"strings"
	"testing"
)

// TestFaultsBeyondTheLimit holds that a rule whose faults are not told any more is still refused.
func TestFaultsBeyondTheLimit(t *testing.T) {
	text := ruleText(1, "let:\n"+strings.Repeat("  a: true\n", 2*maxFaults)+"when: a\ncorrelate: {kind: match, group_by: []}") +
		"---\n" + ruleText(2, "when: sorce.ip == nil\ncorrelate: {kind: match, group_by: []}")
	set, err := Load(source(map[string]string{"a.yml": text}), Options{})
	faults, _ := errors.AsType[Faults](err)
	if len(set.Rules()) != 0 || len(faults) != maxFaults+1 {
		t.Errorf("%d rules, %d faults", len(set.Rules()), len(faults))
	}
}

// TestHostileFiles holds that no file takes the loader down, whatever its size and form.
func TestHostileFiles(t *testing.T) {
	deep := strings.Repeat("[", 200_000)
	for name, text := range map[string]string{
		"deep lists":     deep,
		"deep mappings":  strings.Repeat("{a: ", 200_000),
		"deep blocks":    strings.Repeat("- ", 200_000),
		"many documents": strings.Repeat("---\na: 1\n", maxDocs+1),
		"too large":      "description: " + strings.Repeat("x", maxFile),
		"bomb":           "a: &a [x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c,*c,*c]\n",
		"long condition": ruleText(1, "when: "+strings.Repeat("(", 600_000)+"\ncorrelate: {kind: match, group_by: []}"),
		"many lets":      ruleText(1, "let:\n"+strings.Repeat("  a: true\n", 10_000)+"when: a\ncorrelate: {kind: match, group_by: []}"),
		"not UTF-8":      "title: \xff\xfe",
		"NUL":            "title: \x00",
		"tabs":           "a:\n\t- b",
		"directive":      "%YAML 9.9\n---\na: 1",
		"tag":            "!!binary aGVsbG8=",
		"merge":          "correlate:\n<<: {a: 1}\n<<: {b: 2}",
		"million tests":  ruleText(1, "when: true\ncorrelate: {kind: match, group_by: []}\ntests: [{name: n, alerts: [{at: 0s, times: 20000, set: {}}, {at: 0s, times: 20000, set: {}}], expect: []}]"),
	} {
		t.Run(name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Load(source(map[string]string{"a.yml": text}), Options{})
			if err == nil {
				t.Error("no fault")
			} else if n := len(err.Error()); n > 4<<20 {
				t.Errorf("a report of %d bytes", n)
			}
			runtime.ReadMemStats(&after)
			if grown := after.TotalAlloc - before.TotalAlloc; grown > 512<<20 {
				t.Errorf("it allocated %d MiB", grown>>20)
			}
		})
	}
}
