package elastic

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"tocsin"
	"tocsin/sinks"
)

// A member is one leaf of a document to be written: its dotted name and its JSON.
type member struct {
	name  string
	value tocsin.Value
	json  []byte // instead of value, where set
	text  []byte // a string, instead of value, where set
}

// An encoder writes the documents of many alerts, one after another, in memory that they share. It is for one
// goroutine.
type encoder struct {
	schema  *schema
	ingest  []byte // the time, as dates are written
	members []member
	kept    []member
	docs    []byte
}

// docPiece is how much memory is taken for documents at once.
const docPiece = 256 << 10

func (s *schema) encoder(ingested time.Time) *encoder {
	return &encoder{schema: s, ingest: date(ingested)}
}

// document is the alert's document. It stays good.
func (e *encoder) document(a *tocsin.Alert) []byte {
	if room := 2*len(a.Raw) + 64*a.Fields.Len() + 1024; cap(e.docs)-len(e.docs) < room {
		e.docs = make([]byte, 0, max(room, docPiece))
	}
	start := len(e.docs)
	e.docs = e.append(e.docs, a)
	return e.docs[start:len(e.docs):len(e.docs)]
}

// append appends the document of an alert: the ECS fields nested, as people expect them; what cannot be indexed, or
// stands where the store's own fields do, as [name, value] pairs in tocsin.kept; and the provenance in tocsin.
// Nothing of the alert is lost: [decodeAlert] gives it back.
func (e *encoder) append(b []byte, a *tocsin.Alert) []byte {
	members, kept := e.members[:0], e.kept[:0]
	for name, value := range a.Fields.All() {
		m := member{name: name, value: value}
		if e.schema.indexable(name, value) {
			members = append(members, m)
		} else {
			kept = append(kept, m)
		}
	}
	members, kept = splitConflicts(members, kept)
	own := [...]member{
		{name: "@timestamp", json: date(a.Time)},
		{name: "event.hash", value: tocsin.StringValue(a.Digest())},
		{name: "event.ingested", json: e.ingest},
		{name: "event.kind", value: tocsin.StringValue("alert")},
		{name: "tocsin", json: provenance(a, kept)},
		{name: "event.original", text: a.Raw, value: tocsin.StringValue("")},
	}
	for i, m := range own {
		if i == len(own)-1 && !utf8.Valid(a.Raw) { // it stands in tocsin
			break
		}
		at, _ := slices.BinarySearchFunc(members, m.name, func(m member, n string) int { return strings.Compare(m.name, n) })
		members = slices.Insert(members, at, m)
	}
	e.members, e.kept = members, kept
	return appendNested(b, members)
}

// splitConflicts moves those leaves to kept that are also objects: `a` beside `a.b`. Both are sorted by name.
func splitConflicts(members, kept []member) (plain, all []member) {
	plain = members[:0] // in place: what is still to be looked at stays
	for i, m := range members {
		if i+1 == len(members) || !strings.HasPrefix(members[i+1].name, m.name) { // as whatever lies below begins
			plain = append(plain, m)
			continue
		}
		below := m.name + "."
		at, _ := slices.BinarySearchFunc(members[i+1:], below, func(m member, n string) int { return strings.Compare(m.name, n) })
		if at += i + 1; at < len(members) && strings.HasPrefix(members[at].name, below) {
			kept = append(kept, m)
			continue
		}
		plain = append(plain, m)
	}
	return plain, kept
}

// appendNested writes members, sorted by name and none of them an object of another, as nested objects.
func appendNested(b []byte, members []member) []byte {
	b = append(b, '{')
	open := "" // path of the innermost object that is open
	for n := range members {
		name := members[n].name
		dot := strings.LastIndexByte(name, '.')
		path := name[:max(dot, 0)]
		same := sharedPath(open, path)
		for range segments(open[same:]) {
			b = append(b, '}')
		}
		if n > 0 {
			b = append(b, ',')
		}
		if below := strings.TrimPrefix(path[same:], "."); below != "" {
			for segment := range strings.SplitSeq(below, ".") {
				b = append(quote(b, segment), ':', '{')
			}
		}
		open = path
		b = append(quote(b, name[dot+1:]), ':')
		b = members[n].append(b)
	}
	for range segments(open) {
		b = append(b, '}')
	}
	return append(b, '}')
}

// sharedPath is the length of the longest path that both begin with.
func sharedPath(a, b string) int {
	shared := 0
	for i := 0; ; i++ {
		endA, endB := i == len(a) || a[i] == '.', i == len(b) || b[i] == '.'
		if endA && endB {
			shared = i
		}
		if i == len(a) || i == len(b) || a[i] != b[i] {
			return shared
		}
	}
}

// segments is how many segments a path has; a leading dot does not count.
func segments(path string) int {
	path = strings.TrimPrefix(path, ".")
	if path == "" {
		return 0
	}
	return 1 + strings.Count(path, ".")
}

func (m *member) append(b []byte) []byte {
	switch {
	case m.json != nil:
		return append(b, m.json...)
	case m.text != nil:
		return quote(b, m.text)
	}
	return appendValue(b, m.value)
}

func appendValue(b []byte, v tocsin.Value) []byte {
	switch v.Kind() {
	case tocsin.String:
		text, _ := v.Str()
		return quote(b, text)
	case tocsin.List:
		b = append(b, '[')
		for i, item := range v.Items() {
			if i > 0 {
				b = append(b, ',')
			}
			b = appendValue(b, item)
		}
		return append(b, ']')
	default:
		data, err := v.MarshalJSON()
		if err != nil { // cannot be: a number, a boolean or null
			return append(b, "null"...)
		}
		return append(b, data...)
	}
}

// date is a time as Elasticsearch takes it, quoted; beyond its four-digit years the nearest that it takes.
func date(t time.Time) []byte { return appendDate(nil, t) }

// appendDate is [date] behind what b holds.
func appendDate(b []byte, t time.Time) []byte {
	t = t.UTC()
	if t.Year() > 9999 {
		t = time.Date(9999, 12, 31, 23, 59, 59, 0, time.UTC)
	}
	if t.Year() < 0 {
		t = time.Time{}
	}
	return append(t.AppendFormat(append(b, '"'), time.RFC3339Nano), '"')
}

// provenance writes the alert's object tocsin.
func provenance(a *tocsin.Alert, kept []member) []byte {
	b := append(make([]byte, 0, 512), `{"id":`...)
	b = quote(b, a.ID)
	if a.ResendOf != "" {
		b = quote(append(b, `,"resend_of":`...), a.ResendOf)
	}
	b = quote(append(b, `,"tenant":`...), a.Tenant)
	if len(a.Marks) > 0 {
		b = appendValue(append(b, `,"marks":`...), tocsin.StringsValue(a.Marks...))
	}
	b = quote(append(b, `,"source":{"name":`...), a.Source)
	b = quote(append(b, `,"format":`...), a.Format)
	b = append(hex.AppendEncode(append(b, `,"sha256":"`...), a.SHA256[:]), '"')
	if !a.Received.IsZero() {
		b = append(append(b, `,"received":`...), date(a.Received)...)
	}
	b = appendRef(append(b, `,"ref":`...), a.Ref)
	if a.Ref.Topic != "" && a.Ref.Topic != "journal" {
		b = quote(append(b, `,"kafka":{"topic":`...), a.Ref.Topic)
		b = strconv.AppendInt(append(b, `,"partition":`...), int64(a.Ref.Partition), 10)
		b = append(strconv.AppendInt(append(b, `,"offset":`...), a.Ref.Offset, 10), '}')
	}
	if !utf8.Valid(a.Raw) {
		b = append(base64.StdEncoding.AppendEncode(append(b, `,"raw":"`...), a.Raw), '"')
	}
	b = appendSought(append(b, '}'), kept)
	if len(kept) > 0 {
		b = append(b, `,"kept":[`...)
		for i := range kept {
			if i > 0 {
				b = append(b, ',')
			}
			b = append(quote(append(b, '['), kept[i].name), ',')
			b = append(kept[i].append(b), ']')
		}
		b = append(b, ']')
	}
	return append(b, '}')
}

// appendSought writes again what stands in tocsin.kept and is searched by: the gravity of the alert, and the lists that
// have a value of it. What is no whole number of it, or no text, is kept alone.
func appendSought(b []byte, kept []member) []byte {
	for i := range kept {
		switch m := &kept[i]; {
		case m.name == sinks.FieldSeverity && m.value.Kind() == tocsin.Int:
			b = appendValue(append(b, `,"severity":`...), m.value)
		case m.name == sinks.FieldLists && fits("keyword", m.value):
			b = appendValue(append(b, `,"lists":`...), m.value)
		}
	}
	return b
}

