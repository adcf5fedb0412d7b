package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
	"tocsin/register"
	"tocsin/sinks/memory"
)

var t0 = time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)

var ann = tocsin.Actor{Kind: "person", ID: "ann", Role: "lead"}

// A recorder is a receiver that keeps what it gets, and fails while it is told to.
type recorder struct {
	err  error
	got  []Message
	seen map[string]int // by id
}

// Send implements [Receiver].
func (r *recorder) Send(_ context.Context, m Message) error {
	if r.err != nil {
		return r.err
	}
	r.got = append(r.got, m)
	if r.seen == nil {
		r.seen = map[string]int{}
	}
	r.seen[m.ID]++
	return nil
}

func (r *recorder) said() []string {
	var all []string
	for _, m := range r.got {
		what := m.Kind
		if m.Entry != nil {
			what = string(m.Entry.Action)
		}
		if m.Repeat > 0 {
			what += fmt.Sprintf(" again %d", m.Repeat)
		}
		all = append(all, what)
	}
	return all
}

// A world is a register over a memory store, a courier, and one clock.
type world struct {
	t       *testing.T
	now     time.Time
	store   *memory.Store
	box     *flaky
	reg     *register.Register
	cfg     *Config
	courier *Courier
	chat    *recorder
	n       int
}

// flaky is an outbox that fails at its n-th write, before or after it took effect.
type flaky struct {
	Outbox
	mu             sync.Mutex
	writes, failAt int
	after          bool
}

var errFault = errors.New("killed")

func (f *flaky) write(do func() error) error {
	f.mu.Lock()
	f.writes++
	fails := f.writes == f.failAt
	f.mu.Unlock()
	if !fails {
		return do()
	}
	if f.after {
		_ = do()
	}
	return errFault
}

// PutNotice implements [Outbox].
func (f *flaky) PutNotice(ctx context.Context, n tocsin.Notice) error {
	return f.write(func() error { return f.Outbox.PutNotice(ctx, n) })
}

// PutTold implements [Outbox].
func (f *flaky) PutTold(ctx context.Context, id string, seq int64) error {
	return f.write(func() error { return f.Outbox.PutTold(ctx, id, seq) })
}

func newWorld(t *testing.T, text string) *world {
	t.Helper()
	cfg, err := Load("notify.yml", []byte("receivers: {chat: {kind: slack, url: https://chat.example/x}}\n"+text), func(string) string { return "" }, Words{})
	if err != nil {
		t.Fatal(err)
	}
	st := memory.New()
	w := &world{t: t, now: t0, store: st, box: &flaky{Outbox: st}, cfg: cfg, chat: &recorder{}}
	w.reg = register.New(register.Options{
		Store: st, Now: func() time.Time { return w.now },
		Targets:    map[string]register.Targets{"P1": {Acknowledge: 15 * time.Minute}},
		Escalation: map[string][]register.Escalation{"acknowledge": {{Tell: []string{"lead"}}}},
	})
	w.restart()
	w.settle()
	return w
}

// restart makes a courier that knows nothing.
func (w *world) restart() {
	d, err := New(Options{Config: w.cfg, Register: w.store, Outbox: w.box, Now: func() time.Time { return w.now }})
	if err != nil {
		w.t.Fatal(err)
	}
	d.going.Load().lines["chat"].Receiver = w.chat
	w.courier = d
}

// settle feeds and delivers; after a fault a courier that knows nothing takes over.
func (w *world) settle() {
	w.t.Helper()
	for range 4 {
		err := errors.Join(w.courier.Feed(w.t.Context(), true))
		if err == nil {
			err = w.courier.Deliver(w.t.Context())
		}
		if err == nil {
			return
		}
		if !errors.Is(err, errFault) {
			w.t.Fatal(err)
		}
		w.restart()
	}
}

