package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
	"golang.org/x/sync/errgroup"

	"tocsin/bench/internal/given"
)

// inputs is the number of partitions of the input topic and of the matches topic.
const inputs = 4

// A stand is a place of its own on the servers: topics and indices by one name, and a daemon's configuration for them.
type stand struct {
	options
	name  string
	live  bool     // the source is no recorded one
	files []string // configurations, one for each worker
}

// servers produces the records to a topic, lets a daemon read them, and measures until all alerts are in the index and
// until all that follows is. The ceilings are reading the same topic with kafka-go and decoding it, and
// bulks of the very documents that the daemon stored, into an index of the same mapping.
func servers(ctx context.Context, o options, in input) (r result, err error) {
	r.lane = "kafka: Kafka to Elasticsearch"
	s := &stand{options: o, name: fmt.Sprintf("tt%d", time.Now().UnixNano())}
	defer func() {
		err = errors.Join(err, given.Wipe(context.WithoutCancel(ctx), s.client(), s.elastic, s.name, s.topic()))
	}()
	if err := s.setUp(ctx); err != nil {
		return r, err
	}
	if err := s.produce(ctx, in.lines); err != nil {
		return r, err
	}
	read, err := timed("kafka-go and decoding alone", func() error { return s.readAll(ctx, len(in.lines)) })
	if err != nil {
		return r, err
	}
	if err := s.daemon(ctx, in, &r); err != nil {
		return r, err
	}
	bulks, docs, err := s.readyBulks(ctx)
	if err != nil {
		return r, err
	}
	used, err := s.elasticCPU(ctx)
	if err != nil {
		return r, err
	}
	indexed, err := timed("bulks of ready documents", func() error { return s.index(ctx, bulks) })
	if err != nil {
		return r, err
	}
	indexed.server, err = s.since(ctx, used)
	if err == nil && o.latency > 0 {
		r.latency, err = latency(ctx, o, in, float64(len(in.lines))/r.daemon.wall.Seconds()/2)
	}
	if docs != len(in.lines) {
		r.note = fmt.Sprintf("%d of %d records are in the index", docs, len(in.lines))
	}
	r.ceilings = []figure{read, indexed}
	return r, err
}

func (s *stand) setUp(ctx context.Context) error {
	for range s.workers {
		data, err := os.MkdirTemp(s.scratch, "kafka-")
		if err != nil {
			return err
		}
		file := filepath.Join(data, "tocsin.yaml")
		if err := os.WriteFile(file, []byte(s.configuration(data)), 0o600); err != nil {
			return err
		}
		s.files = append(s.files, file)
	}
	for _, server := range []string{"kafka", "elasticsearch"} {
		cmd := exec.CommandContext(ctx, s.binary, "setup", server, "--config", s.files[0])
		cmd.Env = withoutSettings(os.Environ())
		if text, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("set up %s: %w\n%s", server, err, text)
		}
	}
	return s.createTopic(ctx)
}

func (s *stand) configuration(data string) string {
	return fmt.Sprintf(`mode: kafka
data_dir: %s
log: {level: warn}
http: {listen: "127.0.0.1:0"}
intake: {idle_after: 2s}
kafka: {brokers: ["%s"], group: %s, prefix: %s., partitions: %d}
elasticsearch: {urls: ["%s"], prefix: %s-, replicas: 0}
sources:
- {name: bench, kind: kafka, topics: [%s], recorded: %t, idle_after: 3s}
%s`, data, strings.Join(s.kafka, `","`), s.name, s.name, inputs, s.elastic, s.name, s.topic(), !s.live, s.settings)
}

func (s *stand) topic() string { return s.name + "-in" }

func (s *stand) client() *kafka.Client { return &kafka.Client{Addr: kafka.TCP(s.kafka...)} }

func (s *stand) createTopic(ctx context.Context) error {
	made, err := s.client().CreateTopics(ctx, &kafka.CreateTopicsRequest{Topics: []kafka.TopicConfig{{Topic: s.topic(), NumPartitions: inputs, ReplicationFactor: 1}}})
	if err != nil {
		return err
	}
	return made.Errors[s.topic()]
}

// produce writes all lines, spread over the partitions so that each partition is in the order of time.
func (s *stand) produce(ctx context.Context, lines [][]byte) error {
	work, ctx := errgroup.WithContext(ctx)
	for n := range inputs {
		work.Go(func() error {
			w := &kafka.Writer{
				Addr: kafka.TCP(s.kafka...), Topic: s.topic(), RequiredAcks: kafka.RequireAll, BatchTimeout: 5 * time.Millisecond, BatchBytes: 900_000, BatchSize: 500,
				Balancer: kafka.BalancerFunc(func(kafka.Message, ...int) int { return n }),
			}
			var messages []kafka.Message
			for i := n; i < len(lines); i += inputs {
				messages = append(messages, kafka.Message{Value: lines[i]})
			}
			for chunk := range slices.Chunk(messages, 5000) {
				if err := w.WriteMessages(ctx, chunk...); err != nil {
					return errors.Join(err, w.Close())
				}
			}
			return w.Close()
		})
	}
	return work.Wait()
}

// readAll reads every partition to its end and decodes what it reads.
func (s *stand) readAll(ctx context.Context, total int) error {
	work, ctx := errgroup.WithContext(ctx)
	for n := range inputs {
		work.Go(func() error {
			r := kafka.NewReader(kafka.ReaderConfig{Brokers: s.kafka, Topic: s.topic(), Partition: n, MinBytes: 1, MaxBytes: 8 << 20, MaxWait: 50 * time.Millisecond, QueueCapacity: 1000})
			defer r.Close()
			decoder, err := newReader()
			if err != nil {
				return err
			}
			for range (total + inputs - 1 - n) / inputs {
				m, err := r.ReadMessage(ctx)
				if err != nil {
					return err
				}
				decoder.take(m.Value)
			}
			return nil
		})
	}
	return work.Wait()
}

