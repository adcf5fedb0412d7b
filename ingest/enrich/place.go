package enrich

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"unicode/utf8"

	"tocsin/internal/fault"
)

// A place is where something stands in a list's file: a line and the byte in it, both from 1, or a byte of the file.
type place struct {
	line, column int
	offset       int64 // where line is 0
}

// wrong notes a fault. The error says that there are enough of them.
func (l *loader) wrong(at place, message, remedy string) error {
	l.faults = append(l.faults, fault.Fault{File: l.list.File, Message: message, Remedy: remedy})
	l.places = append(l.places, at)
	if len(l.faults) < maxFaults {
		return nil
	}
	l.faults = append(l.faults, fault.Fault{File: l.list.File, Message: fmt.Sprintf("has %d faults and perhaps more: the rest was not read", maxFaults)})
	return errEnough
}

// located is the faults with their lines, for which the file is read once more.
func (l *loader) located() fault.List {
	if len(l.places) == 0 {
		return l.faults
	}
	f, err := os.Open(l.list.File)
	if err != nil {
		return l.faults
	}
	defer f.Close()
	in := bufio.NewReaderSize(f, maxLine)
	start := int64(0) // of the line
	for n := 1; ; n++ {
		text, err := in.ReadSlice('\n')
		whole := !errors.Is(err, bufio.ErrBufferFull)
		begins, size := string(text), int64(len(text))
		for errors.Is(err, bufio.ErrBufferFull) {
			text, err = in.ReadSlice('\n')
			size += int64(len(text))
		}
		for i, at := range l.places {
			if at.line == 0 && at.offset >= start && at.offset < start+max(size, 1) {
				at = place{line: n, column: int(at.offset-start) + 1}
			}
			if at.line == n && l.faults[i].Line == 0 {
				l.locate(i, at, begins, whole)
			}
		}
		start += size
		if err != nil {
			return l.faults
		}
	}
}

// locate gives a fault its line. One that is too long to be shown is left out.
func (l *loader) locate(i int, at place, line string, whole bool) {
	f := &l.faults[i]
	f.Line, f.Column = at.line, at.column
	if whole && at.column-1 <= len(line) && len(line) <= 4<<10 {
		f.Column = utf8.RuneCountInString(line[:at.column-1]) + 1
		f.Excerpt = fault.At("", []byte(line), 1, 1, "", "").Excerpt
	}
}
