package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"tocsin/ingest/enrich"
	"tocsin/internal/auth"
	"tocsin/internal/config"
	"tocsin/internal/measure"
	"tocsin/internal/pipeline"
	"tocsin/register"
	"tocsin/register/notify"
)

// grace is how long an ordered stop may take (delivery.md 3.1, 16).
const grace = 20 * time.Second

// Options are what a daemon needs beside its configuration.
type Options struct {
	Config config.Config
	Log    *slog.Logger
	Now    func() time.Time
	// Failpoints is a folder, for tests alone: a file in it that is named after a place of [pipeline.Failpoints] makes the
	// first daemon that passes the place take the file away and kill itself. "" is none.
	Failpoints string
}

// An App is a daemon: [New] opens, [App.Run] serves until its context is done and then unwinds.
type App struct {
	cfg         config.Config
	log         *slog.Logger
	now         func() time.Time
	fail        pipeline.Failpoint
	reg         *prometheus.Registry
	metrics     *pipeline.Metrics
	health      *pipeline.Health
	retry       *pipeline.Retry
	judging     atomic.Pointer[scaleSet]          // what events are judged by
	regimes     atomic.Pointer[[]register.Regime] // whose clocks may be started
	courier     *notify.Courier                   // nil: no notifications
	signers     *auth.Tokens                      // whoever may sign commands; set before anything runs
	sets        *pipeline.Sets
	engines     *pipeline.Engines
	quality     *qualities
	facts       *measure.Facts
	public      []string // keys that checkpoints are signed with
	watched     *ruleState
	teams       atomic.Pointer[[]string] // of a hangup; nil: those of cfg
	hangups     chan hangup              // what [App.Reload] asks for
	taken       map[string]string        // hashes of files that were read again, by the part they are of; of who watches alone
	once        map[string]string        // and of those that are read at the start alone, by their keys
	mappings    *mappingFiles
	enrich      *enrich.Live
	parts       []part
	cleanup     []step
	listener    net.Listener
	server      *http.Server
	certificate *certificate                         // nil: plain HTTP
	storeAway   func() bool                          // whether the store has repeated its requests, or waited, for a while; nil: it is in this process
	gaps        *gapsTold                            // lost records that health tells of
	silences    *silences                            // nil: nobody listens
	stopping    chan struct{}                        // closed when answers that wait must come to an end
	store       store                                // what the API reads
	backlog     func(context.Context) (int64, error) // records accepted and not yet processed; nil in mode kafka
}

// A part is something that runs beside the others until the daemon ends; its error ends the daemon.
type part struct {
	name string
	run  func(context.Context) error
}

// A step of the ordered stop.
type step struct {
	name string
	stop func(context.Context) error
}

func (a *App) onStop(name string, stop func(context.Context) error) {
	a.cleanup = append(a.cleanup, step{name, stop})
}

func (a *App) runs(name string, run func(context.Context) error) {
	a.parts = append(a.parts, part{name, run})
}

// New opens everything that the configuration names. It is one straight path, downstream first, so that what is opened
// later may use what was opened before; on an error all of it is closed again.
func New(ctx context.Context, o Options) (_ *App, err error) {
	a := &App{cfg: o.Config, log: o.Log, now: o.Now, fail: failpoints(o.Failpoints), reg: prometheus.NewRegistry(), health: &pipeline.Health{}, engines: &pipeline.Engines{}, stopping: make(chan struct{}), hangups: make(chan hangup)}
	defer func() {
		if err != nil {
			err = errors.Join(err, a.unwind(ctx))
		}
	}()
	a.reg.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	a.metrics = pipeline.NewMetrics(a.reg)
	a.gaps = &gapsTold{now: a.now}
	a.retry = &pipeline.Retry{Health: a.health, Log: a.log, Metrics: a.metrics, Now: a.now}
	if err := a.openScales(); err != nil {
		return nil, err
	}
	watcher, unwatched := a.watcher()
	a.tookAll()
	set, err := LoadRules(a.cfg.Rules.Folders, a.cfg.Rules.Shipped, a.scales(), a.cfg.Rules.Sigma.Pipelines...)
	if err = cmp.Or(err, unwatched); err != nil {
		return nil, err
	}
	for _, refused := range set.Refused {
		a.log.WarnContext(ctx, "rule refused", "file", refused.File, "line", refused.Line, "reason", refused.Message)
	}
	a.sets, a.watched = pipeline.NewSets(set), newRuleState(a.reg, set)
	a.reg.MustRegister(newStateCollector(a.health, a.sets))
	if err := a.openEnrichment(ctx); err != nil {
		return nil, err
	}
	if a.mappings, err = newMappingFiles(a.cfg, a.cfg.Intake.Format, a.enrich); err != nil {
		return nil, err
	}
	var back backend
	switch a.cfg.Mode {
	case "kafka":
		back, err = a.openKafka(ctx)
	default:
		back, err = a.openEmbedded(ctx)
	}
	if err != nil {
		return nil, err
	}
	a.store, a.backlog = back.store, back.backlog
	a.quality = newQualities(back.store, a.now)
	a.runs("quality", a.quality.run)
	a.openFacts(back.store)
	a.runs("rules", func(ctx context.Context) error { return a.watch(ctx, watcher, back) })
	a.openSilences(back)
	if err := a.listen(ctx, back); err != nil {
		return nil, err
	}
	return a, nil
}

