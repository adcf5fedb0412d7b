package kafka

import (
	"cmp"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"strings"
	"time"

	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"
)

// A Connection says how to reach the cluster.
type Connection struct {
	Brokers []string `mapstructure:"brokers"` // host:port of one or more brokers
	TLS     TLS      `mapstructure:"tls"`
	SASL    SASL     `mapstructure:"sasl"`
	// Insecure allows a connection without TLS to a broker that is not on loopback.
	Insecure bool `mapstructure:"insecure_i_know"`
}

// TLS is on where Enabled or CAFile is set. Certificates are always verified; 1.2 is the least version.
type TLS struct {
	Enabled    bool   `mapstructure:"enabled"`
	CAFile     string `mapstructure:"ca_file"`     // PEM; empty: the system's
	CertFile   string `mapstructure:"cert_file"`   // PEM, with KeyFile: a client certificate
	KeyFile    string `mapstructure:"key_file"`    // PEM
	ServerName string `mapstructure:"server_name"` // empty: the broker's host name
}

// SASL is the login. An empty Mechanism is none.
type SASL struct {
	Mechanism string `mapstructure:"mechanism"` // plain, scram-sha-256 or scram-sha-512
	User      string `mapstructure:"user"`
	Password  string `mapstructure:"password"`
}

// A Topic is one input.
type Topic struct {
	Name   string `mapstructure:"name"`
	Source string `mapstructure:"source"` // of its records; empty: the topic's name
	Tenant string `mapstructure:"tenant"` // empty: default
	Format string `mapstructure:"format"` // decoder; empty: auto
	// Own says that the records were written by our own intake: their headers say source, tenant, format and when they
	// were received. It must not be set for a topic that others can write to.
	Own bool `mapstructure:"-"`
	// SetUp says that set-up makes the topic: then set-up is the remedy where it is away.
	SetUp bool `mapstructure:"-"`
}

// Config configures a member of a consumer group. Zero fields take their defaults, see [Default].
type Config struct {
	Connection `mapstructure:",squash"`
	Group      string  `mapstructure:"group"`
	Topics     []Topic `mapstructure:"topics"`
	// Start says where a partition begins that has no committed offset: earliest (default), latest, or a time in
	// RFC 3339. A partition that was added to a topic while we ran always begins at its first record.
	Start       string        `mapstructure:"start"`
	RecordLimit int           `mapstructure:"record_limit"` // bytes of one record; default 1 MiB
	BatchLimit  int           `mapstructure:"batch_limit"`  // bytes of one record batch, packed or unpacked; default 16 MiB
	FetchBytes  int           `mapstructure:"fetch_bytes"`  // packed bytes asked for at once and partition; default 1 MiB
	MaxWait     time.Duration `mapstructure:"max_wait"`     // of one fetch at the end of a partition; default 500 ms, the most
	Session     time.Duration `mapstructure:"session"`      // after which a member that is not heard of is dropped; default 10 s
	Rebalance   time.Duration `mapstructure:"rebalance"`    // that members have to hand over, at least 10 s; default 30 s
	Commit      time.Duration `mapstructure:"commit"`       // between two commits of a [Source]; default 1 s
}

// Default is the configuration with all defaults filled in, and no broker, group or topic.
func Default() Config {
	return Config{
		Start: "earliest", RecordLimit: 1 << 20, BatchLimit: 16 << 20, FetchBytes: 1 << 20, MaxWait: 500 * time.Millisecond,
		Session: 10 * time.Second, Rebalance: 30 * time.Second, Commit: time.Second,
	}
}

// withDefaults fills in what is zero.
func (c Config) withDefaults() Config {
	d := Default()
	c.Start = cmp.Or(c.Start, d.Start)
	c.RecordLimit = cmp.Or(c.RecordLimit, d.RecordLimit)
	c.BatchLimit = cmp.Or(c.BatchLimit, d.BatchLimit)
	c.FetchBytes = cmp.Or(c.FetchBytes, d.FetchBytes)
	c.MaxWait = cmp.Or(c.MaxWait, d.MaxWait)
	c.Session = cmp.Or(c.Session, d.Session)
	c.Rebalance = cmp.Or(c.Rebalance, d.Rebalance)
	c.Commit = cmp.Or(c.Commit, d.Commit)
	return c
}

