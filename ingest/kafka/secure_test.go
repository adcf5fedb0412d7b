package kafka

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"tocsin/ingest"
)

// secureCluster is the broker with TLS and passwords that SECURE=1 deploy/stack/up starts.
func secureCluster(t *testing.T) *cluster {
	t.Helper()
	ca := os.Getenv("TOCSIN_TEST_KAFKA_CA")
	if ca == "" {
		t.Skip("TOCSIN_TEST_KAFKA_CA is not set: SECURE=1 deploy/stack/up starts a Kafka with TLS and passwords and prints it")
	}
	password, err := os.ReadFile(os.Getenv("TOCSIN_TEST_KAFKA_PASSWORD_FILE"))
	if err != nil {
		t.Fatal(err)
	}
	c := Connection{
		Brokers: strings.Split(os.Getenv("TOCSIN_TEST_KAFKA"), ","), TLS: TLS{CAFile: ca},
		SASL: SASL{Mechanism: "scram-sha-256", User: os.Getenv("TOCSIN_TEST_KAFKA_USER"), Password: strings.TrimSpace(string(password))},
	}
	pem, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	client, err := kgo.NewClient(kgo.SeedBrokers(c.Brokers...), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.DialTLSConfig(&tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}),
		kgo.SASL(scram.Auth{User: c.SASL.User, Pass: c.SASL.Password}.AsSha256Mechanism()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return &cluster{Connection: c, client: client, real: true}
}

// With TLS and either kind of SCRAM records come and offsets are committed.
func TestSecure(t *testing.T) {
	c := secureCluster(t)
	topic := c.topic(t, 2)
	c.produce(t, topic, 0, numbered(100)...)
	for _, mechanism := range []string{"scram-sha-256", "SCRAM-SHA-512"} {
		t.Run(mechanism, func(t *testing.T) {
			cfg := c.config("g-"+mechanism+topic, topic)
			cfg.SASL.Mechanism = mechanism
			s := open(t, cfg, Options{})
			readN(t, s, 100)
			s.Close()
			if got := c.committed(t, cfg.Group, topic, 1)[0]; got != 100 {
				t.Errorf("%d is committed", got)
			}
			in, err := NewIntake(cfg.Connection, topic)
			if err != nil {
				t.Fatal(err)
			}
			defer in.Close()
			if _, err := in.Append(t.Context(), []ingest.Record{{Value: []byte("x")}}); err != nil {
				t.Error(err)
			}
		})
	}
}

// A broker that cannot be verified, a wrong password and plain text are not connected to; the reason is said.
func TestSecureRefuses(t *testing.T) {
	c := secureCluster(t)
	for name, test := range map[string]struct {
		change func(*Connection)
		want   string
	}{
		"unknown authority": {func(c *Connection) { c.TLS = TLS{Enabled: true} }, "certificate"},
		"another name":      {func(c *Connection) { c.TLS.ServerName = "kafka.example" }, "certificate"},
		"wrong password":    {func(c *Connection) { c.SASL.Password = "wrong" }, "Authentication"},
		"plain text":        {func(c *Connection) { c.TLS = TLS{} }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			conn := c.Connection
			test.change(&conn)
			client, err := newClient(conn, []string{"t"})
			if err != nil {
				t.Fatal(err)
			}
			defer client.close()
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			if _, err = client.partitions(ctx, []string{"t"}); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v", err)
			}
		})
	}
}

func TestValidate(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*Config)
		want   string // "" for valid
	}{
		"as it is":        {func(*Config) {}, ""},
		"no group":        {func(c *Config) { c.Group = "" }, "group: is missing"},
		"no topic":        {func(c *Config) { c.Topics = nil }, "topics: there is none"},
		"a topic twice":   {func(c *Config) { c.Topics = append(c.Topics, c.Topics[0]) }, `topics[1].name: "t" is there twice`},
		"no broker":       {func(c *Config) { c.Brokers = nil }, "brokers: there is none"},
		"no port":         {func(c *Config) { c.Brokers = []string{"localhost"} }, "is not host:port"},
		"plain text":      {func(c *Config) { c.Brokers = []string{"kafka.example:9092"} }, "tls is off"},
		"allowed":         {func(c *Config) { c.Brokers, c.Insecure = []string{"kafka.example:9092"}, true }, ""},
		"with TLS":        {func(c *Config) { c.Brokers, c.TLS.Enabled = []string{"kafka.example:9092"}, true }, ""},
		"half a pair":     {func(c *Config) { c.TLS.KeyFile = "k" }, "go together"},
		"a mechanism":     {func(c *Config) { c.SASL.Mechanism = "gssapi" }, "is none of plain"},
		"a start":         {func(c *Config) { c.Start = "yesterday" }, "neither earliest"},
		"a long wait":     {func(c *Config) { c.MaxWait = time.Minute }, "max_wait"},
		"a batch too low": {func(c *Config) { c.RecordLimit = 32 << 20 }, "batch_limit: 16777216 is less"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := Config{Connection: Connection{Brokers: []string{"127.0.0.1:9092"}}, Group: "g", Topics: []Topic{{Name: "t"}}}
			test.change(&cfg)
			err := cfg.Validate()
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Error(err)
			}
		})
	}
	err := Config{}.Validate()
	if n := len(strings.Split(err.Error(), "\n")); n != 3 {
		t.Errorf("%d faults are told at once: %v", n, err)
	}
}
