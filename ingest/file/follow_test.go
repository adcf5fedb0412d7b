package file

import (
	"compress/gzip"
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tocsin/ingest"
)

// A ledger is a journal that keeps records and cursors together, and may refuse.
type ledger struct {
	mu      sync.Mutex
	records []ingest.Record
	cursors map[string][]byte
	refuse  error
}

func (l *ledger) Append(ctx context.Context, records []ingest.Record) (ingest.Result, error) {
	return l.AppendAt(ctx, records, ingest.Cursor{Name: "none"})
}

func (l *ledger) AppendAt(_ context.Context, records []ingest.Record, at ingest.Cursor) (ingest.Result, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refuse != nil {
		return ingest.Result{}, l.refuse
	}
	if l.cursors == nil {
		l.cursors = map[string][]byte{}
	}
	l.records = append(l.records, records...)
	if delete(l.cursors, at.Name); at.Value != nil {
		l.cursors[at.Name] = at.Value
	}
	return ingest.Result{Accepted: len(records)}, nil
}

func (l *ledger) Cursors(context.Context, string) (map[string][]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return maps.Clone(l.cursors), nil
}

func (l *ledger) texts() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var out []string
	for _, r := range l.records {
		text := string(r.Value)
		if r.Fault != "" {
			text = r.Fault
		}
		out = append(out, text)
	}
	return out
}

// A desk is a folder whose files are followed, one round at a time, by a clock of its own.
type desk struct {
	t      interface{ Fatal(...any) }
	dir    string
	ledger *ledger
	now    time.Time
	o      FollowOptions
	f      *Follower
}

func newDesk(t *testing.T, patterns ...string) *desk {
	d := &desk{t: t, dir: t.TempDir(), ledger: &ledger{}, now: time.Now()}
	d.o = FollowOptions{Source: "s", Journal: d.ledger, Now: func() time.Time { return d.now }}
	for _, p := range patterns {
		d.o.Paths = append(d.o.Paths, filepath.Join(d.dir, p))
	}
	d.restart()
	return d
}

// restart forgets all that is not durable, as kill -9 does.
func (d *desk) restart() {
	if d.f != nil {
		d.f.close()
	}
	d.f = NewFollower(d.o)
	if err := d.f.load(context.Background()); err != nil {
		d.t.Fatal(err)
	}
}

// look does rounds until there is nothing more to read.
func (d *desk) look() {
	for {
		more, err := d.f.round(context.Background())
		d.f.first = false
		if err != nil {
			d.t.Fatal(err)
		}
		if !more {
			return
		}
	}
}

func (d *desk) path(name string) string { return filepath.Join(d.dir, name) }

