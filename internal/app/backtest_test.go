package app_test

import (
	"log/slog"
	"net/http"
	"net/url"
	"testing"
	"time"

	"tocsin/internal/app"
	"tocsin/internal/replay"
)

// TestBacktestOfKafka reads the input topics of a daemon again: the events have the ids that the daemon gave them. And a
// daemon is asked how a key stands: the one that correlates answers, one that does not says which partition it is.
func TestBacktestOfKafka(t *testing.T) {
	s := newStand(t)
	records := scenario()
	events, incidents := expected(t, records)
	s.produce(records)
	daemon, stop := s.daemon()
	defer stop()
	s.await(len(records), events, incidents, 4*time.Minute)

	o := app.Options{Config: s.cfg, Log: slog.New(slog.DiscardHandler), Now: time.Now}
	scales, assets, err := app.LoadScales("", "")
	if err != nil {
		t.Fatal(err)
	}
	shipped, err := app.LoadRules(nil, true, scales)
	if err != nil {
		t.Fatal(err)
	}
	none, err := app.LoadRules([]string{t.TempDir()}, false, scales)
	if err != nil {
		t.Fatal(err)
	}
	dec, err := app.NewDecoder(s.cfg, "auto", nil)
	if err != nil {
		t.Fatal(err)
	}
	sources, left, closed, err := app.KafkaSpans(t.Context(), s.cfg, o, time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	defer closed()
	if n := left(); n != int64(len(records)) {
		t.Errorf("%d records are to be read, of %d", n, len(records))
	}
	c, err := replay.Backtest{
		Options: replay.Options{Decoder: dec, Set: shipped, Scales: scales, Assets: assets, Disorder: 2 * time.Minute, Lateness: time.Hour},
		Old:     none, Sources: sources,
	}.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if c.Records != int64(len(records)) || len(c.Gained) != len(events) || c.Incidents.New != incidents || left() != 0 {
		t.Errorf("%d records of %d, %d events of %d, %d incidents of %d, %d left", c.Records, len(records), len(c.Gained), len(events), c.Incidents.New, incidents, left())
	}
	reader, err := app.OpenReader(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close()
	for _, f := range c.Gained {
		if _, err := reader.Event(t.Context(), f.ID); err != nil {
			t.Errorf("event %s (%s) is not the daemon's: %v", f.ID, f.Title, err)
		}
	}
	if known, err := reader.Known(t.Context(), time.Time{}); err != nil || len(known) != 0 {
		t.Errorf("%d incidents with a disposition, %v", len(known), err)
	}
	if len(c.Gained) > 0 {
		askBoth(t, s, daemon.URL(), &c.Gained[0])
	}
}

// askBoth asks the daemon that correlates, and one that only answers.
func askBoth(t *testing.T, s *stand, address string, f *replay.Found) {
	t.Helper()
	query := url.Values{}
	for _, g := range f.Group {
		query.Add("key", g.Field+"="+g.Value.Text())
	}
	status := func(address string) int {
		t.Helper()
		resp, err := http.Get(address + "/api/v1/rules/" + f.Rule + "/why-not?" + query.Encode())
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		return resp.StatusCode
	}
	if got := status(address); got != http.StatusOK {
		t.Errorf("the daemon that correlates answers %d", got)
	}
	s.cfg.Roles, s.cfg.DataDir = []string{"api"}, t.TempDir()
	other, stop := s.daemon()
	defer stop()
	if got := status(other.URL()); got != http.StatusMisdirectedRequest {
		t.Errorf("a daemon that does not correlate answers %d", got)
	}
}
