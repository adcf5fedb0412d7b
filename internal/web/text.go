package web

import (
	"fmt"
	"html/template"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"tocsin"
)

// A When is a moment as the page shows it; the zero When is none.
type When struct{ ISO, Text, Ago string }

func when(now, t time.Time) When {
	if t.IsZero() {
		return When{}
	}
	t = t.UTC()
	return When{ISO: t.Format(time.RFC3339Nano), Text: t.Format("2006-01-02 15:04:05"), Ago: ago(now, t)}
}

// ago says how long a moment is past, or still ahead.
func ago(now, t time.Time) string {
	d := now.Sub(t)
	switch {
	case d > -time.Second && d < time.Second:
		return "now"
	case d < 0:
		return "in " + span(-d)
	}
	return span(d) + " ago"
}

// span is a duration in its two largest units.
func span(d time.Duration) string {
	d = d.Round(time.Second)
	days, hours, minutes, seconds := int(d/(24*time.Hour)), int(d/time.Hour)%24, int(d/time.Minute)%60, int(d/time.Second)%60
	switch {
	case days >= 10:
		return fmt.Sprintf("%d d", days)
	case days > 0:
		return strings.TrimSuffix(fmt.Sprintf("%d d %d h", days, hours), " 0 h")
	case hours > 0:
		return strings.TrimSuffix(fmt.Sprintf("%d h %d min", hours, minutes), " 0 min")
	case minutes > 0:
		return strings.TrimSuffix(fmt.Sprintf("%d min %d s", minutes, seconds), " 0 s")
	default:
		return fmt.Sprintf("%d s", seconds)
	}
}

// seconds is a stored duration.
func seconds(n int64) string { return span(time.Duration(n) * time.Second) }

// between is how long it is from one moment to another, "" where either is missing.
func between(from, to time.Time) string {
	if from.IsZero() || to.IsZero() || to.Before(from) {
		return ""
	}
	return span(to.Sub(from))
}

// words writes a word of the register as people do: false_positive is false positive.
func words(s any) string { return strings.ReplaceAll(fmt.Sprint(s), "_", " ") }

// milestone is why an event was written last.
func milestone(m tocsin.Milestone) string {
	switch m {
	case tocsin.MilestoneOpened:
		return "as it opened"
	case tocsin.MilestoneDoubled:
		return "as its alerts had doubled"
	case tocsin.MilestoneEntity:
		return "as it named another entity"
	case tocsin.MilestoneStep:
		return "as a step was completed"
	case tocsin.MilestoneRevised:
		return "as a late alert changed it"
	case tocsin.MilestoneSettled:
		return "as the input ended"
	default: // merged, withdrawn, closed
		return "as it was " + string(m)
	}
}

// size is a number of bytes.
func size(n int64) string {
	for _, u := range []struct {
		name string
		of   int64
	}{{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}} {
		if n >= u.of {
			return fmt.Sprintf("%.1f %s", float64(n)/float64(u.of), u.name)
		}
	}
	return fmt.Sprintf("%d B", n)
}

// count groups the digits of a number.
func count(n any) string {
	digits := fmt.Sprint(n)
	var out []byte
	for i := range len(digits) {
		if left := len(digits) - i; i > 0 && left%3 == 0 && digits[i-1] != '-' {
			out = append(out, ' ')
		}
		out = append(out, digits[i])
	}
	return string(out)
}

// place says where a record stood.
func place(r tocsin.Ref) string {
	switch {
	case r.Topic != "":
		return fmt.Sprintf("%s/%d, offset %d", r.Topic, r.Partition, r.Offset)
	case r.File != "":
		return fmt.Sprintf("%s, record %d", r.File, r.Line)
	default:
		return "not recorded"
	}
}

// cut shortens a text to n characters.
func cut(n int, s string) string {
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:n-1]) + "…"
}

// weight is how many bytes a text takes on a page.
func weight(s string) (n int) {
	for _, r := range s {
		n += takes(r)
	}
	return n
}

