package decode

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tocsin"
)

// Document writes the alert as one nested ECS document in JSON, its members by name: @timestamp, the fields, and below
// tocsin what decoding knows of it. caseID, the id beside a wrapped record (see [Unwrap]), comes out as labels.case_id
// unless it is empty. Where one field is a part of another's name, the shorter one stands in the object as the member
// "value".
func Document(a tocsin.Alert, caseID string) ([]byte, error) {
	leaves := []tocsin.Field{
		{Name: "@timestamp", Value: tocsin.StringValue(a.Time.UTC().Format(time.RFC3339Nano))},
		{Name: "tocsin.alert.id", Value: tocsin.StringValue(a.ID)},
		{Name: "tocsin.alert.format", Value: tocsin.StringValue(a.Format)},
		{Name: "tocsin.alert.sha256", Value: tocsin.StringValue(a.Digest())},
		{Name: "tocsin.alert.tenant", Value: tocsin.StringValue(a.Tenant)},
	}
	if a.Source != "" {
		leaves = append(leaves, tocsin.Field{Name: "tocsin.alert.source", Value: tocsin.StringValue(a.Source)})
	}
	if log := a.Ref.Log(); log != "" {
		leaves = append(leaves,
			tocsin.Field{Name: "tocsin.alert.log", Value: tocsin.StringValue(log)},
			tocsin.Field{Name: "tocsin.alert.position", Value: tocsin.IntValue(a.Ref.Position())})
	}
	if !a.Received.IsZero() {
		leaves = append(leaves, tocsin.Field{Name: "tocsin.alert.received", Value: tocsin.StringValue(a.Received.UTC().Format(time.RFC3339Nano))})
	}
	if len(a.Marks) > 0 {
		leaves = append(leaves, tocsin.Field{Name: "tocsin.alert.marks", Value: tocsin.StringsValue(a.Marks...)})
	}
	if caseID != "" {
		leaves = append(leaves, tocsin.Field{Name: "labels.case_id", Value: tocsin.StringValue(caseID)})
	}
	taken := make(map[string]bool, len(leaves))
	for _, l := range leaves {
		taken[l.Name] = true
	}
	for name, v := range a.Fields.All() {
		if !taken[name] {
			leaves = append(leaves, tocsin.Field{Name: name, Value: v})
		}
	}
	slices.SortStableFunc(leaves, func(a, b tocsin.Field) int { return strings.Compare(a.Name, b.Name) })
	var b bytes.Buffer
	if err := writeObject(&b, leaves, 0); err != nil {
		return nil, fmt.Errorf("alert %s as a document: %w", a.ID, err)
	}
	return b.Bytes(), nil
}

// writeObject writes leaves, sorted and alike in their first skip bytes, as one object.
func writeObject(b *bytes.Buffer, leaves []tocsin.Field, skip int) error {
	b.WriteByte('{')
	first := true
	member := func(name string) error {
		if !first {
			b.WriteByte(',')
		}
		first = false
		return writeValue(b, name, ':')
	}
	var alone *tocsin.Value // the leaf whose name is the object's own
	if len(leaves) > 0 && len(leaves[0].Name) < skip {
		alone, leaves = &leaves[0].Value, leaves[1:]
	}
	for i := 0; i < len(leaves); {
		rest := leaves[i].Name[skip:]
		part, below := firstPart(rest)
		if !below {
			if group := members(leaves[i+1:], leaves[i].Name+"."); group > 0 {
				// A shorter name that others lie below: they go into one object. The names between them, which sort before
				// the dot, come after it, so that what is left is still sorted.
				start := i + 1 + slices.IndexFunc(leaves[i+1:], func(l tocsin.Field) bool { return strings.HasPrefix(l.Name, leaves[i].Name+".") })
				between := slices.Clone(leaves[i+1 : start])
				copy(leaves[i+1:], leaves[start:start+group])
				copy(leaves[i+1+group:], between)
				if err := member(part); err != nil {
					return err
				}
				if err := writeObject(b, leaves[i:i+1+group], skip+len(part)+1); err != nil {
					return err
				}
				i += 1 + group
				continue
			}
			if err := member(rest); err != nil {
				return err
			}
			if err := writeValue(b, leaves[i].Value, 0); err != nil {
				return err
			}
			i++
			continue
		}
		group := max(members(leaves[i:], leaves[i].Name[:skip+len(part)+1]), 1)
		if err := member(part); err != nil {
			return err
		}
		if err := writeObject(b, leaves[i:i+group], skip+len(part)+1); err != nil {
			return err
		}
		i += group
	}
	if alone != nil && !slices.ContainsFunc(leaves, func(l tocsin.Field) bool {
		part, _ := firstPart(l.Name[skip:])
		return part == "value"
	}) {
		if err := member("value"); err != nil {
			return err
		}
		if err := writeValue(b, *alone, 0); err != nil {
			return err
		}
	}
	b.WriteByte('}')
	return nil
}

// firstPart is a name's first part, and whether others lie below it. A name with an empty part is one part.
func firstPart(name string) (string, bool) {
	part, rest, below := strings.Cut(name, ".")
	if !below || !separates([]byte(name)) || rest == "" {
		return name, false
	}
	return part, true
}

// members counts the leaves, sorted, that begin with prefix, from the first that does.
func members(leaves []tocsin.Field, prefix string) int {
	start, _ := slices.BinarySearchFunc(leaves, prefix, func(l tocsin.Field, p string) int { return strings.Compare(l.Name, p) })
	n := 0
	for _, l := range leaves[start:] {
		if !strings.HasPrefix(l.Name, prefix) || !separates([]byte(l.Name)) {
			break
		}
		n++
	}
	return n
}

// writeValue writes v as JSON without escaping what HTML minds, and after it the byte that follows, unless that is 0.
func writeValue(b *bytes.Buffer, v any, follows byte) error {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	b.Truncate(b.Len() - 1)
	if follows != 0 {
		b.WriteByte(follows)
	}
	return nil
}

// ErrWrapped is a line that should hold a raw record in one of its fields, and does not.
var ErrWrapped = errors.New("no record in the line")

// Unwrap takes the raw record out of a line that a shipper wrapped in JSON: the text in the named field, a dotted path.
// id is the line's own "id", "" where it has none. The error wraps [ErrWrapped].
func Unwrap(line []byte, field string) (raw []byte, id string, err error) {
	d := json.NewDecoder(bytes.NewReader(line))
	d.UseNumber()
	var doc map[string]any
	if err := d.Decode(&doc); err != nil {
		return nil, "", fmt.Errorf("%w: %w", ErrWrapped, err)
	}
	switch x := doc["id"].(type) {
	case string:
		id = x
	case json.Number:
		id = x.String()
	}
	switch x := find(doc, field).(type) {
	case string:
		return []byte(x), id, nil
	case map[string]any: // the record is there, not yet text
		if raw, err = json.Marshal(x); err != nil {
			return nil, id, fmt.Errorf("%w: %w", ErrWrapped, err)
		}
		return raw, id, nil
	default:
		return nil, id, fmt.Errorf("%w: the field %q holds no text", ErrWrapped, field)
	}
}

// find follows a dotted path; a member whose name is the path itself goes first.
func find(doc map[string]any, path string) any {
	if v, ok := doc[path]; ok {
		return v
	}
	for i := range len(path) {
		if path[i] != '.' {
			continue
		}
		if inner, ok := doc[path[:i]].(map[string]any); ok {
			if v := find(inner, path[i+1:]); v != nil {
				return v
			}
		}
	}
	return nil
}
