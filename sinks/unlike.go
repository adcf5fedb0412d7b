package sinks

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"tocsin"
)

// Unlike names a member in which a stored document differs from the one that would be written now, "" where they say the
// same.
func Unlike(there string, now []byte) string {
	if there == string(now) {
		return ""
	}
	a, errA := tocsin.PlainJSON([]byte(there))
	b, errB := tocsin.PlainJSON(now)
	if errA != nil || errB != nil {
		return "(all of it)"
	}
	return differing("", a, b)
}

// differing is the path of a part in which two values differ, "" where they do not.
func differing(path string, a, b any) string {
	x, isX := a.(map[string]any)
	y, isY := b.(map[string]any)
	if !isX || !isY {
		one, _ := json.Marshal(a) // they were decoded
		other, _ := json.Marshal(b)
		if bytes.Equal(one, other) {
			return ""
		}
		return path
	}
	names := maps.Clone(x)
	maps.Copy(names, y)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		below := strings.TrimPrefix(path+"."+name, ".")
		if _, ok := x[name]; !ok {
			return below
		}
		if _, ok := y[name]; !ok {
			return below
		}
		if odd := differing(below, x[name], y[name]); odd != "" {
			return odd
		}
	}
	return ""
}
