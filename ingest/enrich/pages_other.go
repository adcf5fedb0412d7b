//go:build !linux

package enrich

func advisePages([]byte) {}

func collapsePages([]byte) {}
