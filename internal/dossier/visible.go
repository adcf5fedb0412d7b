package dossier

import (
	"bytes"
	"fmt"
	"unicode"
	"unicode/utf8"
)

// Visible makes the characters of a rendered page that show nothing, or turn the order of others around, visible as
// \u{202E}: whatever an alert holds, the page reads as it was written. Line feeds and tabs stay.
func Visible(html []byte) []byte {
	if bytes.IndexFunc(html, unseen) < 0 && utf8.Valid(html) {
		return html
	}
	out := make([]byte, 0, len(html)+64)
	for len(html) > 0 {
		r, n := utf8.DecodeRune(html)
		switch {
		case r == utf8.RuneError && n == 1:
			out = append(out, "\uFFFD"...)
		case unseen(r):
			out = fmt.Appendf(out, `\u{%X}`, r)
		default:
			out = append(out, html[:n]...)
		}
		html = html[n:]
	}
	return out
}

func unseen(r rune) bool {
	switch {
	case r == '\n' || r == '\t':
		return false
	case r < utf8.RuneSelf:
		return r < ' ' || r == 0x7f
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}
