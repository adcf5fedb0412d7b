package replay

import (
	"fmt"

	"tocsin/classify"
	"tocsin/internal/pipeline"
	"tocsin/register"
)

// newRegister is a register over a store that lasts as long as the replay.
func newRegister(store register.Store, scales *classify.Scales) *register.Register {
	o := pipeline.RegisterOptions(scales)
	o.Store = store
	return register.New(o)
}

// Notes are the lines of the report that tell what did not go as it should: nothing is dropped silently.
func (s Summary) Notes() []string {
	var notes []string
	add := func(n int64, text string) {
		if n > 0 {
			notes = append(notes, fmt.Sprintf("%d %s", n, text))
		}
	}
	add(s.Hidden, "matches hidden by exceptions")
	var late, evicted int64
	for _, r := range s.Engine.Rules {
		for _, n := range r.Late {
			late += n
		}
		evicted += r.Evicted
	}
	add(late, "matches beyond lateness, not correlated")
	add(evicted, "group keys evicted by a limit")
	return notes
}
