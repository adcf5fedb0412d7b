package main

import (
	"fmt"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"tocsin/internal/app"
	"tocsin/internal/config"
)

func newSetup() *cobra.Command {
	cmd := &cobra.Command{Use: "setup", Short: "Make what the daemon needs on its servers; may be run again at any time"}
	cmd.AddCommand(newSetupElasticsearch(), newSetupKafka(), newSetupKey())
	return cmd
}

// setupFlags are the flags of both set-ups.
func setupFlags(cmd *cobra.Command, file *string, dry *bool) {
	configFlag(cmd, file)
	cmd.Flags().BoolVar(dry, "dry-run", false, "print what would be done")
}

func newSetupElasticsearch() *cobra.Command {
	var file string
	var dry bool
	cmd := &cobra.Command{
		Use:   "elasticsearch",
		Short: "Make templates, indices and the daemon's role (needs an administrator's rights)",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load(file, os.Environ())
			if err != nil {
				return coded(exitUnusable, err)
			}
			store, err := app.NewElastic(cfg.Elasticsearch, app.Options{Log: slog.New(slog.DiscardHandler)}, nil)
			if err != nil {
				return coded(exitUnusable, err)
			}
			defer store.Close()
			steps, err := store.SetupPlan()
			if err != nil {
				return err
			}
			for _, s := range steps {
				if dry {
					fmt.Fprintf(cmd.OutOrStdout(), "# %s\n%s %s\n%s\n", s.What, s.Method, s.Path, s.Body)
				} else {
					fmt.Fprintf(cmd.OutOrStdout(), "%s %s: %s\n", s.Method, s.Path, s.What)
				}
			}
			if dry {
				return nil
			}
			skipped, err := store.Setup(cmd.Context())
			for _, s := range skipped {
				fmt.Fprintf(cmd.ErrOrStderr(), "skipped: %s\n", s)
			}
			return coded(exitInput, err)
		},
	}
	setupFlags(cmd, &file, &dry)
	return cmd
}

func newSetupKafka() *cobra.Command {
	var file string
	var dry bool
	cmd := &cobra.Command{
		Use:   "kafka",
		Short: "Make the internal topics",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load(file, os.Environ())
			if err != nil {
				return coded(exitUnusable, err)
			}
			steps, err := app.SetupKafka(cmd.Context(), cfg.Kafka, dry)
			for _, s := range steps {
				fmt.Fprintf(cmd.OutOrStdout(), "%s %s: %s\n", s.Action, s.Topic, s.Detail)
			}
			return coded(exitInput, err)
		},
	}
	setupFlags(cmd, &file, &dry)
	return cmd
}
