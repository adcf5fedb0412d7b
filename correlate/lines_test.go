package correlate

import (
	"testing"
	"unsafe"
)

// What an alert that is left reads and writes of its key is in as few lines of the processor's cache as can be: each of
// them is one access to memory where there are many keys.
func TestLines(t *testing.T) {
	t.Parallel()
	const line = 64
	const header = 8 // of an object that is larger than 512 bytes
	var ev event
	if at := header + unsafe.Offsetof(ev.recent); at%line != 0 {
		t.Errorf("the recent payloads begin %d bytes into a line", at%line)
	}
	sum := header + unsafe.Offsetof(ev.sum)
	if end := header + unsafe.Offsetof(ev.calm) + unsafe.Sizeof(ev.calm); (end-1)/line-sum/line > 1 {
		t.Errorf("sum and calm are in %d lines", (end-1)/line-sum/line+1)
	}
	if n := unsafe.Sizeof(state{}); n != 2*line {
		t.Errorf("a state takes %d bytes", n)
	}
	if n := unsafe.Sizeof(berth{}); n != 2*line {
		t.Errorf("a berth takes %d bytes", n)
	}
	if n := header + unsafe.Sizeof(ev); n > 1536 {
		t.Errorf("an event takes %d bytes: of the sizes in which memory is given out, 1,536 begin with a line", n)
	}
}
