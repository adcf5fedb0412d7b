package sinks

import (
	"encoding/base64"
	"fmt"
	"strings"

	"tocsin"
)

// ReadExhibit reads a copy of an alert, without its bytes or with them. The text of one that a store wrote is read without
// looking anything up, any other as encoding/json does. The error wraps [ErrDamaged].
func ReadExhibit(text string) (tocsin.Exhibit, error) {
	if x, ok := readExhibit(text); ok {
		return x, nil
	}
	var x tocsin.Exhibit
	if err := unmarshal(text, &x); err != nil {
		return x, fmt.Errorf("exhibit: %w", err)
	}
	return x, nil
}

// readExhibit takes only the very form that encoding/json gives a copy.
func readExhibit(text string) (x tocsin.Exhibit, ok bool) {
	t := taken{rest: text}
	t.text(`{"id":`, &x.ID)
	t.text(`,"incident":`, &x.Incident)
	t.text(`,"tenant":`, &x.Tenant)
	t.text(`,"event":`, &x.Event)
	t.text(`,"alert":`, &x.Alert)
	t.text(`,"sha256":`, &x.SHA256)
	t.number(`,"size":`, &x.Size)
	t.text(`,"media_type":`, &x.MediaType)
	t.text(`,"source":`, &x.Source)
	t.text(`,"format":`, &x.Format)
	t.ref(`,"ref":{`, &x.Ref)
	t.time(`,"at":`, &x.At)
	if strings.HasPrefix(t.rest, `,"received":`) {
		t.time(`,"received":`, &x.Received)
	}
	t.time(`,"acquired":{"at":`, &x.Acquired.At)
	t.text(`,"by":`, &x.Acquired.By)
	t.text(`,"tool":`, &x.Acquired.Tool)
	t.text(`,"how":`, &x.Acquired.How)
	t.lead(`}`)
	t.original(&x)
	t.lead(`}`)
	return x, !t.odd && t.rest == ""
}

// original takes the bytes of the alert, if they follow.
func (t *taken) original(x *tocsin.Exhibit) {
	const lead = `,"original":`
	if t.odd || !strings.HasPrefix(t.rest, lead) {
		return
	}
	text := ""
	t.text(lead, &text)
	var err error
	if x.Original, err = base64.StdEncoding.DecodeString(text); err != nil || len(x.Original) == 0 {
		t.odd = true
	}
}

// ref takes a place. What it may have comes after a comma but for the first.
func (t *taken) ref(lead string, r *tocsin.Ref) {
	if t.lead(lead); t.odd {
		return
	}
	var partition int64
	comma := ""
	for _, word := range []struct {
		lead   string
		text   *string
		number *int64
	}{
		{`"file":`, &r.File, nil},
		{`"line":`, nil, &r.Line},
		{`"topic":`, &r.Topic, nil},
		{`"partition":`, nil, &partition},
		{`"offset":`, nil, &r.Offset},
		{`"incarnation":`, &r.Incarnation, nil},
	} {
		rest, follows := strings.CutPrefix(t.rest, comma)
		if !follows || !strings.HasPrefix(rest, word.lead) {
			continue
		}
		t.rest, comma = rest, ","
		if word.text != nil {
			t.text(word.lead, word.text)
		} else {
			t.number(word.lead, word.number)
		}
	}
	t.lead(`}`)
	r.Partition = int32(partition)
	t.odd = t.odd || int64(r.Partition) != partition
}
