package decode

import (
	"bytes"
	"crypto/sha256"
	"flag"
	"fmt"
	"hash"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
	"tocsin/ingest"
	"tocsin/internal/recordings"
)

var update = flag.Bool("update", false, "rewrite testdata/*.digests; keep only a difference you can explain")

// digests are one running hash for each part of a corpus and format, of all that decoding says of its records.
type digests struct {
	sums   map[string]hash.Hash
	counts map[string]int
}

func newDigests() *digests { return &digests{sums: map[string]hash.Hash{}, counts: map[string]int{}} }

func (g *digests) add(part string, a tocsin.Alert, rejected *tocsin.Rejection) {
	key := part + " " + a.Format
	if rejected != nil {
		key = part + " rejected:" + rejected.Reason
	}
	if g.sums[key] == nil {
		g.sums[key] = sha256.New()
	}
	g.counts[key]++
	if rejected != nil {
		fmt.Fprintf(g.sums[key], "%s %s\n", rejected.ID, rejected.Detail)
		return
	}
	fmt.Fprintf(g.sums[key], "%s %s %q\n", a.ID, a.Time.Format(time.RFC3339Nano), a.Marks)
	for name, v := range a.Fields.All() {
		fmt.Fprintf(g.sums[key], "%q", name)
		g.value(key, v)
	}
}

func (g *digests) value(key string, v tocsin.Value) {
	fmt.Fprintf(g.sums[key], " %d", v.Kind())
	if v.Kind() != tocsin.List {
		fmt.Fprintf(g.sums[key], " %q\n", v.Text())
		return
	}
	fmt.Fprintf(g.sums[key], " of %d\n", len(v.Items()))
	for _, item := range v.Items() {
		g.value(key, item)
	}
}

// text is a line for each part and format: records, then the hash.
func (g *digests) text() string {
	var b strings.Builder
	for _, key := range slices.Sorted(maps.Keys(g.sums)) {
		fmt.Fprintf(&b, "%s %d %x\n", key, g.counts[key], g.sums[key].Sum(nil)[:12])
	}
	return b.String()
}

// check compares with what is kept in testdata.
func (g *digests) check(t *testing.T, file string) {
	t.Helper()
	file = filepath.Join("testdata", file)
	if *update {
		if err := os.WriteFile(file, []byte(g.text()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), g.text()); diff != "" {
		t.Errorf("what decoding makes of these records has changed; run with -update where that is meant (-want +got):\n%s", diff)
	}
}

// TestDigests holds that decoding makes of the samples, whole and cut short, exactly what it made before. One decoder
// reads them all, so that what one record leaves behind is seen in the next.
func TestDigests(t *testing.T) {
	d := newTest(t)
	g := newDigests()
	all := maps.Clone(samples)
	all["windows 3kB"] = bigEvent()
	for i, text := range hostileTexts() {
		all[fmt.Sprintf("hostile %d", i)] = text
	}
	received := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		text := []byte(all[name])
		r := ingest.Record{Source: "test", Value: text, Ref: tocsin.Ref{File: name, Line: 7}, Received: received}
		a, rejected := d.Decode(r)
		g.add("whole", a, rejected)
		for end := 0; end < len(text); end += 1 + end/16 {
			r.Value = text[:end]
			a, rejected = d.Decode(r)
			g.add("cut", a, rejected)
		}
	}
	g.check(t, "samples.digests")
}

// hostileTexts are records at the edges of what is read.
func hostileTexts() []string {
	return []string{
		`{"a..b":1,"a":{"":{"b":2}}}`, `{"a.b":1,"a":{"b":2}}`, `{"a":1,"a":2,"b":[[1,[2]],{"c":3}]}`, `{"":1,".":2,"a.":3}`,
		`{"n":[1,1.5,-0,1e400,123456789012345678901234567890,0.1e-5,1e2],"t":true,"f":false,"z":null,"l":[],"o":{}}`,
		`{"s":"\u0041\ud83d\ude00\ud800x\/\b\f\n\r\t\"\\","bad":"` + "\xff\xfe" + `"}`,
		`{"event":{"severity":"high","category":5},"source":{"ip":["1.2.3.4","x"],"port":"99x"},"@timestamp":"never"}`,
		`{"@timestamp":"2026-03-01T10:00:00Z","ecs":{"version":"1"},"related":{"ip":["9.9.9.9"],"user":"x"},"source":{"ip":"::ffff:1.2.3.4"},"user":{"name":["a","b"]}}`,
		`{"list":[{"k":1,"m":[1,2]},{"k":2},{"m":3}],"long":"` + strings.Repeat("x", 70_000) + `"}`,
		`{"deep":` + strings.Repeat(`{"d":`, 40) + `1` + strings.Repeat(`}`, 41),
		`{"deep":` + strings.Repeat(`[`, 30) + `1,2` + strings.Repeat(`]`, 30) + `}`,
		`{"wide":[` + strings.Repeat(`{"w":1},`, 300) + `{"w":2}],"v":[` + strings.Repeat(`1,`, 300) + `2]}`,
		`{"many":{` + many(2500) + `}}`, `{}`, ` { } `, `{"a":1} x`, `{"a":01}`, `{"a":+1}`, `{"a":1.}`, `{"a":tru}`, `{"a":"` + "\x01" + `"}`,
		`{"winlog":{"event_id":4688,"channel":"Security","event_data":{"a":null,"b":["x",1],"c":{"d":[{"e":1}]},"NewProcessId":"zz","Hashes":"MD5=,SHA1"}}}`,
	}
}

func many(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `"k%d":%d,`, i, i)
	}
	return strings.TrimSuffix(b.String(), ",")
}

// TestRecordedDigests holds the same of the recorded sets.
func TestRecordedDigests(t *testing.T) {
	data := recordings.Path(t)
	d := newTest(t)
	g := newDigests()
	err := filepath.WalkDir(data, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !recorded(path) {
			return err
		}
		path, err = filepath.Rel(data, path)
		part, _, _ := strings.Cut(path, string(filepath.Separator))
		for i, line := range recordings.Lines(t, path) {
			if raw, _, err := Unwrap(line, "input"); strings.HasSuffix(path, ".jsonl") && err == nil {
				line = raw
			}
			a, rejected := d.Decode(ingest.Record{Value: line, Ref: tocsin.Ref{File: filepath.Base(path), Line: int64(i)}})
			g.add(part, a, rejected)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	g.check(t, "recorded.digests")
}

// recorded reports whether a file holds records, one a line.
func recorded(path string) bool {
	name := strings.TrimSuffix(filepath.Base(path), ".zst")
	switch filepath.Ext(name) {
	case ".ndjson", ".jsonl", ".log":
		return !bytes.Contains([]byte(name), []byte("labels")) && !strings.HasSuffix(name, ".facts.jsonl")
	}
	return false
}
