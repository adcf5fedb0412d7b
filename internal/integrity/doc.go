// Package integrity proves that the register's logs are what was written: a tree of hashes over all entries, signed
// checkpoints of it in a second place, exports that carry their proofs, and the checks of all these, offline.
package integrity
