package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"tocsin/internal/app"
)

// newMapping is the work on mapping files; newMappingTest stands below decode as well, where it is looked for.
func newMapping() *cobra.Command {
	cmd := &cobra.Command{Use: "mapping", Short: "Test mapping files: formats of your own"}
	cmd.AddCommand(newMappingTest())
	return cmd
}

func newMappingTest() *cobra.Command {
	return &cobra.Command{
		Use:   "test FILE...",
		Short: "Check mapping files and run the tests in them",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			report, err := app.TestMappings(args)
			if err != nil {
				fmt.Fprintln(cmd.ErrOrStderr(), err)
				return coded(exitFindings, errFindings)
			}
			for _, f := range report.Failures {
				fmt.Fprintln(cmd.OutOrStdout(), f)
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%d passed, %d failed\n", report.Passed, report.Failed)
			for _, file := range report.Untested {
				fmt.Fprintf(cmd.ErrOrStderr(), "%s has no tests\n", file)
			}
			if report.Failed > 0 {
				return coded(exitFindings, errFindings)
			}
			return nil
		},
	}
}
