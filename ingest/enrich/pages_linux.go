package enrich

import (
	"os"
	"syscall"
	"unsafe"
)

// hugePages asks the kernel to hold a large piece of memory in pages of 2 MiB: a hit looks into it at random, and with
// pages of 4 KiB finding the page costs more than reading it. Where the kernel has none nothing changes.
func hugePages[T any](s []T) {
	const collapse = 25 // MADV_COLLAPSE, Linux 6.1
	var one T
	size := uintptr(cap(s)) * unsafe.Sizeof(one)
	if size < 4<<20 {
		return
	}
	start := uintptr(unsafe.Pointer(unsafe.SliceData(s)))
	page := uintptr(os.Getpagesize())
	skip := -start & (page - 1)
	b := unsafe.Slice((*byte)(unsafe.Add(unsafe.Pointer(unsafe.SliceData(s)), skip)), size-skip)
	_ = syscall.Madvise(b, collapse)
}
