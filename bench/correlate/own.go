package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"time"

	"tocsin"
	"tocsin/bench/internal/frame"
	"tocsin/bench/internal/logon"
	"tocsin/correlate"
	"tocsin/internal/cputime"
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
	matcher      *rules.Matcher
	engine       *correlate.Engine
	maker        *logon.Maker
	batch        []tocsin.Match    // of some alerts
	ends         []int             // where the matches of each of these end
	first        map[string]firing // by user
	opened       int64
	emitted      int64
	profile      io.Writer // of what is timed; nil for none
}

func own(args []string, out io.Writer) error {
	if len(args) != 7 {
		return errors.New("for the command itself only")
	}
	s := &side{lane: args[0], mode: args[1], first: map[string]firing{}}
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
		s.profile = f
		defer pprof.StopCPUProfile()
	}
	cpu := s.play()
	fmt.Fprintf(out, frame.CPULine+"fired %d\ntimed %d\nopened %d\n", cpu, s.emitted, s.events-s.events/5, s.opened)
	s.memory(out)
	return s.save(args[5])
}

// load makes the rules of the lane.
func (s *side) load() error {
	set, err := logon.Rules(s.lane, s.span)
	if err != nil {
		return err
	}
	s.matcher, s.engine = set.Matcher(), correlate.New(correlate.Config{Lateness: time.Minute}, set)
	s.maker = logon.NewMaker(s.keys)
	return nil
}

// play feeds the logons and returns the processor time of all but the first fifth.
func (s *side) play() int64 {
	warm := s.events / 5
	var cpu int64
	logon.All(s.events, s.keys, func(i int, l logon.Logon) {
		if i == warm {
			if s.profile != nil {
				_ = pprof.StartCPUProfile(s.profile) // without it there is no profile to read
			}
			cpu = int64(cputime.Process())
		}
		a := s.maker.Alert(i, l)
		if s.mode == "feed" {
			return
		}
		s.next(i, &a)
	})
	return int64(cputime.Process()) - cpu
}

// next matches alert number i and lets the engine take what is at hand where that is enough.
func (s *side) next(i int, a *tocsin.Alert) {
	s.batch = s.matcher.Append(s.batch, a)
	s.ends = append(s.ends, len(s.batch))
	if len(s.ends) == batchSize || i%1000 == 999 {
		s.takeAll()
	}
	if i%1000 == 999 && s.mode != "match" {
		s.take(s.engine.Mark(tocsin.Marker{
			SourcePartition: tocsin.SourcePartition{Source: "bench"}, Greatest: a.Time, Disorder: time.Second, Lateness: time.Minute,
		}))
	}
}

// batchSize is of how many alerts the matches are made before the engine takes them: the daemon matches all records that it
// fetched at once.
const batchSize = 32

// takeAll lets the engine take the matches at hand, as the daemon does.
func (s *side) takeAll() {
	if s.mode != "match" {
		from, told := 0, 0
		for i, to := range s.ends {
			for next := 0; told < len(s.ends) && told <= i+correlate.Ahead; told++ {
				if told > 0 {
					next = s.ends[told-1]
				}
				s.engine.ForeseeAlert(s.batch[next:s.ends[told]])
			}
			for k := from; k < to; k++ {
				s.take(s.engine.Take(&s.batch[k]))
			}
			from = to
		}
	}
	s.batch, s.ends = s.batch[:0], s.ends[:0]
	s.matcher.Reuse()
	s.engine.Release()
}

// A firing is when a user first fired, in milliseconds, and the ids of the alerts of which that was said.
type firing struct {
	at     int64
	alerts string // sorted, joined by commas; "" where none were named
}

// take notes when each user first fired.
func (s *side) take(events []tocsin.Event) {
	for i := range events {
		s.emitted++
		if ev := &events[i]; ev.Revision == 1 {
			s.opened++
			user := ev.Group[0].Value.Text()
			if _, known := s.first[user]; !known {
				s.first[user] = firing{ev.Opened.UnixMilli(), names(ev.Evidence.Alerts)}
			}
		}
	}
}

func names(alerts []tocsin.AlertRef) string {
	ids := make([]string, len(alerts))
	for i := range alerts {
		ids[i] = alerts[i].ID
	}
	slices.Sort(ids)
	return strings.Join(ids, ",")
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
	for user, f := range s.first {
		fmt.Fprintf(w, "%s\t%d\t%s\n", user, f.at, f.alerts)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	return f.Close()
}
