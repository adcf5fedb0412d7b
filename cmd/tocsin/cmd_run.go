package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"tocsin/internal/app"
	"tocsin/internal/config"
)

func newRun() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "run",
		Short: "Run the daemon",
		Long:  "Without a configuration: HTTP intake and page on 127.0.0.1:8080, an embedded register below ./tocsin-data, the shipped rules.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load(file, os.Environ())
			if err != nil {
				return coded(exitUnusable, err)
			}
			return serve(cmd.Context(), cfg, cmd.ErrOrStderr(), func() (config.Config, error) { return config.Load(file, os.Environ()) })
		},
	}
	configFlag(cmd, &file)
	return cmd
}

// serve runs a daemon until ctx ends. SIGHUP makes it read again what may change meanwhile; again reads the configuration.
func serve(ctx context.Context, cfg config.Config, stderr io.Writer, again func() (config.Config, error)) error {
	hup := make(chan os.Signal, 1) // before anything is open: one that comes early ends nothing
	signal.Notify(hup, syscall.SIGHUP)
	defer signal.Stop(hup)
	log := newLog(cfg.Log, stderr)
	a, err := app.New(ctx, app.Options{Config: cfg, Log: log, Now: time.Now, Failpoints: os.Getenv("TOCSIN_TEST_FAILPOINTS")})
	if ctx.Err() != nil && (errors.Is(err, ctx.Err()) || errors.Is(err, app.ErrUnreachable)) {
		fmt.Fprintf(stderr, "tocsin: told to stop before it had started: %v\n", err)
		return nil
	}
	if err != nil {
		return coded(startCode(err), err)
	}
	fmt.Fprintf(stderr, "tocsin: page and intake on %s\n", a.URL())
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-hup:
				reload(ctx, a, stderr, again)
			}
		}
	}()
	if err := a.Run(ctx); err != nil {
		return coded(exitInput, err)
	}
	return nil
}

// reload carries out a SIGHUP and says what became of it, with every fault at its place.
func reload(ctx context.Context, a *app.App, stderr io.Writer, again func() (config.Config, error)) {
	cfg, err := again()
	if err != nil {
		fmt.Fprintf(stderr, "tocsin: SIGHUP: the configuration has faults, all stays as it is\n%v\n", err)
		return
	}
	r, err := a.Reload(ctx, cfg)
	if err != nil {
		return // the daemon ends
	}
	fmt.Fprintf(stderr, "tocsin: SIGHUP: %s\n", r)
	for _, part := range slices.Sorted(maps.Keys(r.Faults)) {
		fmt.Fprintln(stderr, r.Faults[part])
	}
}

// startCode tells an address or a server that cannot be had from a configuration that cannot be used.
func startCode(err error) int {
	if errors.Is(err, app.ErrListen) || errors.Is(err, app.ErrUnreachable) || errors.Is(err, app.ErrUnfit) || errors.Is(err, app.ErrLocked) {
		return exitInput
	}
	return exitUnusable
}

func newLog(c config.Log, w io.Writer) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		level = slog.LevelInfo // the configuration was checked
	}
	o := &slog.HandlerOptions{Level: level}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
