package decode

import (
	"strings"

	"tocsin"
)

// A cefTerm is what one key of CEF or LEEF means. It is kept from one record to the next, so that a record looks for each of
// its keys once.
type cefTerm struct {
	key    string
	to     *name // in ECS; nil: none
	beside *name // of an address: where it goes that is none
	manner cefManner
	fixed  bool     // a reader asks for it: never forgotten
	title  bool     // it ends in Label: it says what another key is called
	label  *cefTerm // the key that says what this one is called
	next   *cefTerm // that followed in the record before: most likely the next one
	record uint64   // the record in which value is good
	value  string

	rest   *name  // its place among what has none in ECS
	called string // what its label said last
	as     *name  // and the place of that name

	asked   bool // what it may be is known, if askedAs is what its label says
	askedAs string
	maybe   *name
}

// A cefManner is how a key's value becomes its field.
type cefManner uint8

const (
	cefPlain cefManner = iota
	cefAddress
	cefHash
	cefOutcome
	cefDirection
	cefTransport
	cefProtocol
	cefMoment
	cefProgram
)

// cefManners are the fields whose values are not taken as they are.
var cefManners = map[string]cefManner{
	"source.ip": cefAddress, "destination.ip": cefAddress, "observer.ip": cefAddress, "source.nat.ip": cefAddress, "destination.nat.ip": cefAddress,
	"file.hash.any": cefHash, "event.outcome": cefOutcome, "network.direction": cefDirection, "network.transport": cefTransport,
	"network.protocol": cefProtocol, "event.start": cefMoment, "event.end": cefMoment, "file.created": cefMoment, "file.mtime": cefMoment,
	"process.name": cefProgram,
}

// A cefTerms is the keys that one reader has met, and what the record being read says for them.
type cefTerms struct {
	dict       *dictionary
	extensions *name // what has no place in ECS stands below it
	met        map[string]*cefTerm
	record     uint64
	order      []*cefTerm // of the record
	last       *cefTerm   // likewise
	memory     *memory    // of the alert
	generation int        // of the dictionary that the places are of
}

// learn reads lines of keys and the field that they mean; of two lines with a key the latter counts.
func (k *cefTerms) learn(lines string) {
	var order []*cefTerm
	for line := range strings.Lines(lines) {
		words := strings.Fields(line)
		for _, key := range words[:max(0, len(words)-1)] {
			c := k.key(key)
			if !c.fixed {
				order = append(order, c)
			}
			c.fixed, c.to, c.beside = true, k.dict.name(words[len(words)-1]), nil
			c.manner = cefManners[c.to.text]
			if c.to.text == "source.ip" || c.to.text == "destination.ip" {
				c.beside = k.dict.name(strings.TrimSuffix(c.to.text, "ip") + "address")
			}
		}
	}
	for _, c := range order {
		k.dict.tell(c.key, c.to.text)
	}
}

// asked are keys that a reader asks for by name.
func (k *cefTerms) asked(keys ...string) []*cefTerm {
	all := make([]*cefTerm, len(keys))
	for i, key := range keys {
		all[i] = k.key(key)
		all[i].fixed = true
	}
	return all
}

// key is what is known of a key.
func (k *cefTerms) key(key string) *cefTerm {
	if c := k.met[key]; c != nil {
		return c
	}
	c := &cefTerm{key: strings.Clone(key)}
	k.met[c.key] = c
	if of, ok := strings.CutSuffix(c.key, "Label"); ok {
		if c.title = true; of != "" {
			k.key(of).label = c
		}
	}
	return c
}

// begin forgets what the record before said, and keys of no meaning where there are too many: hostile records bring ever
// new ones.
func (k *cefTerms) begin() {
	const most = 4096
	k.record++
	k.order, k.last = k.order[:0], nil
	if k.generation == k.dict.generation && len(k.met) <= most {
		return
	}
	k.generation = k.dict.generation
	for key, c := range k.met {
		if !c.fixed {
			delete(k.met, key)
		}
		c.label, c.next, c.rest, c.called, c.as, c.asked = nil, nil, nil, "", nil, false
	}
}

// follow is what is known of the key that comes next in the record; nil where there are too many.
func (k *cefTerms) follow(key string) *cefTerm {
	const most = 512 // keys of an extension
	if len(k.order) >= most {
		return nil
	}
	before := k.last
	if k.expected(key) {
		k.last = before.next
		return k.last
	}
	k.last = k.key(key)
	if before != nil {
		before.next = k.last
	}
	return k.last
}

