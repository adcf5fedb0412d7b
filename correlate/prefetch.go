//go:build amd64 || arm64

package correlate

import "unsafe"

// prefetch asks for a line of memory that will be read soon, and does not wait for it: the processor goes on with what needs it
// not. What an alert reads of its key lies mostly where no cache holds it, and much can be worked out of the alert meanwhile.
// The line may be anywhere, nil included.
//
//go:noescape
func prefetch(line unsafe.Pointer)
