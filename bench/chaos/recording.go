package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"time"
)

// A recording is the lines of a file, one record each, and the same again as often as asked: each time later, by as many
// days as the file is long, and with ids of their own, so that what comes again is not what was sent again.
type recording struct {
	file   *os.File
	lines  *bufio.Scanner
	copies int
	copied int           // times that the file was read whole
	every  time.Duration // from one copy to the next
	times  *regexp.Regexp
	err    error
}

// mostLine bounds a record, in bytes.
const mostLine = 1 << 20

func openRecording(name string, copies int) (*recording, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	r := &recording{file: f, copies: copies, times: regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)`)}
	if copies > 1 {
		err = r.measure()
	}
	return r, errors.Join(err, r.rewind())
}

func (r *recording) rewind() error {
	r.lines = bufio.NewScanner(r.file)
	r.lines.Buffer(nil, mostLine)
	_, err := r.file.Seek(0, io.SeekStart)
	return err
}

// measure finds how many days lie between the first time in the file and the last one.
func (r *recording) measure() error {
	if err := r.rewind(); err != nil {
		return err
	}
	var first, last time.Time
	for r.lines.Scan() {
		at, err := time.Parse(time.RFC3339Nano, string(r.times.Find(r.lines.Bytes())))
		if err != nil {
			continue
		}
		if first.IsZero() {
			first = at
		}
		last = at
	}
	if !last.After(first) {
		return errors.New("-copies is for a file of records with times as in RFC 3339, in their order")
	}
	const day = 24 * time.Hour
	r.every = last.Sub(first)/day*day + day
	return r.lines.Err()
}

func (r *recording) next() ([]byte, bool) {
	for !r.lines.Scan() {
		r.copied++
		if r.err = r.lines.Err(); r.err == nil && r.copied < r.copies {
			r.err = r.rewind()
		}
		if r.err != nil || r.copied >= r.copies {
			return nil, false
		}
	}
	return r.copy(bytes.Clone(r.lines.Bytes())), true
}

// copy is a line as it is in the copy of now.
func (r *recording) copy(line []byte) []byte {
	if r.copied == 0 {
		return line
	}
	line = r.times.ReplaceAllFunc(line, func(text []byte) []byte {
		at, err := time.Parse(time.RFC3339Nano, string(text))
		if err != nil {
			return text
		}
		return at.Add(time.Duration(r.copied)*r.every).AppendFormat(nil, time.RFC3339Nano)
	})
	var known struct{ Event struct{ ID string } }
	if json.Unmarshal(line, &known) == nil && known.Event.ID != "" {
		line = bytes.Replace(line, []byte(strconv.Quote(known.Event.ID)), []byte(strconv.Quote(fmt.Sprintf("%s-%d", known.Event.ID, r.copied))), 1)
	}
	return line
}

// close ends the reading. The error is that of a line that could not be read, behind which nothing was.
func (r *recording) close() error {
	r.file.Close()
	return r.err
}

// openRecords finds what is to be written.
func (p *play) openRecords() (closeRecords func() error, err error) {
	if p.recorded == "" {
		p.records = newStream(p.seed)
		return func() error { return nil }, nil
	}
	file, err := openRecording(p.recorded, p.copies)
	if err != nil {
		return nil, err
	}
	p.records = file
	return file.close, nil
}
