package simulator

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"tocsin"
	"tocsin/correlate"
	"tocsin/internal/pipeline"
	"tocsin/register"
	"tocsin/sinks"
	"tocsin/sinks/elastic"
	sinkskafka "tocsin/sinks/kafka"
)

// A daemon is one life of a process: its stages, and the ways in which it can end.
type daemon struct {
	world  *world
	number int
	dead   context.Context // done once it was killed: nothing of it happens any more
	kill   context.CancelFunc
	frozen time.Time // until when it stands still; under the world's lock
	stop   context.CancelFunc
	parts  sync.WaitGroup
}

// start begins a daemon's next life.
func (w *world) start(ctx context.Context, number int) (*daemon, error) {
	d := &daemon{world: w, number: number}
	d.dead, d.kill = context.WithCancel(ctx)
	alive, stop := context.WithCancel(ctx)
	d.stop = stop
	retry := sinks.Retry{Random: w.float}
	st, err := elastic.New(elastic.Config{Addresses: []string{"http://127.0.0.1:1"}, Transport: wire{d}, Retry: retry, Timeout: 20 * time.Second})
	if err != nil {
		return nil, err
	}
	d.run(alive, "detect", d.detect(st))
	d.run(alive, "correlate", d.correlate(st))
	d.run(alive, "registrar", d.registrar(st))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.daemons[number] = d
	return d, nil
}

// run keeps a stage going while the daemon lives. A stage that fails makes a daemon end, as its supervisor starts it anew.
func (d *daemon) run(ctx context.Context, group string, serve func(context.Context, *pipeline.Generation) error) {
	d.parts.Go(func() {
		err := d.world.groups[group].join(ctx, d, serve)
		if err != nil && d.dead.Err() == nil && ctx.Err() == nil {
			d.world.mu.Lock()
			d.world.violated(fmt.Sprintf("stage %s of daemon %d ended with %v", group, d.number, err))
			d.world.mu.Unlock()
		}
	})
}

// crash ends a daemon at once, and starts it anew after a while.
func (d *daemon) crash() {
	d.kill()
	d.stop()
}

func (d *daemon) retry() *pipeline.Retry {
	return &pipeline.Retry{Log: slog.New(slog.DiscardHandler), Now: time.Now, Random: d.world.float}
}

// The policy of the one source.
const (
	disorder  = 2 * time.Minute
	lateness  = 2 * time.Hour
	idleAfter = 8 * time.Second // longer than the input takes to come and than faults last at a time
)

func (d *daemon) detect(st *elastic.Store) func(context.Context, *pipeline.Generation) error {
	policy := pipeline.Policy{
		Source: "sim", Disorder: disorder, Lateness: lateness, IdleAfter: idleAfter, Recorded: true, Ordered: true, Keep: pipeline.KeepAll,
	}
	var listed []tocsin.SourcePartition
	for i := range d.world.Inputs {
		listed = append(listed, pipeline.SourcePartitionOf("sim", 0, int32(i))) //nolint:gosec // a few
	}
	return (&pipeline.KafkaDetect{
		Detector: pipeline.Detector{Alerts: st, Dead: st}, Decoders: func() (pipeline.Decoder, error) { return d.world.decoder(), nil },
		Sets: pipeline.NewSets(d.world.kit.set), Matches: d, Inputs: map[string]pipeline.Input{"in": {Policy: policy}},
		Listed: func(context.Context) ([]tocsin.SourcePartition, error) { return listed, nil },
		Now:    time.Now, Retry: d.retry(),
	}).Serve
}

func (d *daemon) correlate(st *elastic.Store) func(context.Context, *pipeline.Generation) error {
	n, set := d.world.Matches, d.world.kit.set
	return (&pipeline.KafkaCorrelate{
		Owns: func(partition int32, tenant, rule string, key []tocsin.Value) bool {
			return partition == sinkskafka.PartitionOf(tenant, rule, key, set.Chained(rule), n)
		},
		Sets: pipeline.NewSets(set), Config: correlate.Config{Lateness: lateness}, Read: sinkskafka.DecodeLogRecord, Events: st, EventLog: d, State: st,
		SnapshotEvery: d.world.Snapshots, Now: time.Now, Retry: d.retry(), Log: slog.New(slog.DiscardHandler),
	}).Serve
}

func (d *daemon) registrar(st *elastic.Store) func(context.Context, *pipeline.Generation) error {
	r := newRegister(d.world.kit, st)
	return (&pipeline.KafkaRegistrar{
		Registrar: pipeline.Assessor{Classifier: d.world.kit.classifier, Register: r}, Read: sinkskafka.DecodeEventRecord, Partitions: d.world.Matches,
		Timers:      func(ctx context.Context) error { _, err := r.Timers(ctx, time.Now()); return err },
		TimersEvery: 30 * time.Second, Retry: d.retry(), Log: slog.New(slog.DiscardHandler),
	}).Serve
}

func newRegister(k *Kit, s register.Store) *register.Register {
	o := pipeline.RegisterOptions(k.scales)
	o.Store, o.Now = s, time.Now
	return register.New(o)
}
