package replay

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"tocsin"
	"tocsin/rules"
)

// Explain writes, for each record, what a rule's conditions saw on it, leaf by leaf.
func Explain(ctx context.Context, o Options, rule string, files []string, w io.Writer) (Summary, error) {
	sum := Summary{Rejected: map[string]int64{}, Marks: map[string]int64{}}
	out := bufio.NewWriterSize(w, 1<<16)
	matcher := o.Set.Matcher()
	err := each(ctx, o, files, func(in Input) error {
		sum.Records++
		if in.Rejection != nil {
			sum.Rejected[in.Rejection.Reason]++
			return nil
		}
		sum.Alerts++
		e := matcher.Explain(rule, in.Alert)
		if e.Holds && e.Suppressed == "" && len(e.Keys) > 0 {
			sum.Matches++
		}
		return writeExplanation(out, in, e)
	})
	if err != nil {
		return sum, err
	}
	return sum, out.Flush()
}

func writeExplanation(w io.Writer, in Input, e rules.Explanation) error {
	verdict := "does not match"
	switch {
	case e.Off != "":
		verdict = "is not tried: the rule is " + e.Off
	case e.Holds && len(e.Keys) == 0:
		verdict = "matches and is dropped: it belongs to no group"
	case e.Holds && e.Suppressed != "":
		verdict = "matches and is hidden by " + e.Suppressed
	case e.Holds:
		verdict = "matches"
	}
	if _, err := fmt.Fprintf(w, "%s line %d (%s) %s\n", in.Record.Ref.File, in.Record.Ref.Line, in.Alert.Time.Format("2006-01-02T15:04:05.000Z07:00"), verdict); err != nil {
		return err
	}
	writeConditions(w, e.Conditions, "")
	writeConditions(w, e.Excepts, "except at ")
	writeGroup(w, e)
	if len(e.Absent) > 0 {
		fmt.Fprintf(w, "  absent: %s\n", strings.Join(e.Absent, ", "))
	}
	return nil
}

// writeGroup says to which groups the alert belongs, and why to none.
func writeGroup(w io.Writer, e rules.Explanation) {
	if len(e.Group) == 0 {
		fmt.Fprintln(w, "  group all alerts")
	}
	for _, g := range e.Group {
		fmt.Fprintf(w, "  group %s   saw %s\n", g.Field, seen(g.Value))
	}
	if e.Dropped != "" {
		fmt.Fprintf(w, "  dropped: %s\n", e.Dropped)
	}
	for _, key := range e.Keys {
		if len(key) == 0 {
			continue
		}
		fmt.Fprint(w, "  key  ")
		for i, v := range key {
			fmt.Fprintf(w, " %s=%q", e.Group[i].Field, v.Text())
		}
		fmt.Fprintln(w)
	}
}

func writeConditions(w io.Writer, conditions []rules.Condition, before string) {
	for _, c := range conditions {
		fmt.Fprintf(w, "  %-5v %s%s: %s\n", c.Holds, before, c.Name, c.When)
		if c.Error != "" {
			fmt.Fprintf(w, "        error: %s\n", c.Error)
		}
		for _, l := range c.Leaves {
			fmt.Fprintf(w, "    %-5v %s   saw %s\n", l.Holds, l.Expr, seenAll(l.Fields))
			if l.Error != "" {
				fmt.Fprintf(w, "          error: %s\n", l.Error)
			}
		}
	}
}

// seenAll shows what a leaf read; where it reads several fields, each with its name.
func seenAll(fields []tocsin.Field) string {
	switch len(fields) {
	case 0:
		return "no field"
	case 1:
		return seen(fields[0].Value)
	}
	parts := make([]string, len(fields))
	for i, f := range fields {
		parts[i] = f.Name + ": " + seen(f.Value)
	}
	return strings.Join(parts, "; ")
}

// seen shows a value so that no control character of it reaches the terminal.
func seen(v tocsin.Value) string {
	switch v.Kind() {
	case tocsin.Absent:
		return "nothing: the field is absent"
	case tocsin.Null:
		return "null"
	case tocsin.String, tocsin.List:
		return fmt.Sprintf("%.200q", v.Text())
	default:
		return v.Text()
	}
}
