// Package file reads records from files and standard input: one a line, plain, gzip or zstd.
package file

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/klauspost/compress/zstd"

	"tocsin"
	"tocsin/ingest"
)

// Options configure a [Source]. A zero field takes its default.
type Options struct {
	Source    string    // name of the configured source; default "file"
	Tenant    string    // default "default"
	Format    string    // decoder to use; default "auto"
	Received  time.Time // stands in for the receive time that a file does not have; zero: none
	MaxRecord int64     // bytes of a line; default 1 MiB. A longer one becomes a record with the fault too_big and no bytes
	Batch     int       // lines of a batch; default 1,000
	Bytes     int64     // bytes of one file after decompression; default 0: no limit. The file's rest is a fault then
	Stdin     io.Reader // what "-" reads; default os.Stdin
}

// ErrUnreadable is a file that cannot be opened or is not in the compression that it seems to be in.
var ErrUnreadable = errors.New("unreadable input")

// A Source reads files one after the other, as they were named. It is for one goroutine.
type Source struct {
	opts  Options
	paths []string
	file  *reading // nil between files
}

var _ ingest.Source = (*Source)(nil)

// A reading is one open file.
type reading struct {
	name  string
	lines *bufio.Reader
	close []func() error
	at    int64 // ordinal of the next record
	taken int64 // bytes read, decompressed
}

// Open checks that every path can be opened and returns a source over all of them. "-" is standard input. Compression
// is told by the first bytes, whatever the name. The error wraps [ErrUnreadable] and names every path that fails.
func Open(paths []string, opts Options) (*Source, error) {
	if opts.Source == "" {
		opts.Source = "file"
	}
	if opts.Tenant == "" {
		opts.Tenant = "default"
	}
	if opts.MaxRecord <= 0 {
		opts.MaxRecord = 1 << 20
	}
	if opts.Batch <= 0 {
		opts.Batch = 1000
	}
	if opts.Stdin == nil {
		opts.Stdin = os.Stdin
	}
	var faults []error
	for _, path := range paths {
		if path == "-" {
			continue
		}
		info, err := os.Stat(path)
		switch {
		case err != nil:
			faults = append(faults, fmt.Errorf("%w: %w", ErrUnreadable, err))
		case info.IsDir():
			faults = append(faults, fmt.Errorf("%w: %s is a folder", ErrUnreadable, path))
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return &Source{opts: opts, paths: paths}, nil
}

// Read returns the next batch of lines. Blank lines are no records. A batch never spans two files. Ack does nothing: a
// file is read again from its start. After the last line Read returns io.EOF; an error wraps [ErrUnreadable].
func (s *Source) Read(ctx context.Context) (ingest.Batch, error) {
	for {
		if err := ctx.Err(); err != nil {
			return ingest.Batch{}, err
		}
		if s.file == nil {
			if len(s.paths) == 0 {
				return ingest.Batch{}, io.EOF
			}
			f, err := s.open(s.paths[0])
			if err != nil {
				return ingest.Batch{}, err
			}
			s.file, s.paths = f, s.paths[1:]
		}
		records, ended := s.batch()
		if ended {
			err := s.shut()
			if err != nil {
				return ingest.Batch{}, err
			}
		}
		if len(records) > 0 {
			return ingest.Batch{Records: records, Ack: func(context.Context) error { return nil }}, nil
		}
	}
}

// Close closes the file being read.
func (s *Source) Close() error {
	s.paths = nil
	return s.shut()
}

func (s *Source) shut() error {
	if s.file == nil {
		return nil
	}
	var faults []error
	for _, closing := range slices.Backward(s.file.close) {
		faults = append(faults, closing())
	}
	s.file = nil
	return errors.Join(faults...)
}

// open opens a path and finds out how it is compressed.
func (s *Source) open(path string) (*reading, error) {
	f := &reading{name: "-"}
	in := s.opts.Stdin
	if path != "-" {
		opened, err := os.Open(path)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
		}
		f.name = filepath.Base(path)
		f.close = append(f.close, opened.Close)
		in = opened
	}
	const buffer = 64 << 10
	raw := bufio.NewReaderSize(in, buffer)
	magic, _ := raw.Peek(4)
	var plain io.Reader = raw
	switch {
	case bytes.HasPrefix(magic, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(raw)
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrUnreadable, path, err)
		}
		plain = z // closing it frees nothing and says again what reading said
	case bytes.Equal(magic, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		// One goroutine and a bounded window: a frame cannot ask for more than 128 MiB.
		z, err := zstd.NewReader(raw, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxWindow(128<<20), zstd.WithDecoderLowmem(true))
		if err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrUnreadable, path, err)
		}
		f.close = append(f.close, func() error { z.Close(); return nil })
		plain = z
	}
	f.lines = bufio.NewReaderSize(plain, buffer)
	return f, nil
}

// batch reads lines up to a batch's worth and reports whether the file has ended.
func (s *Source) batch() ([]ingest.Record, bool) {
	records := make([]ingest.Record, 0, s.opts.Batch)
	for len(records) < s.opts.Batch {
		line, size, err := s.line()
		switch {
		case size > s.opts.MaxRecord:
			records = append(records, s.record(nil, "too_big", fmt.Sprintf("a line of %d bytes, of which %d are allowed", size, s.opts.MaxRecord), size))
		case len(bytes.TrimSpace(line)) > 0:
			records = append(records, s.record(line, "", "", size))
		}
		switch {
		case errors.Is(err, io.EOF):
			return records, true
		case err != nil:
			return append(records, s.record(nil, "codec", "the rest cannot be read: "+err.Error(), 0)), true
		case s.opts.Bytes > 0 && s.file.taken > s.opts.Bytes:
			return append(records, s.record(nil, "bomb", fmt.Sprintf("more than %d bytes decompressed", s.opts.Bytes), s.file.taken)), true
		}
	}
	return records, false
}

func (s *Source) record(value []byte, fault, detail string, size int64) ingest.Record {
	r := ingest.Record{
		Source: s.opts.Source, Tenant: s.opts.Tenant, Format: s.opts.Format, Received: s.opts.Received,
		Ref: tocsin.Ref{File: s.file.name, Line: s.file.at}, Value: value, Fault: fault, Detail: detail, Size: size,
	}
	s.file.at++
	return r
}

// line reads one line without its end. Of a line longer than allowed it returns its size alone and keeps nothing.
func (s *Source) line() (line []byte, size int64, err error) {
	f := s.file
	for {
		part, err := f.lines.ReadSlice('\n')
		f.taken += int64(len(part))
		size += int64(len(part))
		if errors.Is(err, bufio.ErrBufferFull) {
			if size <= s.opts.MaxRecord+2 {
				line = append(line, part...)
			} else {
				line = nil
			}
			if s.opts.Bytes > 0 && f.taken > s.opts.Bytes {
				return nil, size, nil
			}
			continue
		}
		ends := len(part) - len(bytes.TrimRight(part, "\r\n"))
		size -= int64(ends)
		if size <= s.opts.MaxRecord {
			line = append(line, part[:len(part)-ends]...)
		} else {
			line = nil
		}
		return line, size, err
	}
}
