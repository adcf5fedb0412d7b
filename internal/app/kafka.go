package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"tocsin"
	"tocsin/correlate"
	"tocsin/ingest/kafka"
	"tocsin/internal/config"
	"tocsin/internal/pipeline"
	"tocsin/sinks/elastic"
	kafkasink "tocsin/sinks/kafka"
)

// NewElastic makes a client of the configured Elasticsearch. It does not connect.
func NewElastic(cfg config.Elasticsearch, o Options, reg kafkasink.Registerer) (*elastic.Store, error) {
	c := elastic.Config{
		Addresses: cfg.URLs, Username: cfg.User, Password: cfg.Password.Reveal(), APIKey: cfg.APIKey.Reveal(), Prefix: cfg.Prefix,
		Insecure: cfg.Insecure, Logger: o.Log, Registerer: reg,
	}
	if cfg.CAFile != "" {
		pem, err := os.ReadFile(cfg.CAFile)
		if err != nil {
			return nil, fmt.Errorf("elasticsearch.ca_file: %w", err)
		}
		c.CACert = pem
	}
	return elastic.New(c)
}

// SinkConnection is how the internal topics are written.
func SinkConnection(c config.Kafka) kafkasink.Connection {
	return kafkasink.Connection{
		Brokers: c.Brokers, TLS: c.TLS, CAFile: c.CAFile, CertFile: c.CertFile, KeyFile: c.KeyFile,
		Mechanism: c.SASL, User: c.User, Password: c.Password.Reveal(), Insecure: c.Insecure,
	}
}

// TopicPlan is what the internal topics are to be like.
func TopicPlan(c config.Kafka) kafkasink.Plan {
	return kafkasink.Plan{Prefix: c.Prefix, Partitions: c.Partitions, Replication: c.Replication, Commands: c.Commands.Topic}
}

// SetupKafka makes the internal topics, or with dry only tells what it would make.
func SetupKafka(ctx context.Context, c config.Kafka, dry bool) ([]kafkasink.Step, error) {
	steps, err := kafkasink.Setup(ctx, SinkConnection(c), TopicPlan(c), dry)
	if _, ok := errors.AsType[*net.OpError](err); ok {
		err = fmt.Errorf("kafka %w at %s (kafka.brokers): %w", ErrUnreachable, strings.Join(c.Brokers, ", "), err)
	}
	return steps, err
}

// connection is how topics are read.
func connection(c config.Kafka) kafka.Connection {
	return kafka.Connection{
		Brokers:  c.Brokers,
		TLS:      kafka.TLS{Enabled: c.TLS, CAFile: c.CAFile, CertFile: c.CertFile, KeyFile: c.KeyFile},
		SASL:     kafka.SASL{Mechanism: c.SASL, User: c.User, Password: c.Password.Reveal()},
		Insecure: c.Insecure,
	}
}

// openKafka opens the stages of mode kafka that this daemon's roles name, each behind its own consumer group.
func (a *App) openKafka(ctx context.Context) (backend, error) {
	cfg := a.cfg
	st, err := NewElastic(cfg.Elasticsearch, Options{Log: a.log}, a.reg)
	if err != nil {
		return backend{}, err
	}
	a.onStop("elasticsearch", func(context.Context) error { return st.Close() })
	if err := a.fit(ctx, st); err != nil {
		return backend{}, err
	}
	trouble := a.elasticTrouble(st)
	a.health.Ask(trouble)
	a.storeAway = func() bool { _, away := trouble(); return away }
	producer, err := kafkasink.New(kafkasink.Config{Connection: SinkConnection(cfg.Kafka), Prefix: cfg.Kafka.Prefix, Partitions: cfg.Kafka.Partitions, Registerer: a.reg})
	if err != nil {
		return backend{}, err
	}
	a.onStop("kafka", func(context.Context) error { return producer.Close() })
	intake, err := kafka.NewIntake(connection(cfg.Kafka), cfg.Kafka.Prefix+"intake")
	if err != nil {
		return backend{}, err
	}
	if err := a.openNotify(st); err != nil {
		return backend{}, err
	}
	k := &kafkaStages{App: a, store: st, producer: producer, heard: &topicListening{now: a.now, sources: cfg.Sources}, gaps: a.gaps}
	if err := k.openRoles(ctx); err != nil {
		return backend{}, err
	}
	a.health.Ask(k.trouble)
	a.health.Ask(a.gaps.trouble)
	a.runs("gaps", func(ctx context.Context) error { return a.gaps.follow(ctx, st, a.log) })
	if slices.Contains(cfg.Roles, "detect") {
		if err := a.ways(ctx, &producing{Journal: intake, folder: cfg.DataDir}); err != nil {
			return backend{}, err
		}
	}
	return backend{store: st, assess: k.toRegistrar(producer), journal: intake, reload: k.enforce, rescale: k.enforceScales, listen: k.heard.listen}, nil
}

