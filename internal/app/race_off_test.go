//go:build !race

package app_test

// raced: the race detector takes memory of its own.
const raced = false
