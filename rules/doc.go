// Package rules reads rule files and matches alerts against them. [Load] checks everything it is given, reports all
// faults at once and compiles what is sound into an immutable [Set] with a content hash; a [Matcher], one per
// worker, tells which rules an alert satisfies and for which group keys. Correlation over time is not its concern.
//
// The language is described in docs/rules.md.
package rules
