package expression

import (
	"regexp/syntax"
	"unicode/utf8"
)

// shortest is how many characters a text has at least that a regular expression matches.
func shortest(re *syntax.Regexp) int {
	switch re.Op {
	case syntax.OpLiteral:
		return len(re.Rune)
	case syntax.OpCharClass, syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		return 1
	case syntax.OpCapture, syntax.OpPlus:
		return shortest(re.Sub[0])
	case syntax.OpRepeat:
		return re.Min * shortest(re.Sub[0])
	case syntax.OpConcat:
		sum := 0
		for _, sub := range re.Sub {
			sum += shortest(sub)
		}
		return sum
	case syntax.OpAlternate:
		least := shortest(re.Sub[0])
		for _, sub := range re.Sub {
			least = min(least, shortest(sub))
		}
		return least
	default:
		return 0
	}
}

// run is a row of characters of one class that every text holds which a regular expression matches. The zero run asks
// for nothing.
type run struct {
	least int       // characters
	class [4]uint64 // bytes that may stand in it
}

// leastRun is how long a run must be to be worth looking for.
const leastRun = 8

// longestRun is the longest run that a regular expression needs.
func longestRun(re *syntax.Regexp) run {
	var best run
	take := func(r run) {
		if r.least > best.least {
			best = r
		}
	}
	switch re.Op {
	case syntax.OpRepeat:
		if sub := re.Sub[0]; re.Min >= leastRun && sub.Op == syntax.OpCharClass {
			return run{least: re.Min, class: bytesOf(sub.Rune)}
		}
		if re.Min > 0 {
			return longestRun(re.Sub[0])
		}
	case syntax.OpCapture, syntax.OpPlus, syntax.OpConcat:
		for _, sub := range re.Sub {
			take(longestRun(sub))
		}
	}
	return best
}

// bytesOf are the bytes that characters of a class may have.
func bytesOf(ranges []rune) (class [4]uint64) {
	for i := 0; i+1 < len(ranges); i += 2 {
		for r := ranges[i]; r <= min(ranges[i+1], utf8.RuneSelf-1); r++ {
			class[r/64] |= 1 << (r % 64)
		}
		if ranges[i+1] >= utf8.RuneSelf {
			class[2], class[3] = ^uint64(0), ^uint64(0)
		}
	}
	return class
}

// in reports whether s may hold the run.
func (r *run) in(s string) bool {
	for from := 0; from+r.least <= len(s); {
		at := from + r.least - 1
		for at >= from && r.class[s[at]/64]&(1<<(s[at]%64)) != 0 {
			at--
		}
		if at < from {
			return true
		}
		from = at + 1
	}
	return false
}
