package decode

import (
	"slices"
	"unicode/utf8"

	"tocsin"
)

// The marks that decoding leaves on an alert.
const (
	markFuture    = "future"             // its time was too far ahead of its receipt: it took the time of receipt
	markNoTime    = "no_timestamp"       // the record has none: it took the time of receipt
	markNoYear    = "no_year"            // its time has no year: the year was reckoned
	markRepaired  = "encoding_repaired"  // invalid UTF-8 or half a surrogate pair became U+FFFD
	markTruncated = "truncated"          // values were cut or left out of Fields; the raw record is whole
	markDuplicate = "duplicate_key"      // a key came twice; the first stands
	markNumber    = "number_as_text"     // a number too long or too large to be one: it stands as text
	markUnfit     = "unfit_value"        // a value that its ECS field cannot hold stands below tocsin.unfit
	markPartial   = "unreadable_payload" // text inside the record that should be JSON is not
)

// A leaf is one scalar or list of the record.
type leaf struct {
	name  *name // nil: its value has gone into another leaf's list
	value tocsin.Value
	next  int32 // the next leaf of the same name, 0 for none
}

// A doc is the record being read, flat: what a format's reader works on. It is good until the next record.
type doc struct {
	dict    *dictionary
	limits  Limits
	record  uint64 // the number of the current record: what the names' stamps are compared with
	objects uint64 // the number of the current object, over all records
	leaves  []leaf
	items   []tocsin.Value // scratch of the arrays being read
	scratch []byte
	stops   stops // scratch
	memory  memory
	ascii   bool   // the strings of the record that was scanned last hold nothing else, as they are and as they read
	texts   string // of that record, as alerts have them
	kept    int    // names kept of this record
	loose   int    // names that the dictionary had when this record began
	marks   []string
}

// begin starts a record of size bytes. Its strings never take more than the record, as no escape is shorter than what it
// stands for, so they share one piece of memory.
func (d *doc) begin(size int) {
	const roomy = 1 << 13 // leaves; scratch that a hostile record has blown up is given back
	d.record++
	if cap(d.leaves) > roomy || cap(d.items) > roomy {
		d.leaves, d.items = nil, nil
	}
	d.leaves = append(d.leaves[:0], leaf{}) // index 0 is nobody's
	d.items = d.items[:0]
	d.memory.room(size + 8)
	d.kept = 0
	d.loose = d.dict.loose
}

// name returns the name of a key below at, nil for one that is not to be kept: it would be too long, or it is new and the
// record has brought more new names than it may have fields, with as many for the objects around them.
func (d *doc) name(at *name, key []byte) *name {
	if d.dict.loose-d.loose > 2*d.limits.Keys {
		return at.kids[string(key)]
	}
	return d.dict.path(at, key)
}

func (d *doc) mark(m string) {
	if !slices.Contains(d.marks, m) {
		d.marks = append(d.marks, m)
	}
}

// keep adds a leaf. A name that comes again is a list where arrays of objects are listed, and a duplicate elsewhere,
// as where {"a.b":1,"a":{"b":2}} spells one field twice.
func (d *doc) keep(n *name, v tocsin.Value, listed bool) {
	at := int32(len(d.leaves))
	if n.inRecord == d.record {
		switch {
		case !listed:
			d.mark(markDuplicate)
			return
		case int(n.inCount) >= d.limits.Items:
			d.mark(markTruncated)
			return
		}
		d.leaves[n.inLast].next = at
		n.inLast = at
		n.inCount++
	} else {
		if d.kept >= d.limits.Keys {
			d.mark(markTruncated)
			return
		}
		d.kept++
		n.inRecord, n.inAt, n.inLast, n.inCount = d.record, at, at, 1
	}
	d.leaves = append(d.leaves, leaf{name: n, value: v})
}

