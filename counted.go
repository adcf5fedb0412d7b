package tocsin

import (
	"strconv"
	"strings"
)

// Counted is a number with its noun: 1 entry, 2 entries.
func Counted[N int | int64](n N, noun string) string {
	if n != 1 {
		if stem, ok := strings.CutSuffix(noun, "ry"); ok {
			noun = stem + "rie"
		}
		noun += "s"
	}
	return strconv.FormatInt(int64(n), 10) + " " + noun
}
