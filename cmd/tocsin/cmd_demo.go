package main

import (
	"os"
	"time"

	"github.com/spf13/cobra"

	"tocsin/internal/app"
	"tocsin/internal/config"
)

func newDemo() *cobra.Command {
	var file string
	o := app.DemoOptions{}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Run the daemon and play a labelled attack amid noise through its intake",
		Long:  "The register is left in ./tocsin-data, where `tocsin incident list` finds it. A folder that holds anything but a demo is refused.",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load(file, os.Environ())
			if err != nil {
				return coded(exitUnusable, err)
			}
			if cfg.Log.Level == config.Default().Log.Level {
				cfg.Log.Level = "warn" // what the demo tells is on standard output
			}
			o.Options = app.Options{Config: cfg, Log: newLog(cfg.Log, cmd.ErrOrStderr()), Now: time.Now}
			o.Out = cmd.OutOrStdout()
			if err := app.Demo(cmd.Context(), o); err != nil {
				return coded(startCode(err), err)
			}
			return nil
		},
	}
	configFlag(cmd, &file)
	cmd.Flags().BoolVar(&o.Once, "once", false, "end when the scenario has been played")
	cmd.Flags().Uint64Var(&o.Seed, "seed", 1, "`number` that the scenario follows from")
	cmd.Flags().DurationVar(&o.Lasting, "lasting", 8*time.Second, "how long the playing takes")
	return cmd
}
