// Package logon makes the logons that the benches of correlation feed to every engine: always the same ones.
package logon

import (
	"bufio"
	"fmt"
	"os"
	"strconv"
)

// A Logon is one input of every engine.
type Logon struct {
	At       int64 // milliseconds
	User, IP int
	Failed   bool
}

// perWindow is how many logons a user has in a minute on average: a rule of ten fires for most of them now and then.
const perWindow = 12

// All calls each with n logons of so many users, evenly in event time, from a fixed pseudo-random order. One of
// twenty succeeds; a user comes from one of 30 addresses.
func All(n, keys int, each func(i int, l Logon)) {
	seed := uint64(88172645463325252)
	step := 60_000 / float64(perWindow*keys)
	for i := range n {
		seed ^= seed << 13
		seed ^= seed >> 7
		seed ^= seed << 17
		each(i, Logon{
			At: 1_000_000 + int64(float64(i)*step), User: int(seed >> 11 % uint64(keys)), IP: int(seed >> 45 % addresses), Failed: seed>>53%20 != 0,
		})
	}
}

const addresses = 30

// UserName is the name of a user.
func UserName(n int) string { return "user" + strconv.Itoa(n) }

func address(n int) string { return "198.51.100." + strconv.Itoa(n) }

// Outcome is what ECS calls it.
func (l Logon) Outcome() string {
	if l.Failed {
		return "failure"
	}
	return "success"
}

// Write keeps the logons for other engines: a line each, of milliseconds, user, address and outcome.
func Write(file string, n, keys int) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	All(n, keys, func(_ int, l Logon) {
		fmt.Fprintf(w, "%d\t%s\t%s\t%s\n", l.At, UserName(l.User), address(l.IP), l.Outcome())
	})
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}
