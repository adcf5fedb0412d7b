package expression

import (
	"bytes"
	"encoding/json"
	"strconv"

	"tocsin"
)

// original is the record that the loaded alert was made of, taken apart only if a leaf asks for it.
type original struct {
	raw    []byte
	gen    uint32
	texts  []tocsin.Value
	folded []tocsin.Value
}

// maxTexts bounds the texts of one record that are searched.
const maxTexts = 2_000

// Original tells which record the loaded alert was made of, for leaves that search it as a whole. Load forgets it.
func (e *Evaluator) Original(raw []byte) { e.record.raw = raw }

// mentions are the texts of the record: of JSON every string and number that is no key, else the whole of it. Where
// there is no record they are the values of all fields.
func (e *Evaluator) mentions(m modifier) []tocsin.Value {
	o := &e.record
	if o.gen != e.gen {
		o.gen, o.texts, o.folded = e.gen, o.texts[:0], o.folded[:0]
		switch raw := bytes.TrimSpace(o.raw); {
		case len(raw) == 0:
			for _, v := range e.fields.All() {
				for _, item := range items(v) {
					o.add(item.Text())
				}
			}
		case raw[0] == '{' && json.Valid(raw):
			o.walk(raw)
		default:
			o.add(string(raw))
		}
	}
	if m == inFolded {
		return o.folded
	}
	return o.texts
}

func (o *original) add(s string) {
	if len(o.texts) < maxTexts && s != "" {
		s = clip(s)
		o.texts = append(o.texts, tocsin.StringValue(s))
		o.folded = append(o.folded, tocsin.StringValue(fold(s)))
	}
}

// walk adds the strings and numbers of valid JSON.
func (o *original) walk(raw []byte) {
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
				o.add(unquoted(raw[i:end]))
			}
			i = end
		case c == '-' || c >= '0' && c <= '9':
			end := i + 1
			for end < len(raw) && bytes.IndexByte([]byte("+-.eE0123456789"), raw[end]) >= 0 {
				end++
			}
			o.add(string(raw[i:end]))
			i = end
		default:
			i++
		}
	}
}

func unquoted(b []byte) string {
	if bytes.IndexByte(b, '\\') < 0 {
		return string(b[1 : len(b)-1])
	}
	var s string
	if err := json.Unmarshal(b, &s); err == nil {
		return s
	}
	if s, err := strconv.Unquote(string(b)); err == nil {
		return s
	}
	return string(b)
}
