package decode

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"slices"
	"strings"
)

// vendorXML reads XML of vendors' own: its elements and attributes are the members of an object, which is read as one of no
// known format is.
func vendorXML(dec *Decoder) text {
	m := newMarkup(dec)
	return text{
		needs:  bytesOf("<>/"),
		claims: isMarkup,
		read: func(line string, o *output) string {
			if err := m.read(line, o); err != nil {
				return err.Error()
			}
			return ""
		},
	}
}

// isMarkup reports whether a text looks like XML from its first sign to its last one.
func isMarkup(s string) bool {
	return len(s) > len("<a/>") && s[0] == '<' && (isLetter(s[1]) || strings.HasPrefix(s, "<?xml")) && strings.HasSuffix(strings.TrimRight(s, " \r\n"), ">") &&
		(strings.Contains(s, "</") || strings.Contains(s, "/>"))
}

// A markupReader reads XML that is a record, or stands in one.
type markupReader struct {
	dec          *Decoder
	root, module *name
}

func newMarkup(dec *Decoder) *markupReader {
	return &markupReader{dec: dec, root: dec.doc.dict.name("xml.root"), module: dec.doc.dict.name("event.module")}
}

// read reads the object that XML stands for, as whatever format that is. The error says what is wrong with the XML.
func (m *markupReader) read(text string, o *output) error {
	const most = 3 // records within records
	if m.dec.nested >= most {
		return nil
	}
	all, err := elements(text, m.dec.limits.Depth, false)
	if err != nil {
		return err
	}
	body := map[string]any{}
	root := ""
	if len(all) == 1 {
		root = all[0].name
		if members, ok := all[0].value().(map[string]any); ok {
			body, all = members, nil
		}
	}
	for _, e := range all {
		add(body, e.name, e.value())
	}
	object, err := json.Marshal(body)
	if err != nil {
		return err
	}
	if fault := m.dec.doc.scan(object); fault != nil {
		return errors.New(fault.detail)
	}
	o.put(m.root, root)
	if f := m.dec.recognise(""); f == nil || f.name == "json" {
		o.put(m.module, "xml")
	}
	m.dec.readInner(o)
	return nil
}

// An element is one of XML's.
type element struct {
	name  string
	attrs []xml.Attr
	text  strings.Builder
	kids  []*element
}

var (
	errElements = errors.New("the XML has too many or too deep elements")
	errNoXML    = errors.New("the XML has no element")
)

// elements are those of a text that stand in no other one; with first, what follows the first of them is not looked at. No
// more than depth levels and 4,096 elements are read.
func elements(text string, depth int, first bool) ([]*element, error) {
	const most = 4096
	d := xml.NewDecoder(strings.NewReader(text))
	d.Strict = false
	d.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil } // it is UTF-8 by now
	root := &element{}
	stack, count := []*element{root}, 0
	for !first || len(stack) > 1 || len(root.kids) == 0 {
		tok, err := d.Token()
		switch {
		case errors.Is(err, io.EOF) && len(stack) > 1, errors.Is(err, io.EOF) && first:
			return nil, io.ErrUnexpectedEOF
		case errors.Is(err, io.EOF) && len(root.kids) == 0:
			return nil, errNoXML
		case errors.Is(err, io.EOF):
			return root.kids, nil
		case err != nil:
			return nil, err
		}
		at := stack[len(stack)-1]
		switch t := tok.(type) {
		case xml.StartElement:
			if count++; len(stack) >= depth || count > most {
				return nil, errElements
			}
			e := &element{name: t.Name.Local, attrs: t.Attr}
			at.kids = append(at.kids, e)
			stack = append(stack, e)
		case xml.EndElement:
			if len(stack) == 1 {
				return nil, io.ErrUnexpectedEOF
			}
			stack = stack[:len(stack)-1]
		case xml.CharData:
			at.text.Write(t)
		}
	}
	return root.kids, nil
}

// members are the element's attributes.
func (e *element) members() map[string]any {
	members := map[string]any{}
	for _, a := range e.attrs {
		if a.Name.Local != "xmlns" && a.Name.Space != "xmlns" {
			add(members, a.Name.Local, a.Value)
		}
	}
	return members
}

// value is the element as JSON would have it: a text, or an object. An element that names itself by its only attribute is a
// member of that name: <field name="user">alice</field>.
func (e *element) value() any {
	members, text := e.members(), strings.TrimSpace(e.text.String())
	if len(members) == 0 && len(e.kids) == 0 {
		return text
	}
	if text != "" {
		add(members, "text", text)
	}
	for _, kid := range e.kids {
		if key := kid.key(); key != "" {
			inner, ok := members[kid.name].(map[string]any)
			if members[kid.name] == nil {
				inner, ok = map[string]any{}, true
				members[kid.name] = inner
			}
			if ok {
				add(inner, key, strings.TrimSpace(kid.text.String()))
				continue
			}
		}
		add(members, kid.name, kid.value())
	}
	return members
}

// key is what an element says that its text is called, "" where it says no such thing.
func (e *element) key() string {
	if len(e.attrs) != 1 || len(e.kids) > 0 || !slices.Contains([]string{"name", "key"}, strings.ToLower(e.attrs[0].Name.Local)) {
		return ""
	}
	return e.attrs[0].Value
}

// add sets a member. Members of one name are a list.
func add(members map[string]any, name string, v any) {
	switch before := members[name].(type) {
	case nil:
		members[name] = v
	case []any:
		members[name] = append(before, v)
	default:
		members[name] = []any{before, v}
	}
}