func (d *desk) write(name, text string) {
	f, err := os.OpenFile(d.path(name), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err == nil {
		_, err = f.WriteString(text)
	}
	if err == nil {
		err = f.Close()
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) rename(from, to string) {
	if err := os.Rename(d.path(from), d.path(to)); err != nil {
		d.t.Fatal(err)
	}
}

// copytruncate is what logrotate does of that name.
func (d *desk) copytruncate(from, to string) {
	text, err := os.ReadFile(d.path(from))
	if err == nil {
		err = os.WriteFile(d.path(to), text, 0o600)
	}
	if err == nil {
		err = os.Truncate(d.path(from), 0)
	}
	if err != nil {
		d.t.Fatal(err)
	}
}

func logLines(from, to int) string {
	var b strings.Builder
	for i := from; i < to; i++ {
		fmt.Fprintf(&b, "line %d of a log whose lines are long enough\n", i)
	}
	return b.String()
}

func want(from, to int) []string {
	return strings.Split(strings.TrimSuffix(logLines(from, to), "\n"), "\n")
}

func TestFollow(t *testing.T) {
	for name, test := range map[string]struct {
		patterns []string
		story    func(d *desk)
		want     []string
	}{
		"grows": {[]string{"*.log"}, func(d *desk) {
			d.write("a.log", logLines(0, 3))
			d.look()
			d.write("a.log", logLines(3, 5)+"part")
			d.look()
			d.restart()
			d.write("a.log", "ial\n\n\r\n")
			d.look()
		}, append(want(0, 5), "partial")},
		"renamed and made anew": {[]string{"*.log"}, func(d *desk) {
			d.write("a.log", logLines(0, 3))
			d.look()
			d.write("a.log", logLines(3, 5))
			d.rename("a.log", "a.log.1")
			d.write("a.log", logLines(6, 8))
			d.look()
			d.write("a.log.1", logLines(5, 6)) // by a writer that was not told
			d.look()
		}, slices.Concat(want(0, 5), want(6, 8), want(5, 6))},
		"renamed while nobody looked": {[]string{"*.log"}, func(d *desk) {
			d.write("a.log", logLines(0, 3))
			d.look()
			d.write("a.log", logLines(3, 5))
			d.rename("a.log", "a.log.1")
			d.write("a.log", logLines(5, 8))
			d.restart()
			d.look()
		}, want(0, 8)},
		"renamed twice while nobody looked": {[]string{"*.log"}, func(d *desk) {
			d.write("a.log", logLines(0, 3))
			d.look()
			d.rename("a.log", "a.log.2")
			d.write("a.log", logLines(3, 5))
			d.rename("a.log", "a.log.1")
			d.write("a.log", logLines(5, 8))
			d.look()
		}, want(0, 8)},
		"renamed within the patterns": {[]string{"a.log*"}, func(d *desk) {
			d.write("a.log", logLines(0, 5))
			d.look()
			d.rename("a.log", "a.log.1")
			d.write("a.log", logLines(5, 8))
			d.look()
			d.restart()
			d.look()
		}, want(0, 8)},
		"copied and truncated": {[]string{"*.log"}, func(d *desk) {
			d.write("a.log", logLines(0, 50))
			d.look()
			d.copytruncate("a.log", "a.log.1")
			d.write("a.log", logLines(50, 60))
			d.look()
		}, want(0, 60)},
		"copied and truncated with lines that were not read": {[]string{"*.log"}, func(d *desk) {
			d.write("a.log", logLines(0, 50))
			d.look()
			d.write("a.log", logLines(50, 55))
			d.copytruncate("a.log", "a.log.1")
			d.write("a.log", logLines(55, 200)) // longer than before
			d.restart()
			d.look()
			d.look()
		}, want(0, 200)},
		"copied within the patterns": {[]string{"a.log*"}, func(d *desk) {
			d.write("a.log", logLines(0, 50))
			d.look()
			d.copytruncate("a.log", "a.log.1")
			d.write("a.log", logLines(50, 60))
			d.look()
			d.restart()
			d.look()
		}, want(0, 60)},
		"packed away": {[]string{"a.log*"}, func(d *desk) {
			d.write("a.log", logLines(0, 3))
			d.look()
			f, err := os.Create(d.path("a.log.1.gz"))
			if err != nil {
				d.t.Fatal(err)
			}
			z := gzip.NewWriter(f)
			fmt.Fprint(z, logLines(0, 3))
			z.Close()
			f.Close()
			d.look()
		}, want(0, 3)},
		"a last line without an end": {[]string{"*.log"}, func(d *desk) {
			d.write("a.log", logLines(0, 1)+"half")
			d.look()
			d.rename("a.log", "a.log.1")
			d.look()
			d.now = d.now.Add(2 * time.Minute)
			d.look()
			d.look()
		}, append(want(0, 1), "half")},
		"a line that is too long": {[]string{"*.log"}, func(d *desk) {
			d.write("a.log", logLines(0, 1)+strings.Repeat("x", 3<<20))
			d.look()
			d.write("a.log", strings.Repeat("x", 1<<20)+"\n"+logLines(1, 2))
			d.look()
		}, slices.Concat(want(0, 1), []string{"too_big"}, want(1, 2))},
		"the end of UTF-16": {[]string{"*.log"}, func(d *desk) {
			d.write("a.log", "\xff\xfea\x00\n\x00b\x00\xe9\x00\n\x00c\x00")
			d.look()
			d.write("a.log", "\n\x00")
			d.look()
		}, []string{"a", "bé", "c"}},
		"a folder, and a file that cannot be read": {[]string{"*"}, func(d *desk) {
			if err := os.Mkdir(d.path("sub"), 0o700); err != nil {
				d.t.Fatal(err)
			}
			d.write("a", logLines(0, 1))
			d.look()
		}, want(0, 1)},
		"an old one that grows after it was closed": {[]string{"*.log"}, func(d *desk) {
			d.write("a.log", logLines(0, 2))
			d.look()
			d.now = d.now.Add(time.Hour)
			d.look()
			if len(d.f.open) != 0 {
				d.t.Fatal("it is still open")
			}
			d.write("a.log", logLines(2, 3))
			d.look()
		}, want(0, 3)},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDesk(t, test.patterns...)
			defer func() { d.f.close() }()
			test.story(d)
			if diff := cmp.Diff(test.want, d.ledger.texts()); diff != "" {
				t.Error(diff)
			}
			seen := map[string]bool{}
			for _, r := range d.ledger.records {
				at := fmt.Sprint(*r.Origin)
				if seen[at] {
					t.Errorf("two records stood at %s", at)
				}
				seen[at] = true
			}
		})
	}
}

func TestFollowFromEnd(t *testing.T) {
	d := newDesk(t, "*.log")
	d.o.FromEnd = true
	d.ledger.cursors = nil
	d.write("a.log", logLines(0, 3)+"part")
	d.f = NewFollower(d.o)
	d.f.first = true
	d.look()
	d.write("a.log", "ial\n")
	d.write("b.log", logLines(5, 6)) // came later: all of it
	d.look()
	d.restart()
	d.look()
	if diff := cmp.Diff(append([]string{"partial"}, want(5, 6)...), d.ledger.texts()); diff != "" {
		t.Error(diff)
	}
}

// However a log is written, rotated and its reader killed, every line comes once, in its order.
func TestFollowAnyStory(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		d := newDesk(t, "a.log")
		d.t = rt
		defer func() { d.f.close() }()
		n, turns := 0, 0
		var written strings.Builder
		for range rapid.IntRange(3, 25).Draw(rt, "steps") {
			switch rapid.IntRange(0, 6).Draw(rt, "step") {
			case 0, 1, 2:
				k := rapid.IntRange(1, 60).Draw(rt, "lines")
				d.write("a.log", logLines(n, n+k))
				written.WriteString(logLines(n, n+k))
				n += k
			case 3:
				d.look()
			case 4:
				d.restart()
			case 5, 6:
				if _, err := os.Stat(d.path("a.log")); err != nil {
					continue
				}
				d.look() // one rotation at a time can be followed
				turns++
				if to := fmt.Sprintf("a.log.%d", turns); turns%2 == 0 {
					d.rename("a.log", to)
				} else {
					d.copytruncate("a.log", to)
				}
				if rapid.Bool().Draw(rt, "look") {
					d.look()
				}
			}
		}
		d.look()
		d.look()
		if diff := cmp.Diff(strings.Split(written.String(), "\n"), append(d.ledger.texts(), "")); diff != "" {
			rt.Fatal(diff)
		}
	})
}
