package file

import (
	"bufio"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tocsin/ingest"
	"tocsin/internal/cputime"
)

// A tally is a journal that keeps nothing but how many records came.
type tally struct{ n int }

func (c *tally) Append(_ context.Context, records []ingest.Record) (ingest.Result, error) {
	c.n += len(records)
	return ingest.Result{Accepted: len(records)}, nil
}

func (c *tally) AppendAt(ctx context.Context, records []ingest.Record, _ ingest.Cursor) (ingest.Result, error) {
	return c.Append(ctx, records)
}

func (c *tally) Cursors(context.Context, string) (map[string][]byte, error) { return nil, nil }

// BenchmarkWay follows a file of 100,000 lines of 150 bytes from its beginning, up to the journal, and reads it with
// nothing but a scanner of lines. Its figure is of the processor's time.
func BenchmarkWay(b *testing.B) {
	const lines = 100_000
	path := filepath.Join(b.TempDir(), "app.log")
	if err := os.WriteFile(path, []byte(strings.Repeat(strings.Repeat("a line of some length ", 7)[:149]+"\n", lines)), 0o600); err != nil {
		b.Fatal(err)
	}
	follow := func() int {
		j := &tally{}
		f := NewFollower(FollowOptions{Source: "s", Paths: []string{path}, Journal: j, Now: time.Now})
		defer f.close()
		if err := f.load(b.Context()); err != nil {
			b.Fatal(err)
		}
		for more := true; more; {
			var err error
			if more, err = f.round(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
		return j.n
	}
	scan := func() (n int) {
		f, err := os.Open(path)
		if err != nil {
			b.Fatal(err)
		}
		defer f.Close()
		for s := bufio.NewScanner(f); s.Scan(); {
			n++
		}
		return n
	}
	for name, way := range map[string]func() int{"tocsin": follow, "plain": scan} {
		b.Run(name, func(b *testing.B) {
			from := cputime.Process()
			for range b.N {
				if n := way(); n != lines {
					b.Fatalf("%d lines of %d", n, lines)
				}
			}
			b.ReportMetric(float64(b.N*lines)/(cputime.Process()-from).Seconds(), "records/cpu-s")
		})
	}
}
