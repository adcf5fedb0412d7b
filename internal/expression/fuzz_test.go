package expression

import (
	"errors"
	"runtime"
	"testing"
	"time"

	"tocsin/internal/cputime"
)

// FuzzFields holds that no text makes the compiler or a run fail otherwise than by an error, that both end in time,
// and that an expression sees the same on the same alert again and with nothing loaded.
func FuzzFields(f *testing.F) {
	for text := range semantics {
		f.Add(text)
	}
	f.Add(`let x = xs; any(x, # > 5) and not (long matches "(a+)+$")`)
	f.Fuzz(func(t *testing.T, text string) {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		start := cputime.Thread()
		table := testTable()
		x, err := table.Compile(text, Names{"x": `xs == 1 or long == "a"`})
		if err != nil {
			if faults, ok := errors.AsType[Errors](err); !ok || len(faults) == 0 {
				t.Fatal("an error that says nothing")
			}
			return
		}
		e := table.Evaluator()
		e.Load(hostileFields(), testTime)
		first, err1 := e.Holds(x)
		e.Load(testFields(), testTime)
		_, _ = e.Holds(x)
		e.Load(hostileFields(), testTime)
		again, err2 := e.Holds(x)
		if first != again || (err1 == nil) != (err2 == nil) {
			t.Errorf("%v, %v and then %v, %v", first, err1, again, err2)
		}
		e.Explain(x)
		if took := cputime.Thread() - start; took > 2*time.Second*slowness {
			t.Errorf("it took %v", took)
		}
	})
}
