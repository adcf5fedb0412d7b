package correlate

// A kinWord is what alerts of a kin say, and which rules' events know of it.
type kinWord struct {
	sum     uint64 // the second half of its hash
	said    *payload
	knowing uint64 // by member
}

// kinWords stand in sets, which the first half of the hash chooses, the newest first.
type kinWords [16][4]kinWord

func (w *kinWords) set(hash fingerprint) *[4]kinWord { return &w[hash.at>>40%uint64(len(w))] }

// find is what has that hash, nil for nothing known.
func (k *kin) find(hash fingerprint) *kinWord {
	if k.known == nil {
		return nil
	}
	set := k.known.set(hash)
	for i := range set {
		if set[i].sum == hash.rest && set[i].said != nil {
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
		*word = kinWord{sum: l.hash.rest, said: l.x.p}
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
