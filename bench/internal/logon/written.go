package logon

import (
	"bufio"
	"fmt"
	"os"
	"strings"
	"time"
)

// WriteJSON keeps the logons as records of ECS, a line each.
func WriteJSON(file string, n, keys int) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	All(n, keys, func(i int, l Logon) {
		fmt.Fprintf(w, `{"@timestamp":"%s","event":{"id":"%032x","category":["authentication"],"outcome":"%s"},"source":{"ip":"%s"},"user":{"name":"%s"}}`+"\n",
			time.UnixMilli(l.At).UTC().Format("2006-01-02T15:04:05.000Z"), i, l.Outcome(), address(l.IP), UserName(l.User))
	})
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

// Sigma is a lane's rules as Sigma writes them, with a span of a minute.
func Sigma(lane string) string {
	var text strings.Builder
	for i, outcome := range []string{"failure", "success"} {
		fmt.Fprintf(&text, "title: A %[1]s\nid: 00000000-0000-4000-9000-%012[2]d\nname: %[1]s\nstatus: stable\nlevel: low\nlogsource: {category: authentication}\n"+
			"detection: {it: {event.outcome: %[1]s}, condition: it}\n---\n", outcome, i)
	}
	n, kind, rules, condition := 1, "event_count", "[failure]", "{gte: %d}"
	switch lane {
	case "twenty":
		n = 20
	case "distinct":
		kind, condition = "value_count", "{field: source.ip, gte: %d}"
	case "sequence":
		kind, rules, condition = "temporal_ordered", "[failure, success]", ""
	}
	for i := range n {
		fmt.Fprintf(&text, "title: Rule %d\nid: 00000000-0000-4000-8000-%012d\nstatus: stable\nlevel: medium\ncorrelation:\n  type: %s\n  rules: %s\n"+
			"  group-by: [user.name]\n  timespan: 60s\n", i, i, kind, rules)
		if condition != "" {
			fmt.Fprintf(&text, "  condition: "+condition+"\n", 10+i)
		}
		text.WriteString("---\n")
	}
	return strings.TrimSuffix(text.String(), "---\n")
}
