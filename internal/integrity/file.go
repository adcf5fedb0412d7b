package integrity

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"tocsin"
)

// VerifyFile checks a text that is one export: what [VerifyExport] does, and that whoever reads the text by other means
// reads what was checked.
func VerifyFile(text []byte, t Trust) (Export, Report, error) {
	var e Export
	if err := json.Unmarshal(text, &e); err != nil {
		return e, Report{}, fmt.Errorf("no export: %w", err)
	}
	r := VerifyExport(e, t)
	return e, r, r.members(text, e)
}

// members looks for names in a file that say something to other readers alone: one that an object has twice, one in other
// letters than ours, which encoding/json takes for it, and one that is nobody's.
func (r *Report) members(text []byte, e Export) error {
	if at := tocsin.MemberTwice(text); at != "" {
		r.fault("%s is there twice: who reads the file takes the one or the other", e.place(at))
	}
	now, err := Encode(e)
	if err != nil {
		return err
	}
	there, err := tocsin.PlainJSON(text)
	if err != nil {
		return err
	}
	known, err := tocsin.PlainJSON(now)
	if err != nil {
		return err
	}
	var misspelt, unknown []string
	beyond("", there, known, func(at, name string, members map[string]any) {
		for ours := range members {
			if tocsin.Folded(ours) == tocsin.Folded(name) {
				misspelt = append(misspelt, at)
				return
			}
		}
		unknown = append(unknown, at)
	})
	if len(misspelt) > 0 {
		r.fault("%s is written in other letters than the name has: other readers do not find it, or another in its place", e.place(misspelt[0]))
	}
	if len(unknown) > 0 {
		r.uncovered("what this version knows nothing of, %s, the first is %s", tocsin.Counted(len(unknown), "member"), e.place(unknown[0]))
	}
	return nil
}

// beyond hands out the members of one value that another does not have, and where they are. What says nothing is left out.
func beyond(at string, there, known any, each func(at, name string, members map[string]any)) {
	switch a := there.(type) {
	case map[string]any:
		b, ok := known.(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(a)) {
			if !ok {
				return
			}
			if known, ok := b[name]; ok {
				beyond(at+"/"+name, a[name], known, each)
			} else if !nothing(a[name]) {
				each(at+"/"+name, name, b)
			}
		}
	case []any:
		b, _ := known.([]any)
		for n := range min(len(a), len(b)) {
			beyond(at+"/"+strconv.Itoa(n), a[n], b[n], each)
		}
	}
}

// nothing reports whether a value says as much as none.
func nothing(v any) bool {
	switch v := v.(type) {
	case map[string]any:
		return len(v) == 0
	case []any:
		return len(v) == 0
	default:
		return v == nil || v == "" || v == false || v == json.Number("0")
	}
}

// place is where a pointer leads in a file, in the words of faults.
func (e *Export) place(pointer string) string {
	parts := strings.Split(pointer, "/")[1:]
	if len(parts) < 2 {
		return pointer
	}
	n, err := strconv.Atoi(parts[1])
	entries := map[string][]tocsin.LogEntry{"log": e.Log, "custody": e.Custody}[parts[0]]
	if err != nil || n >= len(entries) {
		return pointer
	}
	return fmt.Sprintf("%s of incident %s, entry %d: /%s", parts[0], entries[n].Incident, entries[n].Seq, strings.Join(parts[2:], "/"))
}
