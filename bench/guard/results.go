package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// An accepted run is kept as a file: which figures, of which commit, on which machine.
type accepted struct {
	When    time.Time `json:"when"`
	Commit  string    `json:"commit"`
	Machine string    `json:"machine"`
	Go      string    `json:"go"`
	Lanes   []measure `json:"lanes"`
}

func (a *accepted) lane(name string) *measure {
	if a == nil {
		return nil
	}
	i := slices.IndexFunc(a.Lanes, func(m measure) bool { return m.Lane == name })
	if i < 0 {
		return nil
	}
	return &a.Lanes[i]
}

// lastAccepted is the newest result of the folder, nil where there is none.
func lastAccepted(folder string) (*accepted, error) {
	names, err := filepath.Glob(filepath.Join(folder, "guard-*.json"))
	if err != nil || len(names) == 0 {
		return nil, err
	}
	data, err := os.ReadFile(slices.Max(names))
	if err != nil {
		return nil, err
	}
	var a accepted
	if err := json.Unmarshal(data, &a); err != nil {
		return nil, fmt.Errorf("%s: %w", slices.Max(names), err)
	}
	return &a, nil
}

func keep(folder string, lanes []measure, out io.Writer) error {
	now := time.Now().UTC().Truncate(time.Second)
	a := accepted{When: now, Commit: commit(), Machine: machine(), Go: runtime.Version(), Lanes: lanes}
	data, err := json.MarshalIndent(a, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	file := filepath.Join(folder, "guard-"+now.Format("20060102T150405")+".json")
	if _, err := os.Stat(file); !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s is there already", file)
	}
	fmt.Fprintln(out, "kept in", file)
	return os.WriteFile(file, append(data, '\n'), 0o644) //nolint:gosec // not secret
}

// commit is what is checked out, and whether something was changed since.
func commit() string {
	text, err := exec.Command("git", "describe", "--always", "--abbrev=12", "--exclude=*", "--dirty= with changes").Output() //nolint:noctx // a moment
	if err != nil {
		return "unknown"
	}
	return strings.TrimSpace(string(text))
}

// machine is the processor's name and how many cores there are.
func machine() string {
	name := runtime.GOARCH
	if data, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(data)) {
			if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == "model name" {
				name = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("%s, %d cores", name, runtime.NumCPU())
}
