package decode

import (
	"strings"

	"tocsin"
)

// A related gathers the addresses, names and hashes of an alert into ECS's related.*, where one question finds an
// entity whatever part it played.
type related struct {
	groups [4]relatedGroup
}

type relatedGroup struct {
	to   *name
	from []*name
	bits uint64 // of from, in the alert's about
	fold bool   // hashes are compared in lower case
	list []tocsin.Value
}

func newRelated(d *dictionary) related {
	group := func(to, from string) relatedGroup {
		return relatedGroup{to: d.name(to), from: d.names(strings.Fields(from)...)}
	}
	r := related{groups: [4]relatedGroup{
		group("related.ip", `source.ip destination.ip client.ip server.ip host.ip observer.ip source.nat.ip destination.nat.ip
			dns.resolved_ip network.forwarded_ip threat.indicator.ip`),
		group("related.user", `user.name user.target.name user.effective.name user.changes.name source.user.name
			destination.user.name client.user.name server.user.name process.user.name`),
		group("related.hosts", `host.name host.hostname source.domain destination.domain client.domain server.domain url.domain
			dns.question.name tls.client.server_name observer.hostname observer.name`),
		group("related.hash", `file.hash.md5 file.hash.sha1 file.hash.sha256 process.hash.md5 process.hash.sha1 process.hash.sha256
			process.pe.imphash dll.hash.md5 dll.hash.sha1 dll.hash.sha256 dll.pe.imphash process.parent.hash.sha256 file.pe.imphash
			threat.indicator.file.hash.sha256 threat.indicator.file.hash.md5`),
	}}
	r.groups[3].fold = true
	bit := uint64(1)
	for i := range r.groups {
		for _, n := range r.groups[i].from {
			n.about = bit
			r.groups[i].bits |= bit
			bit <<= 1
		}
	}
	return r
}

// fill sets related.*, joining what the record brought along.
func (r *related) fill(o *output) {
	const most = 256 // values a group: as many as a list may have
	for i := range r.groups {
		g := &r.groups[i]
		g.list = g.list[:0]
		g.add(o, o.value(g.to))
		if o.about&g.bits != 0 {
			for _, n := range g.from {
				if o.about&n.about != 0 && len(g.list) < most {
					g.add(o, o.leaves[n.outAt].Value)
				}
			}
		}
		if len(g.list) == 0 {
			continue
		}
		list := tocsin.ListValue(o.doc.memory.list(g.list)...)
		if g.to.outRecord == o.record {
			o.leaves[g.to.outAt].Value = list
			continue
		}
		o.place(g.to, list) // of values that fit fields of the same type
	}
}

func (g *relatedGroup) add(o *output, v tocsin.Value) {
	if v.Kind() == tocsin.List {
		for _, item := range v.Items() {
			g.add(o, item)
		}
		return
	}
	s, ok := v.Str()
	if !ok || s == "" {
		return
	}
	for _, known := range g.list {
		if t, _ := known.Str(); t == s || g.fold && strings.EqualFold(t, s) {
			return
		}
	}
	if g.fold {
		v = tocsin.StringValue(o.lower(s))
	}
	g.list = append(g.list, v)
}
