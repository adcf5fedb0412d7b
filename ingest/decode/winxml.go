package decode

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
)

// windowsXML reads Windows events in the XML of the event log, as its viewer, wevtutil and forwarders write them.
func windowsXML(dec *Decoder) text {
	events := windows(dec.doc.dict)
	return text{
		needs: bytesOf("<Event>"),
		claims: func(line string) bool {
			if line[0] != '<' || len(line) > 1 && line[1] <= '9' { // an element, not a <priority>
				return false
			}
			return strings.Contains(line[:min(len(line), 512)], "<Event") && strings.Contains(line, "<System>")
		},
		read: func(line string, o *output) string {
			body, err := eventJSON(line[max(0, strings.Index(line, "<Event")):], dec.limits.Depth)
			if err != nil {
				return err.Error()
			}
			if e := dec.doc.scan(body); e != nil {
				return e.detail
			}
			if !events.claims(dec.doc) {
				return "no event of Windows in " + excerpt(line)
			}
			events.read(dec.doc, o)
			return ""
		},
	}
}

// An element is one of XML's: what it holds becomes the JSON that evtx parsers write.
type element struct {
	name  string
	attrs []xml.Attr
	text  strings.Builder
	kids  []*element
}

var errElements = errors.New("the event has too many or too deep elements")

// eventJSON writes an event's XML as JSON: attributes and elements are members, Data with a Name a pair of Name and
// text. No more than depth levels and 4,096 elements are read.
func eventJSON(text string, depth int) ([]byte, error) {
	d := xml.NewDecoder(strings.NewReader(text))
	d.Strict = false
	root := &element{}
	stack, count := []*element{root}, 0
	for {
		tok, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, err
		}
		at := stack[len(stack)-1]
		switch t := tok.(type) {
		case xml.StartElement:
			if count++; len(stack) >= depth || count > 4096 {
				return nil, errElements
			}
			e := &element{name: t.Name.Local, attrs: t.Attr}
			at.kids = append(at.kids, e)
			stack = append(stack, e)
		case xml.EndElement:
			if len(stack) == 1 {
				return nil, io.ErrUnexpectedEOF
			}
			if stack = stack[:len(stack)-1]; len(stack) == 1 {
				return json.Marshal(map[string]any{"Event": root.kids[0].value()})
			}
		case xml.CharData:
			at.text.Write(t)
		}
	}
	return nil, io.ErrUnexpectedEOF
}

// value is the element as JSON would have it.
func (e *element) value() any {
	text := strings.TrimSpace(e.text.String())
	members := map[string]any{}
	for _, a := range e.attrs {
		if a.Name.Local != "xmlns" && a.Name.Space != "xmlns" {
			members[a.Name.Local] = a.Value
		}
	}
	if len(members) == 0 && len(e.kids) == 0 {
		return text
	}
	if e.name == "EventID" { // Qualifiers say nothing
		return text
	}
	if text != "" {
		members["text"] = text
	}
	for _, kid := range e.kids {
		switch before := members[kid.name].(type) {
		case nil:
			members[kid.name] = kid.value()
		case []any:
			members[kid.name] = append(before, kid.value())
		default:
			members[kid.name] = []any{before, kid.value()}
		}
	}
	if data, ok := members["Data"]; ok && e.name == "EventData" {
		if _, list := data.([]any); !list {
			members["Data"] = []any{data}
		}
	}
	return members
}
