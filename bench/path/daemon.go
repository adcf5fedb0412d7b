package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"runtime/pprof"
	"strconv"
	"strings"
	"syscall"
	"time"

	"tocsin/bench/internal/given"
	"tocsin/internal/app"
	"tocsin/internal/config"
)

// A daemon is a tocsin that runs: a process of its own, or, to be profiled, in this one.
type daemon struct {
	url  string
	stop func() (peak int64, err error) // ends it, and tells the most memory it had where it was a process
}

// start runs a daemon with the configuration in file and returns once it listens.
func start(ctx context.Context, o options, file string) (*daemon, error) {
	if o.profile != "" {
		return inProcess(ctx, o, file)
	}
	cmd := exec.Command(o.binary, "run", "--config", file) //nolint:noctx // it is ended by its own stop, in order
	cmd.Env = withoutSettings(os.Environ())
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	urls, said := make(chan string, 1), make(chan string, 1)
	go listen(stderr, urls, said)
	d := &daemon{stop: func() (int64, error) {
		_ = cmd.Process.Signal(syscall.SIGTERM) // it may have ended
		text := <-said
		err := cmd.Wait()
		if err != nil {
			return 0, fmt.Errorf("the daemon: %w\n%s", err, text)
		}
		if u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage); ok {
			return u.Maxrss * 1024, nil
		}
		return 0, nil
	}}
	select {
	case url, ok := <-urls:
		if !ok {
			_, err := d.stop()
			return nil, errors.Join(errors.New("the daemon did not start"), err)
		}
		d.url = url
		return d, nil
	case <-ctx.Done():
		_, err := d.stop()
		return nil, errors.Join(ctx.Err(), err)
	}
}

// listen reads what the daemon says: first its address, then what it said last.
func listen(stderr io.Reader, urls, said chan<- string) {
	var last []string
	found := false
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		if _, url, ok := strings.Cut(lines.Text(), "page and intake on "); ok && !found {
			urls <- url
			found = true
		}
		last = append(last[max(0, len(last)-9):], lines.Text())
	}
	close(urls)
	said <- strings.Join(last, "\n")
}

// inProcess runs the daemon in this process with the profiler on.
func inProcess(ctx context.Context, o options, file string) (*daemon, error) {
	cfg, err := config.Load(file, nil)
	if err != nil {
		return nil, err
	}
	profile, err := os.Create(o.profile)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	a, err := app.New(ctx, app.Options{Config: cfg, Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})), Now: time.Now})
	if err != nil {
		cancel()
		return nil, errors.Join(err, profile.Close())
	}
	if err := pprof.StartCPUProfile(profile); err != nil {
		cancel()
		return nil, errors.Join(err, profile.Close())
	}
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	return &daemon{url: a.URL(), stop: func() (int64, error) {
		pprof.StopCPUProfile()
		cancel()
		return 0, errors.Join(<-done, profile.Close(), o.allocated())
	}}, nil
}

// allocated writes what was allocated, and where, if that is asked for.
func (o options) allocated() error {
	if o.allocs == "" {
		return nil
	}
	f, err := os.Create(o.allocs)
	if err != nil {
		return err
	}
	return errors.Join(pprof.Lookup("allocs").WriteTo(f, 0), f.Close())
}

// withoutSettings is an environment in which no variable changes the daemon.
func withoutSettings(environ []string) []string {
	var out []string
	for _, pair := range environ {
		if !strings.HasPrefix(pair, "TOCSIN_") {
			out = append(out, pair)
		}
	}
	return out
}

// A health is what the daemon tells of itself, as far as a measurement needs it.
type health struct {
	Status   string
	Troubles json.RawMessage
	Shards   []struct{ Offset int64 }
	Lags     []struct {
		Group, Topic, Halted string
		Next, Lag            int64
	}
}

func (d *daemon) health(ctx context.Context) (h health, err error) {
	err = get(ctx, d.url+"/api/v1/health", &h)
	return h, err
}

// cpu is the processor time that the daemon has used, by its own metrics.
func (d *daemon) cpu(ctx context.Context) (time.Duration, error) {
	sums, err := d.metrics(ctx)
	return time.Duration(sums["process_cpu_seconds_total"] * float64(time.Second)), err
}

// metrics are the daemon's metrics by name, those with labels summed.
func (d *daemon) metrics(ctx context.Context) (map[string]float64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url+"/metrics", nil)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	sums := map[string]float64{}
	lines := bufio.NewScanner(resp.Body)
	for lines.Scan() {
		name, text, _ := strings.Cut(lines.Text(), " ")
		if at := strings.LastIndex(lines.Text(), "} "); at >= 0 {
			text = lines.Text()[at+2:]
		}
		name, _, _ = strings.Cut(name, "{")
		if value, err := strconv.ParseFloat(text, 64); err == nil {
			sums[name] += value
		}
	}
	return sums, lines.Err()
}

// outcome tells what the daemon made of the records.
func (d *daemon) outcome(ctx context.Context) (string, error) {
	var page struct{ Total int64 }
	if err := get(ctx, d.url+"/api/v1/incidents?limit=1", &page); err != nil {
		return "", err
	}
	m, err := d.metrics(ctx)
	text := fmt.Sprintf("%.0f alerts, %.0f dead letters, %.0f emissions of events, %d incidents", m["tocsin_alerts_total"], m["tocsin_rejected_total"], m["tocsin_events_total"], page.Total)
	if n := m["tocsin_elastic_requests_total"]; n > 0 {
		text += fmt.Sprintf("\n%.0f requests to Elasticsearch, %.1f ms each; %.0f writes to Kafka, %.1f ms each", n, mean(m, "tocsin_elastic_request_seconds"),
			m["tocsin_kafka_write_seconds_count"], mean(m, "tocsin_kafka_write_seconds"))
	}
	return text, err
}

// mean is a histogram's, in milliseconds.
func mean(m map[string]float64, name string) float64 {
	return 1000 * m[name+"_sum"] / max(m[name+"_count"], 1)
}

// get reads a JSON answer.
func get(ctx context.Context, url string, into any) error {
	return given.Call(ctx, "", http.MethodGet, url, nil, into)
}

// poll asks until done says so, ctx ends or there is an error.
func poll(ctx context.Context, every time.Duration, done func() (bool, error)) error {
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		if ok, err := done(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-tick.C:
		}
	}
}