// daemon runs one until everything is settled, and fills in its part of the result. The time begins when it has been
// given the input's partitions: joining a group is waiting, not work.
func (s *stand) daemon(ctx context.Context, in input, r *result) error {
	d, err := s.start(ctx)
	if err != nil {
		return err
	}
	used, err := s.elasticCPU(ctx)
	if err == nil {
		r.daemon, r.applied, err = s.follow(ctx, d, len(in.lines))
	}
	if err == nil {
		r.daemon.server, err = s.since(ctx, used)
	}
	if err == nil {
		r.outcome, err = d.outcome(ctx)
	}
	var stopped error
	r.rss, stopped = d.stop()
	return errors.Join(err, stopped)
}

func (s *stand) follow(ctx context.Context, d fleet, total int) (f figure, applied time.Duration, err error) {
	f.name = "tocsin"
	var began time.Time
	var before time.Duration
	err = poll(ctx, 100*time.Millisecond, func() (bool, error) {
		h, err := d.health(ctx)
		if err != nil {
			return false, err
		}
		owned, next := 0, int64(0)
		for _, l := range h.Lags {
			if l.Topic == s.topic() {
				owned, next = owned+1, next+l.Next
			}
		}
		if owned > 0 && began.IsZero() {
			began = time.Now()
			before, err = d.cpu(ctx)
		}
		return next >= int64(total), err
	})
	if err != nil {
		return f, 0, err
	}
	f.wall = time.Since(began)
	applied, err = s.settle(ctx, d, began)
	after, cpuErr := d.cpu(ctx)
	f.cpu = after - before
	return f, applied, errors.Join(err, cpuErr)
}

// calm is how long nothing must move before all is taken to be settled: longer than a source that is at its end is
// waited for.
const calm = 5 * time.Second

// settle returns how long after began the last thing moved.
func (s *stand) settle(ctx context.Context, d fleet, began time.Time) (time.Duration, error) {
	last, seen := time.Now(), ""
	err := poll(ctx, 200*time.Millisecond, func() (bool, error) {
		h, err := d.health(ctx)
		behind := false
		for _, l := range h.Lags {
			behind = behind || l.Lag > 0
		}
		if now := fmt.Sprint(h.Lags, h.Shards); now != seen || behind {
			last, seen = time.Now(), now
		}
		return time.Since(last) > calm, err
	})
	return last.Sub(began), err
}

// call sends a request to Elasticsearch.
func (s *stand) call(ctx context.Context, method, path string, body []byte, into any) error {
	return given.Call(ctx, s.elastic, method, path, body, into)
}

// elasticCPU is the processor time that Elasticsearch has used.
func (s *stand) elasticCPU(ctx context.Context) (time.Duration, error) {
	var stats struct {
		Nodes map[string]struct {
			Process struct {
				CPU struct {
					Total int64 `json:"total_in_millis"`
				}
			}
		}
	}
	err := s.call(ctx, http.MethodGet, "/_nodes/stats/process", nil, &stats)
	var total time.Duration
	for _, n := range stats.Nodes {
		total += time.Duration(n.Process.CPU.Total) * time.Millisecond
	}
	return total, err
}

func (s *stand) since(ctx context.Context, used time.Duration) (time.Duration, error) {
	now, err := s.elasticCPU(ctx)
	return now - used, err
}

// readyBulks reads the stored alerts back and makes of them bulks of 4 MiB for another index of the same template.
func (s *stand) readyBulks(ctx context.Context) (bulks [][]byte, docs int, err error) {
	if err := s.call(ctx, http.MethodPost, "/"+s.name+"-alerts-*/_refresh", nil, nil); err != nil {
		return nil, 0, err
	}
	var page struct {
		Scroll string `json:"_scroll_id"`
		Hits   struct {
			Hits []struct {
				ID     string          `json:"_id"`
				Source json.RawMessage `json:"_source"`
			}
		}
	}
	path, body := "/"+s.name+"-alerts-*/_search?scroll=2m", []byte(`{"size":5000,"sort":["_doc"]}`)
	var bulk []byte
	for {
		if err := s.call(ctx, http.MethodPost, path, body, &page); err != nil {
			return nil, 0, err
		}
		if len(page.Hits.Hits) == 0 {
			return append(bulks, bulk), docs, nil
		}
		for _, h := range page.Hits.Hits {
			docs++
			bulk = fmt.Appendf(bulk, "{\"create\":{\"_id\":%q}}\n%s\n", h.ID, h.Source)
			if len(bulk) > 4<<20 {
				bulks, bulk = append(bulks, bulk), nil
			}
		}
		path = "/_search/scroll"
		body, _ = json.Marshal(map[string]string{"scroll": "2m", "scroll_id": page.Scroll}) // strings always encode
		page.Hits.Hits = nil
	}
}

// index sends the bulks, two at a time.
func (s *stand) index(ctx context.Context, bulks [][]byte) error {
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(2)
	for _, bulk := range bulks {
		if len(bulk) == 0 {
			continue
		}
		work.Go(func() error {
			var done struct{ Errors bool }
			err := s.call(ctx, http.MethodPost, "/"+s.name+"-alerts-ceiling/_bulk?filter_path=errors", bulk, &done)
			if err == nil && done.Errors {
				err = errors.New("bulk: documents were refused")
			}
			return err
		})
	}
	return work.Wait()
}
