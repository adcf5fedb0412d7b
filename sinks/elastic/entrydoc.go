package elastic

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"tocsin"
	"tocsin/sinks"
)

const (
	entryHead = `{"@timestamp":`
	entryDoc  = `,"doc":`
)

// entryDocument is a log entry as it is stored, in the manner of [stored]. It is written by hand, as a check of a whole
// register holds every document against it.
func entryDocument(e *tocsin.LogEntry) ([]byte, error) {
	inner, err := json.Marshal(e)
	if err != nil {
		return nil, err
	}
	b := make([]byte, 0, len(inner)+512)
	b = append(append(append(b, entryHead...), date(e.Effective)...), entryDoc...)
	return appendEntryFields(append(b, inner...), e), nil
}

// appendEntryFields is what follows the entry itself: what it is found by.
func appendEntryFields(b []byte, e *tocsin.LogEntry) []byte {
	b = append(b, `,"event":{"kind":"event"},"tocsin":{"action":`...)
	b = appendWord(b, string(e.Action))
	b = appendWord(append(b, `,"by":{"id":`...), e.By.ID)
	b = appendWord(append(b, `,"kind":`...), e.By.Kind)
	b = appendWord(append(b, `,"role":`...), e.By.Role)
	b = appendWord(append(b, `},"command":`...), e.Command)
	b = appendWord(append(b, `,"from":`...), string(e.From))
	b = appendWord(append(b, `,"id":`...), e.ID())
	b = appendWord(append(b, `,"incident":`...), e.Incident)
	b = strconv.AppendInt(append(b, `,"order":{"recorded":`...), sinks.Nanos(e.Recorded), 10)
	b = appendWord(append(b, `},"phase":`...), e.Phase)
	b = strconv.AppendInt(append(b, `,"seq":`...), e.Seq, 10)
	b = appendWord(append(b, `,"tenant":`...), e.Tenant)
	b = appendWord(append(b, `,"to":`...), string(e.To))
	return append(b, `}}`...)
}

// appendWord is a text as encoding/json writes it.
func appendWord(b []byte, s string) []byte {
	for n := range len(s) {
		if c := s[n]; c < ' ' || c > '~' || c == '"' || c == '\\' || c == '<' || c == '>' || c == '&' {
			text, _ := json.Marshal(s) // of a string it does not fail
			return append(b, text...)
		}
	}
	return append(append(append(b, '"'), s...), '"')
}

// cutEntryDocument reads a stored entry that a text begins with, and tells how long it is; 0 where it is not as it is written
// here, and what is then in e is nothing.
func cutEntryDocument(text string, e *tocsin.LogEntry) int {
	rest, ok := strings.CutPrefix(text, entryHead)
	at := rest[:wordEnd(rest)]
	rest, follows := strings.CutPrefix(rest[len(at):], entryDoc)
	if !ok || !follows {
		return 0
	}
	if rest, ok = sinks.CutEntry(rest, e); !ok {
		return 0
	}
	var few [1024]byte
	if at != string(appendDate(few[:0], e.Effective)) {
		return 0
	}
	fields := appendEntryFields(few[:0], e)
	if len(rest) < len(fields) || rest[:len(fields)] != string(fields) {
		return 0
	}
	return len(text) - len(rest) + len(fields)
}

// readEntryDocument reads a stored entry. The error says that what it is found by is not what it says.
func readEntryDocument(source string) (e tocsin.LogEntry, err error) {
	if n := cutEntryDocument(source, &e); n > 0 && n == len(source) {
		return e, nil
	}
	e = tocsin.LogEntry{}
	if err := (&document{source: json.RawMessage(source)}).decode(&e); err != nil {
		return e, err
	}
	now, err := entryDocument(&e)
	if err != nil {
		return e, err
	}
	if odd := sinks.Unlike(source, now); odd != "" {
		return e, fmt.Errorf("its field %s, by which it is found, is not what it says", odd)
	}
	return e, nil
}
