package main

import (
	"fmt"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"tocsin"
	"tocsin/internal/replay"
)

// shownEach is how many of a kind the text names; JSON has all.
const shownEach = 20

// comparisonText is a comparison for people: the sums, the rules, then what is different, and last what it does to
// incidents that were decided.
func comparisonText(c *replay.Comparison) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d records, %d alerts, %d rejected; %s to %s, counted as %.1f days\n", c.Records, c.Alerts, c.Rejected, stamp(c.First), stamp(c.Last), c.Days)
	rulesText(&b, c.Rules)
	fmt.Fprintf(&b, "\nevents: %d gained, %d lost, %d changed\n", len(c.Gained), len(c.Lost), len(c.Changed))
	each(&b, "gained", c.Gained, foundLine)
	each(&b, "lost", c.Lost, foundLine)
	each(&b, "changed", c.Changed, func(ch replay.Change) string { return foundLine(ch.New) + ": " + strings.Join(ch.What, ", ") })
	i := c.Incidents
	fmt.Fprintf(&b, "\nincidents: %d -> %d: %d gained, %d lost, %d changed\n", i.Old, i.New, len(i.Gained), len(i.Lost), len(i.Changed))
	each(&b, "gained", i.Gained, sketchLine)
	each(&b, "lost", i.Lost, sketchLine)
	each(&b, "changed", i.Changed, func(ch replay.IncidentChange) string { return sketchLine(ch.New) + ": " + strings.Join(ch.What, ", ") })
	lessonsText(&b, &c.Lessons)
	return b.String()
}

// rulesText is the table of the compared rules; those of which nothing was seen are left out.
func rulesText(b *strings.Builder, rules []replay.RuleChange) {
	tw := tabwriter.NewWriter(b, 0, 4, 2, ' ', 0)
	fmt.Fprintln(tw, "\nRULE\tVERSION\tEVENTS\tA DAY\tYIELD\tCOST\tGAINED\tLOST\tCHANGED\tTITLE")
	quiet := 0
	for _, r := range rules {
		if (r.Old == nil || r.Old.Matches == 0) && (r.New == nil || r.New.Matches == 0) && r.Old != nil && r.New != nil && r.Old.Version == r.New.Version {
			quiet++
			continue
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\t%d\t%d\t%d\t%s\n", printable(r.Rule),
			both(r, func(s *replay.Side) string { return printable(s.Version) }),
			both(r, func(s *replay.Side) string { return strconv.FormatInt(s.Events, 10) }),
			both(r, func(s *replay.Side) string { return fmt.Sprintf("%.2g", s.PerDay) }),
			both(r, func(s *replay.Side) string {
				if s.Yield == nil {
					return "-"
				}
				return percent(*s.Yield)
			}),
			both(r, func(s *replay.Side) string { return time.Duration(s.Cost).String() }),
			r.Gained, r.Lost, r.Changed, printable(r.Title))
	}
	_ = tw.Flush() // into memory
	if quiet > 0 {
		fmt.Fprintf(b, "%d rules matched nothing, before and after\n", quiet)
	}
}

// both is a value before and after, once where it is the same.
func both(r replay.RuleChange, of func(*replay.Side) string) string {
	before, after := "none", "none"
	if r.Old != nil {
		before = of(r.Old)
	}
	if r.New != nil {
		after = of(r.New)
	}
	if before == after {
		return after
	}
	return before + " -> " + after
}

// each names the first of a kind, and how many more there are.
func each[T any](b *strings.Builder, word string, all []T, line func(T) string) {
	for i, one := range all {
		if i == shownEach {
			fmt.Fprintf(b, "  %s: and %d more, see --output json\n", word, len(all)-i)
			return
		}
		fmt.Fprintf(b, "  %s: %s\n", word, printable(line(one)))
	}
}

func foundLine(f replay.Found) string {
	return fmt.Sprintf("%s %s, %s, %s, %s from %s, %s %s", f.ID, f.Title, tocsin.GroupText(f.Group), f.Priority, many(f.Count, "alert"), stamp(f.First), f.State, f.Incident)
}

func sketchLine(i replay.IncidentSketch) string {
	return fmt.Sprintf("%s %s, %s, %s, opened %s, %s", i.ID, i.Title, i.Priority, i.Status, stamp(i.Opened), many(int64(i.Events), "event"))
}

// lessonsText is what the change does to incidents that people decided on.
func lessonsText(b *strings.Builder, l *replay.Lessons) {
	if l.Known == 0 {
		b.WriteString("\ndispositions: the register has no incident with one\n")
		return
	}
	fmt.Fprintf(b, "\ndispositions: of %d incidents with one, %d are in this input\n", l.Known, l.Covered)
	each(b, "TRUE POSITIVE LOST", l.TrueLost, lessonLine)
	each(b, "true positive with fewer events", l.TrueLess, lessonLine)
	each(b, "false positive removed", l.FalseGone, lessonLine)
	if l.FalseKept > 0 {
		fmt.Fprintf(b, "  %s remain\n", many(int64(l.FalseKept), "false positive"))
	}
}

func lessonLine(l replay.Lesson) string {
	return fmt.Sprintf("%s %s (%s): events %s", or(l.Number, l.Incident), l.Title, l.Disposition, strings.Join(l.Lost, ", "))
}

// many is a count with its noun.
func many(n int64, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
