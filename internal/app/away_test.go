package app_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"tocsin/internal/pipeline"
)

// elasticsearch is the pid of the server that deploy/stack/up has started.
func elasticsearch(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(os.Getenv("STACK_DIR"), "elasticsearch.pid"))
	if err != nil {
		t.Skipf("TOCSIN_TEST_LONG needs STACK_DIR, the data folder of deploy/stack/up: %v", err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// noise are alerts that no rule matches.
func noise(n int) [][]byte {
	start := time.Date(2026, 11, 20, 20, 0, 0, 0, time.UTC)
	lines := make([][]byte, n)
	for i := range lines {
		lines[i] = fmt.Appendf(nil, `{"@timestamp":%q,"event":{"kind":"alert","id":"%d"},"host":{"name":"h%d"},"message":"all is well %s"}`,
			start.Add(time.Duration(i)*100*time.Millisecond).Format(time.RFC3339Nano), i, i%50, strings.Repeat("so far ", 40))
	}
	return lines
}

// Elasticsearch is away for a minute, be it that it answers nothing without closing a connection or that it has ended,
// while records keep coming: the daemon says that it is degraded, its memory stays flat, and nothing is lost.
func TestElasticsearchAway(t *testing.T) {
	if os.Getenv("TOCSIN_TEST_LONG") == "" {
		t.Skip("TOCSIN_TEST_LONG is not set")
	}
	signal := func(what syscall.Signal) func(*testing.T) {
		return func(t *testing.T) {
			if err := syscall.Kill(elasticsearch(t), what); err != nil {
				t.Fatal(err)
			}
		}
	}
	up := func(t *testing.T) { // which starts only what does not run
		cmd := exec.Command("../../deploy/stack/up")
		cmd.Env = append(os.Environ(), "KAFKA_PORT=", "ES_PORT=") // as they were
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	for name, away := range map[string]struct{ begin, end func(*testing.T) }{
		"frozen": {signal(syscall.SIGSTOP), signal(syscall.SIGCONT)},
		"ended":  {signal(syscall.SIGTERM), up},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStand(t)
			elasticsearch(t) // or this cannot be tested
			s.away(away.begin, away.end)
		})
	}
}

// away runs the daemon through an outage of a minute.
func (s *stand) away(begin, end func(*testing.T)) {
	t := s.t
	records := append(scenario(), noise(60_000)...)
	events, incidents := expected(t, records)
	cmd, url := launch(t, s.cfg, build(t))
	s.produce(records[:20_000])
	s.stored(5_000)
	pid := strconv.Itoa(cmd.Process.Pid)
	before := memory(t, pid, "VmRSS")
	begin(t)
	begun, over := time.Now(), false
	defer func() {
		if !over {
			end(t)
		}
	}()
	s.produce(records[20_000:])
	await(t, time.Minute, "degraded", func() (bool, string) { return health(t, url) == "degraded", "not degraded" })
	degraded, early := time.Since(begun), memory(t, pid, "VmRSS")
	var peak int64
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for time.Since(begun) < time.Minute { // the length of the outage, not a wait for a condition
		<-tick.C
		peak = max(peak, memory(t, pid, "VmRSS"))
	}
	end(t)
	over = true
	ended := time.Now()
	t.Logf("degraded after %v; memory %d MiB before, %d when degraded, %d at most in the minute", degraded.Round(time.Second), before>>20, early>>20, peak>>20)
	if peak > early+64<<20 {
		t.Errorf("memory grew by %d MiB while nothing could be written", (peak-early)>>20)
	}
	s.await(len(records), events, incidents, 5*time.Minute)
	t.Logf("caught up within %v", time.Since(ended).Round(time.Second))
	await(t, time.Minute, "healthy", func() (bool, string) { return health(t, url) == "ok", "still degraded" })
	interrupt(t, cmd)
}

// health is what a daemon says of itself.
func health(t *testing.T, url string) string {
	t.Helper()
	var r pipeline.Report
	get(t, url+"/api/v1/health", &r)
	return r.Status
}
