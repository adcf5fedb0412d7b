package correlate

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"tocsin"
)

// ErrSnapshot is what [Restore] wraps where the bytes are no snapshot of this version.
var ErrSnapshot = errors.New("not a snapshot of the correlation engine")

// A coder writes a snapshot or reads one: each layout function serves both, so that they cannot drift apart. Its first
// fault stays; reading after it yields zeros.
type coder struct {
	buf     []byte // written so far, or still to be read
	format  int
	reading bool
	names   map[string]string // that were read, see [coder.name]
	err     error
}

func (c *coder) fail(format string, args ...any) {
	if c.err == nil {
		c.err = fmt.Errorf(format+": %w", append(args, ErrSnapshot)...)
		c.buf = nil
	}
}

// num is a whole number of any sign.
func (c *coder) num(v *int64) {
	if !c.reading {
		c.buf = binary.AppendVarint(c.buf, *v)
		return
	}
	n, size := binary.Varint(c.buf)
	if size <= 0 {
		c.fail("a number is cut off")
		n, size = 0, 0
	}
	*v, c.buf = n, c.buf[size:]
}

// at is an event time; those outside what the engine computes with are a fault.
func (c *coder) at(v *int64) {
	if c.num(v); *v < unset || *v > never {
		c.fail("a time out of range")
		*v = 0
	}
}

// span is a duration that event time can be moved by.
func (c *coder) span(v *int64) {
	if c.num(v); *v < 0 || *v > longest {
		c.fail("a duration out of range")
		*v = 0
	}
}

// small is a number from 0 to limit.
func small[T int | int32 | uint32](c *coder, v *T, limit int64) {
	n := int64(*v)
	if c.num(&n); n < 0 || n > limit {
		c.fail("%d is not from 0 to %d", n, limit)
		n = 0
	}
	*v = T(n)
}

func (c *coder) bool(v *bool) {
	var n int64
	if *v {
		n = 1
	}
	c.num(&n)
	*v = n == 1
}

func (c *coder) float(v *float64) {
	n := int64(math.Float64bits(*v))
	c.num(&n)
	*v = math.Float64frombits(uint64(n))
}

func (c *coder) word(v *uint64) {
	n := int64(*v)
	c.num(&n)
	*v = uint64(n)
}

func (c *coder) text(v *string) {
	n := c.count(len(*v), 1)
	if !c.reading {
		c.buf = append(c.buf, *v...)
		return
	}
	*v, c.buf = string(c.buf[:n]), c.buf[n:]
}

func (c *coder) raw(v []byte) {
	if !c.reading {
		c.buf = append(c.buf, v...)
		return
	}
	if len(c.buf) < len(v) {
		c.fail("bytes are cut off")
		return
	}
	copy(v, c.buf)
	c.buf = c.buf[len(v):]
}

// count is the number of elements that follow, each of at least size bytes: no more can be claimed than are there.
func (c *coder) count(n, size int) int {
	v := int64(n)
	c.num(&v)
	if c.reading && (v < 0 || v > int64(len(c.buf)/size)) {
		c.fail("%d elements in %d bytes", v, len(c.buf))
		return 0
	}
	return int(v)
}

// list is a list whose elements take at least size bytes each; empty ones are read as nil.
func list[T any](c *coder, s *[]T, size int, each func(*T)) {
	n := c.count(len(*s), size)
	if c.reading {
		*s = nil
		if n > 0 {
			*s = make([]T, n)
		}
	}
	for i := range *s {
		if each(&(*s)[i]); c.err != nil {
			*s = nil // none of them can be relied on
			return
		}
	}
}

func (c *coder) texts(s *[]string) { list(c, s, 1, c.text) }

// json is a value that is written as JSON: the little that has a layout of its own already.
func (c *coder) json(v any) {
	var text string
	if !c.reading {
		data, err := json.Marshal(v)
		if err != nil {
			c.fail("%v", err)
		}
		text = string(data)
	}
	c.text(&text)
	if c.reading && c.err == nil {
		if err := json.Unmarshal([]byte(text), v); err != nil {
			c.fail("%v", err)
		}
	}
}

// value is a field's value with its kind, which JSON would not keep.
func (c *coder) value(v *tocsin.Value) {
	kind := int(v.Kind())
	small(c, &kind, int64(tocsin.List))
	if tocsin.Kind(kind) == tocsin.List {
		items := v.Items()
		list(c, &items, 1, c.scalar)
		*v = tocsin.ListValue(items...)
		return
	}
	c.body(v, tocsin.Kind(kind))
}

func (c *coder) scalar(v *tocsin.Value) {
	kind := int(v.Kind())
	small(c, &kind, int64(tocsin.String))
	c.body(v, tocsin.Kind(kind))
}

func (c *coder) body(v *tocsin.Value, kind tocsin.Kind) {
	var text string
	if !c.reading {
		text = v.Text()
	}
	c.text(&text)
	if c.reading {
		*v = scalarOf(kind, text)
	}
}

func scalarOf(kind tocsin.Kind, text string) tocsin.Value {
	switch kind {
	case tocsin.Null:
		return tocsin.NullValue()
	case tocsin.Bool:
		return tocsin.BoolValue(text == "true")
	case tocsin.String:
		return tocsin.StringValue(text)
	case tocsin.Int, tocsin.Float:
		v, _ := tocsin.NumberValue(text)
		if f, ok := v.Float(); ok && v.Kind() != kind { // a float that was written without a point
			return tocsin.FloatValue(f)
		}
		return v
	}
	return tocsin.Value{}
}
