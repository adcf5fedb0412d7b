package register

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tocsin"
)

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Skipf("no time zones here: %v", err)
	}
	return z
}

// Nights that have 23 or 25 hours, midnights that do not exist, and holidays.
func TestCalendarOfAZone(t *testing.T) {
	vienna, beirut := zone(t, "Europe/Vienna"), zone(t, "Asia/Beirut")
	everyDay := []time.Weekday{0, 1, 2, 3, 4, 5, 6}
	nights := Calendar{Days: everyDay, From: 0, To: 24 * time.Hour, Location: vienna}
	office := Calendar{From: 8 * time.Hour, To: 18 * time.Hour, Location: vienna}
	closed := office
	closed.Holiday = func(_ int, m time.Month, d int) bool { return m == time.December && (d == 25 || d == 24) }
	at := func(z *time.Location, y, m, d, h int) time.Time { return time.Date(y, time.Month(m), d, h, 0, 0, 0, z) }
	for name, c := range map[string]struct {
		c           Calendar
		start, want time.Time
		d           time.Duration
	}{
		"the night of 23 hours":           {nights, at(vienna, 2026, 3, 28, 23), at(vienna, 2026, 3, 29, 4), 4 * time.Hour},
		"the night of 25 hours":           {nights, at(vienna, 2026, 10, 24, 23), at(vienna, 2026, 10, 25, 3), 5 * time.Hour},
		"office hours over a spring":      {office, at(vienna, 2026, 3, 27, 17), at(vienna, 2026, 3, 30, 9), 2 * time.Hour},
		"office hours over an autumn":     {office, at(vienna, 2026, 10, 23, 17), at(vienna, 2026, 10, 26, 9), 2 * time.Hour},
		"a midnight that does not exist":  {Calendar{Days: everyDay, To: 24 * time.Hour, Location: beirut}, at(beirut, 2026, 3, 28, 12), at(beirut, 2026, 3, 30, 13), 48 * time.Hour},
		"holidays":                        {closed, at(vienna, 2026, 12, 23, 17), at(vienna, 2026, 12, 28, 9), 2 * time.Hour},
		"every hour of every day":         {Calendar{Always: true}, at(vienna, 2026, 3, 28, 23), at(vienna, 2026, 3, 29, 4), 4 * time.Hour},
		"begun at the very end of a day":  {office, at(vienna, 2026, 3, 27, 18), at(vienna, 2026, 3, 30, 9), time.Hour},
		"due at the very end of a day":    {office, at(vienna, 2026, 3, 27, 8), at(vienna, 2026, 3, 27, 18), 10 * time.Hour},
		"a calendar on which nobody ever": {Calendar{Holiday: func(int, time.Month, int) bool { return true }}, at(vienna, 2026, 1, 1, 0), at(vienna, 2026, 1, 1, 0).Add(maxDays * 24 * time.Hour), time.Hour},
	} {
		got := c.c.Due(c.start, c.d)
		if !got.Equal(c.want) {
			t.Errorf("%s: due %v, want %v", name, got, c.want.UTC())
		}
		if between := c.c.Between(c.start, got); between != c.d && !strings.Contains(name, "nobody") {
			t.Errorf("%s: %v of work until then, want %v", name, between, c.d)
		}
	}
}

