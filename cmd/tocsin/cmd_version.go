package main

import (
	"fmt"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"
)

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the build",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			_, err := fmt.Fprintln(cmd.OutOrStdout(), buildVersion())
			return err
		},
	}
}

// buildVersion is the module's version and revision as the toolchain recorded them.
func buildVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "tocsin (no build information)"
	}
	var text strings.Builder
	text.WriteString("tocsin " + info.Main.Version)
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			text.WriteString(" " + s.Value)
		case s.Key == "vcs.modified" && s.Value == "true":
			text.WriteString("+modified")
		}
	}
	return text.String() + " " + info.GoVersion
}
