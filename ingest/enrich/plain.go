package enrich

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// plain reads a list of a value a line. # begins a comment, at the line's beginning or behind white space.
func (l *loader) plain(in *bufio.Reader) error {
	for n := 1; ; n++ {
		line, err := l.line(in, n)
		if err != nil {
			if errors.Is(err, io.EOF) {
				return nil
			}
			return err
		}
		value := strings.TrimSpace(uncommented(line))
		if value == "" {
			continue
		}
		kind, found := guessed(refanged(value))
		message, remedy := fmt.Sprintf("cannot tell what %s is", quoted(value)), "a list of values has an address, a network, a domain, a URL, a hash or a mail address a line; other lists say format"
		if kind != noKind {
			message, remedy = l.take(indicator{kind: kind, value: found, confidence: -1}, n)
		}
		if message == "" {
			continue
		}
		if err := l.wrong(place{line: n, column: 1 + strings.Index(line, value)}, message, remedy); err != nil {
			return err
		}
		if l.full {
			return errEnough
		}
	}
}

// uncommented is a line without its comment. A # within a value is none: URLs have such.
func uncommented(line string) string {
	if strings.HasPrefix(strings.TrimSpace(line), "#") {
		return ""
	}
	for i := 1; i < len(line); i++ {
		if line[i] == '#' && (line[i-1] == ' ' || line[i-1] == '\t') {
			return line[:i]
		}
	}
	return line
}

// line reads one line, io.EOF at the end. A byte order mark is left out.
func (l *loader) line(in *bufio.Reader, n int) (string, error) {
	text, err := in.ReadSlice('\n')
	if errors.Is(err, bufio.ErrBufferFull) {
		_ = l.wrong(place{line: n, column: 1}, fmt.Sprintf("the line has more than %d bytes", maxLine), "")
		return "", errEnough // where the next one begins is not known
	}
	if len(text) == 0 {
		return "", err
	}
	line := strings.TrimRight(string(text), "\r\n")
	if n == 1 {
		line = strings.TrimPrefix(line, "\ufeff")
	}
	return line, nil
}
