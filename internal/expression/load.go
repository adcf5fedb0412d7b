package expression

import (
	"strings"
	"time"

	"tocsin"
)

// A translation says which slot a field's name has, by the number that its maker of alerts gave the name: a name is
// looked up once, not once an alert.
type translation struct {
	names *tocsin.Names
	slots []int32 // by number: 0 not looked up yet, else what the constants below say
}

// What a translation holds of a name: of one that has a slot, the slot and slotted.
const (
	unread  = 1 // no expression reads it
	slotted = 2
	marked  = -1 << 31 // a bit more: it begins as [Options.Mark] says
)

// Marked reports whether the loaded alert has a field whose name begins as [Options.Mark] says, whatever its value.
func (e *Evaluator) Marked() bool { return e.marked }

// Load takes an alert's fields and its event time, which now() is. What was loaded before is forgotten.
func (e *Evaluator) Load(fields tocsin.Fields, now time.Time) {
	e.reset(now)
	e.kept = 0
	if e.fields = fields; fields.Names() == nil {
		e.loadUnnumbered(fields.Leaves())
	} else {
		e.loadNumbered(fields)
	}
	if e.kept < len(e.used) {
		e.depart()
	}
	for _, s := range e.gone {
		if e.filled[s] != e.gen {
			e.slots[s] = tocsin.Value{}
		}
	}
	e.gone = e.gone[:0]
	e.Original(nil)
	e.Texts("")
}

func (e *Evaluator) loadNumbered(fields tocsin.Fields) {
	leaves := fields.Leaves()
	t := &e.translation
	if t.names != fields.Names() { // another decoder, or one that has numbered its names anew
		t.names = fields.Names()
		clear(t.slots)
	}
	known := t.slots
	for i := range leaves {
		l := &leaves[i]
		id := l.Name.ID()
		if id >= len(known) || known[id] == 0 {
			e.learn(l.Name)
			known = t.slots
		}
		s := known[id]
		if s < 0 {
			e.marked, s = true, s&^marked
		}
		if s != unread {
			e.fill(int(s)-slotted, l.Value)
		}
	}
}

func (e *Evaluator) loadUnnumbered(leaves []tocsin.Leaf) {
	for i := range leaves {
		name := leaves[i].Name.Text()
		if s, ok := e.table.slots[name]; ok {
			e.fill(s, leaves[i].Value)
		}
		e.marked = e.marked || e.table.marks(name)
	}
}

// fill gives a slot the alert's value. Alerts that follow one another mostly fill the same slots in the same order: as long as
// that is so, the list of them is kept.
func (e *Evaluator) fill(slot int, v tocsin.Value) {
	e.slots[slot], e.filled[slot] = v, e.gen
	if e.kept < len(e.used) {
		if e.used[e.kept] == slot {
			e.kept++
			return
		}
		e.depart()
	}
	e.used = append(e.used, slot)
	e.kept = len(e.used)
}

// depart notes which slots the alert before filled from here on: those that this one does not fill are to be cleared.
func (e *Evaluator) depart() {
	e.gone = append(e.gone, e.used[e.kept:]...)
	e.used = e.used[:e.kept]
}

// learn looks a name up.
func (e *Evaluator) learn(name *tocsin.Name) {
	t := &e.translation
	if more := name.ID() + 1 - len(t.slots); more > 0 {
		t.slots = append(t.slots, make([]int32, more)...)
	}
	means := int32(unread)
	if s, ok := e.table.slots[name.Text()]; ok {
		means = int32(s) + slotted
	}
	if e.table.marks(name.Text()) {
		means |= marked
	}
	t.slots[name.ID()] = means
}

func (t *Table) marks(name string) bool {
	return t.opts.Mark != "" && strings.HasPrefix(name, t.opts.Mark)
}

// hasBelow reports whether the alert has a field whose name opens with prefix, be its value empty or null.
func (e *Evaluator) hasBelow(prefix string) bool {
	leaves := e.fields.Leaves()
	for i := range leaves {
		if strings.HasPrefix(leaves[i].Name.Text(), prefix) {
			return true
		}
	}
	return false
}
