package expression

import (
	"time"

	"tocsin"
)

// A translation says which slot a field's name has, by the number that its maker of alerts gave the name: a name is
// looked up once, not once an alert.
type translation struct {
	names *tocsin.Names
	slots []int32 // by number: 0 not looked up yet, else the slot + 2; 1 for none
}

// noSlot is what a translation holds of names that no expression reads.
const noSlot = 1

// Load takes an alert's fields and its event time, which now() is. What was loaded before is forgotten.
func (e *Evaluator) Load(fields tocsin.Fields, now time.Time) {
	e.reset(now)
	e.fields, e.record.raw, e.record.said = fields, nil, ""
	leaves := fields.Leaves()
	if fields.Names() == nil {
		for i := range leaves {
			if s, ok := e.table.slots[leaves[i].Name.Text()]; ok {
				e.fill(s, leaves[i].Value)
			}
		}
		return
	}
	t := &e.translation
	if t.names != fields.Names() { // another decoder, or one that has numbered its names anew
		t.names = fields.Names()
		clear(t.slots)
	}
	for i := range leaves {
		l := &leaves[i]
		id := l.Name.ID()
		if id >= len(t.slots) || t.slots[id] == 0 {
			e.learn(l.Name)
		}
		if s := t.slots[id]; s != noSlot {
			e.fill(int(s)-2, l.Value)
		}
	}
}

func (e *Evaluator) fill(slot int, v tocsin.Value) {
	e.slots[slot] = v
	e.used = append(e.used, slot)
}

// learn looks a name up.
func (e *Evaluator) learn(name *tocsin.Name) {
	t := &e.translation
	if more := name.ID() + 1 - len(t.slots); more > 0 {
		t.slots = append(t.slots, make([]int32, more)...)
	}
	t.slots[name.ID()] = noSlot
	if s, ok := e.table.slots[name.Text()]; ok {
		t.slots[name.ID()] = int32(s) + 2
	}
}