// pair turns the leaves from one object of an array, a Name and a text, into the leaf that they spell below to. An
// object without a name is a member of to itself.
func (d *doc) pair(to *name, from int) {
	var key string
	text := tocsin.StringValue("")
	for _, l := range d.leaves[from:] {
		switch l.name.last {
		case "Name", "@Name", "name", "field", "key":
			key = l.value.Text()
		case "text", "#text", "@text", "Value", "value", "$":
			text = l.value
		}
		d.forget(l.name, int32(from))
	}
	d.leaves = d.leaves[:from]
	n := to
	if key != "" {
		n = d.dict.path(to, []byte(key))
	}
	if n != nil {
		d.keep(n, text, true)
	}
}

// forget takes back what n has from the leaf at from on.
func (d *doc) forget(n *name, from int32) {
	if n.inRecord != d.record {
		return
	}
	if n.inAt >= from {
		n.inRecord = 0
		d.kept--
		return
	}
	last, count := n.inAt, int32(1)
	for next := d.leaves[last].next; next != 0 && next < from; next = d.leaves[last].next {
		last = next
		count++
	}
	d.leaves[last].next = 0
	n.inLast, n.inCount = last, count
}

// settle makes one list of the leaves of each name that has several.
func (d *doc) settle() {
	for i := range d.leaves {
		first := &d.leaves[i]
		if first.name == nil || first.next == 0 {
			continue
		}
		base := len(d.items)
		for at := int32(i); at != 0; at = d.leaves[at].next {
			d.items = append(d.items, d.leaves[at].value)
			if at != int32(i) {
				d.leaves[at].name = nil
			}
		}
		first.value, first.next = tocsin.ListValue(d.memory.list(d.items[base:])...), 0
		d.items = d.items[:base]
	}
}

// cut bounds the string that stands in memory from from on at the limit, at the edge of a character.
func (d *doc) cut(from int) {
	d.mark(markTruncated)
	m := &d.memory
	end := from + d.limits.Value
	for end > from && !utf8.RuneStart(m.text[end]) {
		end--
	}
	m.text = m.text[:end]
}

// has reports whether the record has a leaf of this name.
func (d *doc) has(n *name) bool { return n.inRecord == d.record }

// value returns the record's leaf of this name, [tocsin.Absent] where there is none or it is null.
func (d *doc) value(n *name) tocsin.Value {
	if n.inRecord != d.record {
		return tocsin.Value{}
	}
	if v := d.leaves[n.inAt].value; v.Kind() != tocsin.Null {
		return v
	}
	return tocsin.Value{}
}

// text returns the record's leaf as text, "" where there is none.
func (d *doc) text(n *name) string { return d.value(n).Text() }

// first returns the first of the names' leaves that is there.
func (d *doc) first(names ...*name) tocsin.Value {
	for _, n := range names {
		if v := d.value(n); !v.IsAbsent() {
			return v
		}
	}
	return tocsin.Value{}
}

// subtree makes the leaves below prefix the record, named without it. What does not lie there is gone from d.
func (d *doc) subtree(prefix *name) {
	d.record++
	cut := len(prefix.text) + 1
	kept := d.leaves[:1]
	for _, l := range d.leaves[1:] {
		if l.name == nil || len(l.name.text) <= cut || l.name.text[:cut-1] != prefix.text || l.name.text[cut-1] != '.' {
			continue
		}
		n := d.dict.path(&d.dict.root, []byte(l.name.text[cut:]))
		if n.inRecord == d.record {
			continue
		}
		at := int32(len(kept))
		n.inRecord, n.inAt, n.inLast, n.inCount = d.record, at, at, 1
		kept = append(kept, leaf{name: n, value: l.value})
	}
	d.leaves = kept
}

// below reports whether the record has a leaf below prefix. It looks at the record's leaves: the dictionary may know many
// more names there.
func (d *doc) below(prefix *name) bool {
	return slices.ContainsFunc(d.leaves[1:], func(l leaf) bool { return l.name != nil && l.name.under(prefix) })
}
