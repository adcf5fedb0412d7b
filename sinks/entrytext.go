package sinks

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"tocsin"
)

// ReadEntry reads a log entry. The text of one that a store wrote is read without looking anything up: a check of a whole
// register does it two million times. Any other is read as encoding/json does. The error wraps [ErrDamaged].
func ReadEntry(text string) (tocsin.LogEntry, error) {
	var e tocsin.LogEntry
	if rest, ok := CutEntry(text, &e); ok && rest == "" {
		return e, nil
	}
	e = tocsin.LogEntry{}
	if err := unmarshal(text, &e); err != nil {
		return e, fmt.Errorf("log entry: %w", err)
	}
	return e, nil
}

// unmarshal is json.Unmarshal of a text that says one thing to all who read it, and nothing that is not read: what v is
// decoded to must say all of it. The error wraps [ErrDamaged].
func unmarshal[T any](text string, to *T) error {
	if err := json.Unmarshal([]byte(text), to); err != nil {
		return fmt.Errorf("%v: %w", err, ErrDamaged)
	}
	if at := tocsin.MemberTwice([]byte(text)); at != "" {
		return fmt.Errorf("it has %s twice: %w", at, ErrDamaged)
	}
	now, err := json.Marshal(to)
	if err != nil {
		return fmt.Errorf("%v: %w", err, ErrDamaged)
	}
	if odd := Unlike(text, now); odd != "" {
		return fmt.Errorf("its member %s is none of those that are read, or is written otherwise: %w", odd, ErrDamaged)
	}
	return nil
}

// CutEntry reads a log entry that a text begins with, and returns the rest; false where it is not in the very form that
// encoding/json gives an entry, and then e is no entry. It writes over all of e, also into what its Data and Personal hold.
func CutEntry(text string, e *tocsin.LogEntry) (rest string, ok bool) {
	data, personal := e.Data[:0], e.Personal
	*e = tocsin.LogEntry{}
	t := taken{rest: text}
	t.text(`{"incident":`, &e.Incident)
	t.text(`,"tenant":`, &e.Tenant)
	t.number(`,"seq":`, &e.Seq)
	t.text(`,"command":`, &e.Command)
	t.text(`,"action":`, (*string)(&e.Action))
	t.text(`,"phase":`, &e.Phase)
	t.text(`,"by":{"kind":`, &e.By.Kind)
	t.text(`,"id":`, &e.By.ID)
	t.optional(`,"role":`, &e.By.Role)
	t.time(`},"recorded":`, &e.Recorded)
	t.time(`,"effective":`, &e.Effective)
	t.optional(`,"from":`, (*string)(&e.From))
	t.optional(`,"to":`, (*string)(&e.To))
	t.skipped(e)
	t.optional(`,"event":`, &e.Event)
	t.optional(`,"reason":`, &e.Reason)
	t.optional(`,"text":`, &e.Text)
	t.data(e, data)
	t.personal(e, personal)
	t.text(`,"prev":`, &e.Prev)
	t.text(`,"hash":`, &e.Hash)
	t.lead(`}`)
	return t.rest, !t.odd
}

// A taken text is one that is read from its beginning; odd once it was not as it must be.
type taken struct {
	rest string
	odd  bool
}

// lead takes what must come next.
func (t *taken) lead(word string) {
	if rest, ok := strings.CutPrefix(t.rest, word); ok {
		t.rest = rest
	} else {
		t.odd = true
	}
}

func (t *taken) text(lead string, to *string) {
	t.lead(lead)
	if !t.odd {
		*to = t.str()
	}
}

func (t *taken) optional(lead string, to *string) {
	if !t.odd && strings.HasPrefix(t.rest, lead) {
		t.text(lead, to)
	}
}

