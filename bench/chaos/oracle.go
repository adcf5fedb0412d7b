package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"tocsin"
	"tocsin/ingest"
	"tocsin/ingest/file"
	"tocsin/internal/app"
	"tocsin/internal/config"
	"tocsin/internal/replay"
)

// oracle is what the replay is told: what the daemons are, by the rules and scales that are shipped and the run's own.
func (s *stand) oracle() (o replay.Options, cfg config.Config, err error) {
	file, err := s.configure("oracle")
	if err != nil {
		return o, cfg, err
	}
	if cfg, err = config.Load(file, nil); err != nil {
		return o, cfg, err
	}
	o = replay.Options{Disorder: 2 * time.Minute, Lateness: time.Hour}
	if o.Decoder, err = app.NewDecoder(cfg, "auto", nil); err != nil {
		return o, cfg, err
	}
	if o.Scales, o.Assets, err = app.LoadScales("", ""); err != nil {
		return o, cfg, err
	}
	o.Set, err = app.LoadRules(cfg.Rules.Folders, true, o.Scales)
	return o, cfg, err
}

// replayTopic replays what the input topic holds.
func (s *stand) replayTopic(ctx context.Context) (replay.Played, error) {
	o, cfg, err := s.oracle()
	if err != nil {
		return replay.Played{}, err
	}
	sources, _, closed, err := app.KafkaSpans(ctx, cfg, app.Options{Log: slog.New(slog.DiscardHandler), Now: time.Now}, time.Time{})
	if err != nil {
		return replay.Played{}, err
	}
	defer closed()
	return replay.Play(ctx, o, sources)
}

// replayFile replays the recording as `tocsin replay` does: as a file, that nobody cut into partitions.
func (s *stand) replayFile(ctx context.Context) (played replay.Played, err error) {
	o, _, err := s.oracle()
	if err != nil {
		return played, err
	}
	r, err := openRecording(s.recorded, s.copies)
	if err != nil {
		return played, err
	}
	from, to := io.Pipe()
	go func() {
		for line, ok := r.next(); ok; line, ok = r.next() {
			if _, err := to.Write(append(line, '\n')); err != nil {
				break // nobody reads on
			}
		}
		to.CloseWithError(r.close())
	}()
	defer from.Close()
	src, err := file.Open([]string{"-"}, file.Options{Source: "chaos", Stdin: from})
	if err != nil {
		return played, err
	}
	return replay.Play(ctx, o, []ingest.Source{src})
}

// compareFile holds what the replay of the recording found against what that of the topic did, which the register is
// compared with: by all but ids, which are of the places where alerts stood.
func (p *play) compareFile(ctx context.Context, topic replay.Played) error {
	file, err := p.replayFile(ctx)
	if err != nil {
		return fmt.Errorf("replay the recording: %w", err)
	}
	p.say("the replay of the recording: %v", file.Summary)
	want, err := outcome(ctx, file)
	if err != nil {
		return err
	}
	got, err := outcome(ctx, topic)
	if err != nil {
		return err
	}
	diffs := []difference{compareNumbers("as from a file", want, got)}
	fmt.Fprint(p.out, table(diffs))
	if diffs[0].bad() {
		return errors.New("the register is not what a replay of the recording says")
	}
	return nil
}

// outcome is how often a replay found events and incidents of which all but the ids is the same.
func outcome(ctx context.Context, played replay.Played) (map[string]int, error) {
	all := map[string]int{}
	for _, e := range played.Events {
		v, err := played.Store.Verdict(ctx, e.ID)
		if err != nil {
			return nil, err
		}
		group, _ := json.Marshal(e.Group) // groups marshal
		all[fmt.Sprintf("event of %s %s %s..%s, %d alerts, %s", e.Rule.ID, group, e.First.Format(time.RFC3339Nano), e.Last.Format(time.RFC3339Nano), e.Count, v.Assessment.State)]++
	}
	incidents, err := played.Incidents(ctx)
	if err != nil {
		return nil, err
	}
	for id := range incidents {
		i := incidents[id]
		all[incidentLine(&i)]++
	}
	return all, nil
}

func incidentLine(i *tocsin.Incident) string {
	return fmt.Sprintf("incident %s %s %s %s..%s, %d alerts, %d events", i.Status, i.Priority, i.Category, i.Opened.Format(time.RFC3339Nano), i.Last.Format(time.RFC3339Nano), i.Alerts, len(i.Events))
}
