package rules

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/internal/cputime"
)

// word is a made-up word.
func word(r *rand.Rand) string {
	b := make([]byte, 4+r.IntN(9))
	for i := range b {
		b[i] = byte('a' + r.IntN(26))
	}
	return string(b)
}

// pathological are sets that no index likes.
func pathological() map[string][]string {
	r := rand.New(rand.NewPCG(1, 2))
	sets := map[string][]string{}
	for i := range 10_000 {
		sets["substrings of one field"] = append(sets["substrings of one field"], fmt.Sprintf("process.command_line contains %q", word(r)))
		sets["substrings that are alike"] = append(sets["substrings that are alike"], fmt.Sprintf(`process.command_line contains "aaaaaaaaaaaa%04d"`, i))
	}
	for i := range 500 {
		sets["patterns without texts"] = append(sets["patterns without texts"], fmt.Sprintf(`process.command_line matches "[a-f]{%d}[0-9]+[g-z]"`, 2+i))
		sets["texts anywhere"] = append(sets["texts anywhere"], fmt.Sprintf(`mentions("*%s*")`, word(r)))
		sets["short texts"] = append(sets["short texts"], fmt.Sprintf("process.command_line contains %q", word(r)[:1+i%3]))
		sets["denials"] = append(sets["denials"], fmt.Sprintf("not (process.command_line contains %q)", "e"+word(r)))
		sets["stars"] = append(sets["stars"], fmt.Sprintf(`wild(process.command_line, "*%s*%s?%s*")`, word(r)[:2], word(r)[:1], word(r)[:2]))
	}
	return sets
}

// TestPathological holds that such sets are searched exactly, within a few milliseconds on an ordinary alert and
// within half a second on the worst, for which patterns have a budget together.
func TestPathological(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	var alerts []*tocsin.Alert
	for i := range 20 {
		words := make([]string, 20)
		for j := range words {
			words[j] = word(r)
		}
		text := strings.Join(words, " ")
		if i == 0 {
			text = strings.Repeat("a", 1<<16)
		}
		a := alert("process.command_line", text, "user.name", word(r))
		a.Raw = fmt.Appendf(nil, `{"process":{"command_line":%q}}`, text)
		alerts = append(alerts, a)
	}
	for name, conditions := range pathological() {
		files := map[string]string{}
		for i, when := range conditions {
			files[fmt.Sprintf("%d.yml", i)] = ruleText(i, "when: |-\n  "+when+"\ncorrelate: {kind: match, group_by: []}")
		}
		set := mustLoad(t, files)
		index, scan := set.Matcher(), set.Matcher()
		scan.scan = true
		for _, a := range alerts {
			if got, want := index.Fires(a), scan.Fires(a); !slices.Equal(got, want) {
				t.Fatalf("%s: the index finds %d rules, every rule by itself %d", name, len(got), len(want))
			}
		}
		took := fastest(5, func() {
			for _, a := range alerts[1:] {
				index.Match(a)
			}
		}) / len(alerts[1:])
		hostile := fastest(2, func() { index.Match(alerts[0]) })
		t.Logf("%s: %d rules, %d ns an alert, %d on a hostile one", name, len(conditions), took, hostile)
		if !raced && (took > 5_000_000 || hostile > 500_000_000) {
			t.Errorf("%s: %d ns an alert, %d on a hostile one", name, took, hostile)
		}
	}
}

// TestAlertBudget holds that what all patterns together may take of one alert ends with an error of the rules that are
// then next, always the same ones, which is counted; alerts that cost less are not touched by it.
func TestAlertBudget(t *testing.T) {
	files := map[string]string{}
	for i, when := range pathological()["patterns without texts"] {
		files[fmt.Sprintf("%d.yml", i)] = ruleText(i, "when: |-\n  "+when+"\ncorrelate: {kind: match, group_by: []}")
	}
	set := mustLoad(t, files)
	m := set.Matcher()
	hostile, ordinary := alert("process.command_line", strings.Repeat("a", 1<<16)), alert("process.command_line", "abcdef1z")
	failed := func() (n int, quarantined int) {
		for _, s := range set.States() {
			n += int(s.Errors)
			if s.Errors > 0 && !strings.Contains(s.LastError, "budget of this alert") {
				t.Fatalf("rule %s: %s", s.Rule, s.LastError)
			}
			if s.Quarantined {
				quarantined++
			}
		}
		return n, quarantined
	}
	m.Match(hostile)
	once, _ := failed()
	if once == 0 || once >= 500 {
		t.Fatalf("%d rules failed", once)
	}
	for range 2 {
		m.Match(hostile)
	}
	if got := len(m.Match(ordinary)); got != 5 {
		t.Errorf("%d rules match an ordinary alert", got)
	}
	if n, quarantined := failed(); n != 3*once || quarantined != 0 {
		t.Errorf("%d errors of %d rules after three such alerts, %d rules quarantined", n, once, quarantined)
	}
}

// fastest is the least processor time in nanoseconds that f took.
func fastest(times int, f func()) int {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	least := time.Duration(0)
	for range times {
		start := cputime.Thread()
		f()
		if took := cputime.Thread() - start; least == 0 || took < least {
			least = took
		}
	}
	return int(least)
}
