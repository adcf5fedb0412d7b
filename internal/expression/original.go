package expression

import (
	"bytes"
	"encoding/json"
	"strings"
	"unsafe"

	"tocsin"
)

// original is the record that the loaded alert was made of, taken apart only if a leaf asks for it.
type original struct {
	raw    []byte
	said   string // its texts, each ended by [tocsin.TextEnd]; "" where they are not known
	gen    uint32
	texts  []string
	folded []string
}

// maxTexts bounds the texts of one record that are searched.
const maxTexts = 2_000

// Original tells which record the loaded alert was made of, for leaves that search it as a whole. Load forgets it.
func (e *Evaluator) Original(raw []byte) {
	if raw != nil || e.record.raw != nil { // to write nothing but nil is not free either while garbage is collected
		e.record.raw = raw
	}
}

// Texts tells the texts of the record, as [tocsin.Alert.Texts] has them: it need then not be taken apart. Load forgets it.
func (e *Evaluator) Texts(said string) {
	if said != "" || e.record.said != "" {
		e.record.said = said
	}
}

// mentions are the texts of the record: of JSON every string and number that is no key, else the whole of it. Where
// there is no record they are the values of all fields.
func (e *Evaluator) mentions(m modifier) []string {
	o := &e.record
	if o.gen != e.gen {
		o.gen, o.texts, o.folded = e.gen, o.texts[:0], o.folded[:0]
		switch raw := bytes.TrimSpace(o.raw); {
		case o.said != "":
			e.mentionSaid()
		case len(raw) == 0:
			e.mentionFields()
		case raw[0] == '{' && json.Valid(raw):
			e.mentionJSON(raw)
		default:
			e.mention(shared(raw))
		}
	}
	if m == inFolded {
		return o.folded
	}
	return o.texts
}

func (e *Evaluator) mention(s string) {
	o := &e.record
	if len(o.texts) < maxTexts && s != "" {
		s = clip(s)
		o.texts = append(o.texts, s)
		o.folded = append(o.folded, e.views.modified(s, inFolded))
	}
}

func (e *Evaluator) mentionSaid() {
	rest := e.record.said
	for end := strings.IndexByte(rest, tocsin.TextEnd); end >= 0; end = strings.IndexByte(rest, tocsin.TextEnd) {
		e.mention(rest[:end])
		rest = rest[end+1:]
	}
}

func (e *Evaluator) mentionFields() {
	for _, v := range e.fields.All() {
		for _, item := range items(v) {
			e.mention(item.Text())
		}
	}
}

// mentionJSON mentions the strings and numbers of valid JSON.
func (e *Evaluator) mentionJSON(raw []byte) {
	for i := 0; i < len(raw); {
		switch c := raw[i]; {
		case c == '"':
			end := i + 1
			for raw[end] != '"' {
				if raw[end] == '\\' {
					end++
				}
				end++
			}
			end++
			rest := bytes.TrimLeft(raw[end:], " \t\r\n")
			if len(rest) == 0 || rest[0] != ':' {
				e.mention(unquoted(raw[i:end]))
			}
			i = end
		case c == '-' || c >= '0' && c <= '9':
			end := i + 1
			for end < len(raw) && bytes.IndexByte([]byte("+-.eE0123456789"), raw[end]) >= 0 {
				end++
			}
			e.mention(shared(raw[i:end]))
			i = end
		default:
			i++
		}
	}
}

// unquoted is what a valid JSON string stands for.
func unquoted(b []byte) string {
	if bytes.IndexByte(b, '\\') < 0 {
		return shared(b[1 : len(b)-1])
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return shared(b)
	}
	return s
}

// shared is bytes of the record as a string, without a copy: a record is not written to while its alert is loaded.
func shared(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }
