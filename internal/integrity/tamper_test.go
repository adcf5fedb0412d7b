package integrity

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"tocsin"
	"tocsin/register"
)

// The kinds of what proves a register, as stores keep them.
const (
	logs        = "log"
	incidents   = "incident"
	stretches   = "stretch"
	checkpoints = "checkpoint"
	exhibits    = "exhibit" // with its original
)

// documents are all documents of a register by kind and id, as somebody with all rights sees them.
type documents map[string]map[string]string

// A raw store is one whose documents can be changed behind its back; "" removes.
type raw interface {
	Verifiable
	all() documents
	set(kind, id, doc string)
	done() // what was set is there
}

// A change is what somebody did: documents by kind and id, "" for those removed.
type change struct {
	what string
	docs documents
}

func (c change) put(kind, id, doc string) {
	if c.docs[kind] == nil {
		c.docs[kind] = map[string]string{}
	}
	c.docs[kind][id] = doc
}

// A vandal makes changes.
type vandal struct {
	*rand.Rand
	docs, old documents // now, and at an earlier checkpoint
}

func (v *vandal) pick(kind string) string {
	ids := slices.Sorted(maps.Keys(v.docs[kind]))
	return ids[v.IntN(len(ids))]
}

func (v *vandal) kind() string {
	return []string{logs, logs, logs, incidents, stretches, checkpoints, exhibits}[v.IntN(7)]
}

func logID(log string, seq int) string { return tocsin.LogEntryID(log, int64(seq)) }

// entries of a random log.
func (v *vandal) log() (string, []tocsin.LogEntry) {
	log, _, _ := strings.Cut(v.pick(logs), ":")
	var all []tocsin.LogEntry
	for seq := 1; ; seq++ {
		doc, ok := v.docs[logs][logID(log, seq)]
		if !ok {
			return log, all
		}
		all = append(all, decode[tocsin.LogEntry](doc))
	}
}

func decode[T any](doc string) (out T) {
	if err := json.Unmarshal([]byte(doc), &out); err != nil {
		panic(err)
	}
	return out
}

