package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
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
			return serve(cmd.Context(), cfg, cmd.ErrOrStderr())
		},
	}
	configFlag(cmd, &file)
	return cmd
}

// serve runs a daemon until ctx ends.
func serve(ctx context.Context, cfg config.Config, stderr io.Writer) error {
	log := newLog(cfg.Log, stderr)
	a, err := app.New(ctx, app.Options{Config: cfg, Log: log, Now: time.Now, Failpoints: os.Getenv("TOCSIN_TEST_FAILPOINTS")})
	if err != nil {
		return coded(startCode(err), err)
	}
	fmt.Fprintf(stderr, "tocsin: page and intake on %s\n", a.URL())
	if err := a.Run(ctx); err != nil {
		return coded(exitInput, err)
	}
	return nil
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
