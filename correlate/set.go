package correlate

import (
	"math/bits"

	"tocsin"
)

// setKind: each of the rule's conditions holds of an alert inside the span, in any order; one alert may meet several.
// It is kind distinct over the conditions that an alert meets.
type setKind struct{ distinctKind }

// values are the conditions that the alert meets.
func (setKind) values(_ *track, m *tocsin.Match) []string { return conditions(m.Conditions) }

// conditionNames are the texts of the single conditions, one byte each.
const conditionNames = "\x00\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f" +
	"\x10\x11\x12\x13\x14\x15\x16\x17\x18\x19\x1a\x1b\x1c\x1d\x1e\x1f" +
	"\x20\x21\x22\x23\x24\x25\x26\x27\x28\x29\x2a\x2b\x2c\x2d\x2e\x2f" +
	"\x30\x31\x32\x33\x34\x35\x36\x37\x38\x39\x3a\x3b\x3c\x3d\x3e\x3f"

// singles are what conditions makes of one bit: most alerts meet one.
var singles = func() (t [64][]string) {
	for i := range t {
		t[i] = []string{conditionNames[i : i+1]}
	}
	return t
}()

// condition is the bit of a text that conditions made, 0 for any other.
func condition(text string) uint64 {
	if len(text) != 1 {
		return 0
	}
	return 1 << text[0]
}

// conditions are the numbers of the bits that are set, each as a text of one byte.
func conditions(set uint64) []string {
	if set&(set-1) == 0 && set != 0 {
		return singles[bits.TrailingZeros64(set)]
	}
	texts := make([]string, 0, bits.OnesCount64(set))
	for ; set != 0; set &= set - 1 {
		i := bits.TrailingZeros64(set)
		texts = append(texts, conditionNames[i:i+1])
	}
	return texts
}
