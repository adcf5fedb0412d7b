package tocsin

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestWhatACommandSaid(t *testing.T) {
	for _, c := range []struct {
		kind, data string
		want       []Saying
	}{
		{"person", `{"assignee":"bert","teams":["windows","legal"]}`, []Saying{{"assignee", "bert"}, {"teams", "windows, legal"}}},
		{"token", `{"regime":"gdpr-33","clocks":[{"stage":"notification","basis":"a call"}]}`, []Saying{{"regime", "gdpr-33"}, {"basis", "a call"}}},
		{"person", `{"clocks":["gdpr-33/notification"]}`, []Saying{{"clocks", "gdpr-33/notification"}}},
		{"person", `{"impact":{"functional":"high","business_loss":"minor"}}`, []Saying{{"impact", "business loss minor, functional high"}}},
		{"system", `{"assignee":"bert"}`, nil},
		{"person", ``, nil},
	} {
		e := LogEntry{By: Actor{Kind: c.kind}, Data: json.RawMessage(c.data)}
		if got := e.Said(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.data, got, c.want)
		}
	}
}