func (w *world) do(cmd register.Command) tocsin.Incident {
	w.t.Helper()
	w.n++
	w.now = w.now.Add(time.Second)
	cmd.ID, cmd.By = fmt.Sprintf("c%d", w.n), ann
	i, err := w.reg.Do(w.t.Context(), cmd)
	if err != nil {
		w.t.Fatal(err)
	}
	return i
}

func (w *world) create() tocsin.Incident {
	w.t.Helper()
	return w.do(register.Command{
		Action: tocsin.ActCreate, Title: "Laptop stolen", Category: "intrusions/burglary", Priority: "P1", Impact: tocsin.Impact{Functional: "low"},
	})
}

func (w *world) after(d time.Duration) { w.now = w.now.Add(d); w.settle() }

func (w *world) expect(want ...string) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.chat.said()); diff != "" {
		w.t.Errorf("-want +got:\n%s", diff)
	}
}

const all = "routes: [{name: all, to: [chat]}]\n"

func TestEachEntryIsToldOnce(t *testing.T) {
	w := newWorld(t, all)
	i := w.create()
	w.settle()
	w.do(register.Command{Action: tocsin.ActDeclare, Incident: i.ID})
	w.do(register.Command{Action: tocsin.ActComment, Incident: i.ID, Text: "not told by default"})
	w.do(register.Command{Action: tocsin.ActResolve, Incident: i.ID, Disposition: "false_positive"})
	w.do(register.Command{Action: tocsin.ActClose, Incident: i.ID})
	w.settle()
	w.restart()
	w.settle()
	w.expect("create", "declare", "resolve", "close")
	if m := w.chat.got[1]; m.Title != "INC-2026-000001 P1 Laptop stolen: declare" || !strings.Contains(m.Text, "proposed -> declared, declare by ann") {
		t.Errorf("%q\n%s", m.Title, m.Text)
	}
	if m := w.chat.got[1]; m.Incident.Targets["acknowledge"].Due.IsZero() {
		t.Errorf("no due times: %+v", m.Incident)
	}
}

// A register that is there when routes are made tells nobody of its past.
func TestThePastIsNotTold(t *testing.T) {
	w := newWorld(t, all)
	w.store = memory.New()
	w.box = &flaky{Outbox: w.store}
	w.reg = register.New(register.Options{Store: w.store, Now: func() time.Time { return w.now }})
	i := w.create()
	w.now = w.now.Add(time.Hour)
	w.restart()
	w.settle()
	w.do(register.Command{Action: tocsin.ActDeclare, Incident: i.ID})
	w.settle()
	w.expect("declare")
}

// What is written while the daemon starts, before the courier looks for the first time, is told.
func TestTheStartIsTold(t *testing.T) {
	w := newWorld(t, all)
	w.store = memory.New()
	w.box = &flaky{Outbox: w.store}
	w.reg = register.New(register.Options{Store: w.store, Now: func() time.Time { return w.now }})
	w.restart()
	w.create()
	w.now = w.now.Add(time.Minute)
	w.settle()
	w.expect("create")
}

// A receiver is away for an hour: all of it comes then, in order, and once.
func TestAReceiverIsAway(t *testing.T) {
	w := newWorld(t, all)
	w.chat.err = errors.New("connection refused")
	i := w.create()
	w.settle()
	w.do(register.Command{Action: tocsin.ActDeclare, Incident: i.ID})
	for range 60 {
		w.after(time.Minute)
	}
	w.expect()
	lines, err := w.courier.Status(t.Context())
	if err != nil || lines[0].Waiting != 2 || lines[0].Failing.IsZero() || lines[0].Error != "connection refused" {
		t.Errorf("%+v %v", lines, err)
	}
	n, _ := w.courier.Notices(t.Context(), tocsin.NoticeQuery{})
	if len(n) != 2 || n[0].Attempts < 10 || n[0].Attempts > 25 {
		t.Errorf("attempts: %+v", n)
	}
	w.chat.err = nil
	w.after(maxBackoff)
	w.expect("create", "declare")
	if detail, _ := w.courier.Failing(); detail != "" {
		t.Errorf("it is said to fail: %s", detail)
	}
}

