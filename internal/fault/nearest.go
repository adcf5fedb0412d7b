package fault

import "strings"

// Nearest returns the word of valid that name was most likely meant to be, "" where none is near.
func Nearest(name string, valid []string) string {
	best, least := "", len(name)/3+2 // a third of the letters may be wrong, and short words one or two
	for _, v := range valid {
		if d := distance(strings.ToLower(name), strings.ToLower(v), least); d < least {
			best, least = v, d
		}
	}
	return best
}

// DidYouMean is the remedy for an unknown name: the nearest valid one, else the list of them if it is short.
func DidYouMean(name string, valid []string) string {
	if n := Nearest(name, valid); n != "" {
		return "did you mean " + n + "?"
	}
	if len(valid) <= 12 {
		return "known are: " + strings.Join(valid, ", ")
	}
	return ""
}

// distance is the edit distance of a and b (a swap of neighbours counts once), or bound where it is at least that.
func distance(a, b string, bound int) int {
	if len(a)-len(b) >= bound || len(b)-len(a) >= bound {
		return bound
	}
	before, prev, cur := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range prev {
		prev[j] = j
	}
	for i := 1; i <= len(a); i++ {
		cur[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			cur[j] = min(prev[j]+1, cur[j-1]+1, prev[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				cur[j] = min(cur[j], before[j-2]+1)
			}
		}
		before, prev, cur = prev, cur, before
	}
	return min(prev[len(b)], bound)
}
