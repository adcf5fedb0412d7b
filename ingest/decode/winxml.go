package decode

import (
	"encoding/json"
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

// eventJSON writes an event's XML as JSON: attributes and elements are members, Data with a Name a pair of Name and
// text.
func eventJSON(text string, depth int) ([]byte, error) {
	all, err := elements(text, depth, true)
	if err != nil {
		return nil, err
	}
	return json.Marshal(map[string]any{"Event": all[0].event()})
}

// event is the element as JSON would have it.
func (e *element) event() any {
	text := strings.TrimSpace(e.text.String())
	members := e.members()
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
		add(members, kid.name, kid.event())
	}
	if data, ok := members["Data"]; ok && e.name == "EventData" {
		if _, list := data.([]any); !list {
			members["Data"] = []any{data}
		}
	}
	return members
}
