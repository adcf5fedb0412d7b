package decode

import "tocsin"

// hardware is the address of a network card as ECS has it, by RFC 7042: 00-00-5E-00-53-23. What is none stays as it is.
func (o *output) hardware(v tocsin.Value) tocsin.Value {
	if v.Kind() == tocsin.List {
		items := make([]tocsin.Value, 0, v.Len())
		for _, item := range v.Items() {
			items = append(items, o.hardware(item))
		}
		return tocsin.ListValue(items...)
	}
	const octets = 8 // at most
	s, ok := v.Str()
	var digits [2 * octets]byte
	n := 0
	for i := range len(s) {
		switch c := s[i]; {
		case nibble(c) < 16 && n < len(digits):
			digits[n] = nibble(c)
			n++
		case c == ':' || c == '-' || c == '.':
		default:
			return v
		}
	}
	if !ok || n != 12 && n != 16 {
		return v
	}
	const hex = "0123456789ABCDEF"
	var room [3 * octets]byte
	to := room[:0]
	for i := 0; i < n; i += 2 {
		to = append(to, hex[digits[i]], hex[digits[i+1]], '-')
	}
	if to = to[:len(to)-1]; string(to) == s {
		return v
	}
	return tocsin.StringValue(o.doc.memory.string(to))
}
