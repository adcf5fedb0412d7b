package decode

// stopsOf finds the stops of the first 64 bytes of text for each word of found, and returns the high bits of all of them:
// none where they are ASCII. The text must be as long as that.
func stopsOf(found []uint64, text []byte) (high uint64) {
	_ = text[:64*len(found)]
	return stopsOfBlocks(&found[0], &text[0], len(found))
}

// stopsOfBlocks is stopsOf of at least one block, by what every amd64 processor has (SSE2).
//
//go:noescape
func stopsOfBlocks(found *uint64, text *byte, blocks int) (high uint64)
