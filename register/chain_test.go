package register

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"tocsin"
)

func TestCanonical(t *testing.T) {
	// RFC 8785, 3.2.2 and 3.2.3.
	in := `{"numbers":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001,-0],
		"string":"\u20ac$\u000F\u000aA'\u0042\u0022\u005c\\\"\/","literals":[null,true,false],
		"\u20ac":1,"\r":2,"\ufb33":3,"1":4,"\ud83d\ude00":5,"\u0080":6,"\u00f6":7,"big":9007199254740993}`
	want := `{"\r":2,"1":4,"big":9007199254740993,"literals":[null,true,false],` +
		`"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27,0],"string":"€$\u000f\nA'B\"\\\\\"/",` +
		"\"\u0080\":6,\"ö\":7,\"€\":1,\"😀\":5,\"\ufb33\":3}"
	got, err := canonical(json.RawMessage(in))
	if err != nil || string(got) != want {
		t.Errorf("%v\n got %s\nwant %s", err, got, want)
	}
}

// chain is an intact log.
func chain(t *testing.T) []tocsin.LogEntry {
	t.Helper()
	w := newWorld(t)
	i := w.declared()
	w.do(Command{Incident: i.ID, Action: tocsin.ActComment, Text: "<b>looked</b> & found \xff\u2028"})
	w.do(Command{Incident: i.ID, Action: tocsin.ActContain})
	entries, err := w.store.Entries(t.Context(), i.ID, 1)
	if err != nil || VerifyChain(entries) != nil {
		t.Fatal(err, VerifyChain(entries))
	}
	return entries
}

func TestVerifyChainNamesTheFirstBadEntry(t *testing.T) {
	for name, tt := range map[string]struct {
		tamper func([]tocsin.LogEntry) []tocsin.LogEntry
		seq    int64
	}{
		"text": {func(es []tocsin.LogEntry) []tocsin.LogEntry { es[2].Text += "!"; return es }, 3},
		"recorded": {func(es []tocsin.LogEntry) []tocsin.LogEntry {
			es[1].Recorded = es[1].Recorded.Add(time.Second)
			return es
		}, 2},
		"data":     {func(es []tocsin.LogEntry) []tocsin.LogEntry { es[0].Data = json.RawMessage(`{}`); return es }, 1},
		"left out": {func(es []tocsin.LogEntry) []tocsin.LogEntry { return append(es[:1], es[2:]...) }, 2},
		"head":     {func(es []tocsin.LogEntry) []tocsin.LogEntry { return es[1:] }, 1},
		"swapped":  {func(es []tocsin.LogEntry) []tocsin.LogEntry { es[1], es[2] = es[2], es[1]; return es }, 2},
		"rehashed": {func(es []tocsin.LogEntry) []tocsin.LogEntry {
			es[1].Text = "other"
			es[1].Hash, _ = EntryHash(es[1])
			return es
		}, 3},
		"broken data": {func(es []tocsin.LogEntry) []tocsin.LogEntry { es[3].Data = json.RawMessage(`{`); return es }, 4},
		"foreign":     {func(es []tocsin.LogEntry) []tocsin.LogEntry { es[3].Incident = "x"; return es }, 4},
	} {
		t.Run(name, func(t *testing.T) {
			err := VerifyChain(tt.tamper(chain(t)))
			bad, ok := errors.AsType[*ChainError](err)
			if !ok || bad.Seq != tt.seq || !strings.Contains(err.Error(), fmt.Sprintf("entry %d", tt.seq)) {
				t.Errorf("%v, want entry %d", err, tt.seq)
			}
		})
	}
	if err := VerifyChain(nil); err != nil {
		t.Errorf("no entries: %v", err)
	}
}

func TestEntrySurvivesIndentingAndReordering(t *testing.T) {
	for _, e := range chain(t) {
		text, _ := json.MarshalIndent(e, "", "  ")
		var tree map[string]any
		dec := json.NewDecoder(strings.NewReader(string(text)))
		dec.UseNumber()
		if err := dec.Decode(&tree); err != nil {
			t.Fatal(err)
		}
		text, _ = json.Marshal(tree) // members by name
		var back tocsin.LogEntry
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		if sum, err := EntryHash(back); err != nil || sum != e.Hash {
			t.Errorf("entry %d: hash %s, want %s (%v)", e.Seq, sum, e.Hash, err)
		}
	}
}

func TestOtherContentUnderAMachinesCommandIsAnAlarm(t *testing.T) {
	m := newMemory()
	r := New(options(rival{m}, func() time.Time { return t0 }))
	_, err := r.Apply(t.Context(), event("e1", 0, "203.0.113.7", "ann"), proposed())
	if !errors.Is(err, ErrIntegrity) {
		t.Errorf("error %v", err)
	}
}

func TestLogWithAGapIsNotProjected(t *testing.T) {
	entries := chain(t)
	if _, err := Project(append(entries[:1], entries[2:]...)); !errors.Is(err, errLog) {
		t.Errorf("error %v", err)
	}
	if _, err := Project(nil); !errors.Is(err, tocsin.ErrNotFound) {
		t.Errorf("error %v", err)
	}
}

func TestCalendar(t *testing.T) {
	friday := time.Date(2026, 11, 6, 17, 0, 0, 0, time.UTC)
	day := func(d, h, m int) time.Time { return time.Date(2026, 11, d, h, m, 0, 0, time.UTC) }
	for name, tt := range map[string]struct {
		c     Calendar
		start time.Time
		d     time.Duration
		want  time.Time
	}{
		"same day":          {Calendar{}, day(2, 9, 0), 4 * time.Hour, day(2, 13, 0)},
		"to the minute":     {Calendar{}, day(2, 9, 0), 9 * time.Hour, day(2, 18, 0)},
		"over a week-end":   {Calendar{}, friday, 4 * time.Hour, day(9, 11, 0)},
		"before work":       {Calendar{}, day(2, 3, 0), time.Hour, day(2, 9, 0)},
		"after work":        {Calendar{}, day(2, 20, 0), time.Hour, day(3, 9, 0)},
		"on a Sunday":       {Calendar{}, day(8, 12, 0), time.Hour, day(9, 9, 0)},
		"nothing":           {Calendar{}, day(8, 12, 0), 0, day(8, 12, 0)},
		"two weeks":         {Calendar{}, day(2, 8, 0), 100 * time.Hour, day(13, 18, 0)},
		"elsewhere":         {Calendar{Location: time.FixedZone("", -5*3600)}, day(2, 9, 0), time.Hour, day(2, 14, 0)},
		"hours of no sense": {Calendar{From: 20 * time.Hour, To: 4 * time.Hour}, day(2, 9, 0), time.Hour, day(2, 10, 0)},
		"Sundays":           {Calendar{Days: []time.Weekday{time.Sunday}, To: 24 * time.Hour}, day(2, 9, 0), 25 * time.Hour, day(15, 1, 0)},
	} {
		if got := tt.c.Due(tt.start, tt.d); !got.Equal(tt.want) {
			t.Errorf("%s: %v, want %v", name, got, tt.want)
		}
	}
}
