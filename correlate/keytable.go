package correlate

import (
	"hash/maphash"
	"iter"
	"unsafe"

	"tocsin"
)

// A fingerprint is the hash of a text, such as a key's name: two texts are the same where all of its 128 bits agree. What it is
// made with is drawn anew by each process, so that nobody can choose texts whose fingerprints agree.
type fingerprint struct {
	at   uint64 // chooses a place
	rest uint64 // tells apart what has the same one
}

func (h fingerprint) zero() bool { return h == fingerprint{} }

// hashOf is the hash of a text.
func (l *pool) hashOf(text []byte) fingerprint {
	return fingerprint{maphash.Bytes(l.seeds[0], text), maphash.Bytes(l.seeds[1], text)}
}

// with is the hash of two things that were hashed apart, the one of which tells what the other is.
func (h fingerprint) with(o fingerprint) fingerprint {
	return fingerprint{h.at ^ o.at, h.rest ^ o.rest}
}

// A hashed is what a [keyTable] finds: it knows the second half of the hash of its key.
type hashed interface {
	comparable
	rest() uint64
}

// A keyTable finds what the engine keeps of a key with one look into one place, where a map would need one at its groups,
// at the text and at what is found: with open addresses, three quarters full at most.
type keyTable[T hashed] struct {
	slots []keySlot[T] // a power of two
	n     int
}

// A keySlot has the first half of a hash; at is the zero value where it is free.
type keySlot[T hashed] struct {
	sum uint64
	at  T
}

func newKeyTable[T hashed]() keyTable[T] { return keyTable[T]{slots: make([]keySlot[T], 8)} }

func (t *keyTable[T]) len() int     { return t.n }
func (t *keyTable[T]) mask() uint64 { return uint64(len(t.slots) - 1) }

// find is what has that hash, the zero value for nothing.
func (t *keyTable[T]) find(h fingerprint) T {
	var none T
	for i := h.at & t.mask(); ; i = (i + 1) & t.mask() {
		s := &t.slots[i]
		if s.at == none || s.sum == h.at && s.at.rest() == h.rest {
			return s.at
		}
	}
}

// prefetch asks for the place where a hash belongs.
func (t *keyTable[T]) prefetch(h fingerprint) { prefetch(unsafe.Pointer(&t.slots[h.at&t.mask()])) }

// near is what stands where a hash belongs, if anything: mostly what has it.
func (t *keyTable[T]) near(h fingerprint) T { return t.slots[h.at&t.mask()].at }

// put enters what has a hash that is not there.
func (t *keyTable[T]) put(sum uint64, x T) {
	if 4*(t.n+1) > 3*len(t.slots) {
		var none T
		old := t.slots
		t.slots, t.n = make([]keySlot[T], 2*len(old)), 0
		for i := range old {
			if old[i].at != none {
				t.put(old[i].sum, old[i].at)
			}
		}
	}
	t.slots[t.free(sum)] = keySlot[T]{sum, x}
	t.n++
}

// free is the first free slot from where a hash belongs on.
func (t *keyTable[T]) free(sum uint64) uint64 {
	var none T
	i := sum & t.mask()
	for t.slots[i].at != none {
		i = (i + 1) & t.mask()
	}
	return i
}

// remove takes out what is there, and moves down what stands behind it because of it.
func (t *keyTable[T]) remove(sum uint64, x T) {
	var none T
	i := sum & t.mask()
	for t.slots[i].at != x {
		i = (i + 1) & t.mask()
	}
	t.n--
	for j := (i + 1) & t.mask(); t.slots[j].at != none; j = (j + 1) & t.mask() {
		if home := t.slots[j].sum & t.mask(); (j-home)&t.mask() >= (j-i)&t.mask() {
			t.slots[i] = t.slots[j]
			i = j
		}
	}
	t.slots[i] = keySlot[T]{}
}

// all yields what is there, in no order. The table must not change meanwhile.
func (t *keyTable[T]) all() iter.Seq[T] {
	return func(yield func(T) bool) {
		var none T
		for i := range t.slots {
			if t.slots[i].at != none && !yield(t.slots[i].at) {
				return
			}
		}
	}
}

// An address is the key of a match and the hash of its name: the matches of one alert mostly have one list.
type address struct {
	tenant string
	key    []tocsin.Value
	hash   fingerprint
}

// addressOf is the hash of a match's key.
func (e *Engine) addressOf(m *tocsin.Match) fingerprint {
	a := &e.address
	if len(m.Key) > 0 && identical(m.Key, a.key) && equalText(a.tenant, m.Tenant) {
		return a.hash
	}
	if h, ok := e.foresight.hash(m); ok {
		return h
	}
	a.tenant, a.key, a.hash = m.Tenant, m.Key, e.hashName(m)
	return a.hash
}

// hashName is the hash of the name of a match's key.
func (e *Engine) hashName(m *tocsin.Match) fingerprint {
	l := &e.pool
	if len(m.Key) == 1 {
		if text, ok := m.Key[0].Str(); ok {
			return l.hashText(m.Tenant, text)
		}
	}
	e.name = e.name[:0]
	for i := range m.Key {
		e.name = appendValue(e.name, m.Key[i])
	}
	return l.tenantHash(m.Tenant, 'k').with(l.hashOf(e.name))
}

// hashText is the hash of the name of a key that is one text, as most are.
func (l *pool) hashText(tenant, text string) fingerprint {
	return l.tenantHash(tenant, 't').with(fingerprint{maphash.String(l.seeds[0], text), maphash.String(l.seeds[1], text)})
}

// hashOfName is the hash of a name.
func (l *pool) hashOfName(name string) fingerprint {
	_, tenant, key := cutValue(name)
	if kind, text, rest := cutValue(key); kind == tocsin.String && rest == "" {
		return l.hashText(tenant, text)
	}
	return l.tenantHash(tenant, 'k').with(l.hashOf([]byte(key)))
}

// tenantHash is the hash of a tenant, before a key of that sort: mostly that of the match before.
func (l *pool) tenantHash(tenant string, sort byte) fingerprint {
	if sort != l.sort || !equalText(tenant, l.tenant) {
		l.sort, l.tenant = sort, tenant
		l.tenantSum = l.hashOf(appendValue([]byte{sort}, tocsin.StringValue(tenant)))
	}
	return l.tenantSum
}