// expected reports whether a key is the one that followed in the record before.
func (k *cefTerms) expected(key string) bool {
	return k.last != nil && k.last.next != nil && k.last.next.key == key
}

// take takes in what the record says for a key, the first time that it does.
func (k *cefTerms) take(c *cefTerm, value string) {
	if c == nil || c.record == k.record {
		return
	}
	value = strings.TrimSpace(value)
	if strings.IndexByte(value, '\\') >= 0 {
		value = cefUnescape(k.memory, value)
	}
	c.record, c.value = k.record, value
	k.order = append(k.order, c)
}

// said is what the record says for a key, "" for nothing.
func (k *cefTerms) said(c *cefTerm) string {
	if c == nil || c.record != k.record {
		return ""
	}
	return c.value
}

// place is where a value stands that has no place in ECS: under its key.
func (k *cefTerms) place(c *cefTerm) *name {
	if c.rest == nil {
		c.rest = k.dict.path(k.extensions, []byte(c.key))
	}
	return c.rest
}

// named is where the value of an unknown key stands: under what its label says, else under the key.
func (k *cefTerms) named(c *cefTerm) *name {
	label := k.said(c.label)
	if label == "" {
		return k.place(c)
	}
	if c.as == nil || c.called != label {
		c.called = strings.Clone(label)
		c.as = k.dict.path(k.extensions, []byte(strings.ReplaceAll(label, " ", "_")))
	}
	return c.as
}

// fields sets what the record's keys say.
func (c *cefReader) fields(o *output) {
	for _, k := range c.order {
		if k.title {
			continue
		}
		if k.to == nil {
			o.put(c.named(k), k.value)
			continue
		}
		to, taken := k.to, o.has(k.to)
		if k.manner == cefHash {
			if n := c.hashes[len(k.value)]; n != nil {
				to = n
				o.put(n, o.lower(k.value))
			}
		} else {
			c.field(k, o)
		}
		if k.manner == cefProgram && o.text(c.executable) == k.value {
			continue
		}
		if taken && o.text(to) != k.value || !o.has(to) && (k.beside == nil || !o.has(k.beside)) {
			o.put(c.place(k), k.value) // another key said it already, or it does not fit
		}
	}
	o.set(c.host, o.value(c.deviceHost.to))
}

// field sets a key's field in the key's manner.
func (c *cefReader) field(k *cefTerm, o *output) {
	switch k.manner {
	case cefAddress:
		o.address(k.to, k.beside, k.value)
	case cefOutcome:
		c.setOutcome(o, k.value)
	case cefDirection:
		switch k.value {
		case "0":
			o.put(k.to, "inbound")
		case "1":
			o.put(k.to, "outbound")
		}
	case cefTransport:
		protocol, _, _ := strings.Cut(k.value, "/") // "tcp/https"
		o.set(k.to, transport(tocsin.StringValue(o.lower(protocol))))
	case cefProtocol:
		o.put(k.to, o.lower(k.value))
	case cefMoment:
		if t, ok := parseTime(k.value); ok && !yearless(t) {
			var room [40]byte
			o.put(k.to, o.doc.memory.string(t.AppendFormat(room[:0], "2006-01-02T15:04:05.999999999Z07:00")))
		}
	case cefProgram:
		if number, program, ok := jobOf(k.value); ok {
			o.put(k.to, program)
			o.keep(c.pid, tocsin.IntValue(int64(number)))
			return
		}
		o.put(k.to, k.value)
		if _, base := splitPath(k.value); wholePath(k.value) && o.text(k.to) == k.value {
			o.put(c.executable, k.value)
			o.leaves[k.to.outAt].Value = tocsin.StringValue(base)
		}
	default:
		o.set(k.to, tocsin.StringValue(k.value))
	}
}

// jobOf takes apart the name that a job of IBM i has: "080352/QTMHHTTP/ADMIN", its number, its user and its own.
func jobOf(s string) (number int, program string, ok bool) {
	count, program, ok := strings.Cut(s, "/")
	if !ok || len(count) != 6 || strings.IndexByte(program, '/') <= 0 {
		return 0, "", false
	}
	number, ok = digits(count, 6, 6)
	return number, program, ok
}

// setOutcome keeps to ECS's words.
func (c *cefReader) setOutcome(o *output, value string) {
	switch o.lower(value) {
	case "success", "succeeded", "true", "/success", "ok", "allowed":
		o.put(c.outcome, "success")
	case "failure", "failed", "false", "/failure", "fail", "denied", "blocked":
		o.put(c.outcome, "failure")
	}
}
