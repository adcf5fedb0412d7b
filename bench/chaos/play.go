package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
)

// A play is one run on a stand.
type play struct {
	*stand
	out io.Writer

	mu       sync.Mutex
	fleet    []*daemon
	guests   []*daemon // of rebalance storms
	watch    *watch
	people   *people
	records  records
	missed   int // failpoints that nobody passed
	troubles []string
}

// run lets records come in while act does what it does, then looks whether the register is as it must be. What is done
// behind that is done where it was.
func (p *play) run(ctx context.Context, act, behind func(context.Context) error) (failed error) {
	closeRecords, err := p.openRecords()
	if err != nil {
		return err
	}
	defer func() { failed = errors.Join(failed, closeRecords()) }()
	if err := p.launch(); err != nil {
		return err
	}
	defer func() { _ = p.stopAll() }() // told below where it matters
	looking, stop := context.WithCancel(ctx)
	defer stop()
	var seen sync.WaitGroup
	seen.Go(func() { p.watch.run(looking) })
	producing, enough := context.WithCancel(ctx)
	p.people = newPeople(p)
	var talking sync.WaitGroup
	talking.Go(func() { p.people.run(producing) })
	produced := make(chan int, 1)
	go func() { produced <- p.produce(producing) }()
	err = act(ctx)
	if err != nil || p.recorded == "" {
		enough()
	}
	records := <-produced
	enough()
	talking.Wait()
	if err != nil {
		return errors.Join(err, p.stopAll(), p.report(err == nil))
	}
	p.say("%d records produced, settling", records)
	err = p.judge(ctx, records)
	if behind != nil && ctx.Err() == nil {
		err = errors.Join(err, behind(ctx))
	}
	stop()
	seen.Wait()
	return errors.Join(err, p.stopAll(), p.report(err == nil))
}

// launch starts the fleet and the watch.
func (p *play) launch() error {
	for n := range p.daemons {
		d, err := p.daemon(fmt.Sprintf("daemon-%d", n+1))
		if err != nil {
			return err
		}
		p.fleet = append(p.fleet, d)
		d.launch()
	}
	counted := func(n int) []int {
		all := make([]int, n)
		for i := range all {
			all[i] = i
		}
		return all
	}
	p.watch = newWatch(p.client(), map[string]map[string][]int{
		p.name + "-detect":    {p.topic(): counted(inputs), p.name + ".intake": counted(8)},
		p.name + "-correlate": {p.name + ".matches": counted(shards)},
		p.name + "-registrar": {p.name + ".events": counted(1)},
	}, p.members, int64(calmSeconds*p.rate))
	return nil
}

func (p *play) daemon(name string) (*daemon, error) {
	file, err := p.configure(name)
	return &daemon{name: name, binary: p.binary, file: file, env: p.environment()}, err
}

func (p *play) members() []*daemon {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append(append([]*daemon(nil), p.fleet...), p.guests...)
}

