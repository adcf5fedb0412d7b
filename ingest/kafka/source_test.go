package kafka

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/segmentio/kafka-go/compress"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"tocsin/ingest"
)

func offsets(records []ingest.Record) map[int32][]int64 {
	out := map[int32][]int64{}
	for _, r := range records {
		out[r.Ref.Partition] = append(out[r.Ref.Partition], r.Ref.Offset)
	}
	return out
}

func upTo(n int64) []int64 {
	out := make([]int64, n)
	for i := range out {
		out[i] = int64(i)
	}
	return out
}

func numbered(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf(`{"n":%d}`, i)
	}
	return out
}

// All records of all partitions and topics come once and in order, and a second life of the group begins behind them.
func TestReadAll(t *testing.T) {
	onClusters(t, func(t *testing.T, c *cluster) {
		one, two := c.topic(t, 4), c.topic(t, 1)
		for p := range int32(4) {
			c.produce(t, one, p, numbered(2500)...)
		}
		c.produce(t, two, 0, "x", "y")
		cfg := c.config("g-"+one, one, two)
		cfg.Topics[1].Source, cfg.Topics[1].Tenant, cfg.Topics[1].Format = "sensor", "acme", "suricata"
		s := open(t, cfg, Options{})
		var first, second []ingest.Record
		for _, r := range readN(t, s, 10002) {
			if r.Ref.Topic == one {
				first = append(first, r)
			} else {
				second = append(second, r)
			}
		}
		all := upTo(2500)
		if diff := cmp.Diff(map[int32][]int64{0: all, 1: all, 2: all, 3: all}, offsets(first)); diff != "" {
			t.Error(diff)
		}
		last := second[1]
		if last.Source != "sensor" || last.Tenant != "acme" || last.Format != "suricata" || string(last.Value) != "y" {
			t.Errorf("%+v", last)
		}
		if d := time.Since(last.Received); d < 0 || d > time.Minute {
			t.Errorf("received %v ago", d)
		}
		if id := last.Ref.Incarnation; !strings.Contains(id, "/") || id == first[0].Ref.Incarnation {
			t.Errorf("incarnations %q and %q", id, first[0].Ref.Incarnation)
		}
		s.Close()

		c.produce(t, two, 0, "z")
		s = open(t, cfg, Options{})
		if next := readN(t, s, 1); len(next) != 1 || string(next[0].Value) != "z" {
			t.Errorf("after a restart: %v", next)
		}
	})
}

// Every compression is read.
func TestCodecs(t *testing.T) {
	onClusters(t, func(t *testing.T, c *cluster) {
		topic := c.topic(t, 1)
		for _, codec := range []compress.Compression{compress.None, compress.Gzip, compress.Snappy, compress.Lz4, compress.Zstd} {
			c.produceRaw(t, topic, 0, encodeBatch(t, 0, codec, time.Now(),
				testRecord{value: []byte(strings.Repeat("a", 1000))}, testRecord{value: []byte(codec.String())}))
		}
		var got []string
		for _, r := range readN(t, open(t, c.config("g-"+topic, topic), Options{}), 10) {
			got = append(got, string(r.Value))
		}
		a := strings.Repeat("a", 1000)
		if diff := cmp.Diff([]string{a, "uncompressed", a, "gzip", a, "snappy", a, "lz4", a, "zstd"}, got); diff != "" {
			t.Error(diff)
		}
	})
}

// Two members share the partitions, come and go; nothing is lost and no committed offset moves back.
func TestRebalance(t *testing.T) {
	onClusters(t, func(t *testing.T, c *cluster) {
		const total, partitions = 100_000, 4
		topic := c.topic(t, partitions)
		for p := range int32(partitions) {
			c.produce(t, topic, p, numbered(total/partitions)...)
		}
		cfg := c.config("g-"+topic, topic)
		cfg.Session = time.Second // noticed sooner
		seen := &tally{left: total, seen: map[string]int{}, done: make(chan struct{}), joined: make(chan struct{})}
		stop := make(chan struct{})
		var watch sync.WaitGroup
		watch.Go(func() { neverBackwards(t, c, cfg.Group, topic, partitions, stop) })

		var members sync.WaitGroup
		members.Go(func() { seen.consume(t, cfg, 0) }) // stays
		for i := range 3 {                             // come and go
			members.Go(func() {
				<-seen.reached(total / 5 * (i + 1))
				seen.consume(t, cfg, total/20)
			})
		}
		select {
		case <-seen.done:
		case <-time.After(10 * time.Minute):
			t.Error("not all records came")
		}
		seen.stop()
		members.Wait()
		close(stop)
		watch.Wait()
		seen.mu.Lock()
		defer seen.mu.Unlock()
		if len(seen.seen) != total {
			t.Errorf("%d records came, want %d", len(seen.seen), total)
		}
		if slices.Sort(seen.shares); seen.shares[len(seen.shares)-2] == 0 {
			t.Error("one member read all: this was no test of rebalances")
		}
		t.Logf("members read %v; %d records were read twice because of the rebalances", seen.shares, seen.all-total)
	})
}

