package app_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"tocsin/internal/config"
)

// build makes the real binary once for a test.
func build(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "tocsin")
	cmd := exec.Command("go", "build", "-o", bin, "../../cmd/tocsin")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return bin
}

// start runs the binary with the stand's configuration and waits until it serves.
func (s *stand) start(bin string) *exec.Cmd {
	s.t.Helper()
	cmd, _ := launch(s.t, s.cfg, bin)
	return cmd
}

// launch runs the binary with a configuration, waits until it serves, and tells where.
func launch(t *testing.T, cfg config.Config, bin string) (cmd *exec.Cmd, url string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "tocsin.yaml")
	cfg.Kafka.Password, cfg.Elasticsearch.Password = "", "" // they stand in files of their own
	text, err := cfg.YAML()
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd = exec.Command(bin, "run", "--config", file)
	cmd.Env = append(os.Environ(), "TOCSIN_TEST_CHILD=1")
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	lines := bufio.NewScanner(stderr)
	for lines.Scan() {
		if _, at, ok := strings.Cut(lines.Text(), "page and intake on "); ok {
			go io.Copy(io.Discard, stderr)
			url, _, _ = strings.Cut(at, " ")
			return cmd, strings.Trim(url, `"`)
		}
		t.Log(lines.Text())
	}
	t.Fatalf("the daemon did not start: %v", cmd.Wait())
	return nil, ""
}

// stored waits until at least so many alerts can be found.
func (s *stand) stored(n int) {
	s.t.Helper()
	deadline := time.Now().Add(patience * 2 * time.Minute)
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for s.search("alerts-*", nil) < n {
		if time.Now().After(deadline) {
			s.t.Fatalf("no %d alerts within ten minutes", n)
		}
		<-tick.C
	}
}

// Killed in mid-stream, three times, the daemon goes on where it was: nothing is lost, nothing is there twice.
func TestKillInMidStream(t *testing.T) {
	t.Parallel()
	records := scenario()
	s := newStand(t)
	s.cfg.Sources[0].IdleAfter = 20 * time.Second // it must not come to its end before it is killed
	events, incidents := expected(t, records)
	bin := build(t)
	third := len(records) / 3
	for round := range 3 {
		s.produce(records[round*third : (round+1)*third])
		cmd := s.start(bin)
		s.stored(round*third + third/2)
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // killed
	}
	s.produce(records[3*third:])
	cmd := s.start(bin)
	s.await(len(records), events, incidents, 4*time.Minute)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("the daemon ended with %v", err)
	}
}

// A wire carries connections to a server until it is cut, and again once it is mended.
type wire struct {
	net.Listener
	to string

	mu    sync.Mutex
	down  bool
	conns map[net.Conn]bool
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{Listener: l, to: to, conns: map[net.Conn]bool{}}
	t.Cleanup(func() { l.Close(); w.cut() })
	go w.serve()
	return w
}

func (w *wire) serve() {
	for {
		in, err := w.Accept()
		if err != nil {
			return
		}
		w.mu.Lock()
		if w.down {
			in.Close()
			w.mu.Unlock()
			continue
		}
		out, err := net.Dial("tcp", w.to)
		if err != nil {
			in.Close()
			w.mu.Unlock()
			continue
		}
		w.conns[in], w.conns[out] = true, true
		w.mu.Unlock()
		go w.carry(in, out)
		go w.carry(out, in)
	}
}

func (w *wire) carry(to, from net.Conn) {
	_, _ = io.Copy(to, from)
	to.Close()
	from.Close()
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.conns, to)
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = true
	for c := range w.conns {
		c.Close()
	}
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.down = false
}

// Elasticsearch away in mid-stream: the daemon says that it is degraded, stays ready, and catches up without a loss.
func TestElasticsearchOutage(t *testing.T) {
	t.Parallel()
	records := scenario()
	s := newStand(t)
	s.cfg.Sources[0].IdleAfter = 20 * time.Second // it must not come to its end between the halves
	events, incidents := expected(t, records)
	u, err := url.Parse(s.es)
	if err != nil {
		t.Fatal(err)
	}
	w := newWire(t, u.Host)
	s.cfg.Elasticsearch.URLs = []string{fmt.Sprintf("http://%s", w.Addr())}
	half := len(records) / 2
	s.produce(records[:half])
	a, stop := s.daemon()
	defer stop()
	s.stored(half / 2)
	w.cut()
	s.produce(records[half:])
	health := func(want string) {
		t.Helper()
		await(t, time.Minute, want, func() (bool, string) { status := a.Health().Report().Status; return status == want, status })
	}
	health("degraded")
	resp, err := http.Get(a.URL() + "/readyz")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Errorf("a degraded daemon is not ready: %s", resp.Status)
	}
	time.Sleep(10 * time.Second) // the length of the outage, not a wait for a condition
	w.mend()
	s.await(len(records), events, incidents, 4*time.Minute)
	health("ok")
}
