package pipeline_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tocsin"
	"tocsin/ingest"
	"tocsin/internal/pipeline"
	"tocsin/sinks"
)

// A clerk decodes every record to an alert whose id is its text, matches it once, and answers with set receipts.
type clerk struct {
	receipts map[string]tocsin.Receipt
	stored   []string
	dead     []string
}

func (c *clerk) Decode(r ingest.Record) (tocsin.Alert, *tocsin.Rejection) {
	if string(r.Value) == "bad" {
		return tocsin.Alert{}, &tocsin.Rejection{Reason: "json"}
	}
	return tocsin.Alert{ID: string(r.Value)}, nil
}

func (c *clerk) Match(a *tocsin.Alert) []tocsin.Match {
	if a.ID == "quiet" {
		return nil
	}
	return []tocsin.Match{{Rule: "r", Alert: tocsin.AlertRef{ID: a.ID}}, {Rule: "hidden", Suppressed: "exception"}}
}

func (c *clerk) StoreAlerts(_ context.Context, alerts []tocsin.Alert) ([]tocsin.Receipt, error) {
	out := make([]tocsin.Receipt, len(alerts))
	for i, a := range alerts {
		c.stored = append(c.stored, a.ID)
		out[i] = c.receipts[a.ID]
	}
	return out, nil
}

func (c *clerk) StoreRejections(_ context.Context, rejections []tocsin.Rejection) error {
	for _, r := range rejections {
		c.dead = append(c.dead, strings.TrimSuffix(r.Reason+": "+r.Detail, ": "))
	}
	return nil
}

func TestDetect(t *testing.T) {
	for name, c := range map[string]struct {
		keep                  pipeline.Keep
		stored, dead, matched []string
	}{
		"all":     {pipeline.KeepAll, []string{"new", "again", "reused", "refused", "quiet"}, []string{"json", "refused: the store refuses the document for ever: field [n] is no number"}, []string{"new", "other"}},
		"matched": {pipeline.KeepMatched, []string{"new", "again", "reused", "refused"}, []string{"json", "refused: the store refuses the document for ever: field [n] is no number"}, []string{"new", "other"}},
		"none":    {pipeline.KeepNone, nil, []string{"json"}, []string{"new", "again", "reused", "refused"}},
	} {
		t.Run(name, func(t *testing.T) {
			k := &clerk{receipts: map[string]tocsin.Receipt{
				"again": {Verdict: tocsin.Duplicate}, "reused": {Verdict: tocsin.Resent, Other: "other"}, "refused": {Verdict: tocsin.Refused, Why: "field [n] is no number"},
			}}
			d := pipeline.Detector{Decoder: k, Matcher: k, Alerts: k, Dead: k}
			var records []ingest.Record
			for _, text := range []string{"new", "bad", "again", "reused", "refused", "quiet"} {
				records = append(records, ingest.Record{Value: []byte(text)})
			}
			out, err := d.Detect(t.Context(), pipeline.Policy{Keep: c.keep}, records)
			if err != nil {
				t.Fatal(err)
			}
			var matched []string
			for _, dn := range out {
				for _, m := range dn.Matches {
					matched = append(matched, m.Alert.ID)
				}
			}
			for what, diff := range map[string]string{"stored": cmp.Diff(c.stored, k.stored), "dead": cmp.Diff(c.dead, k.dead), "matched": cmp.Diff(c.matched, matched)} {
				if diff != "" {
					t.Errorf("%s (-want +got):\n%s", what, diff)
				}
			}
		})
	}
}

func TestSequenceOrdersRecordedHistory(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	var s pipeline.Sequence
	if live := s.Add(tocsin.Event{ID: "live", At: at(9)}, 1); len(live) != 1 {
		t.Errorf("a live emission waits: %v", live)
	}
	for n, second := range []int{30, 10, 20, 40} {
		s.Add(tocsin.Event{ID: fmt.Sprint(second), At: at(second), Recorded: true}, int64(100+n))
	}
	var got []string
	for _, e := range s.Until(at(30)) {
		got = append(got, e.ID)
	}
	if diff := cmp.Diff([]string{"10", "20", "30"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if first := s.First(200); first != 103 {
		t.Errorf("the log is read again from %d", first)
	}
	if rest := s.Rest(); len(rest) != 1 || s.First(200) != 200 {
		t.Errorf("left: %v", rest)
	}
}

// What answers a late alert is dated before what it corrects, and follows it all the same.
func TestSequenceKeepsTheOrderOfAnEvent(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(s), 0) }
	var s pipeline.Sequence
	s.Add(tocsin.Event{ID: "b", Revision: 1, At: at(20), Recorded: true}, 1)
	s.Add(tocsin.Event{ID: "b", Revision: 2, At: at(10), Recorded: true}, 2)
	s.Add(tocsin.Event{ID: "b", Revision: 3, At: at(30), Recorded: true}, 3)
	s.Add(tocsin.Event{ID: "a", Revision: 1, At: at(15), Recorded: true}, 4)
	s.Add(tocsin.Event{ID: "b", Revision: 4, At: at(25), Recorded: true}, 5)
	var got []string
	for _, until := range []int{15, 20, 29, 30} {
		for _, e := range s.Until(at(until)) {
			got = append(got, fmt.Sprintf("%d: %s%d", until, e.ID, e.Revision))
		}
	}
	if diff := cmp.Diff([]string{"15: a1", "20: b1", "20: b2", "30: b3", "30: b4"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// An operator's fault halts the part and is shown as such; it goes on by itself once mended.
func TestRetryHaltsAndGoesOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		health := &pipeline.Health{}
		r := &pipeline.Retry{Health: health, Log: slog.New(slog.DiscardHandler), Now: time.Now}
		mended := time.Now().Add(5 * time.Minute)
		var halted bool
		err := r.Do(t.Context(), "elasticsearch", func() error {
			for _, trouble := range health.Report().Troubles {
				halted = halted || trouble.Halted
			}
			if time.Now().Before(mended) {
				return fmt.Errorf("no right to write: %w", sinks.ErrPermanent)
			}
			return nil
		})
		if err != nil || !halted || health.Report().Status != "ok" {
			t.Errorf("err %v, halted %v, after it %s", err, halted, health.Report().Status)
		}
	})
}

func TestRetryEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		r := &pipeline.Retry{Log: slog.New(slog.DiscardHandler), Now: time.Now}
		if err := r.Do(ctx, "kafka", func() error { return errAway }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}
