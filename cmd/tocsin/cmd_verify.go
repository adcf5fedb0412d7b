package main

import (
	"bytes"
	"encoding/json"
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

func newVerify() *cobra.Command {
	var from, file string
	var store bool
	cmd := &cobra.Command{
		Use:   "verify (--store | --from FILE)",
		Short: "Check that the register's logs are intact and that its incidents are what they tell",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case from != "" && !store:
				return verifyFile(cmd, from)
			case store && from == "":
				return verifyStore(cmd, file)
			default:
				return coded(exitUnusable, errors.New("give either --store or --from FILE"))
			}
		},
	}
	configFlag(cmd, &file)
	cmd.Flags().BoolVar(&store, "store", false, "check every incident of the configured store")
	cmd.Flags().StringVar(&from, "from", "", "check a `file` that `incident export` wrote; - is standard input")
	return cmd
}

// uncovered is what no chain can show: an end that was cut off, and a log that nothing names any more.
const uncovered = "not covered: entries cut off the end of a log, and whole incidents that were removed; only a checkpoint kept elsewhere shows these"

func verifyFile(cmd *cobra.Command, name string) error {
	text, err := readInput(cmd, name)
	if err != nil {
		return coded(exitInput, err)
	}
	var found int
	dec := json.NewDecoder(bytes.NewReader(text))
	for n := 0; ; n++ {
		var e app.Export
		if err := dec.Decode(&e); errors.Is(err, io.EOF) && n > 0 {
			break
		} else if err != nil {
			return coded(exitInput, fmt.Errorf("%s: no export: %w", name, err))
		}
		if err := app.VerifyExport(e); err != nil {
			found++
			fmt.Fprintln(cmd.OutOrStdout(), err)
			continue
		}
		fmt.Fprintf(cmd.OutOrStdout(), "intact: incident %s, %d entries, last hash %s\n", e.Log[0].Incident, len(e.Log), e.Log[len(e.Log)-1].Hash)
	}
	fmt.Fprintln(cmd.ErrOrStderr(), uncovered)
	if found > 0 {
		return coded(exitFindings, errFindings)
	}
	return nil
}

func readInput(cmd *cobra.Command, name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(cmd.InOrStdin())
	}
	return os.ReadFile(name)
}

func verifyStore(cmd *cobra.Command, file string) error {
	cfg, err := config.Load(file, os.Environ())
	if err != nil {
		return coded(exitUnusable, err)
	}
	st, err := app.OpenReader(cmd.Context(), app.Options{Config: cfg, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		return coded(exitInput, err)
	}
	defer st.Close()
	v, err := app.VerifyStore(cmd.Context(), st)
	if err != nil {
		return coded(exitInput, err)
	}
	for _, f := range v.Faults {
		fmt.Fprintln(cmd.OutOrStdout(), f)
	}
	fmt.Fprintf(cmd.OutOrStdout(), "%d incidents with %d entries, %d not intact\n", v.Incidents, v.Entries, len(v.Faults))
	fmt.Fprintln(cmd.ErrOrStderr(), uncovered)
	if len(v.Faults) > 0 {
		return coded(exitFindings, errFindings)
	}
	return nil
}
