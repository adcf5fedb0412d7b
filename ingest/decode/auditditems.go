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
	lines := newAuditReader(d)
	items, stamp, fraction, id, node := d.name("items"), d.name("timestamp"), d.name("timestampfractional"), d.name("eventid"), d.name("node")
	host, ip, address, destination, prefix := d.name("host.name"), d.name("host.ip"), d.name("source.ip"), d.name("destination.ip"), d.name("auditd.items")
	return object{
		anchors: []*name{id},
		claims: func(in *doc) bool {
			return in.has(id) && in.has(stamp) && slices.ContainsFunc(in.leaves[1:], func(l leaf) bool { return auditItem(l, items) })
		},
		read: func(in *doc, o *output) {
			head := " msg=audit(" + in.text(stamp) + "." + in.text(fraction) + ":" + in.text(id) + "): "
			lines.accepted = false
			for rank := range auditRanks + 1 {
				for _, l := range in.leaves[1:] {
					if !auditItem(l, items) || auditRank(l.name.last) != rank {
						continue
					}
					for i := range l.value.Len() {
						if l.value.At(i).Kind() == tocsin.String {
							text := l.value.At(i).Text()
							lines.accepted = lines.accepted || accepts(l.name.last, text)
							lines.read("type="+l.name.last+head+text, o)
						}
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

// auditRanks is the last of the ranks of [auditRank].
const auditRanks = 4

// auditRank is the place of a type of records among those of one event: what was run tells more than what ran it, and the
// title of a process may be that of the one before it.
func auditRank(record string) int {
	switch record {
	case "EXECVE":
		return 0
	case "SYSCALL":
		return 1
	case "CWD", "PATH":
		return 3
	case "PROCTITLE", "EOE", "BPRM_FCAPS":
		return auditRanks
	}
	return 2
}

// accepts reports whether a record of a system call is that of taking a connection: accept and accept4, by their names or by
// their numbers on x86-64 and on ARM.
func accepts(record, text string) bool {
	if record != "SYSCALL" {
		return false
	}
	if strings.Contains(text, "SYSCALL=accept") {
		return true
	}
	arch, number := errorPart(text, "arch=", " "), errorPart(text, "syscall=", " ")
	return arch == "c000003e" && (number == "43" || number == "288") || arch == "c00000b7" && (number == "202" || number == "242")
}
