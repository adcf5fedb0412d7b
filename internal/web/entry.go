package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tocsin"
)

// An entry is a log entry as the timeline shows it.
type entry struct {
	tocsin.LogEntry
	Machine   bool
	Effective When
	Recorded  When    // zero where it was recorded as it took effect
	Details   []named // what a person's command said
}

func newEntry(now time.Time, e tocsin.LogEntry) entry {
	out := entry{LogEntry: e, Machine: byMachine(e.By), Effective: when(now, e.Effective)}
	if d := e.Recorded.Sub(e.Effective); d > time.Minute || d < -time.Minute {
		out.Recorded = when(now, e.Recorded)
	}
	if !out.Machine {
		out.Details = details(e.Data)
	}
	return out
}

// byMachine reports whether nobody did it: a policy, a timer or the registrar.
func byMachine(by tocsin.Actor) bool { return by.Kind != "person" && by.Kind != "token" }

// said are the members of a log entry's data that a person's command may set, in the order in which they are shown.
var said = []string{
	"assignee", "coordinator", "before", "teams", "disposition", "root_cause", "incident", "title", "summary", "category", "impact",
	"urgency", "priority", "severity", "class", "platform", "tlp", "visibility", "shared", "occurred", "follow_up", "confirm", "regime", "mark", "anchored", "clock", "reference", "sha256",
}

// details are what a command's data says. Its shape belongs to the register: what cannot be read is left out.
func details(data json.RawMessage) []named {
	var members map[string]any
	if json.Unmarshal(data, &members) != nil {
		return nil
	}
	var out []named
	for _, name := range said {
		if text := flat(members[name]); text != "" {
			out = append(out, named{name, cut(500, text)})
		}
	}
	return out
}

// flat writes JSON data as words.
func flat(v any) string {
	var parts []string
	switch v := v.(type) {
	case nil:
	case []any:
		for _, item := range v {
			parts = append(parts, flat(item))
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if text := flat(v[name]); text != "" {
				parts = append(parts, words(name)+" "+text)
			}
		}
	default:
		return fmt.Sprint(v)
	}
	return strings.Join(parts, ", ")
}