// A tally counts what several members read.
type tally struct {
	mu    sync.Mutex
	seen  map[string]int
	all   int
	left  int
	done  chan struct{}
	ended bool
	marks map[int]chan struct{}

	joined chan struct{} // closed when a member that came later has read something
	join   sync.Once

	shares []int // of the members that have left
}

// half tells whether half of all records have been read.
func (y *tally) half() bool {
	y.mu.Lock()
	defer y.mu.Unlock()
	return len(y.seen) >= y.left
}

// reached is closed when n different records have been read.
func (y *tally) reached(n int) <-chan struct{} {
	y.mu.Lock()
	defer y.mu.Unlock()
	if y.marks == nil {
		y.marks = map[int]chan struct{}{}
	}
	y.marks[n] = make(chan struct{})
	return y.marks[n]
}

func (y *tally) stop() {
	y.mu.Lock()
	defer y.mu.Unlock()
	for n, mark := range y.marks {
		close(mark)
		delete(y.marks, n)
	}
	if !y.ended {
		y.ended = true
		close(y.done)
	}
}

func (y *tally) add(records []ingest.Record) {
	y.mu.Lock()
	for _, r := range records {
		key := fmt.Sprint(r.Ref.Partition, "/", r.Ref.Offset)
		y.all++
		if y.seen[key]++; y.seen[key] == 1 {
			y.left--
		}
	}
	for n, mark := range y.marks {
		if len(y.seen) >= n {
			close(mark)
			delete(y.marks, n)
		}
	}
	finished := y.left == 0
	y.mu.Unlock()
	if finished {
		y.stop()
	}
}

// consume reads as one member until all is read, or until it has read n. The one that reads all leaves half of it until
// another has joined.
func (y *tally) consume(t *testing.T, cfg Config, n int) {
	s, err := Open(cfg, Options{})
	if err != nil {
		t.Error(err)
		return
	}
	defer s.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		select {
		case <-y.done:
		case <-ctx.Done():
		}
		cancel()
	}()
	got := 0
	defer func() {
		y.mu.Lock()
		defer y.mu.Unlock()
		y.shares = append(y.shares, got)
	}()
	for n == 0 || got < n {
		b, err := s.Read(ctx)
		if err != nil {
			return
		}
		y.add(b.Records)
		got += len(b.Records)
		if err := b.Ack(ctx); err != nil && !errors.Is(err, ingest.ErrRevoked) {
			t.Error(err)
		}
		if n > 0 {
			y.join.Do(func() { close(y.joined) })
			continue
		}
		time.Sleep(time.Duration(len(b.Records)) * 50 * time.Microsecond) // work, so that the others find something left
		if y.half() {
			select {
			case <-y.joined:
			case <-ctx.Done():
			}
		}
	}
}

// neverBackwards watches the committed offsets.
func neverBackwards(t *testing.T, c *cluster, group, topic string, partitions int, stop <-chan struct{}) {
	last := map[int32]int64{}
	for {
		select {
		case <-stop:
			return
		case <-time.After(50 * time.Millisecond):
		}
		for p, offset := range c.committed(t, group, topic, partitions) {
			if offset < 0 {
				continue // nothing committed, or the coordinator is busy
			}
			if offset < last[p] {
				t.Errorf("partition %d was committed at %d, then at %d", p, last[p], offset)
			}
			last[p] = offset
		}
	}
}

