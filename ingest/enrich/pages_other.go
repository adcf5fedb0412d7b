//go:build !linux

package enrich

func hugePages[T any]([]T) {}
