package register

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"

	"tocsin"
)

// ManifestID is an exhibit's id: SHA-256, in hex, of its manifest's canonical JSON.
func ManifestID(m tocsin.Manifest) (string, error) {
	text, err := appendManifest(make([]byte, 0, 1024), &m)
	if err != nil {
		return "", err
	}
	h := sha256.Sum256(text)
	return hex.EncodeToString(h[:]), nil
}

// appendManifest is what [canonical] gives of a manifest, written by hand as it is asked for every copy that is verified.
func appendManifest(b []byte, m *tocsin.Manifest) ([]byte, error) {
	b, err := appendTime(append(b, `{"acquired":{"at":`...), m.Acquired.At)
	if err != nil {
		return nil, err
	}
	b = appendText(b, `,"by":`, m.Acquired.By)
	b = appendText(b, `,"how":`, m.Acquired.How)
	b = appendText(b, `,"tool":`, m.Acquired.Tool)
	b = appendText(b, `},"alert":`, m.Alert)
	if b, err = appendTime(append(b, `,"at":`...), m.At); err != nil {
		return nil, err
	}
	b = appendText(b, `,"event":`, m.Event)
	b = appendText(b, `,"format":`, m.Format)
	b = appendText(b, `,"incident":`, m.Incident)
	b = appendText(b, `,"media_type":`, m.MediaType)
	if !m.Received.IsZero() {
		if b, err = appendTime(append(b, `,"received":`...), m.Received); err != nil {
			return nil, err
		}
	}
	b = appendRef(append(b, `,"ref":`...), &m.Ref)
	b = appendText(b, `,"sha256":`, m.SHA256)
	b = strconv.AppendInt(append(b, `,"size":`...), m.Size, 10)
	b = appendText(b, `,"source":`, m.Source)
	return append(appendText(b, `,"tenant":`, m.Tenant), '}'), nil
}

func appendRef(b []byte, r *tocsin.Ref) []byte {
	start := len(b)
	b = appendOptional(b, `,"file":`, r.File)
	b = appendOptional(b, `,"incarnation":`, r.Incarnation)
	for _, n := range []struct {
		lead  string
		value int64
	}{{`,"line":`, r.Line}, {`,"offset":`, r.Offset}, {`,"partition":`, int64(r.Partition)}} {
		if n.value != 0 {
			b = strconv.AppendInt(append(b, n.lead...), n.value, 10)
		}
	}
	b = appendOptional(b, `,"topic":`, r.Topic)
	if len(b) == start {
		return append(b, `{}`...)
	}
	b[start] = '{'
	return append(b, '}')
}

// collectionOf is the payload of collect.
func collectionOf(e *tocsin.LogEntry) (collection, error) {
	if c, ok := readCollection(string(e.Data)); ok {
		return c, nil
	}
	return unpack[collection](*e)
}

// readCollection takes only the very form that this package gives a collection of which nothing is missing.
func readCollection(text string) (c collection, ok bool) {
	text, ok = strings.CutPrefix(text, `{"items":[{"alert":"`)
	if !ok {
		return c, false
	}
	c.Items = make([]item, 0, 1+strings.Count(text, "{"))
	for {
		var it item
		if it.Alert, text, ok = plainTo(text, `","id":"`); !ok {
			return c, false
		}
		if it.ID, text, ok = plainTo(text, `","sha256":"`); !ok {
			return c, false
		}
		if it.SHA256, text, ok = plainTo(text, `"}`); !ok {
			return c, false
		}
		c.Items = append(c.Items, it)
		if text == `]}` {
			return c, true
		}
		if text, ok = strings.CutPrefix(text, `,{"alert":"`); !ok {
			return c, false
		}
	}
}

// plainTo is what stands before an end, if it is plain: letters of ASCII that JSON writes as they are.
func plainTo(text, end string) (string, string, bool) {
	for at := range len(text) {
		switch c := text[at]; {
		case c == '"':
			rest, ok := strings.CutPrefix(text[at:], end)
			return text[:at], rest, ok
		case c < ' ' || c > '~' || c == '\\':
			return "", "", false
		}
	}
	return "", "", false
}
