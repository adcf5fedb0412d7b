package tocsin

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// Lines say the standing in words, the answer first. Values come from alerts: who prints them makes them safe.
func (s *Standing) Lines() []string {
	lines := []string{s.headline()}
	for i := range s.Events {
		lines = append(lines, s.Events[i].line())
	}
	if s.State != StandingUnknown {
		for _, p := range s.Parts {
			lines = append(lines, p.line())
		}
	}
	lines = append(lines, s.Notes...)
	lines = append(lines, s.clocks()...)
	lines = append(lines, s.suspects()...)
	for _, n := range s.Near {
		lines = append(lines, n.line())
	}
	return lines
}

// headline is the answer in one sentence.
func (s *Standing) headline() string {
	switch s.State {
	case StandingUnknown:
		return "nothing is held of this key: no alert of it came to the rule, or what came is forgotten"
	case StandingFired:
		return "it fired, and the event is open"
	case StandingClosed:
		return "it fired, and the event is closed; what comes after it counts anew: " + s.count()
	default:
		return s.count()
	}
}

// count is what the key has of what it needs, and until when.
func (s *Standing) count() string {
	var b strings.Builder
	if s.Need > 0 {
		fmt.Fprintf(&b, "have %d of %d %s", s.Have, s.Need, s.Unit)
	} else {
		b.WriteString("nothing is counted")
	}
	switch {
	case s.Awaits && s.Need == 0:
		return "nothing more is needed: it is decided when the watermark passes " + moment(s.Until)
	case s.Awaits:
		fmt.Fprintf(&b, "; it is decided when the watermark passes %s", moment(s.Until))
	case s.Until.IsZero() || s.Need > 0 && s.Have >= s.Need:
	case s.Left > 0:
		fmt.Fprintf(&b, ", %s left: what is missing must be dated before %s", seconds(s.Left), moment(s.Until))
	default:
		fmt.Fprintf(&b, ", and their time was over at %s, %s ago: only a late alert dated before that completes it, until the watermark passes %s",
			moment(s.Until), seconds(-s.Left), moment(s.Forgotten))
	}
	return b.String()
}

func (e *StandingEvent) line() string {
	state := "closed"
	if e.Open {
		state = "open until the watermark passes " + moment(e.Closes)
	}
	text := fmt.Sprintf("event %s: %d alerts, %s to %s, %s", e.ID, e.Count, moment(e.First), moment(e.Last), state)
	if len(e.Degraded) > 0 {
		text += ", not surely whole: " + strings.Join(e.Degraded, ", ")
	}
	return text
}

func (p *StandingPart) line() string {
	word := "missing"
	if p.Done {
		word = "there"
	}
	text := fmt.Sprintf("%s: %s", p.Name, word)
	switch {
	case p.Need > 1:
		text += fmt.Sprintf(", %d of %d", p.Have, p.Need)
	case p.Have > 1:
		text += fmt.Sprintf(", %d alerts", p.Have)
	}
	if !p.At.IsZero() {
		text += ", last at " + moment(p.At)
	}
	if !p.Until.IsZero() && !p.Done {
		text += ", awaited until " + moment(p.Until)
	}
	return text
}

// clocks says how far event time is, and who holds it.
func (s *Standing) clocks() []string {
	if s.Watermark.IsZero() {
		text := "there is no watermark yet"
		if s.Holder != "" {
			text += ": " + s.Holder + " was not heard of"
		}
		return []string{text}
	}
	text := fmt.Sprintf("event time is %s, the watermark %s", moment(s.Now), moment(s.Watermark))
	if s.Holder != "" {
		text += ", which waits for " + s.Holder
	}
	if len(s.Waiting) > 0 {
		text += "; idle or not heard of: " + strings.Join(s.Waiting, ", ")
	}
	return []string{text}
}

// suspects are counts of the rule that may explain what is missing.
func (s *Standing) suspects() []string {
	var lines []string
	add := func(n int64, format string, args ...any) {
		if n > 0 {
			text := fmt.Sprintf(format, args...)
			if n == 1 {
				text = strings.NewReplacer("matches", "match", "alerts", "alert", "keys", "key", " were ", " was ").Replace(text)
			}
			lines = append(lines, fmt.Sprintf("of the rule: %d %s", n, text))
		}
	}
	for _, source := range slices.Sorted(maps.Keys(s.Counts.Late)) {
		add(s.Counts.Late[source], "matches from %s came beyond lateness and were not counted", source)
	}
	add(s.Counts.Suppressed, "matches were hidden by an exception")
	add(s.Counts.Stale, "matches were made by a version of another shape and were not counted")
	add(s.Counts.Evicted, "group keys were forgotten at a limit")
	add(s.Counts.Duplicates, "matches came twice and were counted once")
	add(s.Counts.Errors, "alerts made its expression fail")
	for _, field := range slices.Sorted(maps.Keys(s.Counts.Absent)) {
		add(s.Counts.Absent[field], "alerts met its condition and lacked %s", field)
	}
	if s.Counts.Quarantined {
		lines = append(lines, "the rule is quarantined: it matches nothing until it is loaded anew")
	}
	if s.State == StandingUnknown && s.Counts.Matches == 0 {
		lines = append(lines, "of the rule: no match came at all since its state began")
	}
	return lines
}

func (n *NearKey) line() string {
	word := "nearest key"
	if n.Alike {
		word = "like it"
	}
	text := word + ": " + GroupText(n.Group)
	if n.Fired {
		return text + ", fired"
	}
	return text + fmt.Sprintf(", lacks %d", n.Missing)
}

// GroupText is a group key as commands take it: field=value, joined by spaces, "all alerts" for a key without fields.
func GroupText(g Group) string {
	if len(g) == 0 {
		return "all alerts"
	}
	parts := make([]string, len(g))
	for i, v := range g {
		parts[i] = v.Field + "=" + v.Value.Text()
	}
	return strings.Join(parts, " ")
}

func moment(t time.Time) string { return t.Format("2006-01-02T15:04:05.999Z07:00") }

// seconds is a number of seconds as people say it: 38 s, 2m5s.
func seconds(s float64) string {
	d := time.Duration(s * float64(time.Second))
	if d < time.Minute {
		if d == d.Truncate(time.Second) {
			return fmt.Sprintf("%d s", int64(d/time.Second))
		}
		return fmt.Sprintf("%.3f s", d.Seconds())
	}
	return d.Round(time.Second).String()
}
