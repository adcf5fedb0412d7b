//go:build !unix

package app

import "os"

// flock does nothing: SQLite's own locks keep the file whole, but nothing keeps a second daemon from it.
func flock(*os.File) error { return nil }
