package expression

import (
	"slices"
	"strconv"
	"strings"
	"unsafe"

	"tocsin"
)

// modifier is how a leaf sees the values of a field.
type modifier uint8

const (
	asIs     modifier = iota // strings, and whole numbers as they are written
	inLower                  // the same in lower case
	inUpper                  // the same in upper case
	inText                   // every value as its text
	inFolded                 // the same in lower case
	modifiers
)

// views are the texts of the loaded alert's fields as leaves see them, each made at most once and only if a leaf
// asks. Their memory is used again for the next alert.
type views struct {
	spans []viewSpan // of slot and modifier
	texts []string   // the generation's texts
	buf   []byte     // where texts stand that are not the alert's own
	odd   bool       // of the view being made: see [Evaluator.odd]
}

// viewSpan says which of the texts one view has.
type viewSpan struct {
	gen      uint32
	from, to int32
	odd      bool
}

// maxKept bounds the buffer that is kept from one alert to the next.
const maxKept = 1 << 20

func (v *views) reset() {
	v.texts = v.texts[:0]
	if v.buf = v.buf[:0]; cap(v.buf) > maxKept {
		v.buf = nil
	}
}

// view is the texts of a slot, one for each member that has one. They are good until the next alert is loaded.
func (e *Evaluator) view(slot int, m modifier) []string {
	if e.slots[slot].Kind() == tocsin.String { // of strings both kinds of view are the same
		switch m {
		case inText:
			m = asIs
		case inFolded:
			m = inLower
		}
	}
	span := &e.views.spans[slot*int(modifiers)+int(m)]
	if span.gen != e.gen {
		span.gen, span.from, e.views.odd = e.gen, int32(len(e.views.texts)), false
		e.views.read(e.slots[slot], m)
		span.to, span.odd = int32(len(e.views.texts)), e.views.odd
	}
	return e.views.texts[span.from:span.to]
}

// odd reports whether a view in lower case may lack what is in the field: a long s, which matches s without regard to
// case and is its own lower case, or an end that was cut because lower case is longer. It says so for views that were made.
func (e *Evaluator) odd(slot int, m modifier) bool {
	if e.slots[slot].Kind() == tocsin.String && m == inFolded {
		m = inLower
	}
	return e.views.spans[slot*int(modifiers)+int(m)].odd
}

func (v *views) read(value tocsin.Value, m modifier) {
	if value.Kind() != tocsin.List {
		v.add(value, m)
		return
	}
	all := items(value)
	if m == inLower || m == inFolded {
		size := 0
		for _, item := range all {
			s, _ := item.Str()
			size += len(clip(s))
		}
		v.buf = slices.Grow(v.buf, size) // once, not with each of them
	}
	for _, item := range all {
		v.add(item, m)
	}
}

// add adds the text of one value, if it has one.
func (v *views) add(value tocsin.Value, m modifier) {
	var text string
	switch value.Kind() {
	case tocsin.String:
		text, _ = value.Str()
	case tocsin.Absent, tocsin.Null, tocsin.List:
		return
	default:
		if m == inText || m == inFolded {
			text = value.Text()
			break
		}
		n, whole := value.Int()
		if !whole {
			return
		}
		from := len(v.buf)
		v.buf = strconv.AppendInt(v.buf, n, 10)
		text = v.since(from)
	}
	v.texts = append(v.texts, v.modified(clip(text), m))
}

func (v *views) modified(text string, m modifier) string {
	switch m {
	case inLower, inFolded:
		from := len(v.buf)
		var ascii bool
		v.buf, ascii = appendLower(v.buf, text)
		lower := v.since(from)
		v.odd = v.odd || len(lower) > maxValue || !ascii && strings.Contains(lower, "ſ")
		return clip(lower)
	case inUpper:
		return clip(strings.ToUpper(text))
	default:
		return text
	}
}

// since is what the buffer holds from a place on. The string shares the buffer's memory, which is not written to
// again before the next alert; it never leaves the evaluator.
func (v *views) since(from int) string {
	return unsafe.String(unsafe.SliceData(v.buf[from:]), len(v.buf)-from)
}