// openRoles starts what this daemon's roles ask for. Which rules and scales are in force is settled first.
func (k *kafkaStages) openRoles(ctx context.Context) error {
	roles := k.cfg.Roles
	k.sets.Fetch = k.fetchSet
	if slices.Contains(roles, "detect") {
		if err := k.enforce(ctx, k.sets.Current()); err != nil {
			return fmt.Errorf("rules: %w: %w", ErrUnreachable, err)
		}
	}
	if err := k.enforceScales(ctx, k.judging.Load()); err != nil {
		return fmt.Errorf("scales: %w: %w", ErrUnreachable, err)
	}
	if slices.Contains(roles, "registrar") {
		k.runs("feedback", func(ctx context.Context) error {
			return k.feedback(ctx, k.store, func(ctx context.Context, f tocsin.Feedback) error {
				return k.producer.WriteMatches(ctx, []tocsin.LogRecord{{Feedback: &f}})
			})
		})
	}
	for role, open := range map[string]func() error{"detect": k.detect, "correlate": k.correlate, "registrar": k.registrar, "api": k.commands} {
		if slices.Contains(roles, role) {
			if err := open(); err != nil {
				return fmt.Errorf("%s: %w", role, err)
			}
		}
	}
	return nil
}

// elasticTrouble tells health of writes that the store is repeating.
func (a *App) elasticTrouble(st *elastic.Store) func() (pipeline.Trouble, bool) {
	var mu sync.Mutex
	var since time.Time
	return func() (pipeline.Trouble, bool) {
		mu.Lock()
		defer mu.Unlock()
		h := st.Health()
		if h.State == elastic.OK {
			since = time.Time{}
			return pipeline.Trouble{}, false
		}
		if since.IsZero() {
			since = a.now()
		}
		return pipeline.Trouble{Part: "elasticsearch", Detail: h.Reason, Since: since, Retries: h.Retries, Halted: h.State == elastic.Halted}, true
	}
}

// kafkaStages opens the stages of mode kafka.
type kafkaStages struct {
	*App
	store    *elastic.Store
	producer *kafkasink.Producer
	heard    *topicListening
	groups   []*kafka.Group // those of this daemon's roles
	gaps     *gapsTold
}

// group adds a member of a consumer group to the daemon's parts.
func (k *kafkaStages) group(name string, cfg kafka.Config, o kafka.Options, serve kafka.Handler) (*kafka.Group, error) {
	cfg.Connection, cfg.Session = connection(k.cfg.Kafka), k.cfg.Kafka.Session
	cfg.Group = k.cfg.Kafka.Group + "-" + name
	o.Log, o.Registerer, o.Now = k.log, k.reg, k.now
	g, err := kafka.NewGroup(cfg, o)
	if err != nil {
		return nil, err
	}
	k.groups = append(k.groups, g)
	k.health.Watch(name, func() []kafka.Progress { owned, _ := g.Progress(); return owned })
	k.runs(name, func(ctx context.Context) error { return g.Run(ctx, serve) })
	return g, nil
}

