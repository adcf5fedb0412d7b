package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"tocsin"
	"tocsin/internal/app"
	"tocsin/internal/config"
	"tocsin/internal/integrity"
)

// trusted are the flags that name what a check rests on.
type trusted struct{ keys, checkpoints []string }

func newVerify() *cobra.Command {
	var from, file string
	var store bool
	var t trusted
	cmd := &cobra.Command{
		Use:   "verify (--store | --from FILE)",
		Short: "Check that the register's logs are intact and that its incidents are what they tell",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case from != "" && !store:
				return verifyFile(cmd, from, t)
			case store && from == "":
				return verifyStore(cmd, file, t)
			default:
				return coded(exitUnusable, errors.New("give either --store or --from FILE"))
			}
		},
	}
	configFlag(cmd, &file)
	cmd.Flags().BoolVar(&store, "store", false, "check every incident of the configured store")
	cmd.Flags().StringVar(&from, "from", "", "check a `file` that `incident export` wrote; - is standard input")
	cmd.Flags().StringArrayVar(&t.keys, "key", nil, "a public `key` that is trusted, or a file of them; may be given again")
	cmd.Flags().StringArrayVar(&t.checkpoints, "checkpoint", nil, "a `file` of checkpoints from the second place; may be given again")
	return cmd
}

// trust reads what the flags name.
func (t trusted) trust() (integrity.Trust, error) {
	var out integrity.Trust
	for _, k := range t.keys {
		text := k
		if _, err := os.Stat(k); err == nil {
			data, err := os.ReadFile(k)
			if err != nil {
				return out, coded(exitInput, err)
			}
			text = string(data)
		}
		keys, err := integrity.ParseKeys(text)
		if err != nil {
			return out, coded(exitUnusable, fmt.Errorf("--key %s: %w", k, err))
		}
		out.Keys = append(out.Keys, keys...)
	}
	for _, name := range t.checkpoints {
		data, err := os.ReadFile(name)
		if err != nil {
			return out, coded(exitInput, err)
		}
		place := integrity.ReadPlace(name, string(data))
		if len(place.Published) == 0 {
			return out, coded(exitInput, fmt.Errorf("--checkpoint %s: there is no checkpoint in it", name))
		}
		out.Published, out.Places = append(out.Published, place.Published...), append(out.Places, place)
	}
	return out, nil
}

func verifyFile(cmd *cobra.Command, name string, t trusted) error {
	trust, err := t.trust()
	if err != nil {
		return err
	}
	text, err := readInput(cmd, name)
	if err != nil {
		return coded(exitInput, err)
	}
	found := 0
	dec := json.NewDecoder(bytes.NewReader(text))
	for n := 0; ; n++ {
		var one json.RawMessage
		if err := dec.Decode(&one); errors.Is(err, io.EOF) && n > 0 {
			break
		} else if err != nil {
			return coded(exitInput, fmt.Errorf("%s: no export: %w", name, err))
		}
		e, r, err := integrity.VerifyFile(one, trust)
		if err != nil {
			return coded(exitInput, fmt.Errorf("%s: %w", name, err))
		}
		found += tell(cmd, r)
		if len(r.Faults) == 0 {
			fmt.Fprintf(cmd.OutOrStdout(), "intact: incident %s, %s, last hash %s; %d of %s proven, %s\n",
				e.Log[0].Incident, tocsin.Counted(len(e.Log), "entry"), e.Log[len(e.Log)-1].Hash, r.Proven, tocsin.Counted(r.Entries, "entry"), tocsin.Counted(r.Exhibits, "exhibit"))
		}
	}
	if found > 0 {
		return coded(exitFindings, errFindings)
	}
	return nil
}

// tell writes what a check found, what it rests on and what it did not cover; it returns how much it found.
func tell(cmd *cobra.Command, r integrity.Report) int {
	for _, f := range r.Faults {
		fmt.Fprintln(cmd.OutOrStdout(), printable(f.Error()))
	}
	for _, n := range r.Notes {
		fmt.Fprintln(cmd.OutOrStdout(), printable(n))
	}
	if r.Erased > 0 {
		fmt.Fprintf(cmd.OutOrStdout(), "erased, as entries say: %s; the proof holds without\n", tocsin.Counted(r.Erased, "personal value"))
	}
	if r.Disposed > 0 {
		fmt.Fprintf(cmd.OutOrStdout(), "disposed of, as the custody says: %s; the manifests stay\n", tocsin.Counted(r.Disposed, "original"))
	}
	for _, u := range r.Uncovered {
		fmt.Fprintln(cmd.ErrOrStderr(), "not covered: "+printable(u))
	}
	return len(r.Faults)
}

func readInput(cmd *cobra.Command, name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(cmd.InOrStdin())
	}
	return os.ReadFile(name)
}

// ownPlaces are the daemon's own files, for who names none. They lie beside the register, so they prove less.
func (t trusted) ownPlaces(cmd *cobra.Command, cfg config.Config) trusted {
	if key := filepath.Join(cfg.DataDir, "integrity.key.pub"); len(t.keys) == 0 && exists(key) {
		t.keys = []string{key}
		fmt.Fprintf(cmd.ErrOrStderr(), "no --key: taken from %s, beside the register\n", key)
	}
	if file := app.AnchorFile(cfg); len(t.checkpoints) == 0 && file != "" && exists(file) {
		t.checkpoints = []string{file}
		fmt.Fprintf(cmd.ErrOrStderr(), "no --checkpoint: taken from %s\n", file)
	}
	return t
}

func exists(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.Size() > 0
}

func verifyStore(cmd *cobra.Command, file string, t trusted) error {
	cfg, err := config.Load(file, os.Environ())
	if err != nil {
		return coded(exitUnusable, err)
	}
	trust, err := t.ownPlaces(cmd, cfg).trust()
	if err != nil {
		return err
	}
	if os.Getenv("GOGC") == "" { // what is read is looked at once: collecting less often makes it a quarter faster
		debug.SetGCPercent(400)
		debug.SetMemoryLimit(1 << 30)
	}
	o := app.Options{Config: cfg, Log: slog.New(slog.DiscardHandler), Now: time.Now}
	sum, err := checkStore(cmd.Context(), o, trust)
	if errors.Is(err, app.ErrWritten) { // by a daemon that started: now it is read beside that
		sum, err = checkStore(cmd.Context(), o, trust)
	}
	if err != nil {
		return coded(exitInput, err)
	}
	found := tell(cmd, sum.Report)
	fmt.Fprintf(cmd.OutOrStdout(), "%s with %s, %s; %s proven by %s, %s\n",
		tocsin.Counted(sum.Incidents, "incident"), tocsin.Counted(sum.Entries, "entry"), tocsin.Counted(found, "fault"),
		tocsin.Counted(sum.Proven, "entry"), tocsin.Counted(sum.Checkpoints, "checkpoint"), tocsin.Counted(sum.Exhibits, "exhibit"))
	if found > 0 {
		return coded(exitFindings, errFindings)
	}
	return nil
}

// checkStore checks the configured store and changes nothing of it.
func checkStore(ctx context.Context, o app.Options, trust integrity.Trust) (sum integrity.Summary, err error) {
	st, err := app.OpenUnchanged(ctx, o)
	if err != nil {
		return sum, err
	}
	defer func() { err = errors.Join(err, st.Close()) }()
	sum, err = integrity.VerifyStore(ctx, st, trust)
	return sum, errors.Join(err, st.Still())
}
