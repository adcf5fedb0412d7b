package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"strconv"
	"strings"
	"syscall"
	"testing/fstest"
	"time"

	"tocsin"
	"tocsin/correlate"
	"tocsin/rules"
)

// ownChild is the first argument of a process that runs tocsin's engine: lane, mode, logons, keys, span, first
// firings, profile.
// Mode is whole for alerts that are matched and correlated, match for alerts that are only matched, and feed for
// making the alerts and nothing else.
const ownChild = "-own"

// A side is one run of our engine.
type side struct {
	lane, mode   string
	events, keys int
	span         time.Duration
	set          *rules.Set
	matcher      *rules.Matcher
	engine       *correlate.Engine
	users        []tocsin.Value
	ips          []tocsin.Value
	leaves       [4]tocsin.Field
	first        map[string]int64 // milliseconds, by user
	opened       int64
	emitted      int64
	ids, digests []byte // scratch
}

func own(args []string, out io.Writer) error {
	if len(args) != 7 {
		return errors.New("for the command itself only")
	}
	s := &side{lane: args[0], mode: args[1], first: map[string]int64{}}
	var err [3]error
	s.events, err[0] = strconv.Atoi(args[2])
	s.keys, err[1] = strconv.Atoi(args[3])
	s.span, err[2] = time.ParseDuration(args[4])
	if err := errors.Join(err[:]...); err != nil {
		return err
	}
	if err := s.load(); err != nil {
		return err
	}
	if args[6] != "" {
		f, err := os.Create(args[6])
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	cpu := s.play()
	fmt.Fprintf(out, "cpu_ns %d\nfired %d\ntimed %d\nopened %d\n", cpu, s.emitted, s.events-s.events/5, s.opened)
	s.memory(out)
	return s.save(args[5])
}

// load makes the rules of the lane.
func (s *side) load() error {
	n := 1
	if s.lane == "twenty" {
		n = 20
	}
	var text strings.Builder
	for i := range n {
		fmt.Fprintf(&text, "---\nid: 00000000-0000-4000-8000-%012d\ntitle: Rule %d\nversion: 1.0.0\nstatus: stable\nlevel: medium\ncategory: intrusion-attempts/brute-force\n", i, i)
		fmt.Fprintf(&text, "entities: [{field: user.name, role: victim}, {field: source.ip, role: attacker}]\n")
		when := `when: event.outcome == "failure"` + "\n"
		switch s.lane {
		case "distinct":
			fmt.Fprintf(&text, "%scorrelate: {kind: distinct, group_by: [user.name], span: %s, field: source.ip, at_least: 10}\n", when, s.span)
		case "sequence":
			fmt.Fprintf(&text, "correlate: {kind: sequence, group_by: [user.name], span: %s, steps: [{when: 'event.outcome == \"failure\"'}, {when: 'event.outcome == \"success\"', within: %s}]}\n", s.span, s.span)
		default:
			fmt.Fprintf(&text, "%scorrelate: {kind: count, group_by: [user.name], span: %s, at_least: %d}\n", when, s.span, 10+i)
		}
	}
	set, err := rules.Load([]rules.Source{{Name: "bench", FS: fstest.MapFS{"lane.yml": {Data: []byte(text.String())}}}}, rules.Options{})
	if err != nil {
		return err
	}
	s.set, s.matcher, s.engine = set, set.Matcher(), correlate.New(correlate.Config{Lateness: time.Minute}, set)
	for i := range s.keys {
		s.users = append(s.users, tocsin.StringValue(userName(i)))
	}
	for i := range 30 {
		s.ips = append(s.ips, tocsin.StringValue(address(i)))
	}
	return nil
}

// play feeds the logons and returns the processor time of all but the first fifth.
func (s *side) play() int64 {
	warm := s.events / 5
	var cpu int64
	logons(s.events, s.keys, func(i int, l logon) {
		if i == warm {
			cpu = processorTime()
		}
		a := s.alert(i, l)
		if s.mode == "feed" {
			return
		}
		matches := s.matcher.Match(&a)
		if s.mode == "match" {
			return
		}
		for _, m := range matches {
			s.take(s.engine.Step(m))
		}
		if i%1000 == 999 {
			s.take(s.engine.Mark(tocsin.Marker{
				SourcePartition: tocsin.SourcePartition{Source: "bench"}, Greatest: a.Time, Disorder: time.Second, Lateness: time.Minute,
			}))
		}
	})
	return processorTime() - cpu
}

// alert is a logon as decoding would hand it over; its ids are as long as real ones and differ.
func (s *side) alert(i int, l logon) tocsin.Alert {
	at := time.UnixMilli(l.at).UTC()
	s.leaves = [4]tocsin.Field{
		{Name: "event.category", Value: authentication},
		{Name: "event.outcome", Value: failure},
		{Name: "source.ip", Value: s.ips[l.ip]},
		{Name: "user.name", Value: s.users[l.user]},
	}
	if !l.failed {
		s.leaves[1].Value = success
	}
	a := tocsin.Alert{
		ID: hexadecimal(uint64(i), 32), Tenant: "default", Source: "bench", Format: "ecs",
		Ref: tocsin.Ref{Topic: "alerts", Offset: int64(i)}, Time: at, Received: at, Fields: tocsin.NewFields(s.leaves[:]),
	}
	for j := range 4 {
		a.SHA256[j] = byte(i >> (8 * j))
	}
	return a
}

var authentication, failure, success = tocsin.StringValue("authentication"), tocsin.StringValue("failure"), tocsin.StringValue("success")

func hexadecimal(n uint64, digits int) string {
	var b [32]byte
	for i := range b {
		b[i] = '0'
	}
	for i := digits - 1; n > 0; i-- {
		b[i] = "0123456789abcdef"[n&15]
		n >>= 4
	}
	return string(b[:digits])
}

// take notes when each user first fired.
func (s *side) take(events []tocsin.Event) {
	for i := range events {
		s.emitted++
		if ev := &events[i]; ev.Revision == 1 {
			s.opened++
			user := ev.Group[0].Value.Text()
			if _, known := s.first[user]; !known {
				s.first[user] = ev.Opened.UnixMilli()
			}
		}
	}
}

func (s *side) memory(out io.Writer) {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	keys := 0
	for _, r := range s.engine.Stats().Rules {
		keys += r.Keys
	}
	fmt.Fprintf(out, "keys %d\nheap %d\n", keys, m.HeapAlloc)
	runtime.KeepAlive(s)
}

func (s *side) save(file string) error {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer f.Close()
	w := bufio.NewWriter(f)
	for user, at := range s.first {
		fmt.Fprintf(w, "%s\t%d\n", user, at)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}

func processorTime() int64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return u.Utime.Nano() + u.Stime.Nano()
}
