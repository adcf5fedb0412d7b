package main

import (
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"tocsin/internal/app"
	"tocsin/internal/config"
)

// newLists is the work on lists of indicators: those that the configuration names, read as the daemon reads them.
func newLists() *cobra.Command {
	cmd := &cobra.Command{Use: "lists", Short: "Look at the lists that values of alerts are looked up in"}
	cmd.AddCommand(newListsShow(), newListsTest())
	return cmd
}

func newListsShow() *cobra.Command {
	var file, output string
	cmd := &cobra.Command{
		Use:   "show",
		Short: "Read the configured lists and databases, and name all their faults",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := config.Load(file, os.Environ())
			if err != nil {
				return coded(exitUnusable, err)
			}
			known, err := app.ReadEnrichment(cfg.Enrich)
			if err != nil {
				fmt.Fprintln(cmd.ErrOrStderr(), err)
				return coded(exitFindings, errFindings)
			}
			now := time.Now()
			err = printRows(cmd.OutOrStdout(), output, known.Lists(), "NAME\tFORMAT\tIOC\tENTRIES\tREPEATED\tUNUSED\tCHANGED\tSTALE\tHASH", func(l app.List) string {
				return fmt.Sprintf("%s\t%s\t%t\t%d\t%d\t%d\t%s\t%t\t%.12s", l.Name, l.Format, l.IOC, l.Entries, l.Repeated, l.Unused, stamp(l.Changed), l.Stale(now), l.Hash)
			})
			if err == nil && output == "table" && known.Version() != "" {
				_, err = fmt.Fprintf(cmd.OutOrStdout(), "version %s, %d bytes, %d databases\n", known.Version(), known.Bytes(), len(known.Databases()))
			}
			return err
		},
	}
	configFlag(cmd, &file)
	outputFlag(cmd, &output)
	return cmd
}

func newListsTest() *cobra.Command {
	var file, output string
	cmd := &cobra.Command{
		Use:   "test VALUE...",
		Short: "Say which lists have a value; exit code 1 where none has",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			cfg, err := config.Load(file, os.Environ())
			if err != nil {
				return coded(exitUnusable, err)
			}
			known, err := app.ReadEnrichment(cfg.Enrich)
			if err != nil {
				return coded(exitUnusable, err)
			}
			var hits []app.Hit
			for _, value := range args {
				hits = append(hits, known.Test(value)...)
			}
			err = printRows(cmd.OutOrStdout(), output, hits, "LIST\tIOC\tTYPE\tINDICATOR\tLINE\tNAME\tCONFIDENCE\tUNTIL", func(h app.Hit) string {
				sure := ""
				if h.Confidence > 0 {
					sure = strconv.Itoa(h.Confidence)
				}
				return fmt.Sprintf("%s\t%t\t%s\t%s\t%d\t%s\t%s\t%s", h.List, h.IOC, h.Type, printable(h.Indicator), h.Line, printable(h.Name), sure, stamp(h.Until))
			})
			if err == nil && len(hits) == 0 {
				return coded(exitFindings, errFindings)
			}
			return err
		},
	}
	configFlag(cmd, &file)
	outputFlag(cmd, &output)
	return cmd
}
