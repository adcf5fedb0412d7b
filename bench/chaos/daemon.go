package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// A daemon is one place in the fleet: a process that is started again whenever it ends, as a supervisor would, until it
// is stopped.
type daemon struct {
	name   string
	binary string
	file   string
	env    []string

	mu      sync.Mutex
	process *os.Process // nil while none runs
	url     string
	stopped bool
	paused  bool
	lives   int
	killed  int
	said    []string // what those said last that ended by themselves
	done    chan struct{}
}

const restartAfter = 300 * time.Millisecond

// launch runs the daemon until stop is called.
func (d *daemon) launch() {
	d.done = make(chan struct{})
	go func() {
		defer close(d.done)
		for d.life() {
			time.Sleep(restartAfter)
		}
	}()
}

// life is one process from start to end; false where there is to be no other.
func (d *daemon) life() bool {
	cmd := exec.Command(d.binary, "run", "--config", d.file) //nolint:noctx // ended by its own stop, in order
	cmd.Env, cmd.SysProcAttr = d.env, &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	stderr, err := cmd.StderrPipe()
	if err != nil {
		return false
	}
	d.mu.Lock()
	if d.stopped {
		d.mu.Unlock()
		return false
	}
	if err := cmd.Start(); err != nil {
		d.said = append(d.said, err.Error())
		d.mu.Unlock()
		return false
	}
	d.process, d.lives = cmd.Process, d.lives+1
	d.mu.Unlock()
	last := d.listen(stderr)
	err = cmd.Wait()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.process, d.url = nil, ""
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() && status.Signal() == syscall.SIGKILL {
		d.killed++
	} else if err != nil {
		d.said = append(d.said, fmt.Sprintf("%s: %v: %s", d.name, err, last))
	}
	return !d.stopped
}

// listen reads what the process says until it ends, and returns the last lines.
func (d *daemon) listen(stderr io.Reader) string {
	var last []string
	lines := bufio.NewScanner(stderr)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		if _, at, ok := strings.Cut(lines.Text(), "page and intake on "); ok {
			d.mu.Lock()
			d.url = strings.TrimSpace(at)
			d.mu.Unlock()
		}
		last = append(last[max(0, len(last)-4):], lines.Text())
		if os.Getenv("CHAOS_VERBOSE") != "" {
			fmt.Fprintln(os.Stderr, d.name, lines.Text())
		}
	}
	return strings.Join(last, "\n")
}

// signal sends a signal to the process that runs now; false where none does.
func (d *daemon) signal(what syscall.Signal) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.process == nil {
		return false
	}
	d.paused = what == syscall.SIGSTOP
	return d.process.Signal(what) == nil
}

// end kills the process for good; false where none runs.
func (d *daemon) end() bool {
	d.mu.Lock()
	d.stopped = true
	d.mu.Unlock()
	return d.signal(syscall.SIGKILL)
}

// pid is 0 where no process runs.
func (d *daemon) pid() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.process == nil || d.paused {
		return 0
	}
	return d.process.Pid
}

// running reports whether a process listens.
func (d *daemon) running() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.url != ""
}

// stop ends it in order, and by force where that takes longer than a daemon may.
func (d *daemon) stop() error {
	d.mu.Lock()
	d.stopped = true
	p := d.process
	d.mu.Unlock()
	begun := time.Now()
	if p != nil {
		_ = p.Signal(syscall.SIGCONT)
		_ = p.Signal(syscall.SIGTERM) // it may have ended
	}
	select {
	case <-d.done:
		return nil
	case <-time.After(25 * time.Second):
	}
	d.mu.Lock()
	if d.process != nil {
		_ = d.process.Kill()
	}
	d.mu.Unlock()
	<-d.done
	return fmt.Errorf("%s did not end within %v of SIGTERM", d.name, time.Since(begun).Round(time.Second))
}

// kills is how often it was killed and what was said where it ended by itself.
func (d *daemon) ends() (killed int, said []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.killed, d.said
}
