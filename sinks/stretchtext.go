package sinks

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	"tocsin"
)

// ReadStretch reads a stretch of the tree. The text of one that a store wrote is read without looking anything up, any
// other as encoding/json does. What the leaves say are parts of the text: whoever keeps one of them keeps all of it. The
// error wraps [ErrDamaged].
func ReadStretch(text string) (tocsin.Stretch, error) {
	if s, ok := readStretch(text); ok {
		return s, nil
	}
	var s tocsin.Stretch
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return s, fmt.Errorf("stretch: %v: %w", err, ErrDamaged)
	}
	return s, nil
}

// WholeStretch is [ReadStretch] for who checks what is stored: a text that says more is an error.
func WholeStretch(text string) (tocsin.Stretch, error) {
	if s, ok := readStretch(text); ok {
		return s, nil
	}
	var s tocsin.Stretch
	if err := unmarshal(text, &s); err != nil {
		return s, fmt.Errorf("stretch: %w", err)
	}
	return s, nil
}

// leastLeaf is about the length of a leaf's text.
const leastLeaf = 128

// readStretch takes only the very form that encoding/json gives a stretch with leaves.
func readStretch(text string) (s tocsin.Stretch, ok bool) {
	t := taken{rest: text}
	t.number(`{"first":`, &s.First)
	t.lead(`,"leaves":[`)
	s.Leaves = make([]tocsin.TreeLeaf, 0, len(text)/leastLeaf)
	for more := !t.odd; more; {
		var l tocsin.TreeLeaf
		t.text(`{"incident":`, &l.Incident)
		t.number(`,"seq":`, &l.Seq)
		t.text(`,"hash":`, &l.Hash)
		t.lead(`}`)
		s.Leaves = append(s.Leaves, l)
		if more = !t.odd && strings.HasPrefix(t.rest, `,`); more {
			t.lead(`,`)
		}
	}
	hashes := ""
	t.text(`],"hashes":`, &hashes)
	t.time(`,"at":`, &s.At)
	t.lead(`}`)
	if t.odd || t.rest != "" || strings.ContainsAny(hashes, "\r\n") {
		return s, false
	}
	var err error
	s.Hashes, err = base64.StdEncoding.DecodeString(hashes)
	return s, err == nil
}
