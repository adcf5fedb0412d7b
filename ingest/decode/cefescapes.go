package decode

import "strings"

// withoutEscapes takes the backslash away that stands before one of the characters.
func withoutEscapes(s, characters string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && strings.IndexByte(characters, s[i+1]) >= 0 {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

// cefUnescape resolves the escapes of a value.
func cefUnescape(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			b.WriteByte(s[i])
			continue
		}
		i++
		switch s[i] {
		case 'n':
			b.WriteByte('\n')
		case 'r':
			b.WriteByte('\r')
		case '=', '\\', '|':
			b.WriteByte(s[i])
		default: // a Windows path that its writer did not escape
			b.WriteByte('\\')
			b.WriteByte(s[i])
		}
	}
	return b.String()
}