// listen opens the HTTP listener.
func (a *App) listen(ctx context.Context, back backend) error {
	handler, err := a.handler(ctx, back)
	if err != nil {
		return err
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.cfg.HTTP.Listen)
	if err != nil {
		return fmt.Errorf("%w: %w%s", ErrListen, err, taken(err, "http.listen"))
	}
	a.listener = l
	if err := a.listenMetrics(ctx); err != nil {
		return err
	}
	a.server = &http.Server{
		Handler: handler, ErrorLog: slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 60 * time.Second, WriteTimeout: 120 * time.Second, IdleTimeout: 2 * time.Minute,
		MaxHeaderBytes: 32 << 10,
	}
	a.server.RegisterOnShutdown(func() { close(a.stopping) })
	if a.cfg.HTTP.CertFile != "" {
		if a.server.TLSConfig, err = a.tlsConfig(); err != nil {
			return err
		}
	}
	a.runs("http", a.serve)
	return nil
}

// listenMetrics opens the listener of its own that the metrics may have.
func (a *App) listenMetrics(ctx context.Context) error {
	if a.cfg.HTTP.MetricsListen == "" {
		return nil
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", a.cfg.HTTP.MetricsListen)
	if err != nil {
		return fmt.Errorf("metrics: %w: %w%s", ErrListen, err, taken(err, "http.metrics_listen"))
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", a.exposition())
	s := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 30 * time.Second}
	a.runs("metrics", func(ctx context.Context) error { return serveUntil(ctx, s, func() error { return s.Serve(l) }) })
	return nil
}

// The errors of a start that are no fault of the configuration.
var (
	ErrListen      = errors.New("cannot listen")     // the address is taken or not ours
	ErrUnreachable = errors.New("cannot be reached") // a server
	ErrUnfit       = errors.New("cannot be used")    // a server: it is too old, lacks rights or is not set up
)

// serve answers requests until ctx is done, then lets those under way end.
func (a *App) serve(ctx context.Context) error {
	return serveUntil(ctx, a.server, func() error {
		if a.cfg.HTTP.CertFile == "" {
			return a.server.Serve(a.listener)
		}
		return a.server.ServeTLS(a.listener, "", "")
	})
}

// serveUntil runs a server until ctx is done and shuts it down within half the grace time.
func serveUntil(ctx context.Context, s *http.Server, serve func() error) error {
	failed := make(chan error, 1)
	go func() { failed <- serve() }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	stop, cancel := context.WithTimeout(context.WithoutCancel(ctx), grace/2)
	defer cancel()
	return s.Shutdown(stop)
}

// URL is where the daemon can be reached.
func (a *App) URL() string {
	scheme := "http"
	if a.cfg.HTTP.CertFile != "" {
		scheme = "https"
	}
	return scheme + "://" + a.listener.Addr().String()
}

// Health is what the daemon knows of its own state.
func (a *App) Health() *pipeline.Health { return a.health }

// Run serves until ctx is done or a part fails, then stops the parts and closes what New opened, in reverse order,
// within the grace time.
func (a *App) Run(ctx context.Context) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	done := make(chan error, len(a.parts))
	for _, p := range a.parts {
		go func() {
			err := p.run(ctx)
			if err != nil && ctx.Err() == nil {
				err = fmt.Errorf("%s: %w", p.name, err)
				cancel(err)
			} else if ctx.Err() != nil && errors.Is(err, context.Canceled) {
				err = nil
			}
			done <- err
		}()
	}
	var errs []error
	for range a.parts {
		errs = append(errs, <-done)
	}
	errs = append(errs, a.unwind(context.WithoutCancel(ctx)))
	return errors.Join(errs...)
}

// unwind closes what was opened, newest first.
func (a *App) unwind(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	var errs []error
	for _, s := range slices.Backward(a.cleanup) {
		if err := s.stop(ctx); err != nil {
			errs = append(errs, fmt.Errorf("close %s: %w", s.name, err))
		}
	}
	a.cleanup = nil
	return errors.Join(errs...)
}
