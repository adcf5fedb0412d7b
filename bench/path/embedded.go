package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"tocsin/sinks/sqlite"
)

// Records of one request, and requests at a time: what a shipper does.
const (
	posted  = 500
	posters = 4
)

// embedded posts the records to a daemon without a configuration but for its folder and port, and measures until all
// are applied: alerts, events and incidents stored. The ceilings are decoding the lines and appending them to the same
// kind of journal, which is the least that keeps what was accepted.
func embedded(ctx context.Context, o options, in input) (result, error) {
	r := result{lane: "embedded: HTTP to SQLite"}
	data, err := os.MkdirTemp(o.scratch, "embedded-")
	if err != nil {
		return r, err
	}
	file := filepath.Join(data, "tocsin.yaml")
	settings := fmt.Sprintf("data_dir: %s\nhttp: {listen: \"127.0.0.1:0\"}\nintake: {lateness: 12h}\nlog: {level: warn}\n%s", data, o.settings)
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		return r, err
	}
	d, err := start(ctx, o, file)
	if err != nil {
		return r, err
	}
	r.daemon, err = d.feed(ctx, in)
	if err == nil {
		r.outcome, err = d.outcome(ctx)
	}
	var stopped error
	r.rss, stopped = d.stop()
	if err := errors.Join(err, stopped); err != nil {
		return r, err
	}
	r.ceilings, err = journalCeilings(ctx, filepath.Join(data, "ceiling"), in)
	return r, err
}

// feed posts everything and waits until the journal is applied to its last record.
func (d *daemon) feed(ctx context.Context, in input) (figure, error) {
	f := figure{name: "tocsin"}
	before, err := d.cpu(ctx)
	if err != nil {
		return f, err
	}
	began := time.Now()
	if err := d.post(ctx, in.lines); err != nil {
		return f, err
	}
	err = poll(ctx, 50*time.Millisecond, func() (bool, error) {
		h, err := d.health(ctx)
		return err == nil && len(h.Shards) > 0 && h.Shards[0].Offset >= int64(len(in.lines)), err
	})
	if err != nil {
		return f, err
	}
	f.wall = time.Since(began)
	after, err := d.cpu(ctx)
	f.cpu = after - before
	return f, err
}

func (d *daemon) post(ctx context.Context, lines [][]byte) error {
	work, ctx := errgroup.WithContext(ctx)
	work.SetLimit(posters)
	for chunk := range slices.Chunk(lines, posted) {
		work.Go(func() error { return d.postOne(ctx, append(bytes.Join(chunk, []byte("\n")), '\n')) })
	}
	return work.Wait()
}

// postOne sends one request, again where the daemon asks for patience.
func (d *daemon) postOne(ctx context.Context, body []byte) error {
	return poll(ctx, 500*time.Millisecond, func() (bool, error) {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url+"/api/v1/alerts", bytes.NewReader(body))
		if err != nil {
			return false, err
		}
		req.Header.Set("Content-Type", "text/plain")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return false, err
		}
		if err := resp.Body.Close(); err != nil {
			return false, err
		}
		if resp.StatusCode != http.StatusAccepted && resp.StatusCode != http.StatusTooManyRequests {
			return false, fmt.Errorf("POST /api/v1/alerts: %s", resp.Status)
		}
		return resp.StatusCode == http.StatusAccepted, nil
	})
}

// journalCeilings decodes the lines, then appends them to a journal as the intake does.
func journalCeilings(ctx context.Context, folder string, in input) ([]figure, error) {
	decoded, err := timed("decoding alone", func() error {
		decoder, err := newReader()
		for _, line := range in.lines {
			if err == nil {
				decoder.take(line)
			}
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	st, err := sqlite.Open(ctx, sqlite.Options{Path: filepath.Join(folder, "ceiling.db")})
	if err != nil {
		return nil, err
	}
	defer st.Close()
	appended, err := timed("journal append alone", func() error {
		work, ctx := errgroup.WithContext(ctx)
		work.SetLimit(posters)
		for chunk := range slices.Chunk(in.lines, posted) {
			work.Go(func() error {
				entries := make([]sqlite.JournalEntry, len(chunk))
				for i, line := range chunk {
					entries[i] = sqlite.JournalEntry{Kind: sqlite.JournalRecord, Source: "http", Received: time.Now(), Raw: line, Tenant: "default"}
				}
				_, err := st.Journal(ctx, entries)
				return err
			})
		}
		return work.Wait()
	})
	return []figure{decoded, appended}, err
}