func encode(x any) string {
	text, err := json.Marshal(x)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// write is a log as somebody would write it who has read how it is done: hashes, chain and the state that follows.
func (c change) write(log string, entries []tocsin.LogEntry) {
	prev := ""
	for n := range entries {
		e := &entries[n]
		e.Seq, e.Prev = int64(n+1), prev
		e.Hash, _ = register.EntryHash(*e)
		prev = e.Hash
		c.put(logs, logID(log, n+1), encode(e))
	}
	if i, err := register.Project(entries); err == nil {
		c.put(incidents, log, encode(i))
	}
}

// changes are the ways of changing a register, each so that something is not what it was.
func (v *vandal) change() change {
	c := change{docs: documents{}}
	switch v.IntN(13) {
	case 0, 1:
		v.flip(&c)
	case 2:
		kind := v.kind()
		c.what = "delete a " + kind
		c.put(kind, v.pick(kind), "")
	case 3:
		log, entries := v.log()
		c.what = "insert an entry, and let the next ones move"
		at := v.IntN(len(entries) + 1)
		forged := entries[v.IntN(len(entries))]
		forged.Command = "forged"
		for n, e := range slices.Insert(slices.Clone(entries), at, forged) {
			e.Seq = int64(n + 1)
			c.put(logs, logID(log, n+1), encode(e))
		}
	case 4:
		log, entries := v.log()
		c.what = "append a forged entry, well chained"
		forged := entries[len(entries)-1]
		forged.Command, forged.Action, forged.To, forged.From, forged.Data, forged.Personal = "forged", tocsin.ActComment, "", "", nil, nil
		forged.By.Kind = "system"
		c.write(log, append(entries, forged))
	case 5:
		log, entries := v.log()
		a, b := v.IntN(len(entries)), v.IntN(len(entries))
		if a == b {
			return v.change()
		}
		c.what = "swap two entries"
		entries[a], entries[b] = entries[b], entries[a]
		if v.IntN(2) == 0 {
			c.put(logs, logID(log, a+1), encode(entries[a]))
			c.put(logs, logID(log, b+1), encode(entries[b]))
		} else {
			c.write(log, entries)
		}
	case 6, 7:
		log, entries := v.log()
		keep := v.IntN(len(entries))
		c.what = fmt.Sprintf("cut a log to %d entries, with its state", keep)
		c.write(log, entries[:keep])
		for seq := keep + 1; seq <= len(entries); seq++ {
			c.put(logs, logID(log, seq), "")
		}
		if keep == 0 {
			c.put(incidents, log, "")
		}
	case 8:
		log, entries := v.log()
		other, theirs := v.log()
		if log == other {
			return v.change()
		}
		n := v.IntN(min(len(entries), len(theirs)))
		c.what = "swap entries of two logs"
		ours, their := entries[n], theirs[n]
		if v.IntN(2) == 0 {
			ours.Incident, their.Incident = other, log
		}
		c.put(logs, logID(log, n+1), encode(their))
		c.put(logs, logID(other, n+1), encode(ours))
	case 9:
		log, entries := v.log()
		n := v.IntN(len(entries))
		c.what = "write a log anew with another text, well chained"
		entries[n].Text, entries[n].Personal = entries[n].Text+"!", nil
		c.write(log, entries)
	case 10:
		v.rewriteTree(&c)
	case 11:
		c.what = "erase a value in silence"
		id := v.pick(logs)
		e := decode[tocsin.LogEntry](v.docs[logs][id])
		if gone, err := register.Erase(&e); !gone || err != nil {
			return v.change()
		}
		c.put(logs, id, encode(e))
	default:
		c.what = "roll all of it back"
		for kind, docs := range v.docs {
			for id := range docs {
				if old := v.old[kind][id]; old != docs[id] {
					c.put(kind, id, old)
				}
			}
		}
	}
	return c
}

// rewriteTree writes a log and the tree anew, all but the signatures.
func (v *vandal) rewriteTree(c *change) {
	c.what = "write a log and the whole tree anew"
	log, entries := v.log()
	entries[v.IntN(len(entries))].Command += "x"
	c.write(log, entries)
	var p peaked
	for _, id := range slices.Sorted(maps.Keys(v.docs[stretches])) {
		st := decode[tocsin.Stretch](v.docs[stretches][id])
		for n, l := range st.Leaves {
			if l.Incident == log {
				st.Leaves[n].Hash = entries[l.Seq-1].Hash
			}
		}
		anew := p.grow(st.Leaves)
		anew.At = st.At
		c.put(stretches, id, encode(anew))
	}
}

// flip changes one letter or digit of a document so that it still reads, and says something else. What no proof is
// about is left alone: the tree's inner hashes, which are computed anew, and the times of stretches.
func (v *vandal) flip(c *change) {
	kind := v.kind()
	id := v.pick(kind)
	was := v.docs[kind][id]
	c.what = "flip a byte of a " + kind
	for {
		at := v.IntN(len(was))
		doc := was[:at] + string("0123456789abcdefXYZ"[v.IntN(19)]) + was[at+1:]
		if !strings.ContainsAny(was[at:at+1], `{}[]",:\`) && means(kind, doc) != means(kind, was) {
			c.put(kind, id, doc)
			return
		}
	}
}

// means is what a document says, "" where it cannot be read: such a one a store refuses to read.
func means(kind, doc string) string {
	var v any
	var err error
	switch kind {
	case logs:
		var e tocsin.LogEntry
		err = json.Unmarshal([]byte(doc), &e)
		v = e
	case incidents:
		var i tocsin.Incident
		err = json.Unmarshal([]byte(doc), &i)
		v = i
	case stretches:
		var s tocsin.Stretch
		err = json.Unmarshal([]byte(doc), &s)
		v = struct {
			First  int64
			Leaves []tocsin.TreeLeaf
		}{s.First, s.Leaves}
	case checkpoints:
		var c tocsin.Checkpoint
		err = json.Unmarshal([]byte(doc), &c)
		body, _, _ := strings.Cut(c.Note, "— tocsin ")
		v = strconv.FormatInt(c.Size, 10) + body // letters of base64 may differ and mean the same
	case exhibits:
		var x tocsin.Exhibit
		err = json.Unmarshal([]byte(doc), &x)
		v = x
	}
	if err != nil {
		return doc
	}
	return encode(v)
}

// tampered makes so many changes, each on an intact copy of the register, and wants all of them found.
func tampered(t *testing.T, copies []raw, old documents, trust Trust, changes int) {
	t.Helper()
	v := &vandal{Rand: rand.New(rand.NewPCG(2026, 11)), docs: copies[0].all(), old: old}
	for _, s := range copies {
		if faults := faultsOf(t, s, trust); len(faults) > 0 {
			t.Fatalf("before any change: %v", faults)
		}
	}
	kinds := map[string]int{}
	for n := 0; n < changes; n += len(copies) {
		made := make([]change, min(len(copies), changes-n))
		for k := range made {
			made[k] = v.change()
			kinds[made[k].what]++
			for kind, docs := range made[k].docs {
				for id, doc := range docs {
					copies[k].set(kind, id, doc)
				}
			}
		}
		settled(copies)
		var wg sync.WaitGroup
		for k, c := range made {
			wg.Go(func() {
				if len(faultsOf(t, copies[k], trust)) == 0 {
					t.Errorf("change %d, %s: not found\n%.600s", n+k, c.what, encode(c.docs))
				}
			})
		}
		wg.Wait()
		for k, c := range made { // done together with the next ones
			for kind, docs := range c.docs {
				for id := range docs {
					copies[k].set(kind, id, v.docs[kind][id])
				}
			}
		}
	}
	settled(copies)
	for _, s := range copies {
		if faults := faultsOf(t, s, trust); len(faults) > 0 {
			t.Fatalf("after all were undone: %v", faults)
		}
	}
	t.Logf("%d changes of %d kinds, all looked for", changes, len(kinds))
}

func settled(copies []raw) {
	for _, s := range copies {
		s.done()
	}
}

// faultsOf are what a check finds.
func faultsOf(t *testing.T, s raw, trust Trust) []error {
	sum, err := verifyStore(t.Context(), s, trust, 0)
	if err != nil {
		sum.Faults = append(sum.Faults, err)
	}
	return sum.Faults
}

// A shown store is one in memory whose documents were read out, and are read back by all that checks.
type shown struct {
	docs documents
}

// copyOf reads all documents of a store.
func copyOf(t testing.TB, s full) documents {
	t.Helper()
	ctx := context.WithoutCancel(t.Context())
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	d := documents{logs: {}, incidents: {}, stretches: {}, checkpoints: {}, exhibits: {}}
	tree, err := s.Stretches(ctx, 0, 1000)
	must(err)
	for _, st := range tree {
		d[stretches][fmt.Sprintf("%06d", st.First)] = encode(st)
	}
	signed, err := s.Checkpoints(ctx, 0, 1000)
	must(err)
	for _, c := range signed {
		d[checkpoints][fmt.Sprintf("%06d", c.Size)] = encode(c)
	}
	ids := map[string]bool{}
	for _, st := range tree {
		for _, l := range st.Leaves {
			ids[l.Incident] = true
		}
	}
	for id := range ids {
		entries, err := s.Entries(ctx, id, 1)
		must(err)
		for _, e := range entries {
			d[logs][e.ID()] = encode(e)
		}
		if i, err := s.Incident(ctx, id); err == nil {
			d[incidents][id] = encode(i)
		}
		names, err := register.ExhibitIDs(entries)
		must(err)
		all, err := s.Exhibits(ctx, id, names, true)
		must(err)
		for _, x := range all {
			d[exhibits][id+" "+x.ID] = encode(x)
		}
	}
	return d
}

func (d documents) clone() documents {
	out := documents{}
	for kind, docs := range d {
		out[kind] = maps.Clone(docs)
	}
	return out
}
