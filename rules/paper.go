package rules

import "tocsin"

// A paper is memory that matches are written on, taken in large pieces: one for many matches. Who keeps a match keeps
// the piece it is on, which is a few kilobytes where none is written on again.
type paper[T any] struct {
	piece []T
	used  int // of it
	size  int // of the next
}

// pieces is how many of a kind are taken at once, some 10 kB; where they are written on again as many as are asked for in
// between, up to mostPieces.
const (
	pieces     = 128
	mostPieces = 1 << 13
)

// blank returns n zero values that nobody else has.
func (p *paper[T]) blank(n int) []T {
	if n > len(p.piece)-p.used {
		p.piece, p.used = make([]T, max(n, p.size, pieces)), 0
	}
	out := p.piece[p.used : p.used+n : p.used+n]
	p.used += n
	return out
}

// reuse lets what is given out from now on be written over what was.
func (p *paper[T]) reuse() {
	p.size = min(max(p.size, 2*p.used), mostPieces)
	clear(p.piece[:p.used])
	p.used = 0
}

// A shared is what rules that read the same fields say alike of the alert in hand: worked out for the first of them.
type shared[T any] struct {
	alert int64 // number of the alert it is of
	said  T
}

// alike gives rules that read the same a common number: the place of the first of them in what is known.
type alike map[string]int32

func (k alike) number(name string) int32 {
	n, ok := k[name]
	if !ok {
		n = int32(len(k))
		k[name] = n
	}
	return n
}

// share notes which rules read the same as others.
func (s *Set) share() {
	keys, entities := make([]int, s.alikeKeys), make([]int, s.alikeEntities)
	for i := range s.compiled {
		keys[s.compiled[i].keyed]++
		entities[s.compiled[i].named]++
	}
	for i := range s.compiled {
		c := &s.compiled[i]
		c.sharesKey, c.sharesNamed = keys[c.keyed] > 1, entities[c.named] > 1
	}
}

// keyName tells two rules apart that may see different group keys, entitiesName those that name different entities.
func (r *Rule) keyName() string {
	c := &r.Correlate
	name := []tocsin.Value{tocsin.StringValue(string(c.OnMissing)), tocsin.BoolValue(c.Explode), tocsin.BoolValue(c.Fold)}
	for _, f := range c.GroupBy {
		name = append(name, tocsin.StringValue(f))
	}
	return tocsin.KeyText(name)
}

// twinName tells two rules apart whose matches may differ in more than the rule's name; it is "" for one that has no like.
func (r *Rule) twinName(c *compiled) string {
	if len(r.conditions) != 1 || r.variants != nil || c.novel != nil || c.value >= 0 || len(c.counted)+len(c.values)+len(c.exceptions)+len(r.except) > 0 ||
		len(r.Correlate.Expect) > 0 {
		return ""
	}
	x := r.conditions[0]
	name := []tocsin.Value{
		tocsin.StringValue(x.Text()), tocsin.StringValue(x.Canonical()), tocsin.BoolValue(c.chained), tocsin.IntValue(int64(c.keyed)), tocsin.IntValue(int64(c.named)),
	}
	for _, slot := range c.reads {
		name = append(name, tocsin.IntValue(int64(slot)))
	}
	return tocsin.KeyText(name)
}

func (r *Rule) entitiesName() string {
	var name []tocsin.Value
	for _, e := range r.Entities {
		name = append(name, tocsin.StringValue(e.Field), tocsin.StringValue(e.Role))
	}
	return tocsin.KeyText(name)
}
