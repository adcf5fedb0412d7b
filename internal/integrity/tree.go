package integrity

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/mod/sumdb/tlog"

	"tocsin"
	"tocsin/register"
)

// A Tree keeps the tree's stretches; see package sinks, which all stores are held to.
type Tree interface {
	PutStretch(ctx context.Context, s tocsin.Stretch) error
	Stretches(ctx context.Context, from int64, limit int) ([]tocsin.Stretch, error)
	StretchesOf(ctx context.Context, log string) ([]tocsin.Stretch, error)
}

// A Store is what entries are sequenced from, and where the tree and its checkpoints are kept.
type Store interface {
	register.Log
	Tree
	Sequencer
	Checkpoints
}

// A Peaked tree is as much of a tree as is needed to add to it: the roots of its full subtrees, the largest first.
type peaked struct {
	size  int64
	peaks []tlog.Hash
}

// add appends a leaf and returns the hashes that it completes, in the order in which package tlog stores them.
func (p *peaked) add(h tlog.Hash) []tlog.Hash {
	done := []tlog.Hash{h}
	for n := p.size; n&1 == 1; n >>= 1 {
		last := len(p.peaks) - 1
		h = tlog.NodeHash(p.peaks[last], h)
		p.peaks, done = p.peaks[:last], append(done, h)
	}
	p.peaks = append(p.peaks, h)
	p.size++
	return done
}

// root is the hash of the whole tree.
func (p *peaked) root() tlog.Hash {
	if len(p.peaks) == 0 {
		return tlog.Hash{}
	}
	h := p.peaks[len(p.peaks)-1]
	for _, left := range slices.Backward(p.peaks[:len(p.peaks)-1]) {
		h = tlog.NodeHash(left, h)
	}
	return h
}

// leafHash is a leaf as the tree holds it.
func leafHash(l tocsin.TreeLeaf) tlog.Hash { return tlog.RecordHash(l.Text()) }

// grow makes the stretch that leaves are to a tree.
func (p *peaked) grow(leaves []tocsin.TreeLeaf) tocsin.Stretch {
	s := tocsin.Stretch{First: p.size, Leaves: leaves, Hashes: make([]byte, 0, 2*sha256.Size*len(leaves))}
	for _, l := range leaves {
		for _, h := range p.add(leafHash(l)) {
			s.Hashes = append(s.Hashes, h[:]...)
		}
	}
	return s
}

// A reader finds the tree's hashes in its stretches; it remembers those that it read.
type reader struct {
	ctx   context.Context //nolint:containedctx // tlog's interface has none
	tree  Tree
	known map[int64]tocsin.Stretch // by first leaf
}

func newReader(ctx context.Context, t Tree) *reader {
	return &reader{ctx: ctx, tree: t, known: map[int64]tocsin.Stretch{}}
}

// errHoles says that the tree lacks a stretch, or one of its hashes.
var errHoles = errors.New("the tree of hashes has a hole")

// ReadHashes implements [tlog.HashReader].
func (r *reader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		level, n := tlog.SplitStoredHashIndex(index)
		leaf := (n+1)<<level - 1 // that completed it
		s, err := r.holding(leaf)
		if err != nil {
			return nil, err
		}
		h, ok := s.HashAt(index - tlog.StoredHashIndex(0, s.First))
		if !ok {
			return nil, fmt.Errorf("stretch at leaf %d has too few hashes: %w", s.First, errHoles)
		}
		out[i] = h
	}
	return out, nil
}

func (r *reader) holding(leaf int64) (tocsin.Stretch, error) {
	for _, s := range r.known {
		if s.First <= leaf && leaf < s.End() {
			return s, nil
		}
	}
	found, err := r.tree.Stretches(r.ctx, leaf, 1)
	if err != nil {
		return tocsin.Stretch{}, err
	}
	if len(found) == 0 || found[0].First > leaf || found[0].End() <= leaf {
		return tocsin.Stretch{}, fmt.Errorf("leaf %d: %w", leaf, errHoles)
	}
	r.known[found[0].First] = found[0]
	return found[0], nil
}

// peaksOf reads what is needed to add to a tree of that size.
func peaksOf(r *reader, size int64) (peaked, error) {
	p := peaked{size: size}
	var indexes []int64
	for at, level := int64(0), 62; level >= 0; level-- {
		if size&(1<<level) != 0 {
			indexes = append(indexes, tlog.StoredHashIndex(level, at>>level))
			at += 1 << level
		}
	}
	var err error
	p.peaks, err = r.ReadHashes(indexes)
	return p, err
}