// One message is refused, the others go on; in the end it is given up and kept.
func TestARefusedMessage(t *testing.T) {
	w := newWorld(t, all)
	w.chat.err = fmt.Errorf("%w: too long", ErrRefused)
	w.create()
	for range 40 {
		w.after(maxBackoff)
	}
	got, _ := w.courier.Notices(t.Context(), tocsin.NoticeQuery{State: tocsin.NoticeRefused})
	if len(got) != 1 || got[0].Attempts != maxRefused || !strings.Contains(got[0].Reason, "too long") {
		t.Errorf("%+v", got)
	}
}

// Killed at any write, before and after it takes effect: every entry is told, and never under two ids.
func TestAKillAtAnyWrite(t *testing.T) {
	play := func(failAt int, after bool) *world {
		w := newWorld(t, "routes: [{name: all, to: [chat], repeat: 10m}]\nquiet: [{name: night, from: 2026-11-02T10:30:00Z, to: 2026-11-02T11:00:00Z, then: summary}]\n")
		w.box.writes, w.box.failAt, w.box.after = 0, failAt, after
		i := w.create()
		w.settle()
		w.after(11 * time.Minute)
		w.do(register.Command{Action: tocsin.ActDeclare, Incident: i.ID})
		w.settle()
		w.now = t0.Add(40 * time.Minute)
		w.do(register.Command{Action: tocsin.ActAcknowledge, Incident: i.ID})
		w.do(register.Command{Action: tocsin.ActContain, Incident: i.ID})
		w.settle()
		w.after(30 * time.Minute)
		w.after(time.Hour)
		return w
	}
	whole := play(0, false)
	whole.expect("create", "create again 1", "declare", "summary")
	if n := whole.box.writes; n < 15 {
		t.Fatalf("%d writes: the script has lost its sense", n)
	}
	for n := 1; n <= whole.box.writes; n++ {
		for _, after := range []bool{false, true} {
			w := play(n, after)
			for id := range whole.chat.seen {
				if w.chat.seen[id] == 0 {
					t.Errorf("write %d, done %v: %s was not told: %q", n, after, id, w.chat.said())
				}
			}
			if len(w.chat.seen) != len(whole.chat.seen) {
				t.Errorf("write %d, done %v: told %q", n, after, w.chat.said())
			}
			if left, _ := w.store.Notices(t.Context(), tocsin.NoticeQuery{State: tocsin.NoticeWaiting}); len(left) > 0 {
				t.Errorf("write %d, done %v: left %+v", n, after, left)
			}
		}
	}
}

func TestRepeatedUntilAcknowledged(t *testing.T) {
	w := newWorld(t, "routes: [{name: all, to: [chat], actions: [create, declare], repeat: 10m}]\n")
	i := w.create()
	w.settle()
	w.after(10 * time.Minute)
	w.after(10 * time.Minute)
	w.do(register.Command{Action: tocsin.ActDeclare, Incident: i.ID})
	w.after(10 * time.Minute)
	w.after(10 * time.Minute)
	w.do(register.Command{Action: tocsin.ActAcknowledge, Incident: i.ID})
	w.after(time.Hour)
	w.expect("create", "create again 1", "create again 2", "declare", "declare again 1")
}

func TestEscalationIsToldToItsRoute(t *testing.T) {
	w := newWorld(t, "routes: [{name: lead, to: [chat], tell: [lead]}, {name: ciso, to: [chat], tell: [ciso]}]\n")
	i := w.create()
	w.do(register.Command{Action: tocsin.ActDeclare, Incident: i.ID})
	w.now = w.now.Add(20 * time.Minute)
	if _, err := w.reg.Timers(t.Context(), w.now); err != nil {
		t.Fatal(err)
	}
	w.settle()
	w.expect("escalate")
	if m := w.chat.got[0]; m.Route != "lead" || !slices.Equal(m.Entry.Tell, []string{"lead"}) {
		t.Errorf("%+v", m)
	}
}

