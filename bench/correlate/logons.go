package main

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
)

// A logon is one input of every engine.
type logon struct {
	at       int64 // milliseconds
	user, ip int
	failed   bool
}

// perWindow is how many logons a user has in a minute on average: a rule of ten fires for most of them now and then.
const perWindow = 12

// logons calls each with n logons of so many users, evenly in event time, from a fixed pseudo-random order. One of
// twenty succeeds; a user comes from one of 30 addresses.
func logons(n, keys int, each func(i int, l logon)) {
	seed := uint64(88172645463325252)
	step := 60_000 / float64(perWindow*keys)
	for i := range n {
		seed ^= seed << 13
		seed ^= seed >> 7
		seed ^= seed << 17
		each(i, logon{
			at: 1_000_000 + int64(float64(i)*step), user: int(seed >> 11 % uint64(keys)), ip: int(seed >> 45 % 30), failed: seed>>53%20 != 0,
		})
	}
}

func userName(n int) string { return "user" + strconv.Itoa(n) }
func address(n int) string  { return "198.51.100." + strconv.Itoa(n) }

func (l logon) outcome() string {
	if l.failed {
		return "failure"
	}
	return "success"
}

// write keeps the logons for the other engines: a line each.
func write(file string, n, keys int) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	logons(n, keys, func(_ int, l logon) {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\n", l.at, userName(l.user), address(l.ip), l.outcome())
	})
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}
