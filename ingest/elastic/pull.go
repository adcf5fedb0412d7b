package elastic

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"tocsin"
	"tocsin/ingest"
)

// Config is what is pulled, and from where. URLs and Indices must be there; a zero field takes its default.
type Config struct {
	Source, Tenant, Format string
	Server                 Server // default elasticsearch
	URLs                   []string
	Indices                []string      // names and patterns
	TimeField              string        // default @timestamp
	LookBack               time.Duration // how much later than its time a document may become visible
	Every                  time.Duration // between two rounds; default 5 s
	Page                   int           // documents of one request; default 500
	FromEnd                bool          // begin now instead of with the oldest document
	MaxRecord              int           // bytes of a document; default 1 MiB
	User, Password, APIKey string
	CACert                 []byte // PEM; default the system's authorities
}

// Options are what a puller needs of its surroundings. Journal must be there.
type Options struct {
	Journal ingest.ResumableJournal
	Metrics *Metrics
	Log     *slog.Logger
	Now     func() time.Time
	Trouble func(error) // told of each round that fails, and with nil of the next one that does not; nil: nobody
}

// A Puller pulls documents; see the package.
type Puller struct {
	cfg    Config
	o      Options
	client *client
	high   time.Time            // of the newest document that was taken, never ahead of the clock
	seen   map[string]time.Time // documents of the time that is looked back at
	page   int
	failed bool
}

// maxSeen is how many documents are remembered; those beyond are told to be known by the journal.
const maxSeen = 200_000

// cursorName is the one name under which a puller keeps how far it is.
const cursorName = "time"

// A cursor is how far a puller has come.
type cursor struct {
	High time.Time `json:"high"`
}

