// Package recordings is how tests reach recorded alerts, logs and rules. They lie beside the repository and are no part
// of it: a test that asks for them is skipped, and says so, where they are not at hand.
package recordings

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// most is how long a line may be, in bytes.
const most = 16 << 20

// Path is the path of a file or folder of the recordings, by its names from their root on.
func Path(t testing.TB, names ...string) string {
	t.Helper()
	root, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for {
		if _, err := os.Stat(filepath.Join(root, "go.mod")); err == nil {
			break
		}
		above := filepath.Dir(root)
		if above == root {
			t.Fatal("the test does not run in a folder of the module")
		}
		root = above
	}
	path := filepath.Join(append([]string{root, "..", "shared", "data"}, names...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("recorded data is not at hand: shared/data: %v", err)
	}
	return path
}

// Lines are the lines of a file of the recordings that are not empty. A file that ends in .zst is unpacked.
func Lines(t testing.TB, names ...string) [][]byte {
	t.Helper()
	path := Path(t, names...)
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(path, ".zst") {
		z, err := zstd.NewReader(f)
		if err != nil {
			t.Fatal(err)
		}
		defer z.Close()
		r = z
	}
	var lines [][]byte
	s := bufio.NewScanner(r)
	s.Buffer(nil, most)
	for s.Scan() {
		if len(bytes.TrimSpace(s.Bytes())) > 0 {
			lines = append(lines, bytes.Clone(s.Bytes()))
		}
	}
	if err := s.Err(); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return lines
}
