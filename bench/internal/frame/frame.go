// Package frame is what the benches have in common: how a run begins, is bounded and ends, and how processor time is read.
package frame

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
	"time"
)

// errTime ends a run that does not come to its end.
var errTime = errors.New("time is up; -within gives more")

// Main runs a bench with the process's arguments until it ends or is interrupted. It returns the exit code, and has
// written an error to standard error under the bench's name.
func Main(name string, run func(ctx context.Context, args []string, out io.Writer) error) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, name+":", err)
		return 1
	}
	return 0
}

// Bounded calls f with a context that ends after within and with a scratch folder that is removed afterwards. An error
// of f that the end of the time caused says so.
func Bounded(ctx context.Context, name string, within time.Duration, f func(ctx context.Context, scratch string) error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, within, errTime)
	defer cancel()
	scratch, err := os.MkdirTemp("", "tocsin-"+name+"-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(scratch)
	if err := f(ctx, scratch); err != nil {
		return errors.Join(err, context.Cause(ctx))
	}
	return nil
}

// OnOneCore is a command that runs on one core, where the machine lets us choose.
func OnOneCore(command ...string) []string {
	if taskset, err := exec.LookPath("taskset"); err == nil {
		return append([]string{taskset, "-c", "0"}, command...)
	}
	return command
}

// Used runs a command to its end on one core and tells the processor's time that it took and the most memory, in bytes.
func Used(ctx context.Context, command ...string) (cpu time.Duration, memory int64, err error) {
	_, cpu, memory, err = used(ctx, command)
	return cpu, memory, err
}

func used(ctx context.Context, command []string) (text []byte, cpu time.Duration, memory int64, err error) {
	command = OnOneCore(command...)
	cmd := exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // our own binary, or another engine
	if text, err = cmd.CombinedOutput(); err != nil {
		return nil, 0, 0, fmt.Errorf("%s: %w: %.300s", filepath.Base(command[0]), err, text)
	}
	u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return nil, 0, 0, errors.New("the system does not say what a process used")
	}
	return text, time.Duration(u.Utime.Nano() + u.Stime.Nano()), u.Maxrss << 10, nil
}

// A Net is the processor's time of the work alone: what a command took over all its input less what it takes over a single
// record. Each is the least of some runs by itself. The least difference within a run would be that of the run whose
// beginning happened to be slow. The zero value has seen no run.
type Net struct {
	All, Load time.Duration
	Memory    int64 // bytes, the most that a run over all took
	told      time.Duration
}

// Run runs both commands once more, as [Used] does.
func (n *Net) Run(ctx context.Context, all, one []string) error {
	load, _, err := Used(ctx, one...)
	if err != nil {
		return err
	}
	whole, memory, err := Used(ctx, all...)
	if err != nil {
		return err
	}
	if n.All == 0 {
		n.All, n.Load = whole, load
	}
	n.All, n.Load, n.Memory = min(n.All, whole), min(n.Load, load), max(n.Memory, memory)
	return nil
}

// WorkLine is what a command writes of the processor's time that its work took, where it measures that itself.
const WorkLine = "work_ns %d\n"

// RunTold runs a command once more that tells its work by a [WorkLine], the last of what it writes: that is then known to less
// than what its beginning varies by.
func (n *Net) RunTold(ctx context.Context, all ...string) error {
	text, whole, memory, err := used(ctx, all)
	if err != nil {
		return err
	}
	var work int64
	if _, err := fmt.Sscanf(string(text[max(bytes.LastIndexByte(bytes.TrimSpace(text), '\n'), 0):]), "\n"+WorkLine, &work); err != nil || work <= 0 {
		return fmt.Errorf("%s does not tell its work: %.300s", filepath.Base(all[0]), text)
	}
	if told := time.Duration(work); n.told == 0 || told < n.told {
		n.All, n.Load, n.told = whole, whole-told, told
	}
	n.Memory = max(n.Memory, memory)
	return nil
}

// Work is the time between the two, or what was told.
func (n *Net) Work() time.Duration {
	if n.told > 0 {
		return n.told
	}
	return n.All - n.Load
}
