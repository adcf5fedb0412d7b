package logon

import (
	"fmt"
	"strings"
	"testing/fstest"
	"time"
	"unsafe"

	"tocsin"
	"tocsin/rules"
)

// Lanes are the rules that [Rules] knows: ten failures of a user in the span, failures from ten addresses, a failure
// and then a success, and twenty rules of ten to 29 failures.
func Lanes() []string { return []string{"count", "distinct", "sequence", "twenty"} }

// Rules makes the rules of a lane.
func Rules(lane string, span time.Duration) (*rules.Set, error) {
	n := 1
	if lane == "twenty" {
		n = 20
	}
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "---\nid: 00000000-0000-4000-8000-%012d\ntitle: Rule %d\nversion: 1.0.0\nstatus: stable\nlevel: medium\ncategory: intrusion-attempts/brute-force\n", i, i)
		fmt.Fprintf(&text, "entities: [{field: user.name, role: victim}, {field: source.ip, role: attacker}]\n")
		when := `when: event.outcome == "failure"` + "\n"
		switch lane {
		case "distinct":
			fmt.Fprintf(&text, "%scorrelate: {kind: distinct, group_by: [user.name], span: %s, field: source.ip, at_least: 10}\n", when, span)
		case "sequence":
			fmt.Fprintf(&text, "correlate: {kind: sequence, group_by: [user.name], span: %s, steps: [{when: 'event.outcome == \"failure\"'}, {when: 'event.outcome == \"success\"', within: %s}]}\n", span, span)
		default:
			fmt.Fprintf(&text, "%scorrelate: {kind: count, group_by: [user.name], span: %s, at_least: %d}\n", when, span, 10+i)
		}
	}
	return rules.Load([]rules.Source{{Name: "bench", FS: fstest.MapFS{"lane.yml": {Data: []byte(text.String())}}}}, rules.Options{})
}

// A Maker makes alerts of logons. It is for one goroutine.
type Maker struct {
	users  []string
	ips    []tocsin.Value
	texts  []byte        // of the alerts made last
	names  *tocsin.Names // as a decoder numbers them
	leaves [4]tocsin.Leaf
}

// NewMaker returns one for so many users.
func NewMaker(keys int) *Maker {
	k := &Maker{}
	names, given := tocsin.NewNames([]string{"event.category", "event.outcome", "source.ip", "user.name"})
	k.names = names
	for i, name := range given {
		k.leaves[i].Name = name
	}
	k.leaves[0].Value = authentication
	for i := range keys {
		k.users = append(k.users, UserName(i))
	}
	for i := range addresses {
		k.ips = append(k.ips, tocsin.StringValue(address(i)))
	}
	return k
}

// Alert is a logon as decoding would hand it over; its ids are as long as real ones and differ. It is good until the
// next call.
func (s *Maker) Alert(i int, l Logon) tocsin.Alert {
	at := time.UnixMilli(l.At).UTC()
	s.leaves[1].Value, s.leaves[2].Value, s.leaves[3].Value = failure, s.ips[l.IP], s.own(s.users[l.User])
	if !l.Failed {
		s.leaves[1].Value = success
	}
	a := tocsin.Alert{
		ID: hexadecimal(uint64(i), 32), Tenant: "default", Source: "bench", Format: "ecs",
		Ref: tocsin.Ref{Topic: "alerts", Offset: int64(i)}, Time: at, Received: at, Fields: tocsin.LeafFields(s.names, s.leaves[:]),
	}
	for j := range 4 {
		a.SHA256[j] = byte(i >> (8 * j))
	}
	return a
}

// own is a value in memory of the alert's own, where decoding has just written it.
func (s *Maker) own(text string) tocsin.Value {
	if cap(s.texts)-len(s.texts) < len(text) {
		s.texts = make([]byte, 0, 4<<10)
	}
	n := len(s.texts)
	s.texts = append(s.texts, text...)
	return tocsin.StringValue(unsafe.String(&s.texts[n], len(text)))
}

var authentication, failure, success = tocsin.StringValue("authentication"), tocsin.StringValue("failure"), tocsin.StringValue("success")

func hexadecimal(n uint64, digits int) string {
	var b [32]byte
	for i := range b {
		b[i] = '0'
	}
	for i := digits - 1; n > 0; i-- {
		b[i] = "0123456789abcdef"[n&15]
		n >>= 4
	}
	return string(b[:digits])
}
