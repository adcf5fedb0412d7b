package enrich

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// maxObject bounds one object of a bundle.
const maxObject = 1 << 20

// A stixObject is what is read of an object of a bundle.
type stixObject struct {
	Type        string    `json:"type"`
	ID          string    `json:"id"`
	Name        string    `json:"name"`
	Pattern     string    `json:"pattern"`
	PatternType string    `json:"pattern_type"`
	Confidence  *int      `json:"confidence"`
	ValidFrom   time.Time `json:"valid_from"`
	ValidUntil  time.Time `json:"valid_until"`
	Revoked     bool      `json:"revoked"`
}

// stix reads a STIX 2.1 bundle, object by object: however large it is, one object is in memory.
func (l *loader) stix(in io.Reader) error {
	d := json.NewDecoder(in)
	broken := func(err error) error {
		at := place{offset: max(d.InputOffset(), 0)}
		if s, ok := errors.AsType[*json.SyntaxError](err); ok {
			at.offset = max(s.Offset-1, at.offset)
		}
		_ = l.wrong(at, "not JSON: "+plainCause(err), "")
		return errEnough
	}
	if t, err := d.Token(); err != nil || t != json.Delim('{') {
		return broken(errors.Join(err, errNoBundle))
	}
	found := false
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return broken(err)
		}
		if key != "objects" {
			var other json.RawMessage
			if err := d.Decode(&other); err != nil {
				return broken(err)
			}
			if key == "type" && string(other) != `"bundle"` {
				return l.wrong(place{offset: d.InputOffset() - int64(len(other))}, fmt.Sprintf("type is %.40s", other), `a STIX file is a bundle: {"type": "bundle", "objects": […]}`)
			}
			continue
		}
		found = true
		if err := l.objects(d, broken); err != nil {
			return err
		}
	}
	if !found {
		return l.wrong(place{offset: 0}, "the bundle has no objects", "")
	}
	_, err := d.Token()
	return ignoreEnd(err)
}

var errNoBundle = errors.New("a bundle begins with {")

func plainCause(err error) string {
	return strings.ReplaceAll(strings.TrimPrefix(err.Error(), "json: "), "\n", ": ")
}

func (l *loader) objects(d *json.Decoder, broken func(error) error) error {
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return broken(errors.Join(err, errors.New("objects is no list")))
	}
	for number := 1; d.More(); number++ {
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return broken(err)
		}
		start := d.InputOffset() - int64(len(raw))
		if len(raw) > maxObject {
			if err := l.wrong(place{offset: start}, fmt.Sprintf("the object has more than %d bytes", maxObject), ""); err != nil {
				return err
			}
			continue
		}
		if err := l.object(raw, start, number); err != nil {
			return err
		}
	}
	_, err := d.Token()
	if err != nil {
		return broken(err)
	}
	return nil
}

// object takes the indicators of one object.
func (l *loader) object(raw []byte, start int64, number int) error {
	var o stixObject
	if err := json.Unmarshal(raw, &o); err != nil {
		return l.wrong(place{offset: start}, "an object cannot be read: "+plainCause(err), "")
	}
	switch {
	case o.Type != "indicator":
		return nil // identities, reports, relations
	case o.Revoked || o.PatternType != "" && o.PatternType != "stix":
		l.list.Unused++
		return nil
	}
	inside := bytes.Index(raw, []byte(`"pattern"`)) // where the caret stands
	at := place{offset: start + int64(max(inside, 0))}
	values, usable, err := readPattern(o.Pattern)
	if err != nil {
		return l.wrong(at, fmt.Sprintf("pattern of %.60s: %v", o.ID, err), "")
	}
	if !usable {
		l.list.Unused++
		return nil
	}
	i := indicator{name: o.Name, confidence: -1}
	if o.Confidence != nil && *o.Confidence >= 0 && *o.Confidence <= 100 {
		i.confidence = int8(*o.Confidence) //nolint:gosec // within 100
	}
	if !o.ValidFrom.IsZero() {
		i.from = o.ValidFrom.Unix()
	}
	if !o.ValidUntil.IsZero() {
		i.to = o.ValidUntil.Unix()
	}
	for _, v := range values {
		i.kind, i.value = v.kind, v.text
		if message, remedy := l.take(i, number); message != "" {
			if err := l.wrong(at, fmt.Sprintf("pattern of %.60s: %s", o.ID, message), remedy); err != nil {
				return err
			}
		}
		if l.full {
			return errEnough
		}
	}
	return nil
}
