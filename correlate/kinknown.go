package correlate

import "hash/maphash"

// A kinName is the hash of a kin's name: two kins are the same where all of its 128 bits agree. Its keys are drawn anew
// by each process.
type kinName [2]uint64

// A kinTable finds kins by name: with open addresses, half full at most.
type kinTable struct {
	seeds [2]maphash.Seed
	slots []kinSlot // a power of two
	n     int
}

type kinSlot struct {
	name kinName
	kin  *kin
}

func newKinTable() kinTable {
	return kinTable{seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}, slots: make([]kinSlot, 16)}
}

func (t *kinTable) hash(name []byte) kinName {
	return kinName{maphash.Bytes(t.seeds[0], name), maphash.Bytes(t.seeds[1], name)}
}

func (t *kinTable) mask() uint64 { return uint64(len(t.slots) - 1) }

// find is the kin of that name, nil for none.
func (t *kinTable) find(name kinName) *kin {
	for i := name[0] & t.mask(); ; i = (i + 1) & t.mask() {
		if s := &t.slots[i]; s.kin == nil || s.name == name {
			return s.kin
		}
	}
}

// put enters a kin whose name is not there.
func (t *kinTable) put(k *kin) {
	if 2*(t.n+1) > len(t.slots) {
		old := t.slots
		t.slots, t.n = make([]kinSlot, 2*len(old)), 0
		for i := range old {
			if old[i].kin != nil {
				t.put(old[i].kin)
			}
		}
	}
	i := k.name[0] & t.mask()
	for t.slots[i].kin != nil {
		i = (i + 1) & t.mask()
	}
	t.slots[i] = kinSlot{k.name, k}
	t.n++
}

// remove takes a kin out, and moves those down that stand behind it because of it.
func (t *kinTable) remove(k *kin) {
	i := k.name[0] & t.mask()
	for t.slots[i].kin != k {
		i = (i + 1) & t.mask()
	}
	t.n--
	for j := (i + 1) & t.mask(); t.slots[j].kin != nil; j = (j + 1) & t.mask() {
		if home := t.slots[j].name[0] & t.mask(); (j-home)&t.mask() >= (j-i)&t.mask() {
			t.slots[i] = t.slots[j]
			i = j
		}
	}
	t.slots[i] = kinSlot{}
}

// A kinWord is what alerts of a kin say, and which rules' events know of it.
type kinWord struct {
	sum     uint64 // the second half of its hash
	said    *payload
	knowing uint64 // by member
}

// kinWords stand in sets, which the first half of the hash chooses, the newest first.
type kinWords [16][4]kinWord

func (w *kinWords) set(hash [2]uint64) *[4]kinWord { return &w[hash[0]>>40%uint64(len(w))] }

// find is what has that hash, nil for nothing known.
func (k *kin) find(hash [2]uint64) *kinWord {
	if k.known == nil {
		return nil
	}
	set := k.known.set(hash)
	for i := range set {
		if set[i].sum == hash[1] && set[i].said != nil {
			return &set[i]
		}
	}
	return nil
}

// knows reports whether what the alert in hand says is known to a rule's event.
func (k *kin) knows(ev *event, l *leaving, member int) bool {
	bit := uint64(1) << member
	if l.knowing&bit != 0 {
		return true
	}
	if ev.recent.find(l.hash) == nil {
		return false
	}
	if k.known == nil {
		k.known = new(kinWords)
	}
	word := k.find(l.hash)
	if word == nil {
		set := k.known.set(l.hash)
		copy(set[1:], set[:])
		word = &set[0]
		*word = kinWord{sum: l.hash[1], said: l.x.p}
	}
	word.knowing |= bit
	l.knowing |= bit
	return true
}

// forget lets go of what a rule's event knew.
func (k *kin) forget(member int) {
	if k.known == nil {
		return
	}
	for i := range k.known {
		for j := range k.known[i] {
			k.known[i][j].knowing &^= 1 << member
		}
	}
}
