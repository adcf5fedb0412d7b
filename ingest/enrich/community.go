package enrich

import (
	"bytes"
	"crypto/sha1" //nolint:gosec // what the specification asks for; nothing secret hangs on it
	"encoding/base64"
	"encoding/binary"
	"net/netip"
	"strconv"
	"strings"

	"tocsin/ingest/decode"
)

// community adds network.community_id, by which sensors call one flow by one name (Community ID, version 1, seed 0).
func (e *Enricher) community(a *decode.Additions) {
	if a.Has(fCommunity) || !a.Has(fSourceIP) || !a.Has(fDestinationIP) {
		return
	}
	protocol, ok := protocolOf(a)
	if !ok {
		return
	}
	from, fromOK := a.Get(fSourceIP).Str()
	to, toOK := a.Get(fDestinationIP).Str()
	if !fromOK || !toOK {
		return
	}
	source, err := netip.ParseAddr(from)
	if err != nil {
		return
	}
	destination, err := netip.ParseAddr(to)
	if err != nil {
		return
	}
	f := flow{source: source.WithZone("").Unmap(), destination: destination.WithZone("").Unmap(), protocol: protocol}
	if f.source.Is4() != f.destination.Is4() || !f.ports(a) {
		return
	}
	a.SetText(fCommunity, a.Text(f.id(e.key[:0])))
}

// The protocols whose flows have ports, or a type and a code.
const (
	icmp  = 1
	tcp   = 6
	udp   = 17
	icmp6 = 58
	sctp  = 132
)

func protocolOf(a *decode.Additions) (byte, bool) {
	if n, ok := a.Get(fIANA).Int(); ok {
		return byte(n), n > 0 && n < 256
	}
	if text, ok := a.Get(fIANA).Str(); ok {
		n, err := strconv.ParseUint(text, 10, 8)
		return byte(n), err == nil && n > 0
	}
	text, _ := a.Get(fTransport).Str()
	switch strings.ToLower(text) {
	case "tcp":
		return tcp, true
	case "udp":
		return udp, true
	case "icmp":
		return icmp, true
	case "ipv6-icmp", "icmp6", "icmpv6":
		return icmp6, true
	case "sctp":
		return sctp, true
	}
	return 0, false
}

// A flow is what a community id is made of.
type flow struct {
	source, destination   netip.Addr
	sourcePort, destPort  uint16
	protocol              byte
	hasPorts, oneDirected bool
}

// ports takes the flow's ports, or its ICMP type and code; it is false where the protocol has them and the alert does not.
func (f *flow) ports(a *decode.Additions) bool {
	switch f.protocol {
	case tcp, udp, sctp:
		from, ok := a.Get(fSourcePort).Int()
		to, also := a.Get(fDestinationPort).Int()
		f.sourcePort, f.destPort, f.hasPorts = uint16(from), uint16(to), true //nolint:gosec // checked below
		return ok && also && from >= 0 && from < 1<<16 && to >= 0 && to < 1<<16
	case icmp, icmp6:
		kind, ok := a.Get(fICMPType).Int()
		code, also := a.Get(fICMPCode).Int()
		if !ok || !also || kind < 0 || kind > 255 || code < 0 || code > 255 {
			return false
		}
		f.hasPorts, f.sourcePort = true, uint16(kind) //nolint:gosec // checked above
		answers := icmpAnswers
		if f.protocol == icmp6 {
			answers = icmp6Answers
		}
		answer, ok := answers[byte(kind)]
		if f.destPort = uint16(answer); !ok {
			f.destPort, f.oneDirected = uint16(code), true //nolint:gosec // checked above
		}
		return true
	}
	return true
}

// The types of ICMP messages that answer each other: the flow of a question is that of its answer.
var (
	icmpAnswers  = map[byte]byte{0: 8, 8: 0, 13: 14, 14: 13, 15: 16, 16: 15, 17: 18, 18: 17, 10: 9, 9: 10}
	icmp6Answers = map[byte]byte{128: 129, 129: 128, 133: 134, 134: 133, 135: 136, 136: 135, 130: 131, 131: 130, 144: 145, 145: 144, 139: 140, 140: 139}
)

// id appends the community id.
func (f *flow) id(to []byte) []byte {
	from, dest := f.source.AsSlice(), f.destination.AsSlice()
	fromPort, destPort := f.sourcePort, f.destPort
	order := bytes.Compare(from, dest)
	if !f.oneDirected && (order > 0 || order == 0 && fromPort > destPort) {
		from, dest, fromPort, destPort = dest, from, destPort, fromPort
	}
	var room [48]byte
	b := append(append(append(room[:0], 0, 0), from...), dest...)
	b = append(b, f.protocol, 0)
	if f.hasPorts {
		b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, fromPort), destPort)
	}
	sum := sha1.Sum(b) //nolint:gosec // see the import
	return base64.StdEncoding.AppendEncode(append(to, "1:"...), sum[:])
}