// What was worked until a due time is what it was given, whatever the calendar.
func TestCalendarCountsWhatItGives(t *testing.T) {
	zones := []*time.Location{time.UTC, zone(t, "Europe/Vienna"), zone(t, "America/New_York"), zone(t, "Asia/Beirut"), zone(t, "Australia/Lord_Howe")}
	rapid.Check(t, func(rt *rapid.T) {
		from := time.Duration(rapid.IntRange(0, 22*60).Draw(rt, "from")) * time.Minute
		to := from + time.Duration(rapid.IntRange(60, 24*60-int(from/time.Minute)).Draw(rt, "hours"))*time.Minute
		off := rapid.IntRange(0, 6).Draw(rt, "holiday")
		c := Calendar{
			Days: rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) time.Weekday { return time.Weekday(rapid.IntRange(0, 6).Draw(t, "day")) }), 1, 7, rapid.ID).Draw(rt, "days"),
			From: from, To: to, Location: rapid.SampledFrom(zones).Draw(rt, "zone"),
			Holiday: func(_ int, _ time.Month, d int) bool { return d%11 == off },
		}
		start := time.Date(2026, 1, 1, 0, rapid.IntRange(0, 365*24*60).Draw(rt, "start"), 0, 0, time.UTC)
		d := time.Duration(rapid.IntRange(1, 90*60).Draw(rt, "d")) * time.Minute
		due := c.Due(start, d)
		if got := c.Between(start, due); got != d {
			rt.Fatalf("%v of work from %v to %v, want %v", got, start, due, d)
		}
		if got := c.Between(start, due.Add(-time.Second)); got >= d {
			rt.Fatalf("%v is done a second before it is due", d)
		}
	})
}

// fire lets the timers run as of a moment, by registers that know nothing of each other, and counts what they wrote.
func (w *world) fire(at time.Time) int {
	w.t.Helper()
	sum := 0
	for range 2 {
		n, err := New(w.opts).Timers(w.t.Context(), at)
		if err != nil {
			w.t.Fatal(err)
		}
		sum += n
	}
	return sum
}

// actions are those of an incident's log from an entry on, with their texts.
func (w *world) actions(id string, from int64) []string {
	w.t.Helper()
	entries, err := w.store.Entries(w.t.Context(), id, from)
	if err != nil {
		w.t.Fatal(err)
	}
	var all []string
	for _, e := range entries {
		all = append(all, fmt.Sprintf("%s %s", e.Effective.Format("15:04"), or(e.Text, string(e.Action))))
	}
	return all
}

func escalating(w *world) {
	w.opts.Escalation = map[string][]Escalation{
		"acknowledge": {
			{Offset: -10 * time.Minute, Tell: []string{"on-call"}},
			{Tell: []string{"lead"}},
			{Offset: time.Hour, Tell: []string{"ciso"}, Priorities: []string{"P1"}},
			{Offset: 2 * time.Hour, Tell: []string{"head"}},
		},
		"clock": {{Offset: -12 * time.Hour, Tell: []string{"dpo"}}},
	}
	w.Register = New(w.opts)
}

