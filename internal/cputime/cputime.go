// Package cputime tells how long the processor has worked, which other work on the machine does not change as it changes
// the time on the clock. Benchmarks and the tests that bound what a hostile input costs measure with it.
package cputime
