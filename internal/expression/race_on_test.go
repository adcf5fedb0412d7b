//go:build race

package expression

// slowness is how much longer than a plain run a test may take.
const slowness = 20