func appendRef(b []byte, r tocsin.Ref) []byte {
	data, err := json.Marshal(r)
	if err != nil { // cannot be: strings and numbers
		return append(b, "{}"...)
	}
	return append(b, data...)
}

// alertSource is the provenance as it is read back.
type alertSource struct {
	ID       string              `json:"id"`
	ResendOf string              `json:"resend_of"`
	Tenant   string              `json:"tenant"`
	Marks    []string            `json:"marks"`
	Kept     [][]json.RawMessage `json:"kept"`
	Source   struct {
		Name     string     `json:"name"`
		Format   string     `json:"format"`
		SHA256   string     `json:"sha256"`
		Received time.Time  `json:"received"`
		Ref      tocsin.Ref `json:"ref"`
		Raw      []byte     `json:"raw"`
	} `json:"source"`
}

func (s *alertSource) digest() (digest [32]byte, err error) {
	if n, err := hex.Decode(digest[:], []byte(s.Source.SHA256)); err != nil || n != len(digest) {
		return digest, fmt.Errorf("digest of stored alert %s: %w", s.ID, sinks.ErrDamaged)
	}
	return digest, nil
}

// decodeAlert reads what encode wrote. The error wraps [sinks.ErrDamaged].
func (s *schema) decodeAlert(data []byte) (tocsin.Alert, error) {
	a, kept, err := decodeOriginal(data)
	if err != nil {
		return a, err
	}
	leaves, err := s.leaves(nil, "", data)
	if err != nil {
		return a, err
	}
	for _, pair := range kept {
		var name string
		var value tocsin.Value
		if len(pair) != 2 || json.Unmarshal(pair[0], &name) != nil || value.UnmarshalJSON(pair[1]) != nil {
			return a, fmt.Errorf("stored alert %s: %w", a.ID, sinks.ErrDamaged)
		}
		leaves = append(leaves, tocsin.Field{Name: name, Value: value})
	}
	a.Fields = tocsin.NewFields(leaves)
	return a, nil
}

// decodeOriginal reads an alert without its fields, and the fields that the document keeps apart, as they stand there.
func decodeOriginal(data []byte) (tocsin.Alert, [][]json.RawMessage, error) {
	var doc struct {
		Time  time.Time `json:"@timestamp"`
		Event struct {
			Original string `json:"original"`
		} `json:"event"`
		Tocsin alertSource `json:"tocsin"`
	}
	if err := json.Unmarshal(data, &doc); err != nil {
		return tocsin.Alert{}, nil, fmt.Errorf("stored alert: %v: %w", err, sinks.ErrDamaged)
	}
	t := &doc.Tocsin
	a := tocsin.Alert{
		ID: t.ID, ResendOf: t.ResendOf, Tenant: t.Tenant, Source: t.Source.Name, Format: t.Source.Format, Ref: t.Source.Ref,
		Time: doc.Time, Received: t.Source.Received, Raw: t.Source.Raw, Marks: t.Marks,
	}
	if a.Raw == nil {
		a.Raw = []byte(doc.Event.Original)
	}
	var err error
	a.SHA256, err = t.digest()
	return a, t.Kept, err
}

// leaves appends the leaves of an object, the store's own left out.
func (s *schema) leaves(all []tocsin.Field, prefix string, data []byte) ([]tocsin.Field, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(data, &object); err != nil {
		return nil, fmt.Errorf("stored alert: %v: %w", err, sinks.ErrDamaged)
	}
	for key, raw := range object {
		name := prefix + key
		if s.types[name] == "own" {
			continue
		}
		if len(raw) > 0 && raw[0] == '{' {
			var err error
			if all, err = s.leaves(all, name+".", raw); err != nil {
				return nil, err
			}
			continue
		}
		var value tocsin.Value
		if err := value.UnmarshalJSON(raw); err != nil {
			return nil, fmt.Errorf("stored alert: field %.80q: %v: %w", name, err, sinks.ErrDamaged)
		}
		all = append(all, tocsin.Field{Name: name, Value: value})
	}
	return all, nil
}