// New makes a puller. The error is one of the CA certificate.
func New(cfg Config, o Options) (*Puller, error) {
	cfg.Server, cfg.Tenant = cmp.Or(cfg.Server, Elasticsearch), cmp.Or(cfg.Tenant, "default")
	cfg.TimeField, cfg.Every = cmp.Or(cfg.TimeField, "@timestamp"), cmp.Or(cfg.Every, 5*time.Second)
	cfg.Page, cfg.MaxRecord = cmp.Or(cfg.Page, 500), cmp.Or(cfg.MaxRecord, 1<<20)
	if o.Metrics == nil {
		o.Metrics = unregistered()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Trouble == nil {
		o.Trouble = func(error) {}
	}
	c, err := newClient(cfg)
	return &Puller{cfg: cfg, o: o, client: c, seen: map[string]time.Time{}, page: cfg.Page}, err
}

// Run pulls until ctx is done. A server that does not answer is asked again; the error is one of the journal's cursor.
func (p *Puller) Run(ctx context.Context) error {
	if err := p.resume(ctx); err != nil {
		return err
	}
	pause := p.cfg.Every
	for {
		err := p.round(ctx)
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // an end is no error
		case err != nil:
			p.failed, pause = true, min(2*pause, max(time.Minute, p.cfg.Every))
			p.o.Metrics.failed(p.cfg.Source)
			p.o.Trouble(fmt.Errorf("%s: %w", p.cfg.Server, err))
			p.o.Log.WarnContext(ctx, "documents were not pulled, will be repeated", "source", p.cfg.Source, "pause", pause, "err", err)
		default:
			if p.failed {
				p.o.Trouble(nil)
			}
			p.failed, pause = false, p.cfg.Every
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
	}
}

// resume takes up where it was; the first time at the beginning or, where that is wanted, now.
func (p *Puller) resume(ctx context.Context) error {
	kept, err := p.o.Journal.Cursors(ctx, p.cfg.Source)
	if err != nil {
		return fmt.Errorf("how far %s was pulled: %w", p.cfg.Source, err)
	}
	if text, ok := kept[cursorName]; ok {
		var c cursor
		if err := json.Unmarshal(text, &c); err != nil {
			return fmt.Errorf("how far %s was pulled: %w", p.cfg.Source, err)
		}
		p.high = c.High
		return nil
	}
	if !p.cfg.FromEnd {
		return nil
	}
	p.high = p.o.Now().UTC()
	return p.keep(ctx, nil)
}

// round pulls all that there is.
func (p *Puller) round(ctx context.Context) error {
	pit, err := p.client.open(ctx)
	if err != nil {
		return err
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		p.client.close(ctx, pit)
	}()
	var from time.Time
	if !p.high.IsZero() {
		from = p.high.Add(-p.cfg.LookBack)
	}
	var after []json.RawMessage
	var reached place
	for {
		got, err := p.client.search(ctx, pit, from, after, p.page)
		if errors.Is(err, errTooLarge) && p.page > 1 {
			p.page = max(1, p.page/4)
			continue
		}
		if err != nil {
			return err
		}
		pit = cmp.Or(got.PIT, pit)
		hits := got.Hits.Hits
		if err := p.take(ctx, hits); err != nil {
			return err
		}
		if len(hits) < p.page {
			p.page = min(2*p.page, p.cfg.Page)
			p.forget()
			if !p.high.IsZero() {
				p.o.Metrics.behind(p.cfg.Source, p.o.Now().Sub(p.high))
			}
			return nil
		}
		if reached, err = hits[len(hits)-1].behind(reached); err != nil {
			return err
		}
		after = hits[len(hits)-1].Sort
	}
}

// take makes the new ones of a page durable.
func (p *Puller) take(ctx context.Context, hits []hit) error {
	now := p.o.Now().UTC()
	var records []ingest.Record
	high, fresh := p.high, map[string]time.Time{}
	for i := range hits {
		at, err := hits[i].time()
		if err != nil {
			return err
		}
		if at.After(high) && !at.After(now) { // a document of the future must not hide those that come
			high = at
		}
		name := hits[i].Index + "/" + hits[i].ID
		if _, known := p.seen[name]; known {
			continue
		}
		fresh[name] = at
		records = append(records, p.record(&hits[i], name, now))
	}
	if len(records) == 0 && high.Equal(p.high) {
		return nil
	}
	before := p.high
	p.high = high
	if err := p.keep(ctx, records); err != nil {
		p.high = before
		return err
	}
	for name, at := range fresh {
		if len(p.seen) < maxSeen {
			p.seen[name] = at
		}
	}
	return nil
}

func (p *Puller) record(h *hit, name string, now time.Time) ingest.Record {
	r := ingest.Record{
		Source: p.cfg.Source, Tenant: p.cfg.Tenant, Format: p.cfg.Format, Received: now, Position: name,
		Origin: &tocsin.Ref{File: name}, Value: h.Source, Size: int64(len(h.Source)),
	}
	if len(r.Value) > p.cfg.MaxRecord {
		r.Fault, r.Detail = "too_big", fmt.Sprintf("a document of %d bytes, of which %d are allowed", len(r.Value), p.cfg.MaxRecord)
	}
	return r
}

// keep makes records durable with how far the puller has come.
func (p *Puller) keep(ctx context.Context, records []ingest.Record) error {
	text, err := json.Marshal(cursor{High: p.high})
	if err != nil {
		return err
	}
	at := ingest.Cursor{Source: p.cfg.Source, Name: cursorName, Value: text}
	patience := ingest.Patience{Refused: func(error) { p.o.Metrics.waited(p.cfg.Source) }}
	done, err := patience.Deliver(ctx, func(ctx context.Context) (ingest.Result, error) { return p.o.Journal.AppendAt(ctx, records, at) })
	if err != nil {
		return err
	}
	p.o.Metrics.took(p.cfg.Source, records, done)
	return nil
}

// forget drops the documents that are further back than is looked.
func (p *Puller) forget() {
	for name, at := range p.seen {
		if at.Before(p.high.Add(-p.cfg.LookBack)) {
			delete(p.seen, name)
		}
	}
}
