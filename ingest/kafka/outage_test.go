package kafka

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// The broker is killed and started again while records are written and read: reading goes on within 30 s of its
// return, and every record that was acknowledged to its producer comes.
func TestOutage(t *testing.T) {
	dir := os.Getenv("TOCSIN_TEST_OUTAGE")
	if dir == "" {
		t.Skip("TOCSIN_TEST_OUTAGE is not set: it names the STACK_DIR of a deploy/stack/up whose Kafka may be killed")
	}
	c := realCluster(t)
	topic := c.topic(t, 2)
	cfg := c.config("g-"+topic, topic)
	s := open(t, cfg, Options{})

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	acked := make(chan map[string]bool, 1)
	go func() {
		out := map[string]bool{}
		for i := 0; ctx.Err() == nil; i++ {
			v := strconv.Itoa(i)
			if c.client.ProduceSync(ctx, &kgo.Record{Topic: topic, Partition: int32(i % 2), Value: []byte(v)}).FirstErr() == nil {
				out[v] = true
			}
			time.Sleep(time.Millisecond)
		}
		acked <- out
	}()
	got := map[string]bool{}
	read := func(until time.Time) (n int) {
		for time.Now().Before(until) {
			rctx, cancel := context.WithDeadline(t.Context(), until)
			b, err := s.Read(rctx)
			cancel()
			if err != nil {
				break
			}
			for _, r := range b.Records {
				got[string(r.Value)] = true
			}
			n += len(b.Records)
			_ = b.Ack(t.Context()) // revoked batches are read again
		}
		return n
	}
	if read(time.Now().Add(3*time.Second)) == 0 {
		t.Fatal("nothing came before the outage")
	}
	restart(t, dir)
	back := time.Now()
	if read(time.Now().Add(30*time.Second)) == 0 {
		t.Error("nothing came within 30 s of the broker's return")
	}
	t.Logf("read for %v after the broker's return", time.Since(back))
	stop()
	want := <-acked
	read(time.Now().Add(3 * time.Second))
	missing := 0
	for v := range want {
		if !got[v] {
			missing++
		}
	}
	if missing > 0 {
		t.Errorf("%d of %d acknowledged records are missing", missing, len(want))
	}
	t.Logf("%d records were acknowledged, %d came", len(want), len(got))
}

// restart kills the broker of the stack in dir and starts it again.
func restart(t *testing.T, dir string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, "kafka-1.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	time.Sleep(2 * time.Second) // it stays away for a moment
	up := exec.Command("../../deploy/stack/up")
	up.Env = append(os.Environ(), "STACK_DIR="+dir, "ONLY=kafka")
	started := time.Now()
	if out, err := up.CombinedOutput(); err != nil {
		t.Fatal(fmt.Errorf("%w: %s", err, out))
	}
	t.Logf("the broker was back after %v", time.Since(started))
}

// A broker that fails the question for the topics' ids is not taken for one too old to know them: every topic would then
// be taken for another one, and read again from its beginning.
func TestFailingBrokerIsNoOldOne(t *testing.T) {
	fake, c := faultyCluster(t)
	topic := c.topic(t, 1)
	client, err := newClient(c.Connection, []string{topic})
	if err != nil {
		t.Fatal(err)
	}
	defer client.close()
	ids, err := client.identify(t.Context(), []string{topic})
	if err != nil || ids.old || ids.topics[topic] == "" {
		t.Fatalf("%+v, %v", ids, err)
	}
	fake.ControlKey(int16(kmsg.Metadata), func(req kmsg.Request) (kmsg.Response, error, bool) {
		fake.KeepControl()
		return nil, errors.New("going down"), req.GetVersion() == metadataVersion
	})
	if ids, err := client.identify(t.Context(), []string{topic}); err == nil {
		t.Errorf("taken for %+v", ids)
	}
}

// A broker that has just come back and does not know a topic yet makes no shorter list of partitions: a watermark that
// waits for those that are listed would leave the others behind.
func TestPartitionsAreAllOrNone(t *testing.T) {
	fake, c := faultyCluster(t)
	topics := []string{c.topic(t, 1), c.topic(t, 2)}
	g, err := NewGroup(c.config("g", topics...), Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer g.shared.client.close()
	answered := false
	fake.ControlKey(int16(kmsg.Metadata), func(req kmsg.Request) (kmsg.Response, error, bool) {
		fake.KeepControl()
		resp, ok := req.ResponseKind().(*kmsg.MetadataResponse)
		if !ok || req.GetVersion() != metadataVersion || answered {
			return nil, nil, false
		}
		answered = true
		for i, name := range topics {
			topic := kmsg.NewMetadataResponseTopic()
			topic.Topic, topic.ErrorCode = new(name), int16(3*i)
			if i == 0 {
				topic.Partitions = append(topic.Partitions, kmsg.NewMetadataResponseTopicPartition())
			}
			resp.Topics = append(resp.Topics, topic)
		}
		return resp, nil, true
	})
	if counts, err := g.Partitions(t.Context()); err == nil {
		t.Errorf("a part of the partitions: %v", counts)
	}
	if counts, err := g.Partitions(t.Context()); err != nil || len(counts) != 2 {
		t.Errorf("afterwards: %v, %v", counts, err)
	}
}
