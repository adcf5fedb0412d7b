package enrich

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"time"

	"tocsin/internal/fault"
)

// A Knowledge is all that alerts are enriched with, as it was when it was read. It is immutable and safe for any number of
// goroutines.
type Knowledge struct {
	spec      Spec
	lists     []List
	databases []Database
	x         *index
	geo       []placer
	version   string
}

// Read reads everything that a spec names. The error is a [fault.List] with all that is wrong with all of it.
func Read(spec Spec) (*Knowledge, error) {
	k := &Knowledge{spec: spec, x: newIndex()}
	var faults fault.List
	for i, s := range spec.Lists {
		list, wrong := loadList(k.x, s, i, spec.most())
		k.lists = append(k.lists, list)
		faults = append(faults, wrong...)
	}
	for _, name := range spec.Databases {
		g, db, err := openDatabase(name)
		if err != nil {
			faults = append(faults, fault.Fault{File: name, Message: err.Error(), Remedy: "name a database in MMDB form: a city, country or ASN database"})
			continue
		}
		k.geo, k.databases = append(k.geo, g), append(k.databases, db)
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	k.x.settle()
	k.version = k.fingerprint()
	return k, nil
}

// fingerprint is a hash over everything that decides what an alert gets: names and contents, not paths and times.
func (k *Knowledge) fingerprint() string {
	if len(k.lists) == 0 && len(k.databases) == 0 {
		return ""
	}
	h := sha256.New()
	fmt.Fprintf(h, "1 %t %t %t\n", k.spec.CommunityID, k.spec.RegisteredDomain, k.spec.UserAgent)
	for _, l := range k.lists {
		fmt.Fprintf(h, "list %q %s %t %s\n", l.Name, l.Format, l.IOC, l.Hash)
	}
	for _, d := range k.databases {
		_, _ = io.WriteString(h, "database "+d.Hash+"\n")
	}
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// Version names what is known: alerts that were looked up in it have it in tocsin.enrichment. It is "" where neither lists
// nor databases are there: then the program alone decides.
func (k *Knowledge) Version() string { return k.version }

// Lists are the lists, in their order.
func (k *Knowledge) Lists() []List { return slices.Clone(k.lists) }

// Databases are the databases, in their order.
func (k *Knowledge) Databases() []Database { return slices.Clone(k.databases) }

// Bytes is about what the lists take in memory.
func (k *Knowledge) Bytes() int64 { return k.x.bytes() }

// A Hit is an indicator that a value meets.
type Hit struct {
	List       string    `json:"list"`
	IOC        bool      `json:"ioc"`
	Type       string    `json:"type"`
	Indicator  string    `json:"indicator"` // as it is compared
	Line       int       `json:"line"`      // of the list; of a bundle the how-manieth object
	Name       string    `json:"name,omitempty"`
	Confidence int       `json:"confidence,omitzero"`
	From       time.Time `json:"valid_from,omitzero"`
	Until      time.Time `json:"valid_until,omitzero"`
}

// Test says which lists have a value, whatever kind of value it is, expired or not.
func (k *Knowledge) Test(value string) []Hit {
	var hits []Hit
	value = refanged(strings.TrimSpace(value))
	for _, kind := range []kind{address, domain, link, md5Hash, sha1Hash, sha256Hash, sha512Hash, mail} {
		k.x.lookup(kind, value, nil, func(e entry) bool {
			hits = append(hits, k.hit(e))
			return true
		})
	}
	return hits
}

func (k *Knowledge) hit(e entry) Hit {
	m := k.x.metas[e.meta]
	h := Hit{
		List: k.lists[m.list].Name, IOC: k.lists[m.list].IOC, Type: e.kind.String(), Indicator: k.x.shown(e), Line: int(e.line),
		Name: string(k.x.text[m.name : m.name+uint32(m.size)]),
	}
	if m.confidence >= 0 {
		h.Confidence = int(m.confidence)
	}
	if m.from != 0 {
		h.From = time.Unix(m.from, 0).UTC()
	}
	if m.until != 0 {
		h.Until = time.Unix(m.until, 0).UTC()
	}
	return h
}

// shown is an entry's value as people write it.
func (x *index) shown(e entry) string {
	key := e.key
	switch e.kind {
	case address:
		a, _ := netip.AddrFromSlice(key)
		return a.String()
	case md5Hash, sha1Hash, sha256Hash, sha512Hash:
		return hex.EncodeToString(key)
	case below:
		return "." + string(key)
	}
	return string(key)
}

// lookup calls found with each entry that a value meets until it is false. scratch is room for the value's key; what it
// returns is that room, grown perhaps.
func (x *index) lookup(k kind, value string, scratch []byte, found func(entry) bool) []byte {
	if !x.may(k) {
		return scratch
	}
	key, ok := k.key(scratch[:0], value)
	if ok {
		h := x.exact.hash(k, key)
		x.meeting(&ask{kind: k, hash: h, spot: x.exact.spot(h)}, key, found)
	}
	return key
}

// above looks a domain and those that it lies below up among the domains that stand for all below them.
func (x *index) above(key []byte, found func(entry) bool) {
	labels := 0
	for i := len(key) - 1; i >= -1; i-- {
		if i >= 0 && key[i] != '.' {
			continue
		}
		if labels++; labels > x.labels || labels > 1 && !x.each(below, key[i+1:], found) {
			return
		}
	}
}
