package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"tocsin/internal/config"
	"tocsin/internal/demo"
	"tocsin/internal/replay"
	"tocsin/sinks/sqlite"
)

// demoMark is the file that tells a demo's data folder from one that holds somebody's register.
const demoMark = "demo"

// ErrNotDemo says that a data folder holds something other than a demo, which a demo would delete.
var ErrNotDemo = errors.New("holds something other than a demo")

// A DemoOptions says how a demo is played.
type DemoOptions struct {
	Options
	Seed    uint64
	Lasting time.Duration // of the playing
	Once    bool          // end when the scenario has been played
	Out     io.Writer
}

// Demo runs an embedded daemon in a folder of its own and plays the scenario through its HTTP intake. It prints the
// address first and what became of it last.
func Demo(ctx context.Context, o DemoOptions) error {
	if err := clearDemo(ctx, o.Config.DataDir); err != nil {
		return err
	}
	o.Config.Mode, o.Config.Sources = "embedded", nil
	o.Config.Intake.Lateness = demo.Span + time.Hour // its alerts are as old as the scenario is long
	a, err := newOnFreePort(ctx, o.Options)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	fmt.Fprintf(o.Out, "tocsin demo: the page is at %s\n", a.URL())
	if !o.Once {
		fmt.Fprintf(o.Out, "To decide on incidents there, sign in with the token in %s.\nIt stays open until Ctrl-C.\n", filepath.Join(o.Config.DataDir, "token"))
	}
	records := demo.Scenario(o.Seed, o.Now())
	err = a.play(ctx, o, records)
	if err != nil || o.Once {
		cancel()
	}
	return errors.Join(err, <-done)
}

// clearDemo empties a folder that an earlier demo left, and makes it where there is none. One that a daemon has open is
// left as it is.
func clearDemo(ctx context.Context, dir string) (err error) {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	_, marked := os.Stat(filepath.Join(dir, demoMark))
	entries = slices.DeleteFunc(entries, func(e fs.DirEntry) bool { return e.Name() == demoMark || e.Name() == lockFile })
	if len(entries) > 0 && marked != nil {
		return fmt.Errorf("%s %w: run the demo in another folder, or set TOCSIN_DATA_DIR", dir, ErrNotDemo)
	}
	holder := &App{cfg: config.Config{DataDir: dir}}
	if err := holder.lock(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, holder.unwind(context.WithoutCancel(ctx))) }()
	for _, e := range entries {
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, demoMark), []byte("This folder holds a demo of tocsin; the next demo empties it.\n"), 0o600)
}

// newOnFreePort opens the daemon on the configured port, or on the next one that is free.
func newOnFreePort(ctx context.Context, o Options) (*App, error) {
	host, port, err := net.SplitHostPort(o.Config.HTTP.Listen)
	if err != nil {
		return nil, err
	}
	first, err := strconv.Atoi(port)
	if err != nil {
		return nil, err
	}
	for n := range 100 {
		o.Config.HTTP.Listen = net.JoinHostPort(host, strconv.Itoa(first+n))
		a, err := New(ctx, o)
		if err == nil || first == 0 || !errors.Is(err, ErrListen) {
			return a, err
		}
	}
	return nil, fmt.Errorf("%w: ports %d to %d are taken", ErrListen, first, first+99)
}

// play posts the scenario, waits until all of it has been processed, and tells what became of it.
func (a *App) play(ctx context.Context, o DemoOptions, records []demo.Record) error {
	post := func(ctx context.Context, lines []byte) error { return a.post(ctx, lines) }
	if err := demo.Play(ctx, post, records, o.Lasting); err != nil {
		return fmt.Errorf("play the scenario: %w", err)
	}
	st, ok := a.store.(*sqlite.Store)
	if !ok {
		return errors.New("a demo needs the embedded register")
	}
	if err := a.drained(ctx); err != nil {
		return err
	}
	alerts, err := st.CountAlerts(ctx)
	if err != nil {
		return err
	}
	events, err := st.AllEvents(ctx)
	if err != nil {
		return err
	}
	incidents, err := replay.All(ctx, st)
	if err != nil {
		return err
	}
	_, err = fmt.Fprint(o.Out, demo.Summary(records, demo.Outcome{Alerts: int(alerts), Events: events, Incidents: incidents}))
	return err
}

// post sends lines to the daemon's own intake and waits while that is full.
func (a *App) post(ctx context.Context, lines []byte) error {
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, a.URL()+"/api/v1/alerts", bytes.NewReader(lines))
		if err != nil {
			return err
		}
		req.Header.Set("Content-Type", "text/plain")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return err
		}
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<10)) // for the error alone
		if err := resp.Body.Close(); err != nil {
			return err
		}
		switch resp.StatusCode {
		case http.StatusAccepted:
			return nil
		case http.StatusTooManyRequests:
			if err := demo.Wait(ctx, 200*time.Millisecond); err != nil {
				return err
			}
		default:
			return fmt.Errorf("the intake answered %s: %s", resp.Status, text)
		}
	}
}

// drained waits until everything that the intake accepted has been processed.
func (a *App) drained(ctx context.Context) error {
	for {
		n, err := a.backlog(ctx)
		if err != nil || n == 0 {
			return err
		}
		if err := demo.Wait(ctx, 50*time.Millisecond); err != nil {
			return err
		}
	}
}
