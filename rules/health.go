package rules

import (
	"sync/atomic"
	"time"
)

// quarantineAfter is how many errors in a row take a rule out of service (engine.md, ruling 17).
const quarantineAfter = 100

// health is what the matchers of a set have counted together.
type health struct {
	rules      []ruleHealth
	exceptions []atomic.Int64
	timed      atomic.Int64 // alerts that were measured
	search     atomic.Int64 // nanoseconds on them that no rule in particular took
}

type ruleHealth struct {
	matches     atomic.Int64
	hidden      atomic.Int64
	errors      atomic.Int64
	inRow       atomic.Int64
	cut         atomic.Int64
	cost        atomic.Int64 // nanoseconds on the alerts that were measured
	woken       atomic.Int64 // how often it was evaluated on them
	quarantined atomic.Bool
	lastError   atomic.Pointer[string]
	absent      []atomic.Int64 // as compiled.reads
	run         *run           // nil for a rule that is in none
}

func newHealth(s *Set) *health {
	h := &health{rules: make([]ruleHealth, len(s.rules)), exceptions: make([]atomic.Int64, len(s.exceptions))}
	for i := range h.rules {
		h.rules[i].absent = make([]atomic.Int64, len(s.compiled[i].reads))
		if past := int(s.compiled[i].past); past > i+1 {
			together := new(run)
			for j := i; j < past; j++ {
				h.rules[j].run = together
			}
		}
	}
	return h
}

func (h *ruleHealth) failed(err error) {
	text := err.Error()
	h.lastError.Store(&text)
	h.errors.Add(1)
	if h.run != nil {
		h.run.troubled.Store(true)
	}
	if h.inRow.Add(1) >= quarantineAfter {
		h.quarantined.Store(true)
	}
}

func (h *ruleHealth) worked() {
	if h.inRow.Load() != 0 {
		h.inRow.Store(0)
	}
}

// A State is what the matchers of a set have seen of one rule since the set was loaded.
type State struct {
	Rule        string
	Matches     int64            // not hidden
	Hidden      int64            // by exceptions
	Errors      int64            // alerts on which an expression of the rule failed
	LastError   string           // "" for none
	Cut         int64            // alerts whose arrays name more than 64 group keys; the rest of the keys went without
	Quarantined bool             // 100 errors in a row: the rule matches nothing until it is loaded anew
	Cost        time.Duration    // of matching it, an alert, over a sample of all alerts; 0: nothing was measured
	Woken       float64          // how often it was evaluated, an alert, over the same sample
	Absent      map[string]int64 // field -> alerts that satisfied the condition and lacked the field; zeros left out
}

// States are the states of all rules, as [Set.Rules].
func (s *Set) States() []State {
	out := make([]State, len(s.rules))
	for i, r := range s.rules {
		h := &s.health.rules[i]
		st := State{
			Rule: r.ID, Matches: h.matches.Load(), Hidden: h.hidden.Load(), Errors: h.errors.Load(),
			Cut: h.cut.Load(), Quarantined: h.quarantined.Load(), Cost: s.health.cost(i), Woken: s.health.woken(i), Absent: map[string]int64{},
		}
		if s.compiled[i].follows {
			st.Matches += h.run.matches.Load()
		}
		if text := h.lastError.Load(); text != nil {
			st.LastError = *text
		}
		for j := range h.absent {
			if n := h.absent[j].Load(); n > 0 {
				st.Absent[s.table.Name(s.compiled[i].reads[j])] = n
			}
		}
		out[i] = st
	}
	return out
}

// Hidden is how many matches each exception has hidden, as [Set.Exceptions].
func (s *Set) Hidden() []int64 {
	out := make([]int64, len(s.exceptions))
	for i := range out {
		out[i] = s.health.exceptions[i].Load()
	}
	return out
}
