package sinks

import (
	"context"
	"maps"
	"slices"
	"strings"

	"tocsin"
)

// A WholeReader reads a whole register quickly: side by side in spans, each as it stood at one moment as far as the store
// can tell. What was written in the last second may be missing.
type WholeReader interface {
	// Spans are parts that no log falls between, each small enough to be read at once.
	Spans(ctx context.Context) ([]tocsin.LogRange, error)
	// Held hands out every log of a span of which anything is there: entries, the incident, or what is kept beside it.
	Held(ctx context.Context, span tocsin.LogRange, each func(tocsin.Held) error) error
	// HeldExhibits hands out the copies of alerts, with their bytes, of a span's incidents, with what the store finds wrong
	// by itself: then of the copy no more may be known than its incident and the id by which it is asked for.
	HeldExhibits(ctx context.Context, span tocsin.LogRange, each func(x tocsin.Exhibit, odd error) error) error
	// HeldStretches is [TreeStore.Stretches] from a leaf on, without what cannot be read; odd is what the store finds wrong.
	HeldStretches(ctx context.Context, from int64, limit int) (all []tocsin.Stretch, odd, err error)
}

// WholeBacklogs tells what was taken of the backlog, all of it.
type WholeBacklogs interface {
	// HeldBacklogs hands out every document, with what the store finds wrong with it by itself.
	HeldBacklogs(ctx context.Context, each func(b tocsin.Backlog, odd error) error) error
}

// logsAtOnce is about how many logs a span may have: a few MB of entries.
const logsAtOnce = 200

// SpansOf divides months, given by what ids begin with, up to the hyphen, and about how many logs each has: the hexadecimal
// digits that follow are evenly spread.
func SpansOf(months map[string]int64) []tocsin.LogRange {
	bounds := []string{}
	for month, logs := range months {
		parts := int64(1)
		for digits := ""; parts*logsAtOnce < logs && len(digits) < 4; digits += "f" {
			parts *= 16
		}
		bounds = append(bounds, month)
		for n := int64(1); n < parts; n++ {
			bounds = append(bounds, month+hexDigits(n, parts))
		}
	}
	slices.Sort(bounds)
	spans := make([]tocsin.LogRange, 0, len(bounds)+1)
	from := ""
	for _, b := range slices.Compact(bounds) {
		if b > from {
			spans, from = append(spans, tocsin.LogRange{From: from, To: b}), b
		}
	}
	return append(spans, tocsin.LogRange{From: from})
}

// hexDigits are the digits of n, as many as count numbers need.
func hexDigits(n, count int64) string {
	const hex = "0123456789abcdef"
	var b strings.Builder
	for step := count / 16; step > 0; step /= 16 {
		b.WriteByte(hex[n/step%16])
	}
	return b.String()
}

// Extra names what differs between what is there and what follows from a document, at most a few.
func Extra[K comparable](there, follows map[K]bool, name func(K) string) string {
	var odd []string
	for k := range maps.Keys(there) {
		if !follows[k] {
			odd = append(odd, "+"+name(k))
		}
	}
	for k := range maps.Keys(follows) {
		if !there[k] {
			odd = append(odd, "-"+name(k))
		}
	}
	slices.Sort(odd)
	return strings.Join(odd[:min(len(odd), 5)], " ")
}
