package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tocsin"
	"tocsin/register"
	"tocsin/sinks/memory"
)

// A broker takes records but while it is away. The first attempt of an outage it takes, and its answer is lost.
type broker struct {
	away     bool
	lost     bool // the answer that is lost was
	attempts int  // while it is away
	records  []published
}

// A published record is one of the topic, read.
type published struct {
	key, id string
	at      time.Time
	Message
}

// Publish implements [Publisher].
func (b *broker) Publish(_ context.Context, topic, key, id string, value []byte) error {
	if b.away {
		if b.attempts++; b.lost {
			return errors.New("dial tcp 192.0.2.1:9092: connection refused")
		}
	}
	r := published{key: key, id: id, at: time.Now()}
	if err := json.Unmarshal(value, &r.Message); err != nil || topic != "tocsin.incidents" {
		return fmt.Errorf("%s: %w", topic, err)
	}
	b.records = append(b.records, r)
	if b.away {
		b.lost = true
		return errors.New("read tcp 192.0.2.1:9092: i/o timeout")
	}
	return nil
}

// changes are the records by incident and entry: how often each came. Out of order it fails the test.
func (b *broker) changes(t *testing.T) map[string]int {
	t.Helper()
	came, last := map[string]int{}, map[string]int64{}
	ids := map[string]string{}
	for _, r := range b.records {
		if r.Repeat > 0 {
			continue
		}
		if r.key != r.Incident.ID {
			t.Errorf("the record of %s has the key %s", r.Incident.ID, r.key)
		}
		if r.Entry.Seq < last[r.key] {
			t.Errorf("%s: entry %d comes behind %d", r.key, r.Entry.Seq, last[r.key])
		}
		last[r.key] = r.Entry.Seq
		change := fmt.Sprintf("%s %d %s", r.Incident.Number, r.Entry.Seq, r.Entry.Action)
		if was, ok := ids[change]; ok && was != r.id {
			t.Errorf("%s came under two ids", change)
		}
		ids[change] = r.id
		came[change]++
	}
	return came
}

// The broker of the topic is away for an hour of work on eight incidents: meanwhile it is asked ever less often, and the other
// receiver is told all the same. Then each change comes under one id, in the order of its incident's log, and once, but for
// the one whose answer was lost. What nobody takes up is repeated from then on, and not for the time before.
func TestTheBrokerIsAwayForAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg, err := Load("notify.yml", []byte(`
receivers: {bus: {kind: kafka}, chat: {kind: slack, url: "https://chat.example/x"}}
routes: [{name: all, to: [bus, chat], repeat: 15m}]
`), func(string) string { return "" }, Words{})
		if err != nil {
			t.Fatal(err)
		}
		st, bus, chat := memory.New(), &broker{}, &recorder{}
		courier, err := New(Options{Config: cfg, Register: st, Outbox: st, Publisher: bus, Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		courier.going.Load().lines["chat"].Receiver = chat
		reg := register.New(register.Options{Store: st, Now: time.Now, Wrote: courier.Poke})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { courier.Run(ctx); close(done) }()

		bus.away = true
		want := map[string]int{}
		work(t, reg, want, func() { time.Sleep(time.Hour / 8) })
		detail, since := courier.Failing()
		if !strings.Contains(detail, "bus: ") || time.Since(since) < 55*time.Minute {
			t.Errorf("failing: %q since %v", detail, since)
		}
		if bus.attempts < 10 || bus.attempts > 25 {
			t.Errorf("the broker was asked %d times in an hour", bus.attempts)
		}
		if told := map[string]bool{}; true {
			for _, m := range chat.got {
				told[fmt.Sprintf("%s %d %s", m.Incident.Number, m.Entry.Seq, m.Entry.Action)] = true
			}
			if len(told) != len(want) {
				t.Errorf("the other receiver was told of %d changes of %d", len(told), len(want))
			}
		}

		bus.away = false
		time.Sleep(maxBackoff + time.Minute)
		twice, back := 0, len(bus.records)
		for change, n := range bus.changes(t) {
			if n > 1 {
				twice++
			}
			if n > 2 || want[change] == 0 {
				t.Errorf("%s came %d times", change, n)
			}
			delete(want, change)
		}
		if len(want) > 0 || twice != 1 {
			t.Errorf("%d changes came twice, these did not come: %v", twice, want)
		}
		time.Sleep(30 * time.Minute)
		if again := len(bus.records) - back; again != 2 { // of the one that nobody takes up
			t.Errorf("%d repeats in half an hour", again)
		}
		cancel()
		<-done
	})
}

// work opens eight incidents and takes all but the last of them through their lives, pausing behind each; want gets the
// changes that are told.
func work(t *testing.T, reg *register.Register, want map[string]int, pause func()) {
	t.Helper()
	for n := range 8 {
		var i tocsin.Incident
		for k, cmd := range []register.Command{
			{Action: tocsin.ActCreate, Title: fmt.Sprint("Laptop stolen ", n), Category: "intrusions/burglary", Priority: "P3", Impact: tocsin.Impact{Functional: "low"}},
			{Action: tocsin.ActDeclare},
			{Action: tocsin.ActComment, Text: "not told"},
			{Action: tocsin.ActAcknowledge},
			{Action: tocsin.ActResolve, Disposition: "false_positive"},
			{Action: tocsin.ActClose},
		} {
			if n == 7 && k > 1 {
				break
			}
			cmd.ID, cmd.Incident, cmd.By = fmt.Sprintf("c%d-%d", n, k), i.ID, ann
			var err error
			if i, err = reg.Do(t.Context(), cmd); err != nil {
				t.Fatal(err)
			}
			if cmd.Action != tocsin.ActComment {
				want[fmt.Sprintf("%s %d %s", i.Number, i.Revision, cmd.Action)]++
			}
		}
		pause()
	}
}

// Notices of one incident go out as its log has them, also where the daemon that made the later ones has a slower clock.
func TestNoticesOfOneIncidentAreInOrder(t *testing.T) {
	at := func(s int) time.Time { return t0.Add(time.Duration(s) * time.Second) }
	due := []tocsin.Notice{
		{Incident: "a", Seq: 3, Due: at(1)}, {Incident: "b", Seq: 1, Due: at(2)}, {Incident: "a", Seq: 1, Due: at(3)}, {Incident: "a", Seq: 2, Due: at(4)}, {Incident: "b", Seq: 2, Due: at(0)},
	}
	inOrder(due)
	var got []string
	for _, n := range due {
		got = append(got, fmt.Sprint(n.Incident, n.Seq))
	}
	if order := strings.Join(got, " "); order != "b1 a1 b2 a2 a3" {
		t.Errorf("order %s", order)
	}
}
