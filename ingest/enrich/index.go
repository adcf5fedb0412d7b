package enrich

import (
	"net/netip"
	"slices"
	"unsafe"

	"github.com/gaissmai/bart"
)

// An index finds indicators by their values. What is found is compared byte for byte, so that a hit is one.
type index struct {
	exact    table
	nets     []netEntry
	networks bart.Table[uint32] // the first entry of a network: its number in nets, with the bit inNets
	text     []byte             // names, one behind the other
	metas    []meta
	has      [len(kindNames)]bool
	labels   int // most labels of a domain that stands for all below it
}

// An entry is one indicator of one list.
type entry struct {
	meta uint32 // in metas; 0: nothing is known of it
	line uint32 // where it stands in its list
	list uint16
	kind kind
	key  []byte // the index's
}

// A netEntry is the entry of a network, and the one that is met next: another list's of the same network, else the first one
// of the narrowest network around it.
type netEntry struct {
	entry
	next uint32
}

// inNets marks the number of a network's entry. The others are places in the table.
const inNets = 1 << 31

// at is an entry.
func (x *index) at(n uint32) entry {
	if n&inNets != 0 {
		return x.nets[n&^inNets].entry
	}
	return x.exact.at(n)
}

// A meta is what a list says of an indicator.
type meta struct {
	name        uint32 // in text
	size        uint16
	confidence  int8  // 0 to 100; -1: not said
	from, until int64 // Unix seconds; 0: not bounded
}

func newIndex() *index { return &index{exact: newTable(), metas: []meta{{confidence: -1}}} }

// count is how many indicators there are.
func (x *index) count() int { return x.exact.count + len(x.nets) }

// size is how many bytes the values and names take.
func (x *index) size() int { return len(x.exact.memory) + len(x.text) }

// each calls found with the entries of an exact value, in the order of the lists, until it is false; it is false then too.
func (x *index) each(k kind, key []byte, found func(uint32) bool) bool {
	return !x.has[k] || x.exact.each(k, key, found)
}

// add takes an indicator in. It is false where the list had it before.
func (x *index) add(e entry, key []byte) bool {
	e.key = key
	if !x.each(e.kind, key, func(n uint32) bool { return x.exact.at(n).list != e.list }) {
		return false
	}
	x.has[e.kind] = true
	x.exact.add(&e)
	return true
}

// addNetwork is [index.add] for a network.
func (x *index) addNetwork(e entry, p netip.Prefix) bool {
	e.key, e.kind = []byte(p.String()), network
	n := uint32(len(x.nets)) | inNets
	last, known := x.networks.Get(p)
	for at := last; known; at = x.nets[at&^inNets].next {
		if last = at; x.at(at).list == e.list {
			return false
		}
		if x.nets[at&^inNets].next == 0 {
			break
		}
	}
	x.nets, x.has[network] = append(x.nets, netEntry{entry: e}), true
	if known {
		x.nets[last&^inNets].next = n
	} else {
		x.networks.Insert(p, n)
	}
	return true
}

// nest makes each network lead to the one around it, so that one look at the trie finds all that hold an address.
func (x *index) nest() {
	for p, first := range x.networks.All() {
		last := first
		for x.nets[last&^inNets].next != 0 {
			last = x.nets[last&^inNets].next
		}
		wider, _ := p.Addr().Prefix(p.Bits() - 1) // never 0 bits: that network is on no list
		if around, ok := x.networks.LookupPrefix(wider); ok {
			x.nets[last&^inNets].next = around
		}
	}
}

// around calls found with the networks that hold an address, the narrowest first, until it is false.
func (x *index) around(a netip.Addr, found func(uint32) bool) {
	n, ok := x.networks.Lookup(a)
	for ; ok && n != 0 && found(n); n = x.nets[n&^inNets].next {
	}
}

// meta takes in what is known of an indicator. What is said of one after the other is kept once.
func (x *index) meta(name string, confidence int8, from, until int64) uint32 {
	if name == "" && confidence < 0 && from == 0 && until == 0 {
		return 0
	}
	m := meta{size: uint16(len(name)), confidence: confidence, from: from, until: until}
	last := x.metas[len(x.metas)-1]
	if string(x.text[last.name:last.name+uint32(last.size)]) == name {
		if m.name = last.name; m == last {
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