func TestEscalation(t *testing.T) {
	w := newWorld(t)
	escalating(w)
	i := w.declared() // P2 at 11:01: acknowledge by 11:31
	for _, at := range []string{"11:20", "11:21", "11:25", "11:31", "11:32", "12:00"} {
		w.fire(clockOf(at))
	}
	w.fire(clockOf("13:31"))
	want := []string{
		"11:21 acknowledge is due in 10m, told: on-call", "11:31 acknowledge is due now, told: lead", "11:31 due and not done: acknowledge",
		"13:31 acknowledge is late by 2h, told: head",
	}
	if diff := cmp.Diff(want, w.actions(i.ID, i.Revision+1)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if got := w.incident(i.ID).Targets["acknowledge"]; got.Escalated != 4 {
		t.Errorf("escalated %d steps, want 4", got.Escalated)
	}
}

// After an outage what is told before a due time is not told behind it, and all that comes later is, once.
func TestEscalationAfterAnOutage(t *testing.T) {
	w := newWorld(t)
	escalating(w)
	i := w.declared()
	if n := w.fire(clockOf("20:00")); n != 4 { // also contain (8 h from 11:01)
		t.Errorf("%d entries: %q", n, w.actions(i.ID, i.Revision+1))
	}
	for _, text := range w.actions(i.ID, i.Revision+1) {
		if strings.Contains(text, "is due in") {
			t.Errorf("told behind the due time: %s", text)
		}
	}
}

func clockOf(text string) time.Time {
	at, err := time.Parse("2006-01-02 15:04", "2026-11-02 "+text)
	if err != nil {
		panic(err)
	}
	return at
}

// History that is read in starts no timer.
func TestBackfillStartsNothing(t *testing.T) {
	w := newWorld(t)
	escalating(w)
	e := event("e1", 0, "203.0.113.7", "ann")
	e.Backfill = true
	i := w.apply(e, auto()).Incident
	w.do(Command{Incident: i.ID, Action: tocsin.ActConfirm})
	if n := w.fire(t0.AddDate(1, 0, 0)); n != 0 {
		t.Errorf("%d timers: %q", n, w.actions(i.ID, 1))
	}
}

var gdpr = Regime{ID: "gdpr-33", Title: "Breach", Source: "Article 33", Anchor: "aware", Stages: []Stage{{ID: "notification", Title: "Notification", Within: 72 * time.Hour, Anchor: "aware"}}}

var nis2 = Regime{ID: "nis2-23", Title: "Incident", Source: "Article 23", Anchor: "aware", Stages: []Stage{
	{ID: "early-warning", Title: "Early warning", Within: 24 * time.Hour, Anchor: "aware"},
	{ID: "notification", Title: "Notification", Within: 72 * time.Hour, Anchor: "aware"},
	{ID: "final-report", Title: "Final report", Months: 1, After: "notification"},
}}

var content = strings.Repeat("ab", 32)

func regulated(t testing.TB) (*world, tocsin.Incident) {
	w := newWorld(t)
	w.opts.Regimes = []Regime{gdpr, nis2}
	escalating(w)
	return w, w.declared()
}

func TestClocks(t *testing.T) {
	w, i := regulated(t)
	i = w.do(Command{Incident: i.ID, Action: tocsin.ActClockStart, Regime: "nis2-23", Basis: "the supplier told us"})
	declared := i.Timeline["declared"]
	if got := i.Timeline["aware"]; !got.Equal(declared) {
		t.Errorf("aware %v, want the declaration, %v", got, declared)
	}
	early, final := i.Clocks[0], i.Clocks[2]
	if !early.Due.Equal(declared.Add(24*time.Hour)) || !early.Pessimistic.Equal(i.Timeline["detected"].Add(24*time.Hour)) || early.Basis != "the supplier told us" || early.SetBy != "ann" {
		t.Errorf("early warning: %+v", early)
	}
	if !final.Due.IsZero() || final.Anchor != "notification" {
		t.Errorf("the final report runs before the notification is submitted: %+v", final)
	}
	// The 72 h report is made on January 31: a month later is the end of February.
	i = w.do(Command{Incident: i.ID, Action: tocsin.ActClockStart, Regime: "nis2-23", Basis: "read again", Reason: "earlier", Anchored: declared.Add(-30 * time.Minute)})
	if !i.Clocks[0].Due.Equal(declared.Add(23*time.Hour + 30*time.Minute)) {
		t.Errorf("the corrected anchor: %+v", i.Clocks[0])
	}
	w.now = time.Date(2027, 1, 31, 12, 0, 0, 0, time.UTC)
	i = w.do(Command{Incident: i.ID, Action: tocsin.ActClockSubmit, Regime: "nis2-23", Stage: "notification", Reference: "CSIRT-7", SHA256: content, Reason: "we were ill"})
	if c := i.Clocks[1]; *c.Met || c.BreachedS == 0 || c.Reference != "CSIRT-7" {
		t.Errorf("a late report: %+v", c)
	}
	if want := time.Date(2027, 2, 28, 12, 1, 0, 0, time.UTC); !i.Clocks[2].Due.Equal(want) {
		t.Errorf("the final report is due %v, want %v", i.Clocks[2].Due, want)
	}
}

// An incident is not closed while a report is open, and each refusal says all that is missing.
func TestClockGuards(t *testing.T) {
	w, i := regulated(t)
	start := Command{Incident: i.ID, Action: tocsin.ActClockStart, Regime: "gdpr-33", Basis: "press"}
	for name, c := range map[string]struct {
		cmd  Command
		want []string
	}{
		"an unknown regime": {Command{Action: tocsin.ActClockStart, Regime: "hipaa"}, []string{"gdpr-33, nis2-23"}},
		"no basis":          {Command{Action: tocsin.ActClockStart, Regime: "gdpr-33"}, []string{"a basis"}},
		"tomorrow":          {Command{Action: tocsin.ActClockStart, Regime: "gdpr-33", Basis: "x", Anchored: w.now.Add(24 * time.Hour)}, []string{"an anchor that has passed"}},
		"no clock":          {Command{Action: tocsin.ActClockSubmit, Regime: "gdpr-33", Stage: "notification"}, []string{"a clock of the incident"}},
		"nothing to waive":  {Command{Action: tocsin.ActClockWaive, Regime: "gdpr-33"}, []string{"that is open", "a reason"}},
	} {
		c.cmd.Incident = i.ID
		refused(t, w, name, c.cmd, c.want...)
	}
	w.do(start)
	refused(t, w, "started twice", start, "a reason")
	refused(t, w, "no reference", Command{Incident: i.ID, Action: tocsin.ActClockSubmit, Regime: "gdpr-33", Stage: "notification", SHA256: "x"}, "a reference", "sha256")
	refused(t, w, "closed too early", Command{Incident: i.ID, Action: tocsin.ActClose, Disposition: "false_positive"}, "gdpr-33/notification")
	other := w.apply(event("e9", 5, "192.0.2.77", "zoe"), proposed()).Incident
	refused(t, w, "merged with a duty", Command{Incident: i.ID, Action: tocsin.ActMerge, Into: other.ID}, "gdpr-33/notification")
	if May("coordinator", tocsin.ActClockWaive) || !May("lead", tocsin.ActClockWaive) {
		t.Error("a waiver is for a lead")
	}
	i = w.do(Command{Incident: i.ID, Action: tocsin.ActClockWaive, Regime: "gdpr-33", Reason: "no personal data"})
	if c := i.Clocks[0]; !c.Waived || c.IsOpen() || c.Reason != "no personal data" {
		t.Errorf("%+v", c)
	}
	w.do(Command{Incident: i.ID, Action: tocsin.ActClose, Disposition: "false_positive"})
}

func refused(t testing.TB, w *world, name string, cmd Command, want ...string) {
	t.Helper()
	_, err := w.try(cmd)
	r, ok := errors.AsType[*Refusal](err)
	if !ok {
		t.Errorf("%s: %v, want a refusal", name, err)
		return
	}
	for _, text := range want {
		if !strings.Contains(r.Error(), text) {
			t.Errorf("%s: %q does not name %q", name, r, text)
		}
	}
}

// A clock runs on behind the resolution, is told before it is due and found late, each once.
func TestClockTimers(t *testing.T) {
	w, i := regulated(t)
	w.do(Command{Incident: i.ID, Action: tocsin.ActClockStart, Regime: "gdpr-33", Basis: "press"})
	i = w.do(Command{Incident: i.ID, Action: tocsin.ActResolve})
	due := i.Clocks[0].Due
	for _, at := range []time.Duration{-13 * time.Hour, -12 * time.Hour, -time.Hour, 0, time.Second, 48 * time.Hour} {
		w.fire(due.Add(at))
	}
	want := []string{"23:01 gdpr-33/notification is due in 12h, told: dpo", "11:01 due and not done: gdpr-33/notification"}
	if diff := cmp.Diff(want, w.actions(i.ID, i.Revision+1)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if c := w.incident(i.ID).Clocks[0]; c.Met == nil || *c.Met || !c.IsOpen() {
		t.Errorf("%+v", c)
	}
}

// Cut off at every write, before and after it takes effect, and taken over by a register that has seen nothing: the
// timers write what they would have written, once.
func TestTimersSurviveAKillAtAnyWrite(t *testing.T) {
	play := func(m *memory) {
		opts := options(m, func() time.Time { return t0.Add(200 * time.Hour) })
		w := &world{t: t, store: m, opts: opts}
		opts.Regimes = []Regime{gdpr}
		w.opts = opts
		escalating(w)
		opts = w.opts
		again := func(do func(r *Register) error) {
			for try := 0; ; try++ {
				err := do(New(opts))
				if err == nil {
					return
				}
				if !errors.Is(err, errFault) || try > 1 {
					t.Fatal(err)
				}
			}
		}
		e := event("e1", 0, "203.0.113.7", "ann")
		m.events[e.ID] = encode(e)
		again(func(r *Register) error { _, err := r.Apply(context.Background(), e, auto()); return err })
		v, _ := m.Verdict(context.Background(), e.ID)
		again(func(r *Register) error {
			_, err := r.Do(context.Background(), Command{ID: "c1", By: ann, Incident: v.Incident, Action: tocsin.ActClockStart, Regime: "gdpr-33", Basis: "press", Effective: t0.Add(time.Hour)})
			return err
		})
		for _, at := range []time.Duration{5 * time.Minute, 20 * time.Minute, 2 * time.Hour, 70 * time.Hour, 90 * time.Hour} {
			again(func(r *Register) error { _, err := r.Timers(context.Background(), t0.Add(at)); return err })
		}
	}
	whole := newMemory()
	play(whole)
	want := whole.dump()
	for n := 1; n <= whole.writes; n++ {
		for _, after := range []bool{false, true} {
			m := newMemory()
			m.failAt, m.after = n, after
			play(m)
			m.verify(t)
			if diff := cmp.Diff(want, m.dump()); diff != "" {
				t.Errorf("write %d, done %v: -whole +killed:\n%s", n, after, diff)
			}
		}
	}
	if whole.writes < 12 {
		t.Errorf("only %d writes: the script has lost its sense", whole.writes)
	}
}

// What is on hold is not late: the targets that the scale says stand still, and get what was left of their time.
func TestHoldStopsTargets(t *testing.T) {
	w := newWorld(t)
	w.opts.HoldStops = []string{"contain", "resolve"}
	escalating(w)
	i := w.declared() // P2 at 11:01: contain by 19:01
	w.now = clockOf("12:59")
	i = w.do(Command{Incident: i.ID, Action: tocsin.ActHold, Reason: "the supplier"})
	if i.Targets["contain"].Paused.IsZero() || !i.Targets["acknowledge"].Paused.IsZero() {
		t.Fatalf("%+v", i.Targets)
	}
	w.fire(clockOf("23:00"))
	if got := w.incident(i.ID); got.Targets["contain"].Met != nil || got.Targets["acknowledge"].Met == nil {
		t.Errorf("%+v", got.Targets)
	}
	w.now = clockOf("21:59")
	i = w.do(Command{Incident: i.ID, Action: tocsin.ActRelease})
	if want := clockOf("22:00").Add(6*time.Hour + time.Minute); !i.Targets["contain"].Due.Equal(want) || !i.Targets["contain"].Paused.IsZero() {
		t.Errorf("contain: %+v, want %v", i.Targets["contain"], want)
	}
	i = w.do(Command{Incident: i.ID, Action: tocsin.ActHold, Reason: "again"})
	w.now = clockOf("22:30").AddDate(0, 0, 5)
	if i = w.do(Command{Incident: i.ID, Action: tocsin.ActContain}); !*i.Targets["contain"].Met {
		t.Errorf("contained while it stood still: %+v", i.Targets["contain"])
	}
}