func (c *cluster) committed(t testing.TB, group, topic string, partitions int) map[int32]int64 {
	req := kmsg.NewPtrOffsetFetchRequest()
	req.Group = group
	g := kmsg.NewOffsetFetchRequestGroup()
	g.Group = group
	one := kmsg.NewOffsetFetchRequestTopic()
	many := kmsg.NewOffsetFetchRequestGroupTopic()
	one.Topic, many.Topic = topic, topic
	for p := range int32(partitions) {
		one.Partitions = append(one.Partitions, p)
	}
	many.Partitions = one.Partitions
	g.Topics = append(g.Topics, many)
	req.Topics, req.Groups = append(req.Topics, one), append(req.Groups, g)
	out := map[int32]int64{}
	res, err := req.RequestWith(context.Background(), c.client)
	if err != nil {
		return out
	}
	for _, g := range res.Groups {
		for _, topic := range g.Topics {
			for _, p := range topic.Partitions {
				out[p.Partition] = p.Offset
			}
		}
	}
	for _, topic := range res.Topics {
		for _, p := range topic.Partitions {
			out[p.Partition] = p.Offset
		}
	}
	return out
}

// A bomb, a record above the limit and a damaged batch are one faulty record each; what stands behind them is read,
// and memory stays bounded.
func TestPoison(t *testing.T) {
	onClusters(t, func(t *testing.T, c *cluster) {
		topic := c.topic(t, 1, "max.message.bytes", "8388608")
		c.produce(t, topic, 0, "before")
		c.produceRaw(t, topic, 0, bomb(t, 700<<20))
		c.produce(t, topic, 0, "between", strings.Repeat("x", 2<<20))
		c.produceRaw(t, topic, 0, encodeBatch(t, 0, compress.None, time.Now(), testRecord{value: []byte("after")}))
		runtime.GC()
		var start, now runtime.MemStats
		runtime.ReadMemStats(&start)
		got := readN(t, open(t, c.config("g-"+topic, topic), Options{}), 5)
		runtime.ReadMemStats(&now)
		if grown := (int64(now.Sys) - int64(start.Sys)) >> 20; grown > 96 {
			t.Errorf("memory grew by %d MiB", grown)
		}
		type seen struct {
			Offset int64
			Fault  string
			Length int
		}
		var have []seen
		for _, r := range got {
			have = append(have, seen{r.Ref.Offset, r.Fault, len(r.Value)})
		}
		want := []seen{{0, "", 6}, {1, "bomb", 0}, {2, "", 7}, {3, "too_big", 2 << 20}, {4, "", 5}}
		if diff := cmp.Diff(want, have); diff != "" {
			t.Error(diff)
		}
		t.Log(got[1].Detail)
	})
}

// bomb is one batch with one record of n zeros, n a multiple of 1 MiB, without ever holding these: gzip files may
// stand one behind the other.
func bomb(t testing.TB, n int) []byte {
	t.Helper()
	body := []byte{0, 0, 0, 1} // attributes, time, offset, no key
	body = binary.AppendVarint(body, int64(n))
	before := append(binary.AppendVarint(nil, int64(len(body)+n+1)), body...)
	packed := pack(t, compress.Gzip, before)
	packed = append(packed, bytes.Repeat(pack(t, compress.Gzip, make([]byte, 1<<20)), n>>20)...)
	packed = append(packed, pack(t, compress.Gzip, []byte{0})...) // no headers
	return seal(0, int16(compress.Gzip), time.Now(), 0, 1, packed)
}

// What retention removed is reported, and reading goes on.
func TestRetentionGap(t *testing.T) {
	onClusters(t, func(t *testing.T, c *cluster) {
		topic := c.topic(t, 1)
		c.produce(t, topic, 0, numbered(100)...)
		cfg := c.config("g-"+topic, topic)
		s := open(t, cfg, Options{})
		first := readN(t, s, 100)
		s.Close()

		c.produce(t, topic, 0, numbered(100)...)
		del := kmsg.NewPtrDeleteRecordsRequest()
		dt := kmsg.NewDeleteRecordsRequestTopic()
		dp := kmsg.NewDeleteRecordsRequestTopicPartition()
		dp.Offset = 150
		dt.Topic, dt.Partitions = topic, append(dt.Partitions, dp)
		del.Topics = append(del.Topics, dt)
		if _, err := del.RequestWith(t.Context(), c.client); err != nil {
			t.Fatal(err)
		}
		gaps := make(chan Gap, 10)
		s = open(t, cfg, Options{Gap: func(g Gap) { gaps <- g }})
		got := readN(t, s, 50)
		if got[0].Ref.Offset != 150 || got[0].Ref.Incarnation != first[0].Ref.Incarnation {
			t.Errorf("%+v", got[0].Ref)
		}
		if diff := cmp.Diff(Gap{Topic: topic, From: 100, To: 150, Reason: "retention", Incarnation: got[0].Ref.Incarnation}, <-gaps); diff != "" {
			t.Error(diff)
		}
	})
}

