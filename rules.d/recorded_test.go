package rulesd_test

import (
	"bufio"
	"os"
	"path/filepath"
	"sort"
	"testing"

	"github.com/klauspost/compress/zstd"

	"tocsin/ingest"
	"tocsin/ingest/decode"
)

// recorded is where recorded alerts lie, beside the repository; they are not part of it.
const recorded = "../../shared/data"

// most is how many alerts of a file are looked at: enough to meet each of its kinds.
const most = 3000

// TestRecorded runs the shipped rules over recorded alerts: no expression fails, and what fires is shown.
func TestRecorded(t *testing.T) {
	if _, err := os.Stat(recorded); err != nil {
		t.Skipf("no recorded alerts: %v", err)
	}
	files, err := filepath.Glob(recorded + "/campaigns/*/*.ndjson.zst")
	if err != nil {
		t.Fatal(err)
	}
	deeper, _ := filepath.Glob(recorded + "/campaigns/*/*/*.ndjson.zst")
	more, _ := filepath.Glob(recorded + "/sigma/*o*.ndjson.zst")
	for _, name := range append(append(files, deeper...), more...) {
		t.Run(name, func(t *testing.T) { runRecorded(t, name) })
	}
}

func runRecorded(t *testing.T, name string) {
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := zstd.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	defer z.Close()
	d, err := decode.New(decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	set := shipped(t)
	m := set.Matcher()
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 4<<20)
	alerts := 0
	for alerts < most && lines.Scan() {
		a, rejected := d.Decode(ingest.Record{Format: "auto", Value: append([]byte(nil), lines.Bytes()...)})
		if rejected == nil {
			m.Match(&a)
			alerts++
		}
	}
	var fired []string
	for i, st := range set.States() {
		if st.Errors > 0 {
			t.Errorf("%s failed %d times: %s", set.Rules()[i].File, st.Errors, st.LastError)
		}
		if st.Matches > 0 {
			fired = append(fired, set.Rules()[i].File)
			t.Logf("%6d %s", st.Matches, set.Rules()[i].File)
		}
	}
	sort.Strings(fired)
	t.Logf("%d alerts, %d rules match", alerts, len(fired))
}
