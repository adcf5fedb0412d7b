// Package rsigma finds the engine of that name, or installs it from crates.io: version 0.26.0 where there is a nightly compiler,
// else 0.23.0.
package rsigma

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Find returns where the engine is and which version it is. It is kept below the folder home.
func Find(ctx context.Context, home string) (binary, version string, err error) {
	version, toolchain := "0.26.0", "+nightly"
	if text, err := exec.CommandContext(ctx, "rustup", "toolchain", "list").Output(); err != nil || !strings.Contains(string(text), "nightly") {
		version, toolchain = "0.23.0", ""
	}
	root := filepath.Join(home, "rsigma-"+version)
	binary = filepath.Join(root, "bin", "rsigma")
	if _, err := os.Stat(binary); err == nil {
		return binary, version, nil
	}
	args := []string{"install", "rsigma", "--version", version, "--root", root}
	if toolchain != "" {
		args = append([]string{toolchain}, args...)
	}
	if text, err := exec.CommandContext(ctx, "cargo", args...).CombinedOutput(); err != nil { //nolint:gosec // fixed commands
		return "", "", fmt.Errorf("cargo: %w: %.300s", err, strings.TrimSpace(string(text)))
	}
	return binary, version, nil
}