// detect opens one group for the sources that begin at the earliest record, with the HTTP intake's topic among them, and
// one for those that begin at the latest.
func (k *kafkaStages) detect() error {
	own := config.Source{
		Name: intakeSource, Kind: "kafka", Topics: []string{k.cfg.Kafka.Prefix + "intake"}, Tenant: k.cfg.Intake.Tenant, Format: k.cfg.Intake.Format,
		Start: "earliest", Store: "all", Disorder: k.cfg.Intake.Disorder, Lateness: k.cfg.Intake.Lateness, IdleAfter: k.cfg.Intake.IdleAfter,
	}
	sources := append([]config.Source{own}, k.cfg.Sources...)
	d := &pipeline.KafkaDetect{
		Detector: pipeline.Detector{Alerts: k.store, Dead: k.store, Identities: identities(k.cfg)}, Sets: k.sets, Matches: k.producer, Inputs: map[string]pipeline.Input{},
		Decoders: func() (pipeline.Decoder, error) { return k.mappings.decoder() },
		Now:      k.now, Retry: k.retry, Metrics: k.metrics, Fail: k.fail, Store: k.store,
		Watch: k.heard.watch, First: pipeline.SourcePartitionOf(intakeSource, 0, 0),
	}
	var groups []*kafka.Group
	d.Listed = func(ctx context.Context) ([]tocsin.SourcePartition, error) { return listed(ctx, groups, d.Inputs) }
	byStart := map[string][]kafka.Topic{}
	for _, s := range sources {
		for n, topic := range s.Topics {
			d.Inputs[topic] = pipeline.Input{Policy: policy(s), Topic: n}
			byStart[s.Start] = append(byStart[s.Start], kafka.Topic{Name: topic, Source: s.Name, Tenant: s.Tenant, Format: s.Format, Own: s.Name == intakeSource, SetUp: s.Name == intakeSource})
		}
	}
	for start, topics := range byStart {
		name := "detect"
		if start == "latest" {
			name = "detect-latest"
		}
		cfg := kafka.Config{Topics: topics, Start: start, RecordLimit: int(k.cfg.Intake.MaxRecord), BatchLimit: min(int(k.cfg.Intake.MaxUnpack), 64<<20)}
		g, err := k.group(name, cfg, kafka.Options{Gap: k.tellGap}, pipeline.Kafka(d.Serve)) // which records it itself
		if err != nil {
			return err
		}
		groups = append(groups, g)
	}
	return nil
}

func (k *kafkaStages) correlate() error {
	c := &pipeline.KafkaCorrelate{
		Owns: func(partition int32, tenant, rule string, key []tocsin.Value) bool {
			return partition == kafkasink.PartitionOf(tenant, rule, key, k.sets.Current().Chained(rule), k.cfg.Kafka.Partitions)
		},
		Sets: k.sets, Config: correlate.Config{Lateness: k.cfg.Intake.Lateness}, Read: kafkasink.DecodeLogRecord,
		Events: k.store, EventLog: k.producer, Scales: func() string { return k.judging.Load().hash }, State: k.store, SnapshotEvery: k.cfg.Engine.SnapshotEvery,
		Now: k.now, Retry: k.retry, Log: k.log, Metrics: k.metrics, Health: k.health, Engines: k.engines, Fail: k.fail,
	}
	cfg := kafka.Config{Topics: []kafka.Topic{{Name: k.cfg.Kafka.Prefix + "matches", SetUp: true}}, RecordLimit: kafkasink.RecordLimit}
	_, err := k.group("correlate", cfg, kafka.Options{Gap: k.gap}, pipeline.Kafka(c.Serve))
	return err
}

func (k *kafkaStages) registrar() error {
	seal, err := k.sealer(k.store, k.producer)
	if err != nil {
		return err
	}
	of := k.register(k.store) // one for every tenure: what it keeps of incidents outlives them
	r := &pipeline.KafkaRegistrar{
		Registrar: current{k.App, of}, Scaled: scaledBy{k, of}.find, Read: kafkasink.DecodeEventRecord, Partitions: k.cfg.Kafka.Partitions, Retry: k.retry, Log: k.log, Fail: k.fail, Store: k.store, Now: k.now, TimersEvery: 30 * time.Second,
		Timers: k.sealed(seal, k.due(k.store)), Beside: k.beside(),
	}
	cfg := kafka.Config{Topics: []kafka.Topic{{Name: k.cfg.Kafka.Prefix + "events", SetUp: true}}, RecordLimit: kafkasink.RecordLimit}
	_, err = k.group("registrar", cfg, kafka.Options{Gap: k.gap}, pipeline.Kafka(r.Serve))
	return err
}

// listed names all partitions of the inputs that groups read, as the cluster has them now.
func listed(ctx context.Context, groups []*kafka.Group, inputs map[string]pipeline.Input) ([]tocsin.SourcePartition, error) {
	var all []tocsin.SourcePartition
	for _, g := range groups {
		counts, err := g.Partitions(ctx)
		if err != nil {
			return nil, err
		}
		for _, topic := range slices.Sorted(maps.Keys(counts)) {
			for n := range counts[topic] {
				all = append(all, pipeline.SourcePartitionOf(inputs[topic].Source, inputs[topic].Topic, int32(n))) //nolint:gosec // partitions are few
			}
		}
	}
	return all, nil
}
