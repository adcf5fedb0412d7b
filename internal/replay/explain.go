package replay

import (
	"bufio"
	"context"
	"fmt"
	"io"

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
		if e.Holds && e.Suppressed == "" {
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
	case e.Suppressed != "":
		verdict = "matches and is hidden by " + e.Suppressed
	case e.Holds:
		verdict = "matches"
	}
	if _, err := fmt.Fprintf(w, "%s line %d (%s) %s\n", in.Record.Ref.File, in.Record.Ref.Line, in.Alert.Time.Format("2006-01-02T15:04:05.000Z07:00"), verdict); err != nil {
		return err
	}
	writeConditions(w, "when", e.Conditions)
	writeConditions(w, "except", e.Excepts)
	for _, key := range e.Keys {
		fmt.Fprint(w, "  group")
		for _, v := range key {
			fmt.Fprintf(w, " %q", v.Text())
		}
		fmt.Fprintln(w)
	}
	return nil
}

func writeConditions(w io.Writer, word string, conditions []rules.Condition) {
	for _, c := range conditions {
		fmt.Fprintf(w, "  %-5v %s %s\n", c.Holds, word, c.When)
		if c.Error != "" {
			fmt.Fprintf(w, "        error: %s\n", c.Error)
		}
		for _, r := range c.Readings {
			fmt.Fprintf(w, "    %-5v %s   saw %s\n", r.Holds, r.Expr, seen(r.Value))
		}
	}
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