func TestDuplicatesAreNotTold(t *testing.T) {
	w := newWorld(t, "routes: [{name: all, to: [chat], actions: [assign], dedup: 5m}]\n")
	i := w.create()
	for range 3 {
		w.do(register.Command{Action: tocsin.ActAssign, Incident: i.ID, Assignee: "bert"})
	}
	w.settle()
	w.after(6 * time.Minute)
	w.do(register.Command{Action: tocsin.ActAssign, Incident: i.ID, Assignee: "carl"})
	w.settle()
	w.expect("assign", "assign")
	dropped, _ := w.courier.Notices(t.Context(), tocsin.NoticeQuery{State: tocsin.NoticeDropped})
	if len(dropped) != 2 || dropped[0].Reason != "duplicate" {
		t.Errorf("%+v", dropped)
	}
}

// Clocks that are late at once are several things to be told, as are two assignments.
func TestWhatDiffersIsNoDuplicate(t *testing.T) {
	w := newWorld(t, "routes: [{name: all, to: [chat], actions: [assign], dedup: 5m}]\n")
	i := w.create()
	w.do(register.Command{Action: tocsin.ActAssign, Incident: i.ID, Assignee: "bert"})
	w.do(register.Command{Action: tocsin.ActAssign, Incident: i.ID, Assignee: "carl"})
	w.settle()
	w.expect("assign", "assign")
	entry := func(a tocsin.Action, data string) tocsin.LogEntry {
		return tocsin.LogEntry{Action: a, Recorded: t0, Data: json.RawMessage(data)}
	}
	for _, c := range []struct {
		action    tocsin.Action
		was, now  string
		duplicate bool
	}{
		{tocsin.ActTimer, `{"target":"nis2-23/early-warning"}`, `{"target":"nis2-23/notification"}`, false},
		{tocsin.ActTimer, `{"target":"nis2-23/early-warning"}`, `{"target":"nis2-23/early-warning"}`, true},
		{tocsin.ActRevise, `{"event":{"alerts":10}}`, `{"event":{"alerts":20}}`, true},
	} {
		e := entry(c.action, c.now)
		if got := again(&e, []tocsin.LogEntry{entry(c.action, c.was)}, time.Minute); got != c.duplicate {
			t.Errorf("%s %s after %s: %v", c.action, c.now, c.was, got)
		}
	}
}

// What a window holds is sent behind it, one by one, and P1 passes.
func TestQuietWindow(t *testing.T) {
	w := newWorld(t, all+"quiet: [{name: night, hours: 09:00-12:00, zone: UTC, except: [P1]}]\n")
	i := w.create()
	w.settle()
	w.do(register.Command{Action: tocsin.ActDeclare, Incident: i.ID})
	w.do(register.Command{Action: tocsin.ActSet, Incident: i.ID, Priority: "P3"})
	w.do(register.Command{Action: tocsin.ActAcknowledge, Incident: i.ID})
	w.settle()
	w.expect("create") // the others are of a P3 when they are due
	held, _ := w.courier.Notices(t.Context(), tocsin.NoticeQuery{State: tocsin.NoticeWaiting})
	if len(held) != 2 || held[0].Held != "night" || !held[0].Due.Equal(t0.Add(2*time.Hour)) {
		t.Errorf("%+v", held)
	}
	w.after(3 * time.Hour)
	w.expect("create", "declare", "acknowledge")
}

func TestWindows(t *testing.T) {
	vienna, err := time.LoadLocation("Europe/Vienna")
	if err != nil {
		t.Skip(err)
	}
	night := Window{Begin: 22 * time.Hour, End: 6 * time.Hour, Days: []string{"fri"}, Zone: vienna}
	at := func(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 30, 0, 0, vienna) }
	for name, c := range map[string]struct {
		at   time.Time
		want bool
	}{
		"Friday night": {at(6, 23), true}, "its morning": {at(7, 5), true}, "after it": {at(7, 6), false}, "Saturday night": {at(7, 23), false}, "before it": {at(6, 21), false},
	} {
		end, got := night.holds("r", "P2", c.at)
		if got != c.want || got && !end.Equal(time.Date(2026, 11, 7, 6, 0, 0, 0, vienna)) {
			t.Errorf("%s: %v until %v", name, got, end)
		}
	}
}

