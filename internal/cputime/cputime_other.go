//go:build !linux

package cputime

import "time"

// Process is the clock's time here.
func Process() time.Duration { return time.Duration(time.Now().UnixNano()) }

// Thread is the clock's time here.
func Thread() time.Duration { return Process() }
