package expression

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"tocsin/internal/expression/literal"
)

// draft is an entry before it has a lane.
type draft struct {
	owner int32
	opens int32
	terms []*node // all must hold
	facts []fact  // those of terms that may be the lane's condition
	heavy bool    // it searches the whole record: worth a lane of its own
}

// fact is a term that tells kinds of records apart: one that compares fields with constants or asks whether they are
// there.
type fact struct {
	key  string
	node *node
}

// fewest is how many entries a lane must have to be worth opening.
const fewest = 8

// drafts are the entries of an expression. Operands of its outermost or that ask for a kind of record have one each,
// so that they can be in different lanes.
func (t *Table) drafts(root *node, owner int32) []*draft {
	if root.op != opOr {
		return []*draft{t.draft(root, owner)}
	}
	var out []*draft
	rest := &node{op: opOr}
	for _, k := range root.kids {
		if d := t.draft(k, owner); k.op == opAnd && len(d.facts) > 0 {
			out = append(out, d)
			continue
		}
		rest.kids = append(rest.kids, k)
	}
	if len(rest.kids) > 0 {
		out = append(out, t.draft(rest, owner))
	}
	return out
}

func (t *Table) draft(n *node, owner int32) *draft {
	d := &draft{owner: owner, opens: -1, terms: []*node{n}, heavy: t.searches(n)}
	if n.op == opAnd {
		d.terms = n.kids
	}
	for _, term := range d.terms {
		if key := t.factKey(term); key != "" {
			d.facts = append(d.facts, fact{key, term})
		}
	}
	return d
}

// searches reports whether evaluating n may search the whole record.
func (t *Table) searches(n *node) bool {
	return n.op == opLeaf && t.leaves[n.leaf].mode == anywhere || slices.ContainsFunc(n.kids, t.searches)
}

// factKey is a key that equal facts share; "" of what is none.
func (t *Table) factKey(n *node) string {
	switch n.op {
	case opLeaf:
		if t.absent(n) {
			return absence + strconv.Itoa(n.leaf)
		}
		if t.tells(n.leaf) {
			return strconv.Itoa(n.leaf)
		}
	case opNot:
		if t.absent(n.kids[0]) {
			return "!" + strconv.Itoa(n.kids[0].leaf)
		}
	case opOr:
		keys := make([]string, len(n.kids))
		for i, k := range n.kids {
			if keys[i] = t.factKey(k); keys[i] == "" || len(keys) > 32 || k.op == opOr || strings.HasPrefix(keys[i], absence) {
				return ""
			}
		}
		slices.Sort(keys)
		return strings.Join(keys, "|")
	}
	return ""
}

// absent reports whether n asks that a field is not there.
func (t *Table) absent(n *node) bool {
	return n.op == opLeaf && t.leaves[n.leaf].mode == isAbsent && t.leaves[n.leaf].member == 0
}

// absence starts the keys of facts that say that a field is not there: they do not make a lane by themselves, as
// nothing would wake it.
const absence = "-"

// tells reports whether a leaf compares a whole value with constants, or asks for a field.
func (t *Table) tells(id int) bool {
	l := t.leaves[id]
	if l.mode == isThere {
		return true
	}
	return len(l.wants) > 0 && len(l.wants) <= 32 && !slices.ContainsFunc(l.wants, func(v want) bool {
		return v.kind == hints || v.kind == decides && v.place != literal.Whole
	})
}

// plot is a lane before it is built: its entries, and when it opens.
type plot struct {
	when   []*node
	drafts []*draft
}

// layOut puts drafts into lanes: by the facts that enough of them share. The first lane takes what is left, and the
// conditions of the others.
func layOut(drafts []*draft) []*plot {
	share(drafts)
	root := &plot{}
	plots, by := []*plot{root}, map[string]*plot{}
	for _, d := range drafts {
		if len(d.facts) == 0 {
			root.drafts = append(root.drafts, d)
			continue
		}
		key := d.lane()
		p := by[key]
		if p == nil {
			p = &plot{}
			for _, g := range d.facts {
				p.when = append(p.when, g.node)
			}
			root.drafts = append(root.drafts, &draft{owner: -1, opens: int32(len(plots)), terms: p.when})
			plots, by[key] = append(plots, p), p
		}
		d.terms = slices.DeleteFunc(slices.Clone(d.terms), func(n *node) bool {
			return slices.ContainsFunc(d.facts, func(g fact) bool { return g.node == n })
		})
		p.drafts = append(p.drafts, d)
	}
	return plots
}

// lane is a key that the drafts of one lane share.
func (d *draft) lane() string {
	keys := make([]string, len(d.facts))
	for i, g := range d.facts {
		keys[i] = g.key
	}
	return strings.Join(keys, "&")
}

// share leaves each draft only facts that make lanes of enough entries: the least common go first.
func share(drafts []*draft) {
	common := map[string]int{}
	for _, d := range drafts {
		slices.SortFunc(d.facts, func(a, b fact) int { return cmp.Compare(a.key, b.key) })
		d.facts = slices.CompactFunc(d.facts, func(a, b fact) bool { return a.key == b.key })
		for _, g := range d.facts {
			common[g.key]++
		}
	}
	for {
		lanes, changed := map[string]int{}, false
		for _, d := range drafts {
			if !slices.ContainsFunc(d.facts, func(f fact) bool { return !strings.HasPrefix(f.key, absence) }) {
				d.facts = nil
			}
			lanes[d.lane()]++
		}
		for _, d := range drafts {
			if len(d.facts) == 0 || d.heavy || lanes[d.lane()] >= fewest {
				continue
			}
			rarest := 0
			for i, g := range d.facts {
				if common[g.key] < common[d.facts[rarest].key] {
					rarest = i
				}
			}
			d.facts, changed = slices.Delete(d.facts, rarest, rarest+1), true
		}
		if !changed {
			return
		}
	}
}
