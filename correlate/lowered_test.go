package correlate

import (
	"bytes"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tocsin"
)

// feedbackOn is what somebody says of some pairs of a scene.
func feedbackOn(t *rapid.T, s scene, at time.Time) tocsin.Feedback {
	f := tocsin.Feedback{Rule: "r", Tenant: s.alerts[0].Tenant, Key: s.alerts[0].Key, Incident: "i", From: at, Until: at.Add(48 * time.Hour)}
	for _, host := range []string{"h1", "h2", "h3"} {
		for _, rule := range []string{"rule 1", "rule 2", "rule 3", "rule 4", "rule 5", "rule 6"} {
			if rapid.Bool().Draw(t, "lowered") {
				f.Pairs = append(f.Pairs, tocsin.FeedbackPair{Rule: rule, Host: host})
			}
		}
	}
	return f
}

// A snapshot keeps what people said, wherever in the log they said it; the same said twice is said once.
func TestFeedbackSurvivesARestart(t *testing.T) {
	t.Parallel()
	checkRounds(t, 15, func(t *rapid.T) {
		s := drawNovelty(t)
		log := drawPrompt(t, s, rapid.IntRange(1, 3).Draw(t, "partitions"), "log")
		said, cut := rapid.IntRange(0, len(log)).Draw(t, "said"), 0
		cut = rapid.IntRange(said, len(log)).Draw(t, "cut")
		f := feedbackOn(t, s, s.alerts[0].Alert.Time)
		set := planSet{hash: "set", plans: []plan{s.plan}}
		a := newEngine(Config{}, set)
		run(a, log[:said])
		a.Lower(f)
		once := a.Snapshot()
		a.Lower(f)
		if !bytes.Equal(once, a.Snapshot()) {
			t.Fatal("the same feedback again changes something")
		}
		run(a, log[said:cut])
		saved := a.Snapshot()
		b, err := restore(Config{}, set, saved)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(saved, b.Snapshot()) {
			t.Fatal("the restored engine's snapshot differs")
		}
		if diff := cmp.Diff(lines(t, run(a, log[cut:])), lines(t, run(b, log[cut:]))); diff != "" {
			t.Fatalf("after a restart (-without +with):\n%s", diff)
		}
		f.Revoked = true
		a.Lower(f)
		for _, sc := range a.tracks["r"].novel.scopes {
			if len(sc.lowered) > 0 {
				t.Fatal("what was revoked still counts")
			}
		}
	})
}

// Feedback counts by the alerts' time: where in the log it stands does not matter, as long as the watermark is before that.
func TestFeedbackCountsByTime(t *testing.T) {
	t.Parallel()
	checkRounds(t, 15, func(t *rapid.T) {
		s := drawNovelty(t)
		s.disorder = 30 * unit
		log := drawPrompt(t, s, 1, "log")
		from := s.alerts[rapid.IntRange(0, len(s.alerts)-1).Draw(t, "from")].Alert.Time
		f := feedbackOn(t, s, from)
		set := planSet{hash: "set", plans: []plan{s.plan}}
		probe := newEngine(Config{}, set)
		early, late, scope := -1, len(log), string(appendName(nil, f.Tenant, f.Key))
		for i := range log {
			if early < 0 && probe.scopeNamed("r", scope) != nil {
				early = i
			}
			run(probe, log[i:i+1])
			if probe.watermark != unset && probe.watermark >= nanos(from) {
				late = i
				break
			}
		}
		if early < 0 || early > late {
			return
		}
		play := func(at int) []string {
			e := newEngine(Config{}, set)
			out := run(e, log[:at])
			e.Lower(f)
			out = append(out, run(e, log[at:])...)
			return lines(t, append(out, e.Finish()...))
		}
		if diff := cmp.Diff(play(early), play(rapid.IntRange(early, late).Draw(t, "said"))); diff != "" {
			t.Fatalf("said early and late (-early +late):\n%s\n%s", diff, describe(s))
		}
	})
}

// A lowered pair counts for a quarter, from one time to another, and the standing tells it.
func TestLoweredPairs(t *testing.T) {
	at := time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC)
	sc := &scope{now: nanos(at)}
	sc.lower(&tocsin.Feedback{Incident: "i", Pairs: []tocsin.FeedbackPair{{Rule: "scan", Host: "web1"}}, From: at, Until: at.Add(time.Hour)})
	for name, c := range map[string]struct {
		rule, host string
		after      time.Duration
		want       bool
	}{
		"the pair":         {"scan", "web1", time.Minute, true},
		"another host":     {"scan", "web2", time.Minute, false},
		"before":           {"scan", "web1", -time.Minute, false},
		"when it is over":  {"scan", "web1", time.Hour, false},
		"names run on":     {"scanw", "eb1", time.Minute, false},
		"at its beginning": {"scan", "web1", 0, true},
	} {
		w := &noticed{rule: c.rule, host: c.host}
		w.at = nanos(at.Add(c.after))
		if got := sc.lowers(w); got != c.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
	if told, _ := sc.tellLowered(); len(told) != 1 || told[0].Host != "web1" || told[0].Incident != "i" {
		t.Errorf("told %v", told)
	}
	var many tocsin.Feedback
	many.Until = at.Add(2 * time.Hour)
	for i := range maxLowered {
		many.Pairs = append(many.Pairs, tocsin.FeedbackPair{Rule: "r" + string(rune('a'+i%26)), Host: time.Duration(i).String()})
	}
	sc.lower(&many)
	if told, more := sc.tellLowered(); len(sc.lowered) != maxLowered || len(told)+more != maxLowered || sc.lowers(&noticed{rule: "scan", host: "web1"}) {
		t.Errorf("%d pairs are lowered", len(sc.lowered))
	}
}