// A topic that is deleted and made again while it is read is another log, read from its beginning.
func TestRecreated(t *testing.T) {
	onClusters(t, func(t *testing.T, c *cluster) {
		topic := c.topic(t, 1)
		c.produce(t, topic, 0, numbered(10)...)
		s := open(t, c.config("g-"+topic, topic), Options{})
		first := readN(t, s, 10)
		c.remake(t, topic, 20)
		again := readN(t, s, 20)
		if diff := cmp.Diff(map[int32][]int64{0: upTo(20)}, offsets(again)); diff != "" {
			t.Error(diff)
		}
		if again[0].Ref.Incarnation == first[0].Ref.Incarnation {
			t.Error("the same incarnation")
		}
	})
}

// remake deletes the topic, makes another of its name, and writes so many records to it.
func (c *cluster) remake(t testing.TB, topic string, records int) {
	t.Helper()
	c.drop(t, topic)
	for deadline := time.Now().Add(2 * time.Minute); c.exists(t, topic); {
		if time.Now().After(deadline) {
			t.Fatal("the topic is not deleted")
		}
		time.Sleep(20 * time.Millisecond)
	}
	c.create(t, topic, 1)
	c.client.PurgeTopicsFromClient(topic)
	c.produce(t, topic, 0, numbered(records)...)
}

func (c *cluster) exists(t testing.TB, topic string) bool {
	t.Helper()
	req := kmsg.NewPtrMetadataRequest()
	mt := kmsg.NewMetadataRequestTopic()
	mt.Topic = &topic
	req.Topics = append(req.Topics, mt)
	res, err := req.RequestWith(context.Background(), c.client)
	if err != nil {
		t.Fatal(err)
	}
	return res.Topics[0].ErrorCode == 0
}

// A compacted topic and one that is not there are refused, both at once.
func TestRefused(t *testing.T) {
	onClusters(t, func(t *testing.T, c *cluster) {
		for name, topic := range map[string]string{
			"it is compacted": c.topic(t, 1, "cleanup.policy", "compact"),
			"Unknown Topic":   "nowhere",
		} {
			s := open(t, c.config("g", topic), Options{})
			_, err := s.Read(t.Context())
			if !errors.Is(err, ErrUnusable) || !strings.Contains(err.Error(), name) {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// A transactional batch halts its partition and no other one.
func TestTransaction(t *testing.T) {
	onClusters(t, func(t *testing.T, c *cluster) {
		topic := c.topic(t, 2)
		c.produce(t, topic, 0, "plain")
		client, err := kgo.NewClient(kgo.SeedBrokers(c.Brokers...), kgo.TransactionalID(topic), kgo.RecordPartitioner(kgo.ManualPartitioner()))
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		if err := client.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		if err := client.ProduceSync(t.Context(), &kgo.Record{Topic: topic, Value: []byte("aborted")}).FirstErr(); err != nil {
			t.Fatal(err)
		}
		if err := client.EndTransaction(t.Context(), kgo.TryAbort); err != nil {
			t.Fatal(err)
		}
		c.produce(t, topic, 1, numbered(5)...)
		s := open(t, c.config("g-"+topic, topic), Options{})
		got := offsets(readN(t, s, 6))
		if diff := cmp.Diff(map[int32][]int64{0: {0}, 1: upTo(5)}, got); diff != "" {
			t.Error(diff)
		}
		for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(10 * time.Millisecond) {
			ps, _ := s.Progress()
			if i := slices.IndexFunc(ps, func(p Progress) bool { return p.Halted != "" }); i >= 0 && ps[i].Partition == 0 && ps[i].Next == 1 {
				t.Log(ps[i].Halted)
				return
			}
			if time.Now().After(deadline) {
				t.Fatalf("no partition halts: %+v", ps)
			}
		}
	})
}
