//go:build !race

package rules

// raced: the race detector makes matching ten times as slow.
const raced = false
