package enrich

import (
	"cmp"
	"encoding/hex"
	"slices"

	"tocsin"
	"tocsin/ingest/decode"
)

// maxHits bounds the indicators that one alert may meet; an alert that meets more is marked truncated.
const maxHits = 32

// An Enricher adds what is known to alerts. It is for one goroutine: give each decoder its own. It implements
// [decode.Enricher].
type Enricher struct {
	layout
	k       *Knowledge
	live    *Live                 // nil: it never changes
	count   func(list int, n int) // of hits; nil: nobody counts
	hits    []met
	more    bool
	batch   batch  // scratch
	key     []byte // scratch
	values  []tocsin.Value
	agents  map[string]agent
	version tocsin.Value
	listed  []tocsin.Value // names of the lists
}

// met is an entry that a field's value meets.
type met struct {
	entry entry
	field int
	value tocsin.Value
}

var _ decode.Enricher = (*Enricher)(nil)

// NewEnricher makes an enricher of what is known.
func NewEnricher(k *Knowledge) *Enricher {
	e := &Enricher{layout: newLayout(), agents: map[string]agent{}}
	e.use(k)
	return e
}

// use takes over another knowledge, between two alerts.
func (e *Enricher) use(k *Knowledge) {
	e.k, e.version, e.listed = k, tocsin.StringValue(k.version), nil
	for i := range k.lists {
		e.listed = append(e.listed, tocsin.StringValue(k.lists[i].Name))
	}
}

// Fields implements [decode.Enricher].
func (e *Enricher) Fields() []string { return e.names }

// Enrich implements [decode.Enricher].
func (e *Enricher) Enrich(a *decode.Additions) {
	spec := &e.k.spec
	if spec.CommunityID {
		e.community(a)
	}
	if spec.RegisteredDomain {
		e.registered(a)
	}
	if spec.UserAgent {
		e.agent(a)
	}
	if e.k.version == "" {
		return
	}
	a.Set(fEnrichment, e.version)
	if len(e.k.geo) > 0 {
		e.place(a)
	}
	if len(e.k.lists) > 0 {
		e.lookUp(a)
		e.tell(a)
	}
}

// lookUp gathers the indicators that the alert's values meet, those that are valid at its time.
func (e *Enricher) lookUp(a *decode.Additions) {
	e.hits, e.more = e.hits[:0], false
	at := a.Time().Unix()
	x := e.k.x
	look := func() {
		e.batch.look(x, func(k *ask, met entry) bool { return e.meet(met, k.field, k.value, at) })
	}
	e.batch.begin()
	for _, l := range e.lookups {
		if !a.Has(l.field) {
			continue
		}
		v := a.Get(l.field)
		for i := range v.Len() {
			one := v.At(i)
			if text, ok := one.Str(); ok && text != "" && e.batch.add(x, l.kind, l.field, one, text) {
				look()
			}
		}
	}
	look()
}

// meet takes note of a hit; it is false where there are enough.
func (e *Enricher) meet(entry entry, field int, v tocsin.Value, at int64) bool {
	m := &e.k.x.metas[entry.meta]
	if m.until != 0 && at >= m.until || m.from != 0 && at < m.from {
		return true
	}
	if slices.ContainsFunc(e.hits, func(h met) bool { return h.field == field && h.entry.same(&entry) }) {
		return true
	}
	if len(e.hits) >= maxHits {
		e.more = true
		return false
	}
	e.hits = append(e.hits, met{entry, field, v})
	return true
}

