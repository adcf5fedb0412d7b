package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"tocsin/internal/fault"
)

// strict makes every command below cmd tell a command line that cannot be meant: a group refuses a word that is none of
// its commands, instead of printing its help as if all were well, and what is refused is told with how it is used.
func strict(cmd *cobra.Command) {
	cmd.SetFlagErrorFunc(wrongFlag)
	cmd.Args = usable(cmd.Args)
	if cmd.HasSubCommands() && cmd.RunE == nil {
		cmd.Args = wantsCommand
		cmd.RunE = func(cmd *cobra.Command, _ []string) error { return cmd.Help() }
	}
	for _, c := range cmd.Commands() {
		strict(c)
	}
}

// wantsCommand refuses a word that is none of a group's commands, and names the nearest.
func wantsCommand(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	var names []string
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() {
			names = append(names, c.Name())
		}
	}
	return fmt.Errorf("unknown command %q of %s\n    %s", args[0], cmd.CommandPath(), fault.DidYouMean(args[0], names))
}

// usable adds to a refusal of arguments how the command is used.
func usable(check cobra.PositionalArgs) cobra.PositionalArgs {
	if check == nil {
		return nil
	}
	return func(cmd *cobra.Command, args []string) error {
		err := check(cmd, args)
		if err == nil {
			return nil
		}
		return fmt.Errorf("%w\n    %s", err, usageOf(cmd))
	}
}

// wrongFlag adds to a refusal of a flag the nearest one that there is, and how the command is used.
func wrongFlag(cmd *cobra.Command, err error) error {
	unknown, ok := errors.AsType[*pflag.NotExistError](err)
	if !ok {
		return fmt.Errorf("%w\n    %s", err, usageOf(cmd))
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if near := fault.Nearest(unknown.GetSpecifiedName(), names); near != "" {
		return fmt.Errorf("%w\n    did you mean --%s?", err, near)
	}
	return fmt.Errorf("%w\n    %s", err, usageOf(cmd))
}

func usageOf(cmd *cobra.Command) string {
	return fmt.Sprintf("usage: %s; `%s --help` tells more", strings.TrimSuffix(cmd.UseLine(), " [flags]"), cmd.CommandPath())
}
