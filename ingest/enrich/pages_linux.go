package enrich

import (
	"os"
	"syscall"
	"unsafe"
)

// advisePages asks the kernel to hold a large piece of memory that nobody has touched in pages of 2 MiB: a lookup goes to a
// random place of it, and with pages of 4 KiB finding the page costs as much as reading it. Where the kernel has none
// nothing changes.
func advisePages(s []byte) {
	advise(s, syscall.MADV_HUGEPAGE)
}

// collapsePages asks for them again, of memory that is filled.
func collapsePages(s []byte) {
	const collapse = 25 // MADV_COLLAPSE, Linux 6.1
	advise(s, collapse)
}

func advise(s []byte, what int) {
	const least = 4 << 20 // below it two levels of cache hold the pages' places
	if len(s) < least {
		return
	}
	skip := int(-uintptr(unsafe.Pointer(unsafe.SliceData(s))) & uintptr(os.Getpagesize()-1)) // the kernel takes whole pages
	_ = syscall.Madvise(s[skip:], what)                                                      // advice
}
