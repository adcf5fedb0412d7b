// Package rulesd holds the rules that are shipped: one YAML file each, with its tests, embedded in the binary.
package rulesd

import (
	"embed"
	"io/fs"
)

//go:embed identity malware network novelty web host lists
var files embed.FS

// FS is the folder of shipped rules, as rules.Load takes it.
func FS() fs.FS { return files }
