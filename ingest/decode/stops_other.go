//go:build !amd64

package decode

// stopsOf finds the stops of the first 64 bytes of text for each word of found, and returns the high bits of all of them:
// none where they are ASCII. The text must be as long as that.
func stopsOf(found []uint64, text []byte) (high uint64) { return stopsOfWords(found, text) }
