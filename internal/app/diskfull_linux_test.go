package app_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// smallDisk mounts a disk of its own, of so many bytes.
func smallDisk(t *testing.T, size int) string {
	t.Helper()
	folder := t.TempDir()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, fmt.Sprintf("size=%d", size)); err != nil {
		t.Skipf("a small tmpfs cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(folder, 0); err != nil {
			t.Error(err)
		}
	})
	return folder
}

// fill takes what is left of a disk.
func fill(t *testing.T, file string) {
	t.Helper()
	f, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := io.Copy(f, zeros{}); !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk does not become full: %v", err)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { return len(p), nil }

// A disk that becomes full under the register halts the daemon with an alarm: nothing more is taken, health and readiness
// say so. Once there is room it goes on by itself, and what it had acknowledged is there, each alert once.
func TestEmbeddedDiskFull(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	disk := smallDisk(t, 64<<20)
	h.cfg.DataDir = filepath.Join(disk, "data")
	h.cfg.Engine.SnapshotEvery = time.Second
	a, stop := h.open()
	accepted, n := 0, 0
	send := func() answer {
		var body bytes.Buffer
		for range 200 {
			fmt.Fprintf(&body, `{"@timestamp":"2026-11-22T08:00:00Z","event":{"kind":"alert"},"message":"%d %s"}`+"\n", n, strings.Repeat("z", 1000))
			n++
		}
		got := h.send(body.Bytes(), "Content-Type", "application/x-ndjson")
		if got.Code == http.StatusAccepted {
			accepted += got.Accepted
		}
		return got
	}
	for range 5 {
		if got := send(); got.Code != http.StatusAccepted {
			t.Fatalf("with room: %+v", got)
		}
	}
	filler := filepath.Join(disk, "filler")
	fill(t, filler)
	await(t, time.Minute, "turned away", func() (bool, string) {
		got := send()
		return got.Code == http.StatusInsufficientStorage, fmt.Sprintf("%+v", got)
	})
	await(t, time.Minute, "an alarm", func() (bool, string) {
		for _, trouble := range a.Health().Report().Troubles {
			if trouble.Halted && strings.Contains(trouble.Detail, "full") {
				return true, ""
			}
		}
		return false, fmt.Sprint(a.Health().Report().Troubles)
	})
	if code, body := fetch(t, a.URL()+"/readyz"); code != http.StatusServiceUnavailable {
		t.Errorf("ready with a full disk: %d %s", code, body)
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	await(t, time.Minute, "taken again", func() (bool, string) {
		got := send()
		return got.Code == http.StatusAccepted, fmt.Sprintf("%+v", got)
	})
	h.settled(accepted, 0)
	await(t, time.Minute, "ready again", func() (bool, string) {
		code, body := fetch(t, a.URL()+"/readyz")
		return code == http.StatusOK, body
	})
	stop()
}
