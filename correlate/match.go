package correlate

import "tocsin"

// matchKind: each alert by itself satisfies the rule.
type matchKind struct{}

func (matchKind) values(*track, *tocsin.Match) []string          { return nil }
func (matchKind) newest(st *state) (lo, missing int)             { return st.held.len() - 1, 0 }
func (matchKind) around(_ *state, pos int) (lo, hi int, ok bool) { return pos, pos, true }
func (matchKind) keep(*state, int, int64) int                    { return 0 }
func (matchKind) note(*state, *item)                             {}
func (matchKind) rebuild(*state)                                 {}
