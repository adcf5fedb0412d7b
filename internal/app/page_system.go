package app

import (
	"math"
	"runtime"
	"runtime/debug"
	"runtime/metrics"

	"tocsin/internal/pipeline"
	"tocsin/internal/web"
)

// pageSystem tells what the daemon is made of, and how much of its limits it uses.
func (a *App) pageSystem(r *pipeline.Report) web.System {
	s := web.System{Version: buildVersion(), Go: runtime.Version(), Rules: a.rules().Set}
	// What the runtime holds and has not given back to the system, as GOMEMLIMIT counts it.
	held := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(held)
	s.Memory = int64(held[0].Value.Uint64() - held[1].Value.Uint64())
	if limit := debug.SetMemoryLimit(-1); limit != math.MaxInt64 {
		s.MemoryLimit = limit
	}
	for i := range r.Shards {
		shard := &r.Shards[i]
		e := web.Engine{
			Partition: shard.Partition, Offset: shard.Offset, Watermark: shard.Watermark, Holder: shard.Engine.Holder, Waiting: shard.Engine.Waiting,
		}
		for _, rule := range shard.Engine.Rules {
			e.Keys, e.Open, e.State = e.Keys+rule.Keys, e.Open+rule.OpenEvents, e.State+rule.Bytes
		}
		s.Engines = append(s.Engines, e)
	}
	return s
}
