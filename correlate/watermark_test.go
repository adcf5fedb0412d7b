package correlate

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tocsin"
)

// Ruling 3: beyond lateness an alert is not evaluated, and all others are as if it had never come.
func TestLateAlertsAreLeftOut(t *testing.T) {
	t.Parallel()
	check(t, func(t *rapid.T) {
		s := drawScene(t)
		if always(s.plan.kind) {
			s.plan.kind = "count"
		}
		s.overdue = unit * time.Duration(rapid.IntRange(1, 60).Draw(t, "overdue"))
		partitions := rapid.IntRange(1, 4).Draw(t, "partitions")
		log := drawLog(t, s, partitions, "log")
		want := reference(s.plan, accepted(s, log, partitions))
		if diff := cmp.Diff(want, settle(t, s, log)); diff != "" {
			t.Fatalf("-reference +engine:\n%s\n%s", diff, describe(s))
		}
	})
}

// accepted are the matches of a log that come within lateness, by the definition of the watermark: the least of greatest
// - disorder over the newest markers of all partitions, once there is one of each, and never less than before.
func accepted(s scene, log []tocsin.LogRecord, partitions int) []tocsin.Match {
	newest := make(map[int32]time.Time)
	var watermark time.Time
	var in []tocsin.Match
	for _, r := range log {
		if m := r.Match; m != nil {
			if watermark.IsZero() || !m.Alert.Time.Before(watermark.Add(-s.lateness)) {
				in = append(in, *m)
			}
			continue
		}
		newest[r.Marker.Partition] = r.Marker.Greatest.Add(-s.disorder)
		if len(newest) < partitions {
			continue
		}
		least := newest[r.Marker.Partition]
		for _, at := range newest {
			if at.Before(least) {
				least = at
			}
		}
		if least.After(watermark) && least.After(time.Unix(0, earliest)) {
			watermark = least
		}
	}
	return in
}

// Ruling 4, marker by marker. Seconds count from the epoch; 0 stands for no watermark.
func TestWatermark(t *testing.T) {
	type marker struct {
		source                string
		partition             int32
		epoch, offset         int64
		greatest, tick        int
		idle, ended, recorded bool
		listed                []tocsin.SourcePartition
		want                  int
	}
	two := []tocsin.SourcePartition{{Source: "a", Partition: 0}, {Source: "a", Partition: 1}}
	one := two[:1]
	for name, markers := range map[string][]marker{
		"waits for every listed partition": {
			{source: "a", greatest: 100, listed: two, want: 0},
			{source: "a", partition: 1, greatest: 50, listed: two, want: 40},
			{source: "a", greatest: 200, listed: two, want: 40},
		},
		"without a list those that spoke count": {
			{source: "a", greatest: 100, want: 90},
			{source: "b", greatest: 50, want: 90},
			{source: "a", greatest: 300, want: 90},
			{source: "b", greatest: 200, want: 190},
		},
		"never goes back": {
			{source: "a", greatest: 100, want: 90},
			{source: "a", greatest: 60, want: 90},
		},
		"idle leaves, and counts again when it returns": {
			{source: "a", greatest: 100, listed: two, want: 0},
			{source: "a", partition: 1, greatest: 50, listed: two, want: 40},
			{source: "a", partition: 1, greatest: 50, idle: true, listed: two, want: 90},
			{source: "a", greatest: 120, listed: two, want: 110},
			{source: "a", partition: 1, greatest: 130, listed: two, want: 110},
			{source: "a", greatest: 150, listed: two, want: 120},
		},
		"all idle: a tick moves it": {
			{source: "a", greatest: 100, idle: true, want: 90},
			{source: "a", greatest: 100, idle: true, tick: 130, want: 130},
		},
		"a tick says nothing while a partition is active": {
			{source: "a", greatest: 100, want: 90},
			{source: "b", greatest: 100, idle: true, tick: 500, want: 90},
		},
		"recorded sources are never idle": {
			{source: "a", greatest: 100, idle: true, recorded: true, want: 90},
			{source: "b", greatest: 300, want: 90},
			{source: "a", greatest: 100, ended: true, recorded: true, want: 290},
		},
		"at the end of all it is the greatest time": {
			{source: "a", greatest: 100, ended: true, recorded: true, want: 100},
		},
		"an older owner is not heard": {
			{source: "a", epoch: 2, greatest: 100, want: 90},
			{source: "a", epoch: 1, greatest: 900, want: 90},
			{source: "a", epoch: 3, greatest: 200, want: 190},
		},
		"more of a source that had ended: all of its partitions count until they say that again": {
			{source: "a", greatest: 100, ended: true, recorded: true, listed: two, want: 0},
			{source: "a", partition: 1, greatest: 90, ended: true, recorded: true, listed: two, want: 100},
			{source: "a", greatest: 900, recorded: true, listed: two, want: 100},
			{source: "a", partition: 1, greatest: 200, recorded: true, listed: two, want: 190},
			{source: "a", partition: 1, greatest: 200, ended: true, recorded: true, listed: two, want: 890},
		},
		"a new owner that has read nothing keeps what is known": {
			{source: "a", epoch: 1, greatest: 100, recorded: true, listed: two, want: 0},
			{source: "a", partition: 1, epoch: 1, greatest: 50, recorded: true, listed: two, want: 40},
			{source: "a", epoch: 2, greatest: -1 << 30, ended: true, recorded: true, listed: two, want: 40},
			{source: "a", partition: 1, epoch: 2, greatest: -1 << 30, ended: true, recorded: true, listed: two, want: 100},
		},
		"one that comes again behind a newer one is not heard": {
			{source: "a", offset: 5, greatest: 50, idle: true, listed: two, want: 0},
			{source: "a", offset: 9, greatest: 100, listed: two, want: 0},
			{source: "a", partition: 1, greatest: 500, listed: two, want: 90},
			{source: "a", offset: 5, greatest: 50, idle: true, listed: two, want: 90},
		},
		"what is no longer listed leaves": {
			{source: "a", greatest: 100, listed: two, want: 0},
			{source: "a", partition: 1, greatest: 20, listed: two, want: 10},
			{source: "a", greatest: 100, listed: one, want: 90},
		},
	} {
		t.Run(name, func(t *testing.T) {
			e := newEngine(Config{}, planSet{})
			for i, m := range markers {
				out := tocsin.Marker{
					SourcePartition: tocsin.SourcePartition{Source: m.source, Partition: m.partition}, Epoch: m.epoch, Offset: m.offset,
					Greatest: at(m.greatest), Idle: m.idle, Ended: m.ended, Recorded: m.recorded, Listed: m.listed,
					Disorder: 10 * time.Second, Lateness: time.Hour,
				}
				if m.tick > 0 {
					out.Tick = at(m.tick)
				}
				e.Mark(out)
				want := time.Time{}
				if m.want > 0 {
					want = at(m.want)
				}
				if got := e.Watermark(); !got.Equal(want) {
					t.Errorf("marker %d: watermark %v, want %v", i+1, got, want)
				}
			}
		})
	}
}

