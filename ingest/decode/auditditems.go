package decode

import (
	"slices"
	"strings"

	"tocsin"
)

// auditItems reads the records of the Linux audit daemon that belong to one event, gathered in one object by their types:
// {"timestamp": …, "eventid": …, "node": …, "items": {"SYSCALL": ["pid=1 …"], …}}.
func auditItems(dec *Decoder) object {
	d := dec.doc.dict
	lines := auditd(dec)
	items, stamp, fraction, id, node := d.name("items"), d.name("timestamp"), d.name("timestampfractional"), d.name("eventid"), d.name("node")
	host, ip, address, destination, prefix := d.name("host.name"), d.name("host.ip"), d.name("source.ip"), d.name("destination.ip"), d.name("auditd.items")
	return object{
		anchors: []*name{id},
		claims: func(in *doc) bool {
			return in.has(id) && in.has(stamp) && slices.ContainsFunc(in.leaves[1:], func(l leaf) bool { return auditItem(l, items) })
		},
		read: func(in *doc, o *output) {
			head := " msg=audit(" + in.text(stamp) + "." + in.text(fraction) + ":" + in.text(id) + "): "
			for _, l := range in.leaves[1:] {
				if !auditItem(l, items) {
					continue
				}
				for i := range l.value.Len() {
					if l.value.At(i).Kind() == tocsin.String {
						lines.read("type="+l.name.last+head+l.value.At(i).Text(), o)
					}
				}
			}
			if name := in.text(node); isAddress(name) {
				o.put(ip, name)
				if o.has(address) { // somebody came from elsewhere to this host
					o.put(destination, name)
				}
			} else {
				o.put(host, name)
			}
			o.all(prefix)
		},
	}
}

// auditItem reports whether a leaf holds records of one type.
func auditItem(l leaf, items *name) bool {
	return l.name != nil && l.name.up == items && strings.Trim(l.name.last, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == ""
}
