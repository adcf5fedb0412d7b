package register

import (
	"context"
	"slices"
	"sync"

	"tocsin"
)

// The prefixes keep the names of documents apart.
const (
	ofVerdict    = "verdict "
	ofSlot       = "slot "
	ofLog        = "log "
	ofProjection = "projection "
)

// A plan gathers what emissions write, and puts it into steps: what stands in one step can be written in any order.
type plan struct {
	emissions []planned
}

// A planned emission is what it read, and what it writes, in its order.
type planned struct {
	read   map[string]bool
	write  map[string]bool
	groups []tocsin.Documents
}

func (p *plan) begin() {
	p.emissions = append(p.emissions, planned{read: map[string]bool{}, write: map[string]bool{}})
}

func (p *plan) current() *planned { return &p.emissions[len(p.emissions)-1] }

func (p *plan) reads(name string) { p.current().read[name] = true }

func (p *plan) writes(d tocsin.Documents, names ...string) {
	e := p.current()
	e.groups = append(e.groups, d)
	for _, name := range names {
		e.write[name] = true
	}
}

// exhibits are written with what the emission wrote last: before what it writes next.
func (p *plan) exhibits(all []tocsin.Exhibit) {
	e := p.current()
	if len(e.groups) == 0 {
		e.groups = append(e.groups, tocsin.Documents{})
	}
	last := &e.groups[len(e.groups)-1]
	last.Exhibits = append(last.Exhibits, all...)
}

// steps are what to write with one request each. An emission's writes are in steps of their order, behind the last step
// of every earlier emission that wrote what it reads or writes, or read what it writes.
func (p *plan) steps() []tocsin.Documents {
	var steps []tocsin.Documents
	written, looked := map[string]int{}, map[string]int{} // by name: the first step that is free again
	for _, e := range p.emissions {
		at := 0
		for name := range e.read {
			at = max(at, written[name])
		}
		for name := range e.write {
			at = max(at, written[name], looked[name])
		}
		for _, d := range e.groups {
			if at == len(steps) {
				steps = append(steps, tocsin.Documents{})
			}
			s := &steps[at]
			s.Slots, s.Verdicts = append(s.Slots, d.Slots...), append(s.Verdicts, d.Verdicts...)
			s.Entries, s.Incidents = append(s.Entries, d.Entries...), append(s.Incidents, d.Incidents...)
			s.Exhibits = append(s.Exhibits, d.Exhibits...)
			at++
		}
		for name := range e.read {
			looked[name] = max(looked[name], at)
		}
		for name := range e.write {
			written[name] = max(written[name], at)
		}
	}
	return steps
}

// numbers are such as were handed out to a register in a row and are not used yet. What is left when it ends is a gap.
type numbers struct {
	mu   sync.Mutex
	left map[string][]int64 // by counter
}

// mostNumbers bounds the gap.
const mostNumbers = 16

// next takes a number, and a row of at most so many where there is none.
func (n *numbers) next(ctx context.Context, b Bulk, counter string, most int64) (int64, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.left[counter]) == 0 {
		row := min(most, mostNumbers)
		first, err := b.NextOf(ctx, counter, row)
		if err != nil {
			return 0, err
		}
		if n.left == nil {
			n.left = map[string][]int64{}
		}
		for i := range row {
			n.left[counter] = append(n.left[counter], first+i)
		}
	}
	taken := n.left[counter][0]
	n.left[counter] = slices.Delete(n.left[counter], 0, 1)
	return taken, nil
}