// Validate reports all faults of the configuration at once.
func (c Config) Validate() error {
	c = c.withDefaults()
	errs := []error{c.Connection.Validate()}
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if c.Group == "" {
		fault("group: is missing")
	}
	if len(c.Topics) == 0 {
		fault("topics: there is none")
	}
	seen := map[string]bool{}
	for i, t := range c.Topics {
		switch {
		case t.Name == "":
			fault("topics[%d].name: is missing", i)
		case seen[t.Name]:
			fault("topics[%d].name: %q is there twice", i, t.Name)
		}
		seen[t.Name] = true
	}
	if _, err := c.startTime(); err != nil {
		fault("start: %w", err)
	}
	for _, limit := range []struct {
		name       string
		is         int
		least, top int
	}{
		{"record_limit", c.RecordLimit, 1 << 10, 64 << 20},
		{"batch_limit", c.BatchLimit, 1 << 16, 256 << 20},
		{"fetch_bytes", c.FetchBytes, 1 << 10, 64 << 20},
		{"max_wait (ms)", int(c.MaxWait.Milliseconds()), 1, 500},
		{"session (ms)", int(c.Session.Milliseconds()), 500, 300_000},
		{"rebalance (ms)", int(c.Rebalance.Milliseconds()), 10_000, 600_000},
		{"commit (ms)", int(c.Commit.Milliseconds()), 1, 60_000},
	} {
		if limit.is < limit.least || limit.is > limit.top {
			fault("%s: %d is not between %d and %d", limit.name, limit.is, limit.least, limit.top)
		}
	}
	if c.BatchLimit < c.RecordLimit {
		fault("batch_limit: %d is less than record_limit, %d", c.BatchLimit, c.RecordLimit)
	}
	return errors.Join(errs...)
}

// startTime is the time that Start names; zero for earliest and latest.
func (c Config) startTime() (time.Time, error) {
	if c.Start == "earliest" || c.Start == "latest" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.RFC3339, c.Start)
	if err != nil {
		return time.Time{}, fmt.Errorf("%q is neither earliest, latest nor a time such as 2026-11-22T00:00:00Z", c.Start)
	}
	return t, nil
}

// Options are what a running [Group] or [Source] needs of its surroundings. Zero fields do.
type Options struct {
	Log        *slog.Logger     // nil: silent
	Registerer Registerer       // nil: unregistered metrics
	Now        func() time.Time // nil: time.Now
	// Gap is told of each stretch of offsets that was lost before it could be read. It must return quickly.
	Gap func(Gap)
	// Offsets may override where a partition begins: it is given the committed offset, -1 for none, and answers an
	// offset, or -1 to leave it at that. Its error ends Run or Read.
	Offsets func(topic string, partition int32, committed int64) (int64, error)
}

func (o Options) withDefaults() Options {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Gap == nil {
		o.Gap = func(Gap) {}
	}
	return o
}

// A Gap is a stretch of offsets, From up to but not To, that retention or a deletion removed before we read it, or,
// where To is less than From, the end of a log that came back shorter than we had read it.
type Gap struct {
	Topic     string
	Partition int32
	From, To  int64
	Reason    string // retention, recreated or truncated
	// Incarnation is the life of the log in which reading goes on; see [Partition.Incarnation].
	Incarnation string
}

// Validate reports all faults of the connection at once. It reads no file.
func (c Connection) Validate() error {
	var errs []error
	if len(c.Brokers) == 0 {
		errs = append(errs, errors.New("brokers: there is none"))
	}
	for _, b := range c.Brokers {
		host, _, err := net.SplitHostPort(b)
		switch {
		case err != nil:
			errs = append(errs, fmt.Errorf("brokers: %q is not host:port", b))
		case !c.TLS.on() && !c.Insecure && !loopback(host):
			errs = append(errs, fmt.Errorf("brokers: %q is not on this machine and tls is off: set tls.enabled, or insecure_i_know", b))
		}
	}
	if (c.TLS.CertFile == "") != (c.TLS.KeyFile == "") {
		errs = append(errs, errors.New("tls: cert_file and key_file go together"))
	}
	if _, err := c.SASL.mechanism(); err != nil {
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func (t TLS) on() bool { return t.Enabled || t.CAFile != "" || t.CertFile != "" }

// config builds the TLS configuration; nil where TLS is off.
func (t TLS) config() (*tls.Config, error) {
	if !t.on() {
		return nil, nil
	}
	c := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: t.ServerName}
	if t.CAFile != "" {
		pem, err := os.ReadFile(t.CAFile)
		if err != nil {
			return nil, fmt.Errorf("tls.ca_file: %w", err)
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("tls.ca_file: %s holds no PEM certificate", t.CAFile)
		}
	}
	if t.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(t.CertFile, t.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("tls.cert_file: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

func (s SASL) mechanism() (sasl.Mechanism, error) {
	switch name := strings.ToLower(s.Mechanism); name {
	case "":
		return nil, nil
	case "plain":
		return plain.Mechanism{Username: s.User, Password: s.Password}, nil
	case "scram-sha-256":
		return scram.Mechanism(scram.SHA256, s.User, s.Password)
	case "scram-sha-512":
		return scram.Mechanism(scram.SHA512, s.User, s.Password)
	default:
		return nil, fmt.Errorf("sasl.mechanism: %q is none of plain, scram-sha-256, scram-sha-512", s.Mechanism)
	}
}
