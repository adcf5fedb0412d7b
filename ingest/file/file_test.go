package file

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"tocsin/ingest"
)

// lines reads a source to its end: "file:ordinal value" or "file:ordinal !fault size".
func lines(t *testing.T, s *Source) []string {
	t.Helper()
	var got []string
	for {
		b, err := s.Read(t.Context())
		if errors.Is(err, io.EOF) {
			return got
		}
		if err != nil {
			t.Fatal(err)
		}
		if err := b.Ack(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, r := range b.Records {
			got = append(got, describe(r))
		}
	}
}

func describe(r ingest.Record) string {
	text := r.Ref.File + ":" + string(rune('0'+r.Ref.Line)) + " "
	if r.Fault != "" {
		return text + "!" + r.Fault
	}
	return text + string(r.Value)
}

func write(t *testing.T, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestRead(t *testing.T) {
	text := "one\n\n  \ntwo\r\n" + strings.Repeat("x", 300_000) + "\nlast"
	var zipped bytes.Buffer
	gz := gzip.NewWriter(&zipped)
	_, _ = gz.Write([]byte(text))
	_ = gz.Close()
	enc, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	paths := []string{
		write(t, "a.ndjson", []byte(text)), write(t, "b.gz", zipped.Bytes()), write(t, "c.zst", enc.EncodeAll([]byte(text), nil)), "-",
	}
	s, err := Open(paths, Options{MaxRecord: 100_000, Batch: 2, Stdin: strings.NewReader(text)})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var want []string
	for _, name := range []string{"a.ndjson", "b.gz", "c.zst", "-"} {
		want = append(want, name+":0 one", name+":1 two", name+":2 !too_big", name+":3 last")
	}
	if diff := cmp.Diff(want, lines(t, s)); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

func TestLongLineSaysItsSize(t *testing.T) {
	s, err := Open([]string{"-"}, Options{MaxRecord: 10, Stdin: strings.NewReader(strings.Repeat("y", 70_000) + "\r\nok\n")})
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if r := b.Records[0]; r.Size != 70_000 || r.Value != nil || r.Fault != "too_big" {
		t.Errorf("a line of 70,000 bytes gives %q, size %d, %d bytes", r.Fault, r.Size, len(r.Value))
	}
	if r := b.Records[1]; string(r.Value) != "ok" {
		t.Errorf("the line after it is %q", r.Value)
	}
}

func TestExactlyAsLongAsAllowed(t *testing.T) {
	for _, end := range []string{"", "\n", "\r\n"} {
		s, err := Open([]string{"-"}, Options{MaxRecord: 65_536, Stdin: strings.NewReader(strings.Repeat("z", 65_536) + end)})
		if err != nil {
			t.Fatal(err)
		}
		b, err := s.Read(t.Context())
		if err != nil || len(b.Records) != 1 || len(b.Records[0].Value) != 65_536 {
			t.Errorf("end %q: %d records, %v", end, len(b.Records), err)
		}
	}
}

func TestBrokenCompressionIsAFault(t *testing.T) {
	var zipped bytes.Buffer
	gz := gzip.NewWriter(&zipped)
	_, _ = gz.Write(bytes.Repeat([]byte("line\n"), 100_000))
	_ = gz.Close()
	path := write(t, "cut.gz", zipped.Bytes()[:zipped.Len()/2])
	s, err := Open([]string{path}, Options{Batch: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.Read(t.Context())
	if err != nil || len(b.Records) < 2 {
		t.Fatalf("%d records, %v", len(b.Records), err)
	}
	if last := b.Records[len(b.Records)-1]; last.Fault != "codec" {
		t.Errorf("the last record has the fault %q", last.Fault)
	}
}

func TestBombStops(t *testing.T) {
	var zipped bytes.Buffer
	gz := gzip.NewWriter(&zipped)
	_, _ = io.CopyN(gz, zeros{}, 64<<20)
	_ = gz.Close()
	path := write(t, "bomb.gz", zipped.Bytes())
	s, err := Open([]string{path}, Options{Bytes: 1 << 20})
	if err != nil {
		t.Fatal(err)
	}
	b, err := s.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if last := b.Records[len(b.Records)-1]; last.Fault != "bomb" || last.Size > 2<<20 {
		t.Errorf("fault %q after %d bytes", last.Fault, last.Size)
	}
	if _, err := s.Read(t.Context()); !errors.Is(err, io.EOF) {
		t.Errorf("after the bomb: %v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = '0'
	}
	return len(p), nil
}

func TestOpenNamesEveryFault(t *testing.T) {
	dir := t.TempDir()
	_, err := Open([]string{dir, filepath.Join(dir, "none"), "-"}, Options{})
	if !errors.Is(err, ErrUnreadable) || !strings.Contains(err.Error(), "folder") || !strings.Contains(err.Error(), "none") {
		t.Errorf("error %v", err)
	}
}

func TestReadEndsWithItsContext(t *testing.T) {
	s, err := Open([]string{"-"}, Options{Stdin: strings.NewReader("a\n")})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Read(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

// FuzzLines compares the source with the obvious way to cut a text into records.
func FuzzLines(f *testing.F) {
	f.Add([]byte("a\n\nb\r\n ccc"), uint8(2))
	f.Fuzz(func(t *testing.T, text []byte, most uint8) {
		if bytes.HasPrefix(text, []byte{0x1f, 0x8b}) || bytes.HasPrefix(text, []byte{0x28, 0xb5, 0x2f, 0xfd}) {
			return
		}
		limit := int(most) + 1
		s, err := Open([]string{"-"}, Options{MaxRecord: int64(limit), Batch: 3, Stdin: bytes.NewReader(text)})
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for line := range bytes.SplitSeq(text, []byte("\n")) {
			line = bytes.TrimRight(line, "\r")
			switch {
			case len(line) > limit:
				want = append(want, "!too_big")
			case len(bytes.TrimSpace(line)) > 0:
				want = append(want, string(line))
			}
		}
		var got []string
		for {
			b, err := s.Read(t.Context())
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range b.Records {
				if r.Ref.Line != int64(len(got)) {
					t.Fatalf("ordinal %d of record %d", r.Ref.Line, len(got))
				}
				if r.Fault != "" {
					got = append(got, "!"+r.Fault)
					continue
				}
				got = append(got, string(r.Value))
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("records (-want +got):\n%s", diff)
		}
	})
}