// A history that is read in is not told, and what people do about it is.
func TestBackfillIsNotTold(t *testing.T) {
	w := newWorld(t, all)
	e := tocsin.Event{
		ID: "202611-e1", Tenant: "default", Revision: 1, Backfill: true, Count: 1, First: t0, Last: t0, Opened: t0, Detected: t0,
		Rule: tocsin.RuleRef{ID: "r", Title: "Old"}, Milestone: tocsin.MilestoneOpened, Activity: tocsin.Open,
	}
	a := tocsin.Assessment{State: tocsin.Promoted, Mode: tocsin.ModePropose, Priority: "P1", Category: "intrusions/burglary", Impact: tocsin.Impact{Functional: "low"}}
	out, err := w.reg.Apply(t.Context(), e, a)
	if err != nil {
		t.Fatal(err)
	}
	w.now = w.now.Add(time.Minute)
	w.do(register.Command{Action: tocsin.ActDeclare, Incident: out.Incident.ID})
	w.settle()
	w.expect("declare")
}

// What is split off is an incident that somebody is to take up, as any other that is opened: all ways to open one are told.
func TestWhatIsSplitOffIsTold(t *testing.T) {
	for _, a := range tocsin.FoundingActions() {
		if !opening(a) || !slices.Contains(defaultActions(), string(a)) {
			t.Errorf("%s is not told", a)
		}
	}
	w := newWorld(t, "routes: [{name: all, to: [chat], repeat: 10m}]\n")
	var i tocsin.Incident
	for n := range 2 {
		e := tocsin.Event{
			ID: fmt.Sprint("202611-e", n), Tenant: "default", Revision: 1, Count: 1, First: w.now, Last: w.now, Opened: w.now, Detected: w.now,
			Group: tocsin.Group{{Field: "user.name", Value: tocsin.StringValue("eve")}},
			Rule:  tocsin.RuleRef{ID: "r", Title: "Spray"}, Milestone: tocsin.MilestoneOpened, Activity: tocsin.Open,
		}
		a := tocsin.Assessment{State: tocsin.Promoted, Mode: tocsin.ModePropose, Priority: "P1", Category: "intrusions/burglary", Impact: tocsin.Impact{Functional: "low"}}
		if err := w.store.StoreEvents(t.Context(), []tocsin.Event{e}); err != nil {
			t.Fatal(err)
		}
		out, err := w.reg.Apply(t.Context(), e, a)
		if err != nil {
			t.Fatal(err)
		}
		i = out.Incident
	}
	w.do(register.Command{Action: tocsin.ActDeclare, Incident: i.ID})
	w.do(register.Command{Action: tocsin.ActAcknowledge, Incident: i.ID})
	w.do(register.Command{Action: tocsin.ActSplit, Incident: i.ID, Events: []string{"202611-e1"}})
	w.settle()
	w.expect("promote", "declare", "acknowledge", "split_off")
}

func TestPokedIncidentsAreTold(t *testing.T) {
	w := newWorld(t, all)
	i := w.create()
	w.courier.Poke(i.ID)
	w.courier.Poke("202611-unknown")
	if err := errors.Join(w.courier.feedPoked(t.Context()), w.courier.Deliver(t.Context())); err != nil {
		t.Fatal(err)
	}
	w.expect("create")
}

func TestATestPassesTheOutbox(t *testing.T) {
	w := newWorld(t, all)
	got, err := w.courier.Test(t.Context(), "all")
	if diff := cmp.Diff([]Tried{{Receiver: "chat", Sent: true}}, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
	if _, err := w.courier.Test(t.Context(), "none"); !errors.Is(err, tocsin.ErrNotFound) {
		t.Error(err)
	}
	w.expect("test")
}