func (p *play) stopAll() error {
	members := p.members()
	errs := make([]error, len(members))
	var wg sync.WaitGroup
	for i, d := range members {
		wg.Go(func() { errs[i] = d.stop() })
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (p *play) say(format string, args ...any) {
	fmt.Fprintf(p.out, "%6.1f s  %s\n", time.Since(p.begun).Seconds(), fmt.Sprintf(format, args...))
}

// produce writes records until ctx ends or there are none any more, at a steady rate, spread over the partitions so that each is in the order of
// time. What is not acknowledged is written again: the topic may then hold it twice, and the replay reads the topic.
func (p *play) produce(ctx context.Context) (acknowledged int) {
	w := &kafka.Writer{
		Addr: kafka.TCP(p.brokers...), Topic: p.topic(), RequiredAcks: kafka.RequireAll, BatchTimeout: 5 * time.Millisecond, MaxAttempts: 1,
		WriteTimeout: 5 * time.Second, ReadTimeout: 5 * time.Second,
		Balancer: kafka.BalancerFunc(func(m kafka.Message, _ ...int) int { return int(m.Key[0]) }),
	}
	defer w.Close()
	const perSecond = 10
	tick := time.NewTicker(time.Second / perSecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return acknowledged
		case <-tick.C:
		}
		var messages []kafka.Message
		for range max(p.rate/perSecond, 1) {
			value, ok := p.records.next()
			if !ok {
				break
			}
			messages = append(messages, kafka.Message{Key: []byte{byte((acknowledged + len(messages)) % inputs)}, Value: value})
		}
		if len(messages) == 0 {
			return acknowledged
		}
		for ctx.Err() == nil {
			writing, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
			err := w.WriteMessages(writing, messages...)
			cancel()
			if err == nil {
				acknowledged += len(messages)
				break
			}
			time.Sleep(200 * time.Millisecond)
		}
	}
}

// judge waits until the register is what the replay says, and tells what differs when the time is over.
func (p *play) judge(ctx context.Context, records int) error {
	played, err := p.replayTopic(ctx)
	if err != nil {
		return fmt.Errorf("replay the input: %w", err)
	}
	summary := played.Summary
	want, err := expected(ctx, played)
	if err != nil {
		return err
	}
	p.say("the replay: %v, %d records in the topic", summary, summary.Records)
	if summary.Records < int64(records) {
		p.trouble("the topic holds %d of %d records", summary.Records, records)
	}
	if p.recorded != "" {
		p.readToEnd(ctx)
	}
	deadline := time.Now().Add(p.settle)
	var diffs []difference
	for {
		got, err := p.found(ctx)
		if err == nil {
			for _, key := range p.people.given {
				want.comments[key] = 1
			}
			diffs = compare(want, got)
			if kept := int64(len(got.alerts)+len(got.dead)) + summary.Marks["duplicate"]; kept != summary.Records && time.Now().After(deadline) {
				p.trouble("%d records became %d alerts, dead letters and duplicates", summary.Records, kept)
			}
		}
		bad := err != nil
		for i := range diffs {
			bad = bad || diffs[i].bad()
		}
		if !bad || time.Now().After(deadline) {
			fmt.Fprint(p.out, table(diffs))
			if bad {
				return errors.Join(errors.New("the register is not what the replay says"), err)
			}
			p.say("settled")
			if p.recorded != "" {
				return p.compareFile(ctx, played)
			}
			return nil
		}
		select {
		case <-ctx.Done():
			fmt.Fprint(p.out, table(diffs))
			return ctx.Err()
		case <-time.After(3 * time.Second):
		}
	}
}

// fewLeft are so many records, in all logs together, that no stage has much to read: some are always on their way.
const fewLeft = 2000

// readToEnd waits until no stage has much to read: recorded alerts may come faster than they are read.
func (p *play) readToEnd(ctx context.Context) {
	for told := time.Now(); ; {
		n, err := p.watch.waiting(ctx)
		if ctx.Err() != nil || err == nil && n <= fewLeft {
			p.say("the logs are read")
			return
		}
		if time.Since(told) > time.Minute {
			told = time.Now()
			p.say("%d records wait to be read by some stage", n)
		}
		if pause(ctx, time.Second) != nil {
			return
		}
	}
}

func (p *play) trouble(format string, args ...any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.troubles = append(p.troubles, fmt.Sprintf(format, args...))
}

// report tells what was seen beside the register, which is right or not, and is the error of what must not be.
func (p *play) report(right bool) error {
	killed := 0
	ended := map[string]int{}
	for _, d := range p.members() {
		n, said := d.ends()
		killed += n
		for _, text := range said {
			ended[text]++
		}
	}
	for _, text := range slices.Sorted(maps.Keys(ended)) {
		fmt.Fprintf(p.out, "  ended by itself, %d times: %s\n", ended[text], text)
	}
	weight := p.watch.weight()
	fmt.Fprintf(p.out, "daemons killed %d times; %d failpoints not reached; %d requests to Elasticsearch disturbed\n", killed, p.missed, p.proxy.faults.Load())
	fmt.Fprintf(p.out, "committed offsets looked at %d times, back %d times\n", p.watch.samples, len(p.watch.back))
	fmt.Fprintf(p.out, "memory of a daemon at most %d MiB, steepest growth in calm %.1f MiB a minute (%d stretches, %.1f minutes)\n",
		weight.peak>>20, float64(weight.slope)/(1<<20), weight.stretches, weight.looked.Minutes())
	for _, text := range p.watch.back {
		p.trouble("offset: %s", text)
	}
	for _, text := range weight.troubles(right && p.rests()) {
		p.trouble("%s", text)
	}
	if len(p.troubles) > 0 {
		return errors.New(strings.Join(p.troubles, "\n"))
	}
	if right {
		fmt.Fprintf(p.out, "seed %d: all promises held, %.0f s\n", p.seed, time.Since(p.begun).Seconds())
	}
	return nil
}
