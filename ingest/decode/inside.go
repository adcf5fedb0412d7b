package decode

import (
	"strings"
	"time"
)

// embedded reads a JSON object that stands inside another record. One that is broken is left as the text it is.
func (d *Decoder) embedded(body string, o *output) {
	const most = 3 // records within records
	if d.nested >= most {
		return
	}
	marks := d.doc.marks
	if err := d.doc.scan([]byte(body)); err != nil {
		d.doc.marks = marks
		return
	}
	d.readInner(o)
}

// inside reads a record that stands inside another, as whatever format it is. One that is none sets nothing.
func (d *Decoder) inside(body string, o *output) {
	body = strings.TrimSpace(body)
	if strings.HasPrefix(body, "{") {
		d.embedded(body, o)
		return
	}
	if f := d.lineFormat(body); f != nil {
		f.text.read(body, o)
	}
}

// within is inside for a record that may hold itself, as a line may be the message of a line.
func (d *Decoder) within(body string, o *output) {
	const most = 3 // records within records
	if d.nested < most {
		d.nested++
		d.inside(body, o)
		d.nested--
	}
}

// instead is within for a record that tells more than the one that carries it: its time counts where it has one.
func (d *Decoder) instead(body string, o *output) {
	carrier := o.time
	o.time = time.Time{}
	d.within(body, o)
	if o.time.IsZero() {
		o.time = carrier
	}
}

// readInner reads the document that a wrapper has left.
func (d *Decoder) readInner(o *output) {
	d.nested++
	defer func() { d.nested-- }()
	if f := d.recognise(""); f != nil {
		f.object.read(d.doc, o)
	}
}
