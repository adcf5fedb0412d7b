package integrity

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"tocsin/register"
)

// checkState checks the chain of an incident's log, and that its state is what the log tells.
func checkState(e Export) error {
	if len(e.Log) == 0 {
		return fmt.Errorf("incident %s: its log is empty", e.Incident.ID)
	}
	if err := register.VerifyChain(e.Log); err != nil {
		return err
	}
	projected, err := register.Project(e.Log)
	if err != nil {
		return fmt.Errorf("incident %s: its log cannot be projected: %w", e.Log[0].Incident, err)
	}
	if reflect.ValueOf(e.Incident).IsZero() { // a log alone
		return nil
	}
	got, err := json.Marshal(e.Incident)
	if err != nil {
		return err
	}
	_, err = sameState(got, &projected)
	return err
}

// differing names the members in which two documents differ.
func differing(a, b []byte) string {
	var x, y map[string]json.RawMessage
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return "it is no JSON"
	}
	var names []string
	for name := range x {
		if !bytes.Equal(x[name], y[name]) {
			names = append(names, name)
		}
	}
	for name := range y {
		if _, ok := x[name]; !ok {
			names = append(names, name)
		}
	}
	return fmt.Sprintf("%q", slices.Sorted(slices.Values(names)))
}
