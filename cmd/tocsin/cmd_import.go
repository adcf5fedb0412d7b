package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"tocsin/internal/app"
)

func newRulesImport() *cobra.Command {
	cmd := &cobra.Command{Use: "import", Short: "Write rules of other languages as native ones"}
	cmd.AddCommand(newImportSigma())
	return cmd
}

func newImportSigma() *cobra.Command {
	var out string
	var pipelines []string
	cmd := &cobra.Command{
		Use:   "sigma FILE|FOLDER...",
		Short: "Write Sigma rules and correlations as native rules that match the same alerts",
		Args:  cobra.MinimumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			imported, set, err := app.ImportSigma(args, pipelines)
			if err != nil {
				return coded(exitUnusable, err)
			}
			written, left := 0, 0
			for _, one := range imported {
				if one.Reason != "" {
					left++
					fmt.Fprintf(cmd.ErrOrStderr(), "not written: %s: %s: %s\n", one.Source, one.Title, one.Reason)
					continue
				}
				if err := writeRule(cmd.OutOrStdout(), out, one.Name, one.YAML, written == 0); err != nil {
					return coded(exitUnusable, err)
				}
				written++
			}
			for _, r := range set.Refused {
				fmt.Fprintf(cmd.ErrOrStderr(), "refused: %s\n", r)
			}
			fmt.Fprintf(cmd.ErrOrStderr(), "%d rules written, %d that native rules cannot say, %d refused\n", written, left, set.RefusedDocuments)
			return nil
		},
	}
	cmd.Flags().StringVar(&out, "out", "", "`folder` for a file for each rule; none: all to standard output")
	cmd.Flags().StringArrayVar(&pipelines, "pipeline", nil, "`file` of a processing pipeline in pySigma's form; may be repeated")
	return cmd
}

// writeRule writes one rule into its file, which must be new, or to w.
func writeRule(w io.Writer, folder, name string, data []byte, first bool) error {
	if folder == "" {
		if !first {
			fmt.Fprintln(w, "---")
		}
		_, err := w.Write(data)
		return err
	}
	if err := os.MkdirAll(folder, 0o750); err != nil {
		return err
	}
	f, err := os.OpenFile(filepath.Join(folder, name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o640)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already: name an empty folder, or delete it", filepath.Join(folder, name))
	}
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	return errors.Join(err, f.Close())
}
