package main

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestBar(t *testing.T) {
	var out bytes.Buffer
	now := time.Unix(0, 0)
	b := &bar{w: &out, total: 1000, now: func() time.Time { return now }, begun: now}
	b.to(1)
	if out.Len() > 0 {
		t.Errorf("after no time: %q", out.String())
	}
	now = now.Add(5 * time.Second)
	b.to(250)
	if got, want := out.String(), "\r\x1b[K["+strings.Repeat("=", 7)+strings.Repeat(" ", 23)+"]  25 %, 15s left"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	out.Reset()
	b.to(260)
	if out.Len() > 0 {
		t.Errorf("a moment later: %q", out.String())
	}
	b.end()
	if out.String() != "\r\x1b[K" {
		t.Errorf("at the end: %q", out.String())
	}
	if got := (&bar{unit: "records"}).text(12, 3*time.Second); got != "12 records, 3 s" {
		t.Errorf("of no known total: %q", got)
	}
	quiet := newBar(&out, 10, "records") // no terminal
	quiet.to(5)
	quiet.end()
}
