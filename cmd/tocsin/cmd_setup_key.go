package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"tocsin/internal/integrity"
)

func newSetupKey() *cobra.Command {
	var name string
	cmd := &cobra.Command{
		Use:   "key FILE",
		Short: "Make a signing key for checkpoints in FILE, mode 0600, and its public key in FILE.pub",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := integrity.MakeKey(args[0], name); err != nil {
				return coded(exitUnusable, err)
			}
			s, err := integrity.OpenSigning(args[0], name, false)
			if err != nil {
				return coded(exitInput, err)
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), s.Public[0])
			return err
		},
	}
	cmd.Flags().StringVar(&name, "name", "tocsin", "of the register: integrity.name")
	return cmd
}