// str takes a string.
func (t *taken) str() string {
	if t.rest == "" || t.rest[0] != '"' {
		t.odd = true
		return ""
	}
	plain := true
	for end := 1; end < len(t.rest); end++ {
		switch c := t.rest[end]; {
		case c == '"':
			quoted := t.rest[:end+1]
			t.rest = t.rest[end+1:]
			if plain {
				return quoted[1:end]
			}
			return t.unquote(quoted)
		case c == '\\':
			plain = false
			end++
		case c < ' ':
			t.odd = true
			return ""
		case c >= utf8.RuneSelf:
			plain = false
		}
	}
	t.odd = true
	return ""
}

// unquote reads a string with escapes, or with other letters than those of ASCII.
func (t *taken) unquote(quoted string) string {
	if inner := quoted[1 : len(quoted)-1]; strings.IndexByte(inner, '\\') < 0 && utf8.ValidString(inner) {
		return inner
	}
	var text string
	if json.Unmarshal([]byte(quoted), &text) != nil {
		t.odd = true
	}
	return text
}

func (t *taken) number(lead string, to *int64) {
	t.lead(lead)
	digits := 0
	for digits < len(t.rest) && t.rest[digits] >= '0' && t.rest[digits] <= '9' {
		*to = *to*10 + int64(t.rest[digits]-'0')
		if digits++; digits > 18 {
			break
		}
	}
	if digits == 0 || digits > 18 || t.rest[0] == '0' && digits > 1 {
		t.odd = true
		return
	}
	t.rest = t.rest[digits:]
}

// time takes a time of UTC.
func (t *taken) time(lead string, to *time.Time) {
	text := ""
	if t.text(lead, &text); t.odd {
		return
	}
	if n := len(text); n < 20 || text[10] != 'T' || text[13] != ':' || text[16] != ':' || text[n-1] != 'Z' || strings.IndexByte(text, ',') >= 0 {
		t.odd = true
		return
	}
	at, err := time.Parse(time.RFC3339Nano, text)
	t.odd = t.odd || err != nil
	*to = at
}

func (t *taken) skipped(e *tocsin.LogEntry) {
	const lead = `,"skipped":[`
	if t.odd || !strings.HasPrefix(t.rest, lead) {
		return
	}
	var s string
	for t.text(lead, &s); !t.odd; t.text(`,`, &s) {
		if e.Skipped = append(e.Skipped, tocsin.Status(s)); strings.HasPrefix(t.rest, `]`) {
			break
		}
	}
	t.lead(`]`)
}

// data takes a value whose shape is the action's into some room.
func (t *taken) data(e *tocsin.LogEntry, room []byte) {
	const lead = `,"data":`
	if t.odd || !strings.HasPrefix(t.rest, lead) {
		return
	}
	t.lead(lead)
	end := valueEnd(t.rest)
	data := append(room, t.rest[:end]...)
	if end == 0 || !json.Valid(data) || data[0] == ' ' {
		t.odd = true
		return
	}
	e.Data, t.rest = data, t.rest[end:]
}

// valueEnd is where an object or array ends that a text begins with; 0 where it does not begin with one or does not end.
func valueEnd(text string) int {
	if text == "" || text[0] != '{' && text[0] != '[' {
		return 0
	}
	depth := 0
	for at := 0; at < len(text); at++ {
		switch text[at] {
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return at + 1
			}
		case '"':
			for at++; at < len(text) && text[at] != '"'; at++ {
				if text[at] == '\\' {
					at++
				}
			}
		}
	}
	return 0
}

func (t *taken) personal(e *tocsin.LogEntry, room map[string]tocsin.Commitment) {
	const lead = `,"personal":{`
	if t.odd || !strings.HasPrefix(t.rest, lead) {
		return
	}
	if clear(room); room == nil {
		room = make(map[string]tocsin.Commitment, 3)
	}
	e.Personal = room
	var path string
	for t.text(lead, &path); !t.odd; t.text(`,`, &path) {
		var c tocsin.Commitment
		t.text(`:{"hash":`, &c.Hash)
		t.optional(`,"salt":`, &c.Salt)
		t.lead(`}`)
		if e.Personal[path] = c; strings.HasPrefix(t.rest, `}`) {
			break
		}
	}
	t.lead(`}`)
}