func at(seconds int) time.Time { return epoch.Add(time.Duration(seconds) * time.Second) }

// A partition's new owner, which has read nothing of it yet, takes nothing back: not what its forerunner had accepted, and
// not the end of what is recorded.
func TestNewOwnerKnowsLess(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC)
	part := tocsin.SourcePartition{Source: "s"}
	for name, next := range map[string]tocsin.Marker{
		"ended": {SourcePartition: part, Epoch: 2, Recorded: true, Ended: true},
		"idle":  {SourcePartition: part, Epoch: 2, Idle: true},
	} {
		p := newProgress(time.Hour)
		p.heed(tocsin.Marker{SourcePartition: part, Epoch: 1, Greatest: at, Disorder: time.Minute, Recorded: next.Recorded})
		next.Disorder = time.Minute
		p.heed(next)
		want := nanos(at)
		if next.Idle {
			want = nanos(at.Add(-time.Minute))
		}
		if p.watermark != want {
			t.Errorf("%s: the watermark is %v, want %v", name, time.Unix(0, p.watermark).UTC(), time.Unix(0, want).UTC())
		}
	}
}

// A partition that says that it has nothing holds no time: people are told none, and not the beginning of the clock.
func TestReached(t *testing.T) {
	e := standingEngine(t, requiring)
	empty := tocsin.Marker{SourcePartition: tocsin.SourcePartition{Source: "src"}, Disorder: time.Minute}
	e.Mark(empty)
	if at := e.Reached(); !at.IsZero() || !e.Stats().Watermark.IsZero() {
		t.Errorf("nothing was read, and the watermark is told as %v, %v", at, e.Stats().Watermark)
	}
	e.Mark(sighted(1, 500))
	if at, want := e.Reached(), standingBase.Add(time.Hour); !at.Equal(want) || !e.Stats().Watermark.Equal(want) {
		t.Errorf("watermark %v, %v; %v wanted", at, e.Stats().Watermark, want)
	}
}
