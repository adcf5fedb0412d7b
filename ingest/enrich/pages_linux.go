package enrich

import (
	"os"
	"syscall"
	"unsafe"
)

// hugePages asks the kernel to hold a large piece of memory in pages of 2 MiB: a hit looks into it at random, and with
// pages of 4 KiB finding the page costs more than reading it. Where the kernel has none nothing changes.
func hugePages[T any](s []T) {
	const collapse = 25   // MADV_COLLAPSE, Linux 6.1
	const least = 4 << 20 // below it two levels of cache hold the pages' places
	var one T
	first, size := unsafe.Pointer(unsafe.SliceData(s)), uintptr(cap(s))*unsafe.Sizeof(one)
	if size < least {
		return
	}
	skip := -uintptr(first) & uintptr(os.Getpagesize()-1)                                    // the kernel takes whole pages
	_ = syscall.Madvise(unsafe.Slice((*byte)(unsafe.Add(first, skip)), size-skip), collapse) // advice
}
