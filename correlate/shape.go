package correlate

import (
	"encoding/binary"
	"slices"
	"strings"

	"tocsin"
)

// A shape is what the entities of many payloads have in common: their fields and roles.
type shape struct {
	all []entityShape
	sum fingerprint
}

// An entityShape is an entity without its value.
type entityShape struct{ field, role string }

// shaped reports whether entities have the shape of the saying that was heard last, by where their texts are kept: mostly
// they are of one rule.
func (l *pool) shaped(entities []tocsin.Entity) bool {
	if len(l.asked) != len(entities) {
		return false
	}
	for i := range entities {
		if n, o := &entities[i], &l.asked[i]; !sameText(n.Field, o.field) || !sameText(n.Role, o.role) {
			return false
		}
	}
	return true
}

func (s *shape) equal(o *shape) bool { return s == o || slices.Equal(s.all, o.all) }

// maxShapes bounds the shapes that a pool knows. It forgets all when there are more: payloads keep theirs.
const maxShapes = 1 << 10

// know makes the shape of p's entities, and where p came from, those in hand, and returns their hash: both are mostly those of
// the saying before.
func (l *pool) know(p *saying) fingerprint {
	shaped := l.shaped(p.entities)
	if p.from == l.from && shaped {
		return l.known
	}
	if p.from != l.from {
		l.from, l.sum = p.from, l.sumOf(p.from)
	}
	if !shaped {
		l.shape = l.shapeOf(p.entities)
	}
	l.known = l.sum.with(l.shape.sum)
	return l.known
}

// shapeOf is the shape that entities have, in memory of its own.
func (l *pool) shapeOf(entities []tocsin.Entity) *shape {
	text := append(l.said[:0], 's')
	l.asked = l.asked[:0]
	for i := range entities {
		text = appendText(appendText(text, entities[i].Field), entities[i].Role)
		l.asked = append(l.asked, entityShape{entities[i].Field, entities[i].Role})
	}
	l.said = text
	if known, ok := l.shapes[string(text)]; ok {
		return known
	}
	if len(l.shapes) >= maxShapes {
		clear(l.shapes)
	}
	s := &shape{sum: l.hashOf(text)}
	for i := range entities {
		s.all = append(s.all, entityShape{strings.Clone(entities[i].Field), strings.Clone(entities[i].Role)})
	}
	l.shapes[string(text)] = s
	return s
}

// sumOf is a hash of all that an origin says.
func (l *pool) sumOf(o *origin) fingerprint {
	text := []byte{'o'}
	for _, s := range [4]string{o.source, o.file, o.topic, o.incarnation} {
		text = appendText(text, s)
	}
	return l.hashOf(binary.AppendVarint(text, int64(o.partition)))
}
