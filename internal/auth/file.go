package auth

import "maps"

// Reload puts the tokens of a file in the place of those that it held before, which hold no longer, and ends the sessions
// that were begun with them. On an error, a [fault.List], all stays as it was.
func (t *Tokens) Reload(name string, src []byte, roles []string) error {
	var read Tokens
	if err := read.Load(name, src, roles); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil {
		t.known = map[[32]byte]*known{}
	}
	take(t.known, read.known)
	if t.certs == nil {
		t.certs = map[string]*known{}
	}
	take(t.certs, read.certs)
	return nil
}

// take replaces what came from a file. When a token was used last stays known, and one that was made otherwise stays what
// it is.
func take[K comparable](all, read map[K]*known) {
	before := maps.Clone(all)
	maps.DeleteFunc(all, func(_ K, k *known) bool { return k.file })
	for key, k := range read {
		if _, other := all[key]; other {
			continue
		}
		k.file = true
		if was := before[key]; was != nil {
			k.used = was.used
		}
		all[key] = k
	}
}
