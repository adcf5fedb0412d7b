package correlate

import "slices"

// Shares hand the alerts of one time out to the steps of a sequence, none of them twice. What one step took is changed
// for others where another step can use it alone; a step never loses in number.
type shares struct {
	classes []class
	seen    []bool // steps that have been asked in the exchange under way
}

// A class is the alerts that meet the same conditions.
type class struct {
	met  uint64
	free int
	used []int // by step
}

func newShares(same []item, steps int) *shares {
	s := &shares{seen: make([]bool, steps)}
	for i := range same {
		set := met(&same[i])
		j := slices.IndexFunc(s.classes, func(c class) bool { return c.met == set })
		if j < 0 {
			j = len(s.classes)
			s.classes = append(s.classes, class{met: set, used: make([]int, steps)})
		}
		s.classes[j].free++
	}
	return s
}

// take gives step k as many alerts as it can have, at most n more, and returns how many it gave.
func (s *shares) take(k, n int) int {
	got := 0
	for got < n {
		clear(s.seen)
		more := s.find(k, n-got)
		if more == 0 {
			break
		}
		got += more
	}
	return got
}

// find gives step k some alerts, at most n, or none where no exchange frees one.
func (s *shares) find(k, n int) int {
	s.seen[k] = true
	for i := range s.classes {
		if c := &s.classes[i]; c.met>>k&1 == 1 && c.free > 0 {
			n = min(n, c.free)
			c.free -= n
			c.used[k] += n
			return n
		}
	}
	for i := range s.classes {
		c := &s.classes[i]
		if c.met>>k&1 == 0 {
			continue
		}
		for j, used := range c.used {
			if used == 0 || s.seen[j] {
				continue
			}
			if got := s.find(j, min(n, used)); got > 0 {
				c.used[j] -= got
				c.used[k] += got
				return got
			}
		}
	}
	return 0
}
