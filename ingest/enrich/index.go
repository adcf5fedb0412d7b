package enrich

import (
	"net/netip"
	"slices"
	"unsafe"

	"github.com/gaissmai/bart"
)

// An index finds indicators by their values.
type index struct {
	exact    table
	nets     []netEntry
	networks bart.Table[uint32] // the first entry of a network: its number in nets, from 1
	text     []byte             // names, one behind the other
	metas    []meta
	has      [len(kindNames)]bool
	labels   int // most labels of a domain that stands for all below it
}

// An entry is one indicator of one list.
type entry struct {
	saying
	kind kind
	key  []byte // of a network the index's, else of who asks
}

// same reports whether two entries are one.
func (e *entry) same(o *entry) bool {
	return e.saying == o.saying && e.kind == o.kind && string(e.key) == string(o.key)
}

// A netEntry is the entry of a network, and the one that is met next: another list's of the same network, else the first one
// of the narrowest network around it.
type netEntry struct {
	entry
	next uint32 // 0: none
}

// net is the entry of a network by its number.
func (x *index) net(n uint32) *netEntry { return &x.nets[n-1] }

// list is the number of the list that an entry is of.
func (x *index) list(e *entry) uint16 { return x.metas[e.meta].list }

// A meta is what a list says of an indicator.
type meta struct {
	name        uint32 // in text
	size        uint16
	list        uint16
	confidence  int8  // 0 to 100; -1: not said
	from, until int64 // Unix seconds; 0: not bounded
}

func newIndex() *index { return &index{exact: newTable(), metas: []meta{{confidence: -1}}} }

// count is how many indicators there are.
func (x *index) count() int { return x.exact.count + len(x.nets) }

// each calls found with the entries of an exact value, in the order of the lists, until it is false; it is false then too.
func (x *index) each(k kind, key []byte, found func(entry) bool) bool {
	return !x.has[k] || x.exact.each(k, key, found)
}

// add takes an indicator in. It is false where the list had it before.
func (x *index) add(e entry, key []byte) bool {
	e.key = key
	if !x.each(e.kind, key, func(other entry) bool { return x.list(&other) != x.list(&e) }) {
		return false
	}
	x.has[e.kind] = true
	x.exact.add(&e)
	return true
}

// addNetwork is [index.add] for a network.
func (x *index) addNetwork(e entry, p netip.Prefix) bool {
	e.key, e.kind = []byte(p.String()), network
	last, known := x.networks.Get(p)
	for at := last; at != 0; at = x.net(at).next {
		if last = at; x.list(&x.net(at).entry) == x.list(&e) {
			return false
		}
	}
	x.nets, x.has[network] = append(x.nets, netEntry{entry: e}), true
	n := uint32(len(x.nets))
	if known {
		x.net(last).next = n
	} else {
		x.networks.Insert(p, n)
	}
	return true
}

// nest makes each network lead to the one around it, so that one look at the trie finds all that hold an address.
func (x *index) nest() {
	for p, first := range x.networks.All() {
		last := first
		for x.net(last).next != 0 {
			last = x.net(last).next
		}
		wider, _ := p.Addr().Prefix(p.Bits() - 1) // never 0 bits: that network is on no list
		if around, ok := x.networks.LookupPrefix(wider); ok {
			x.net(last).next = around
		}
	}
}

// around calls found with the networks that hold an address, the narrowest first, until it is false.
func (x *index) around(a netip.Addr, found func(entry) bool) {
	n, ok := x.networks.Lookup(a)
	for ; ok && n != 0 && found(x.net(n).entry); n = x.net(n).next {
	}
}

// meta takes in what a list says of an indicator. What is said of one after the other is kept once.
func (x *index) meta(list uint16, name string, confidence int8, from, until int64) uint32 {
	m := meta{size: uint16(len(name)), list: list, confidence: confidence, from: from, until: until}
	last := x.metas[len(x.metas)-1]
	if string(x.text[last.name:last.name+uint32(last.size)]) == name {
		if m.name = last.name; m == last && len(x.metas) > 1 {
			return uint32(len(x.metas) - 1)
		}
	} else {
		m.name = uint32(len(x.text))
		x.text = append(x.text, name...)
	}
	x.metas = append(x.metas, m)
	return uint32(len(x.metas) - 1)
}

// settle ends the taking in: it gives back what growing has taken beyond need.
func (x *index) settle() {
	x.nest()
	x.exact.settle()
	x.nets, x.text, x.metas = slices.Clip(slices.Clone(x.nets)), slices.Clip(slices.Clone(x.text)), slices.Clip(slices.Clone(x.metas))
}

// bytes is what the index takes, networks by what their entry and a node of the trie take.
func (x *index) bytes() int64 {
	const perNetwork = 64 + 16
	return int64(x.exact.bytes()) + int64(len(x.text)) + int64(len(x.metas))*int64(unsafe.Sizeof(meta{})) +
		int64(len(x.nets))*(perNetwork+int64(unsafe.Sizeof(netEntry{})))
}
