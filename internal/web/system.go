package web

import "time"

// System is what the daemon is made of and how much of its limits it uses.
type System struct {
	Version     string
	Go          string
	Rules       string // the set in force
	Memory      int64  // bytes that the process holds
	MemoryLimit int64  // that it keeps below; 0: none is set
	Engines     []Engine
}

// An Engine correlates the alerts of one partition.
type Engine struct {
	Partition  int32
	Offset     int64 // of the record behind the last one that is in its state
	Watermark  time.Time
	Holder     string // what it waits for, as source/partition; "" for nothing
	Waiting    []string
	Keys, Open int
	State      int64 // bytes
}

// Share is the percentage of the limit that is used, 0 where none is set.
func (s System) Share() int64 {
	if s.MemoryLimit <= 0 {
		return 0
	}
	return min(100, 100*s.Memory/s.MemoryLimit)
}

// Tight reports whether the process is near its limit, where the collector of garbage takes the processor.
func (s System) Tight() bool { return s.Share() >= 85 }

// Well reports whether nothing asks for a look.
func (v healthView) Well() bool { return len(v.Troubles) == 0 && v.Rules.Faults == "" }
