package tocsin

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// A Saying is one thing that a person's command said, beside its text and reason.
type Saying struct{ Name, Text string }

// sayings are the members of an entry's data that a person's command may set, in the order in which they are shown.
func sayings() []string {
	return []string{
		"assignee", "coordinator", "before", "owner", "team", "step", "teams", "disposition", "root_cause", "intent", "means", "failed_controls", "incident", "title",
		"summary", "category", "impact", "urgency", "priority", "severity", "class", "platform", "tlp", "pap", "visibility", "shared", "occurred", "follow_up", "confirm",
		"regime", "mark", "anchored", "basis", "clock", "clocks", "reference", "sha256",
	}
}

// Said is what a person's command said; nothing of an entry that the machine wrote. The data's shape belongs to the
// register: what cannot be read is left out.
func (e LogEntry) Said() []Saying {
	var members map[string]any
	if e.By.Kind != "person" && e.By.Kind != "token" || json.Unmarshal(e.Data, &members) != nil {
		return nil
	}
	if all, ok := members["clocks"].([]any); ok && len(all) > 0 {
		if clock, ok := all[0].(map[string]any); ok { // the clocks of a regime that was started: one basis of them all
			members["basis"], members["clocks"] = clock["basis"], nil
		}
	}
	var out []Saying
	for _, name := range sayings() {
		if text := flatten(members[name]); text != "" {
			out = append(out, Saying{name, text})
		}
	}
	return out
}

// flatten writes JSON data as words.
func flatten(v any) string {
	var parts []string
	switch v := v.(type) {
	case nil:
	case []any:
		for _, item := range v {
			parts = append(parts, flatten(item))
		}
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			if text := flatten(v[name]); text != "" {
				parts = append(parts, strings.ReplaceAll(name, "_", " ")+" "+text)
			}
		}
	default:
		return fmt.Sprint(v)
	}
	return strings.Join(parts, ", ")
}
