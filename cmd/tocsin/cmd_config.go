package main

import (
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"tocsin/internal/app"
	"tocsin/internal/config"
)

func newConfig() *cobra.Command {
	cmd := &cobra.Command{Use: "config", Short: "Show or check the configuration"}
	cmd.AddCommand(newConfigShow(), newConfigCheck())
	return cmd
}

func newConfigShow() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Print the configuration in force, secrets redacted",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load(file, os.Environ())
			if err != nil {
				return coded(exitUnusable, err)
			}
			text, err := cfg.YAML()
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(text)
			return err
		},
	}
	configFlag(cmd, &file)
	return cmd
}

func newConfigCheck() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "check [FILE]",
		Short: "Name every fault of a configuration",
		Args:  cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 1 {
				file = args[0]
			}
			cfg, err := config.Load(file, os.Environ())
			if err == nil {
				err = app.CheckFiles(cfg)
			}
			if err != nil {
				fmt.Fprintln(cmd.ErrOrStderr(), err)
				return coded(exitFindings, errFindings)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), "the configuration is sound")
			return err
		},
	}
	configFlag(cmd, &file)
	return cmd
}

// configFlag adds --config, which TOCSIN_CONFIG stands in for.
func configFlag(cmd *cobra.Command, file *string) {
	cmd.Flags().StringVar(file, "config", os.Getenv("TOCSIN_CONFIG"), "configuration `file`")
}
