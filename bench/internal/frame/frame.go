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

// Daemonlike builds a bench anew into folder, with the profile that the daemon is built with, and returns the binary: what a
// bench measures of the daemon's code is to be what the daemon is. With the profile beside its source every test of the module
// would compile everything once more for it.
func Daemonlike(ctx context.Context, folder, name string) (string, error) {
	daemon, err := exec.CommandContext(ctx, "go", "list", "-f", "{{.Dir}}", "tocsin/cmd/tocsin").Output()
	if err != nil {
		return "", fmt.Errorf("find the daemon: %w", err)
	}
	profile := filepath.Join(string(bytes.TrimSpace(daemon)), "default.pgo")
	binary := filepath.Join(folder, name+"-as-the-daemon")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-pgo="+profile, "-o", binary, "tocsin/bench/"+name) //nolint:gosec // our own
	if text, err := build.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build %s: %w: %.300s", name, err, text)
	}
	return binary, nil
}

// A usage is what a command took of the processor's time, the most memory that it had, in bytes, and what it wrote.
type usage struct {
	cpu    time.Duration
	memory int64
	text   []byte
}

// use runs a command to its end on one core.
func use(ctx context.Context, command []string) (usage, error) {
	command = OnOneCore(command...)
	cmd := exec.CommandContext(ctx, command[0], command[1:]...) //nolint:gosec // our own binary, or another engine
	text, err := cmd.CombinedOutput()
	if err != nil {
		return usage{}, fmt.Errorf("%s: %w: %.300s", filepath.Base(command[0]), err, text)
	}
	u, ok := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok {
		return usage{}, errors.New("the system does not say what a process used")
	}
	return usage{time.Duration(u.Utime.Nano() + u.Stime.Nano()), u.Maxrss << 10, text}, nil
}

// A Net is the processor's time of the work alone: what a command took over all its input less what it took to begin. The zero
// value has seen no run.
type Net struct {
	All, Load time.Duration
	Memory    int64 // bytes, the most that a run over all took
}

// Run runs a command over all its input and over a single record once more. Each is the least of the runs by itself: the least
// difference within a run would be that of the run whose beginning happened to be slow.
func (n *Net) Run(ctx context.Context, all, one []string) error {
	load, err := use(ctx, one)
	if err != nil {
		return err
	}
	whole, err := use(ctx, all)
	if err != nil {
		return err
	}
	if n.All == 0 {
		n.All, n.Load = whole.cpu, load.cpu
	}
	n.All, n.Load, n.Memory = min(n.All, whole.cpu), min(n.Load, load.cpu), max(n.Memory, whole.memory)
	return nil
}

// CPULine is how a command writes what its work took of the processor, in nanoseconds, where it measures that itself.
const CPULine = "cpu_ns %d\n"

// RunTold runs a command once more that ends with a [CPULine]: it knows its work better than by what its beginning varies.
func (n *Net) RunTold(ctx context.Context, all ...string) error {
	whole, err := use(ctx, all)
	if err != nil {
		return err
	}
	var work time.Duration
	last := whole.text[max(bytes.LastIndex(whole.text, []byte("cpu_ns")), 0):]
	if _, err := fmt.Sscanf(string(last), CPULine, &work); err != nil || work <= 0 {
		return fmt.Errorf("%s does not tell its work: %.300s", filepath.Base(all[0]), whole.text)
	}
	if n.All == 0 || work < n.Work() {
		n.All, n.Load = whole.cpu, whole.cpu-work
	}
	n.Memory = max(n.Memory, whole.memory)
	return nil
}

// Work is the time between the two.
func (n *Net) Work() time.Duration { return n.All - n.Load }
