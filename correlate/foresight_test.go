package correlate

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tocsin"
)

// What is foreseen shows nowhere: whatever of the matches is, in whatever order, and whether it comes or not.
func TestForesightIsAMatterOfSpeed(t *testing.T) {
	t.Parallel()
	met := 0
	checkRounds(t, 4, func(t *rapid.T) {
		set := planSet{hash: "set", plans: drawKin(t)}
		log := drawKinLog(t, set.plans)
		plain, told := newEngine(Config{}, set), newEngine(Config{}, set)
		var said, again []tocsin.Event
		for i := range log {
			for range rapid.IntRange(0, 2).Draw(t, "foreseen") {
				if m := log[min(i+rapid.IntRange(0, 9).Draw(t, "ahead"), len(log)-1)].Match; m != nil {
					told.Foresee(m)
				}
			}
			if m := log[i].Match; m != nil {
				if _, ok := told.foresight.hash(m); ok {
					met++
				}
			}
			said, again = append(said, run(plain, log[i:i+1])...), append(again, run(told, log[i:i+1])...)
		}
		if diff := cmp.Diff(lines(t, said), lines(t, again)); diff != "" {
			t.Fatalf("(-unforeseen +foreseen):\n%s", diff)
		}
		if !bytes.Equal(plain.Snapshot(), told.Snapshot()) {
			t.Fatal("snapshots differ")
		}
		audit(t, told)
	})
	if met == 0 {
		t.Error("no match came that was foreseen: the property says nothing")
	}
}
