package decode

import "tocsin"

// A filterReader reads what BSD's packet filter says of a packet through filterlog, as pfSense and OPNsense send it: columns
// between commas.
type filterReader struct {
	action, types, category, id, direction, transport, in *name
	ips, ports                                            [2]*name
}

func newFilter(d *dictionary) *filterReader {
	return &filterReader{
		action: d.name("event.action"), types: d.name("event.type"), category: d.name("event.category"), id: d.name("rule.id"),
		direction: d.name("network.direction"), transport: d.name("network.transport"), in: d.name("observer.ingress.interface.name"),
		ips: [...]*name{d.name("source.ip"), d.name("destination.ip")}, ports: [...]*name{d.name("source.port"), d.name("destination.port")},
	}
}

// The columns that all lines have, then where those of the two versions of the Internet's protocol stand.
const (
	filterTracker, filterInterface, filterAction, filterDirection, filterVersion = 3, 4, 6, 7, 8
	filterProtocol4, filterEnds4, filterProtocol6, filterEnds6                   = 16, 18, 12, 15
)

// read sets what the columns say. A line that has not enough of them sets nothing.
func (f *filterReader) read(m string, o *output) {
	const most = 32
	var room [most]string
	columns := cutParts(m, ",", room[:0])
	if len(columns) <= filterVersion {
		return
	}
	protocol, ends := filterProtocol4, filterEnds4
	if columns[filterVersion] == "6" {
		protocol, ends = filterProtocol6, filterEnds6
	}
	if len(columns) <= ends+1 {
		return
	}
	o.put(f.id, columns[filterTracker])
	o.put(f.in, columns[filterInterface])
	o.put(f.action, columns[filterAction])
	switch columns[filterDirection] {
	case "in":
		o.put(f.direction, "inbound")
	case "out":
		o.put(f.direction, "outbound")
	}
	o.set(f.transport, transport(tocsin.StringValue(columns[protocol])))
	for i := range f.ips {
		o.address(f.ips[i], nil, columns[ends+i])
		if at := ends + len(f.ips) + i; at < len(columns) {
			if n, ok := digits(columns[at], 1, 5); ok {
				o.keep(f.ports[i], tocsin.IntValue(int64(n)))
			}
		}
	}
	o.put(f.category, "network")
	types := "connection,allowed"
	if verdict := columns[filterAction]; verdict == "block" || verdict == "reject" {
		types = "connection,denied"
	}
	o.keep(f.types, listOf(types))
}
