package register

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"tocsin"
)

// canonical is the one JSON text of v that hashes are taken over, after RFC 8785: no spaces, members sorted by the
// UTF-16 units of their names, the shortest escapes, numbers as ECMAScript prints them. It departs from the RFC in one
// point: whole numbers beyond 2^53 keep all their digits.
func canonical(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	tree, err := tocsin.PlainJSON(text)
	if err != nil {
		return nil, err
	}
	return appendCanonical(make([]byte, 0, len(text)), tree)
}

func appendCanonical(b []byte, v any) ([]byte, error) {
	switch x := v.(type) {
	case nil:
		return append(b, "null"...), nil
	case bool:
		return strconv.AppendBool(b, x), nil
	case string:
		return appendString(b, x), nil
	case json.Number:
		return appendNumber(b, x)
	case []any:
		return appendArray(b, x)
	case map[string]any:
		return appendObject(b, x)
	default:
		return nil, fmt.Errorf("canonical form of %T: no such JSON value", v)
	}
}

func appendArray(b []byte, items []any) ([]byte, error) {
	var err error
	b = append(b, '[')
	for i, item := range items {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = appendCanonical(b, item); err != nil {
			return nil, err
		}
	}
	return append(b, ']'), nil
}

func appendObject(b []byte, members map[string]any) ([]byte, error) {
	names := make([]string, 0, len(members))
	for name := range members {
		names = append(names, name)
	}
	slices.SortFunc(names, func(x, y string) int {
		return slices.Compare(utf16.Encode([]rune(x)), utf16.Encode([]rune(y)))
	})
	var err error
	b = append(b, '{')
	for i, name := range names {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, name), ':')
		if b, err = appendCanonical(b, members[name]); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

func appendNumber(b []byte, n json.Number) ([]byte, error) {
	if i, err := strconv.ParseInt(n.String(), 10, 64); err == nil {
		return strconv.AppendInt(b, i, 10), nil
	}
	f, err := n.Float64()
	if err != nil {
		return nil, fmt.Errorf("canonical form of number %.40s: %w", n, err)
	}
	if f == 0 { // also -0
		return append(b, '0'), nil
	}
	text, err := json.Marshal(f) // as ECMAScript prints it
	return append(b, text...), err
}

func appendString(b []byte, s string) []byte {
	b = append(b, '"')
	plain := 0 // what stands from here on needs no escape
	for at := range len(s) {
		if c := s[at]; c < ' ' || c == '"' || c == '\\' {
			b = appendEscape(append(b, s[plain:at]...), c)
			plain = at + 1
		} else if c >= utf8.RuneSelf {
			return appendRunes(append(b, s[plain:at]...), s[at:])
		}
	}
	return append(append(b, s[plain:]...), '"')
}

// appendRunes is the rest of a string that has other letters than those of ASCII; what is no UTF-8 becomes U+FFFD.
func appendRunes(b []byte, s string) []byte {
	for _, r := range s {
		if r < ' ' || r == '"' || r == '\\' {
			b = appendEscape(b, byte(r))
		} else {
			b = utf8.AppendRune(b, r)
		}
	}
	return append(b, '"')
}

// appendEscape is the shortest escape of a byte that needs one.
func appendEscape(b []byte, c byte) []byte {
	const hex = "0123456789abcdef"
	switch c {
	case '"', '\\':
		return append(b, '\\', c)
	case '\b':
		return append(b, '\\', 'b')
	case '\t':
		return append(b, '\\', 't')
	case '\n':
		return append(b, '\\', 'n')
	case '\f':
		return append(b, '\\', 'f')
	case '\r':
		return append(b, '\\', 'r')
	}
	return append(b, '\\', 'u', '0', '0', hex[c>>4], hex[c&0xf])
}