// takes is what a character takes: some are written out.
func takes(r rune) int {
	switch {
	case strings.ContainsRune("\"'+&<>", r):
		return len("&#34;")
	case r != '\n' && r != '\t' && !unicode.IsGraphic(r):
		return len(`\u{10FFFF}`)
	}
	return utf8.RuneLen(r)
}

// fitting is as much of the beginning of a text as has room on a page.
func fitting(room int, s string) string {
	for at, r := range s {
		if room -= takes(r); room < 0 {
			return s[:at]
		}
	}
	return s
}

// longestName is what can be looked up as an address, a host, a user or a hash.
const longestName = 1024

// findable reports whether a value can be looked up.
func findable(value string) bool { return value != "" && len(value) <= longestName }

// What is longer, or has more lines, would keep what stands below it from being seen.
const (
	longText  = 1000
	longLines = 12
)

// opening is how a long text begins, in a line; "" for one that is not long.
func opening(s string) string {
	if utf8.RuneCountInString(s) <= longText && strings.Count(s, "\n") < longLines {
		return ""
	}
	return cut(200, strings.Join(strings.Fields(s), " "))
}

// faint is the class of a figure: where it is none, others are to be seen.
func faint(n any) string {
	if s := fmt.Sprint(n); s == "0" || s == "0s" {
		return "muted"
	}
	return ""
}

func plural(n any, noun string) string {
	if fmt.Sprint(n) == "1" {
		return "1 " + noun
	}
	return count(n) + " " + noun + "s"
}

func functions() template.FuncMap {
	return template.FuncMap{
		"when": when, "span": span, "seconds": seconds, "between": between, "words": words, "milestone": milestone, "size": size, "count": count,
		"place": place, "cut": cut, "findable": findable, "opening": opening, "plural": plural, "faint": faint, "lower": strings.ToLower, "join": strings.Join,
		"seen": seen, "group": group, "entry": newEntry, "lag": lag, "beginning": beginning,
		"percent": percent, "brief": brief, "day": day, "advice": advice, "remedy": remedy,
	}
}

// brief is a measured duration in three digits and its unit.
func brief(d time.Duration) string {
	switch {
	case d < time.Microsecond:
		return fmt.Sprintf("%d ns", d)
	case d < time.Millisecond:
		return fmt.Sprintf("%.3g µs", float64(d)/float64(time.Microsecond))
	case d < time.Second:
		return fmt.Sprintf("%.3g ms", float64(d)/float64(time.Millisecond))
	}
	return fmt.Sprintf("%.3g s", d.Seconds())
}

// day is a moment without its time of day where that is midnight.
func day(t time.Time) string {
	if h, m, s := t.Clock(); h == 0 && m == 0 && s == 0 {
		return t.Format(time.DateOnly)
	}
	return t.Format("2006-01-02 15:04")
}

// percent is a share of one.
func percent(share float64) string { return fmt.Sprintf("%.0f %%", 100*share) }

// seen shows what a condition read of an alert.
func seen(v tocsin.Value) string {
	switch v.Kind() {
	case tocsin.Absent, tocsin.Null:
		return "nothing: the field is absent or null"
	case tocsin.String:
		return fmt.Sprintf("%q", cut(300, v.Text()))
	default:
		return cut(300, v.Text())
	}
}

// group shows an event's group key.
func group(g tocsin.Group) string {
	if len(g) == 0 {
		return "all alerts of the rule"
	}
	parts := make([]string, len(g))
	for i, v := range g {
		text := v.Value.Text()
		if v.Value.IsAbsent() || v.Value.Kind() == tocsin.Null {
			text = "(none)"
		}
		parts[i] = v.Field + " " + text
	}
	return strings.Join(parts, ", ")
}

// lag is the sum over all partitions.
func lag(all []Lag) int64 {
	var n int64
	for _, l := range all {
		n += l.Lag
	}
	return n
}

// beginning is the first of a record's text.
func beginning(raw []byte) string {
	if len(raw) == 0 {
		return "not kept"
	}
	return cut(160, string(raw[:min(len(raw), 1000)]))
}
