package decode

import "strings"

// withoutEscapes takes the backslash away that stands before one of the characters. The text is m's, where there is one.
func withoutEscapes(m *memory, s, characters string) string {
	if m == nil {
		m = &memory{}
	}
	m.room(len(s))
	from := len(m.text)
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) && strings.IndexByte(characters, s[i+1]) >= 0 {
			i++
		}
		m.text = append(m.text, s[i])
	}
	return m.since(from)
}

// cefUnescape resolves the escapes of a value. The text is m's.
func cefUnescape(m *memory, s string) string {
	m.room(len(s))
	from := len(m.text)
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c != '\\' || i+1 == len(s) {
			m.text = append(m.text, c)
			continue
		}
		i++
		switch c = s[i]; c {
		case 'n':
			c = '\n'
		case 'r':
			c = '\r'
		case '=', '\\', '|':
		default: // a Windows path that its writer did not escape
			m.text = append(m.text, '\\')
		}
		m.text = append(m.text, c)
	}
	return m.since(from)
}