// tell writes what was met: the lists' names, and of lists of indicators of compromise the indicators. An alert that
// brings an indicator of its source's keeps that as its threat.indicator.
func (e *Enricher) tell(a *decode.Additions) {
	if len(e.hits) == 0 {
		return
	}
	if e.more {
		a.Truncated()
	}
	x := e.k.x
	slices.SortStableFunc(e.hits, func(a, b met) int { return cmp.Compare(x.list(&a.entry), x.list(&b.entry)) })
	e.each(a, fLists, func(h met) tocsin.Value { return e.listed[x.list(&h.entry)] })
	if e.count != nil {
		for _, h := range e.hits {
			e.count(int(x.list(&h.entry)), 1)
		}
	}
	e.hits = slices.DeleteFunc(e.hits, func(h met) bool { return !e.k.lists[x.list(&h.entry)].IOC })
	if len(e.hits) == 0 {
		return
	}
	e.each(a, fAtomic, func(h met) tocsin.Value { return h.value })
	e.each(a, fField, func(h met) tocsin.Value { return tocsin.StringValue(e.names[h.field]) })
	a.SetText(fMatched, "indicator_match_rule")
	if slices.ContainsFunc([]int{fType, fName, fProvider, fIndicatorIP, fIndicatorURL, fIndicatorDomain, fIndicatorSHA256}, a.Has) {
		return
	}
	e.indicators(a)
}

// indicators writes threat.indicator.*.
func (e *Enricher) indicators(a *decode.Additions) {
	x := e.k.x
	e.each(a, fType, func(h met) tocsin.Value { return tocsin.StringValue(typeOf(h.entry)) })
	e.each(a, fProvider, func(h met) tocsin.Value { return e.listed[x.list(&h.entry)] })
	e.each(a, fName, func(h met) tocsin.Value {
		m := x.metas[h.entry.meta]
		if m.size == 0 {
			return tocsin.Value{}
		}
		return tocsin.StringValue(a.Text(x.text[m.name : m.name+uint32(m.size)]))
	})
	e.each(a, fConfidence, func(h met) tocsin.Value { return sureness(x.metas[h.entry.meta].confidence) })
	for _, f := range []struct {
		field int
		kinds []kind
	}{
		{fIndicatorIP, []kind{address}},
		{fIndicatorURL, []kind{link}},
		{fIndicatorDomain, []kind{domain, below}},
		{fIndicatorMail, []kind{mail}},
		{fIndicatorMD5, []kind{md5Hash}},
		{fIndicatorSHA1, []kind{sha1Hash}},
		{fIndicatorSHA256, []kind{sha256Hash}},
		{fIndicatorSHA512, []kind{sha512Hash}},
	} {
		e.each(a, f.field, func(h met) tocsin.Value {
			if !slices.Contains(f.kinds, h.entry.kind) {
				return tocsin.Value{}
			}
			return tocsin.StringValue(a.Text(indicatorText(x, h.entry)))
		})
	}
}

// each sets a field to what of gives for the hits, each value once.
func (e *Enricher) each(a *decode.Additions, field int, of func(met) tocsin.Value) {
	e.values = e.values[:0]
	for _, h := range e.hits {
		v := of(h)
		if v.IsAbsent() || slices.ContainsFunc(e.values, func(known tocsin.Value) bool { return known.Text() == v.Text() }) {
			continue
		}
		e.values = append(e.values, v)
	}
	switch len(e.values) {
	case 0:
	case 1:
		a.Set(field, e.values[0])
	default:
		a.Set(field, tocsin.ListValue(slices.Clone(e.values)...))
	}
}

// indicatorText is an indicator as its field holds it.
func indicatorText(x *index, e entry) []byte {
	switch e.kind {
	case md5Hash, sha1Hash, sha256Hash, sha512Hash:
		return hex.AppendEncode(nil, e.key)
	case address:
		return []byte(x.shown(e))
	}
	return e.key
}

// typeOf is the indicator's type in STIX, as ECS has it.
func typeOf(e entry) string {
	switch e.kind {
	case address:
		if len(e.key) == 16 {
			return "ipv6-addr"
		}
		return "ipv4-addr"
	case network:
		if slices.Contains(e.key, ':') {
			return "ipv6-addr"
		}
		return "ipv4-addr"
	case domain, below:
		return "domain-name"
	case link:
		return "url"
	case mail:
		return "email-addr"
	}
	return "file"
}

// sureness is a confidence as ECS has it.
func sureness(n int8) tocsin.Value {
	switch {
	case n < 0:
		return tocsin.Value{}
	case n == 0:
		return tocsin.StringValue("None")
	case n < 30:
		return tocsin.StringValue("Low")
	case n < 70:
		return tocsin.StringValue("Medium")
	}
	return tocsin.StringValue("High")
}
