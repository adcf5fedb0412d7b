package classify

import (
	"net/netip"
	"path"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// maxAssets is how large an assets file may be: some hundred thousand assets.
const maxAssets = 32 << 20

// An Asset is a thing that matters to the organisation: a host, a network, an account.
type Asset struct {
	ID         string // unique in its file
	Importance int    // 1 ordinary, 2 important, 3 especially important
	Owner      string // who answers for it; "" where nobody is named
	Platform   string // windows, linux, network, cloud, …; "" where it is not stated
	// Shared marks what many stand behind (NAT, proxies, domain controllers): events never become one incident
	// because they share it.
	Shared bool
}

// Assets are the organisation's assets and how to recognise them. The zero value knows none. They are immutable and
// safe for concurrent use.
type Assets struct {
	all      []Asset
	prefixes map[netip.Prefix]found // an address is a prefix of full length
	bits     []int                  // lengths of the IPv4 and IPv6 prefixes, longest first
	names    map[nameKey]found      // hosts and users, in lower case
	wild     []wildName             // in the file's order
}

type nameKey struct{ kind, name string } // kind: host or user

type wildName struct {
	nameKey
	found
}

// found is an asset and the criterion that recognised it.
type found struct {
	asset int // in all
	by    string
}

// Len is the number of assets.
func (a *Assets) Len() int {
	if a == nil {
		return 0
	}
	return len(a.all)
}

// Of finds the asset that a field's value names, and by which of its criteria. An address counts for ip and cidr, the
// longest prefix first; fields of a host's name for host, fields of a user's name for user, each without regard to
// case and an exact name before one with a *.
func (a *Assets) Of(field, value string) (asset Asset, by string, ok bool) {
	if a == nil {
		return Asset{}, "", false
	}
	f, ok := a.find(field, value)
	if !ok {
		return Asset{}, "", false
	}
	return a.all[f.asset], f.by, true
}

func (a *Assets) find(field, value string) (found, bool) {
	kind := entityKind(field)
	if kind != "user" {
		if addr, err := netip.ParseAddr(value); err == nil {
			return a.findAddr(addr.Unmap().WithZone(""))
		}
	}
	if kind == "" {
		return found{}, false
	}
	key := nameKey{kind, strings.ToLower(value)}
	if f, ok := a.names[key]; ok {
		return f, true
	}
	for _, w := range a.wild {
		if matched, _ := path.Match(w.name, key.name); matched && w.kind == kind {
			return w.found, true
		}
	}
	return found{}, false
}

func (a *Assets) findAddr(addr netip.Addr) (found, bool) {
	for _, bits := range a.bits {
		prefix, err := addr.Prefix(bits)
		if err != nil {
			continue // longer than an IPv4 address
		}
		if f, ok := a.prefixes[prefix]; ok {
			return f, true
		}
	}
	return found{}, false
}

// entityKind says whether an ECS field names a host or a user, "" for neither.
func entityKind(field string) string {
	last := field[strings.LastIndexByte(field, '.')+1:]
	owner := strings.TrimSuffix(strings.TrimSuffix(field, last), ".")
	owner = owner[strings.LastIndexByte(owner, '.')+1:]
	switch {
	case slices.Contains([]string{"domain", "address", "hostname"}, last) && owner != "user":
		return "host"
	case last == "name" && slices.Contains([]string{"host", "observer", "agent"}, owner):
		return "host"
	case last == "name" || last == "email" || last == "id":
		if owner == "user" || owner == "target" || owner == "effective" || owner == "changes" {
			return "user"
		}
	}
	return ""
}

// LoadAssets reads and checks an assets file; name is what faults call it. The error is a [fault.List] with every
// fault of the file, each with its place and remedy.
func LoadAssets(name string, data []byte) (*Assets, error) {
	l := &assetLoader{
		reader: reader{file: name, src: data},
		a:      &Assets{prefixes: map[netip.Prefix]found{}, names: map[nameKey]found{}},
		line:   map[int]int{},
	}
	if root := l.parse(maxAssets); root != nil {
		l.by(root, "the assets file", assetsKeys(), map[string]func(*yaml.Node){"assets": l.assets})
	}
	if err := l.err(); err != nil {
		return nil, err
	}
	for prefix := range l.a.prefixes {
		l.a.bits = append(l.a.bits, prefix.Bits())
	}
	slices.Sort(l.a.bits)
	l.a.bits = slices.Compact(l.a.bits)
	slices.Reverse(l.a.bits)
	return l.a, nil
}

type assetLoader struct {
	reader
	a    *Assets
	line map[int]int // asset -> its line, for faults about duplicates
}

func (l *assetLoader) assets(n *yaml.Node) {
	seen := map[string]int{}
	for _, item := range l.list(n, "assets") {
		asset := Asset{Importance: 1}
		index := len(l.a.all)
		l.line[index] = item.Line
		var match *yaml.Node
		l.by(item, "asset", assetKeys(), map[string]func(*yaml.Node){
			"id": func(n *yaml.Node) {
				asset.ID, _ = l.text(n, "asset id")
				if line, again := seen[asset.ID]; again {
					l.add(n, "give each its own", "asset id %q stands in line %d already", asset.ID, line)
				}
				seen[asset.ID] = n.Line
			},
			"match":      func(n *yaml.Node) { match = n },
			"importance": func(n *yaml.Node) { asset.Importance = l.importance(n) },
			"owner":      func(n *yaml.Node) { asset.Owner, _ = l.text(n, "owner") },
			"platform":   func(n *yaml.Node) { asset.Platform, _ = l.text(n, "platform") },
			"shared":     func(n *yaml.Node) { asset.Shared = l.flag(n, "shared") },
		})
		l.a.all = append(l.a.all, asset)
		if match != nil {
			l.match(match, index)
		}
	}
}

// importance reads a number from 1 to 3 or the shipped scale's word for it.
func (l *assetLoader) importance(n *yaml.Node) int {
	if n.Kind == yaml.ScalarNode && n.ShortTag() == "!!str" {
		w, _ := l.oneOf(n, "importance", importances)
		return slices.Index(importances, w) + 1
	}
	v, _ := l.whole(n, "importance", 1, 3)
	return v
}

func (l *assetLoader) match(n *yaml.Node, asset int) {
	before := len(l.faults)
	criteria := 0
	each := func(what string, take func(*yaml.Node, string)) func(*yaml.Node) {
		return func(n *yaml.Node) {
			items := []*yaml.Node{n}
			if n.Kind == yaml.SequenceNode {
				items = n.Content
			}
			for _, item := range items {
				if s, ok := l.text(item, what); ok {
					take(item, s)
					criteria++
				}
			}
		}
	}
	l.by(n, "match", matchKeys(), map[string]func(*yaml.Node){
		"ip":   each("ip", func(n *yaml.Node, s string) { l.address(n, s, asset) }),
		"cidr": each("cidr", func(n *yaml.Node, s string) { l.cidr(n, s, asset) }),
		"host": each("host", func(n *yaml.Node, s string) { l.named(n, "host", s, asset) }),
		"user": each("user", func(n *yaml.Node, s string) { l.named(n, "user", s, asset) }),
	})
	if criteria == 0 && len(l.faults) == before {
		l.add(n, "name an ip, cidr, host or user", "match is empty: the asset is never recognised")
	}
}

func (l *assetLoader) address(n *yaml.Node, s string, asset int) {
	addr, err := netip.ParseAddr(s)
	if err != nil {
		remedy := ""
		if _, err := netip.ParsePrefix(s); err == nil {
			remedy = "a network goes under cidr"
		}
		l.add(n, remedy, "%q is no IP address", s)
		return
	}
	addr = addr.Unmap().WithZone("")
	l.prefix(n, netip.PrefixFrom(addr, addr.BitLen()), found{asset, "ip " + s})
}

func (l *assetLoader) cidr(n *yaml.Node, s string, asset int) {
	p, err := netip.ParsePrefix(s)
	if err != nil {
		l.add(n, "write it as 192.0.2.0/24", "%q is no network", s)
		return
	}
	if p.Masked() != p {
		l.add(n, "write "+p.Masked().String()+", or the address under ip", "%s names a host inside the network", s)
		return
	}
	l.prefix(n, p, found{asset, "cidr " + s})
}

func (l *assetLoader) prefix(n *yaml.Node, p netip.Prefix, f found) {
	if other, again := l.a.prefixes[p]; again && other.asset != f.asset {
		l.taken(n, p.String(), other)
		return
	}
	l.a.prefixes[p] = f
}

func (l *assetLoader) named(n *yaml.Node, kind, s string, asset int) {
	key, f := nameKey{kind, strings.ToLower(s)}, found{asset, kind + " " + s}
	if strings.ContainsAny(s, "*?[") {
		if _, err := path.Match(s, ""); err != nil {
			l.add(n, "close the bracket, or write a * for any text", "%q is no pattern", s)
			return
		}
		l.a.wild = append(l.a.wild, wildName{key, f})
		return
	}
	if other, again := l.a.names[key]; again && other.asset != asset {
		l.taken(n, s, other)
		return
	}
	l.a.names[key] = f
}

func (l *assetLoader) taken(n *yaml.Node, what string, other found) {
	l.add(n, "keep it with one of the two", "%s belongs to asset %s in line %d already", what, l.a.all[other.asset].ID, l.line[other.asset])
}
