package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"tocsin"
)

// TestRowsAreShort lists what is said at great length: a row stays a line that can be read.
func TestRowsAreShort(t *testing.T) {
	long := strings.Repeat("größer ", 300)
	alert := json.RawMessage(fmt.Sprintf(`{"id":"a","fields":{"event.action":%q,"user.name":%q}}`, long, long))
	for name, row := range map[string]string{
		"event": eventRow(tocsin.Event{ID: "202611-e", Group: tocsin.Group{{Field: "user.name", Value: tocsin.StringValue(long)}}, Rule: tocsin.RuleRef{Title: long}}),
		"alert": alertRow(alert), "assessment": verdictRow(tocsin.Verdict{Event: "202611-e", Title: long}), "incident": incidentRow(tocsin.Incident{Number: "INC-2026-1", Title: long}),
	} {
		if n := utf8.RuneCountInString(row); n > 3*columnShown || !strings.Contains(row, "…") {
			t.Errorf("%s: a row of %d characters", name, n)
		}
	}
	if got, want := shown("a\u202Eb"), `a\u202eb`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}
