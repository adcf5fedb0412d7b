package main

import (
	"bytes"
	"context"
	"database/sql"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"tocsin": main})
}

// TestScripts runs the command lines in testdata as a user would; each script has a folder of its own.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("%d scripts: %v", len(files), err)
	}
	if testing.Short() { // which is for the race detector: without a daemon there is nothing for it
		files = slices.DeleteFunc(files, func(name string) bool {
			text, err := os.ReadFile(name)
			return err == nil && !strings.Contains(string(text), "&daemon&")
		})
	}
	testscript.Run(t, testscript.Params{
		Files:               files,
		RequireExplicitExec: true,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"await": await, "post": post, "grab": grab, "replace": replace, "tamper": tamper,
		},
		Setup: func(e *testscript.Env) error {
			e.Setenv("TOCSIN_DATA_DIR", e.WorkDir+"/data")
			e.Setenv("TOCSIN_HTTP_LISTEN", "127.0.0.1:0")
			return nil
		},
	})
}

// await PATTERN COMMAND... repeats a command until its output matches.
func await(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: await pattern command [arg...]")
	}
	pattern, deadline := regexp.MustCompile(args[0]), time.Now().Add(5*time.Minute)
	for {
		cmd := exec.Command(args[1], args[2:]...)
		cmd.Dir = ts.Getenv("WORK")
		cmd.Env = []string{"PATH=" + ts.Getenv("PATH"), "TOCSIN_DATA_DIR=" + ts.Getenv("TOCSIN_DATA_DIR")}
		out, err := cmd.CombinedOutput()
		if err == nil && pattern.Match(out) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("%v never wrote %s; the last time: %v\n%s", args[1:], args[0], err, out)
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// post FILE sends alerts to the daemon that runs.
func post(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: post file")
	}
	address := strings.TrimSpace(ts.ReadFile(ts.Getenv("TOCSIN_DATA_DIR") + "/url"))
	resp, err := http.Post(address+"/api/v1/alerts", "text/plain", bytes.NewReader([]byte(ts.ReadFile(args[0]))))
	ts.Check(err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	ts.Check(err)
	if resp.StatusCode != http.StatusAccepted {
		ts.Fatalf("%s %s", resp.Status, text)
	}
}

// grab VARIABLE PATTERN keeps what the last command's output has of a pattern, or of its last group.
func grab(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: grab variable pattern")
	}
	found := regexp.MustCompile(args[1]).FindStringSubmatch(ts.ReadFile("stdout"))
	if found == nil {
		ts.Fatalf("no %s in the output", args[1])
	}
	ts.Setenv(args[0], found[len(found)-1])
}

// replace FILE OLD NEW changes a file.
func replace(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: replace file old new")
	}
	text := ts.ReadFile(args[0])
	if !strings.Contains(text, args[1]) {
		ts.Fatalf("%s does not hold %q", args[0], args[1])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.ReplaceAll(text, args[1], args[2])), 0o600))
}

// tamper DATABASE STATEMENT changes a register behind the daemon's back.
func tamper(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: tamper database statement")
	}
	db, err := sql.Open("sqlite", ts.MkAbs(args[0]))
	ts.Check(err)
	defer db.Close()
	_, err = db.ExecContext(context.Background(), args[1])
	ts.Check(err)
}
