// Command tocsin is the daemon and its tools: one file per subcommand, each a thin call.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/spf13/cobra"
)

// The exit codes are a contract: 0 the work was done to the end of its input.
const (
	exitFindings = 1 // a check found something
	exitUnusable = 2 // rules, configuration or arguments cannot be used
	exitInput    = 3 // input cannot be read, a server cannot be reached
)

// A codedError is an error with the exit code that it means.
type codedError struct {
	code int
	err  error
}

func (e *codedError) Error() string { return e.err.Error() }
func (e *codedError) Unwrap() error { return e.err }

// coded gives err an exit code, nil for none.
func coded(code int, err error) error {
	if err == nil {
		return nil
	}
	return &codedError{code, err}
}

// errFindings ends a check that has already said what it found.
var errFindings = errors.New("findings")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// run executes one command line and returns its exit code.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root := newRoot() //nolint:contextcheck // commands have theirs from cobra
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return 0
	}
	if !errors.Is(err, errFindings) {
		fmt.Fprintln(stderr, err)
	}
	if c, ok := errors.AsType[*codedError](err); ok {
		return c.code
	}
	return exitUnusable
}

func newRoot() *cobra.Command {
	root := &cobra.Command{
		Use:           "tocsin",
		Short:         "Turns alerts into information security events and promotes some of them to incidents",
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          cobra.NoArgs,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.CompletionOptions.HiddenDefaultCmd = true
	root.AddCommand(newRun(), newDemo(), newSetup(), newReplay(), newDecode(), newMapping(), newRules(), newConformance(), newConfig(), newVersion())
	root.AddCommand(newIncident(), newTrends(), newDeadLetter(), newLists(), newVerify(), newRetention(), newAudit())
	root.AddCommand(newEvent(), newAssessment(), newAlert(), newSource(), newHealth())
	root.AddCommand(newClock(), newNotify())
	root.AddCommand(newReport(), newInformant(), newRegister())
	root.AddCommand(newUser(), newToken())
	strict(root)
	completeAsked(root)
	return root
}
