package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// folders writes the correlation rules that are asked for, and returns the part of the configuration that names all
// folders of rules.
func (o options) folders() (string, error) {
	var names []string
	if o.rules != "" {
		full, err := filepath.Abs(o.rules)
		if err != nil {
			return "", err
		}
		names = append(names, full)
	}
	if o.several > 0 {
		dir := filepath.Join(o.scratch, "correlations")
		if err := os.Mkdir(dir, 0o755); err != nil {
			return "", err
		}
		names = append(names, dir)
		if err := os.WriteFile(filepath.Join(dir, "correlations.yml"), correlations(o.several), 0o644); err != nil { //nolint:gosec // not secret
			return "", err
		}
	}
	if len(names) == 0 {
		return "", nil
	}
	for i, name := range names {
		names[i] = strconv.Quote(name)
	}
	return fmt.Sprintf("rules: {folders: [%s]}\n", strings.Join(names, ", ")), nil
}

// correlations are rules of kind count over what any record has, each for one kind of action in twenty, so that a record
// is kept by one or two of them.
func correlations(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, "---\nid: 00000000-0000-4000-9000-%012d\ntitle: Correlation %d\nversion: 1.0.0\nstatus: shadow\nlevel: low\ncategory: other/undetermined\n", i, i)
		fmt.Fprintf(&b, "when: event.code == \"%d\" or event.action == \"action-%d\"\ncorrelate: {kind: count, group_by: [host.name], span: %dm, at_least: %d}\n", i, i, 1+i%10, 1000+i)
	}
	return b.Bytes()
}

// recorded reads records from a file, again from its start where it has fewer than n.
func recorded(file string, n int) (input, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return input{}, err
	}
	in := input{what: "records of " + filepath.Base(file)}
	lines := bytes.Split(bytes.TrimSpace(data), []byte("\n"))
	for i := range n {
		line := lines[i%len(lines)]
		in.lines = append(in.lines, line)
		in.bytes += int64(len(line))
	}
	return in, nil
}
