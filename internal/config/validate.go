package config

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"time"
)

var (
	nameForm   = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`)
	prefixForm = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,40}$`)
)

// validate reports what is well-formed and yet cannot be meant.
func (c *checker) validate(cfg *Config) {
	c.validateHTTP(cfg)
	c.validateOIDC(cfg)
	c.validateSources(cfg)
	c.validateLimits(cfg)
	c.validateIntegrity(cfg)
	c.validateEnrich(&cfg.Enrich)
	for _, f := range []struct{ path, name string }{{"scales", cfg.Scales}, {"assets", cfg.Assets}, {"clocks", cfg.Clocks}, {"notify", cfg.Notify}} {
		c.readable(f.path, f.name)
	}
	for i, name := range cfg.Mappings {
		c.readable(fmt.Sprintf("mappings[%d]", i), name)
	}
	for i, name := range cfg.Rules.Folders {
		c.readable(fmt.Sprintf("rules.folders[%d]", i), name)
	}
	for i, name := range cfg.Rules.Sigma.Pipelines {
		c.readable(fmt.Sprintf("rules.sigma.pipelines[%d]", i), name)
	}
	if !cfg.Rules.Shipped && len(cfg.Rules.Folders) == 0 {
		c.at("rules.shipped", "no rules at all", "name folders, or leave shipped on")
	}
	if cfg.Mode == "kafka" || slices.ContainsFunc(cfg.Sources, func(s Source) bool { return s.Kind == "kafka" }) {
		c.validateKafka(cfg)
	}
	if cfg.Mode != "kafka" && cfg.Kafka.Commands.Topic != "" {
		c.at("kafka.commands.topic", "commands by a topic need mode: kafka", "set mode: kafka, or let them come by the API")
	}
	if cfg.Mode == "kafka" {
		c.validateElasticsearch(cfg)
	}
}

func (c *checker) readable(path, name string) {
	if name == "" {
		return
	}
	if _, err := os.Stat(name); err != nil {
		c.at(path, strings.TrimPrefix(err.Error(), "stat "), "name one that exists")
	}
}

func (c *checker) validateHTTP(cfg *Config) {
	host, _, err := net.SplitHostPort(cfg.HTTP.Listen)
	switch {
	case err != nil:
		c.at("http.listen", fmt.Sprintf("%q is no host:port", cfg.HTTP.Listen), "write 127.0.0.1:8080")
	case !Loopback(host) && cfg.HTTP.CertFile == "" && !cfg.HTTP.InsecureIKnow:
		c.at("http.listen", fmt.Sprintf("%q is not loopback and would be served without TLS", cfg.HTTP.Listen), "set http.cert_file and http.key_file, or http.insecure_i_know: true")
	}
	if (cfg.HTTP.CertFile == "") != (cfg.HTTP.KeyFile == "") {
		c.at("http.cert_file", "TLS needs both a certificate and a key", "set http.cert_file and http.key_file")
	}
	c.readable("http.tokens_file", cfg.HTTP.TokensFile)
	c.readable("http.cert_file", cfg.HTTP.CertFile)
	c.readable("http.key_file", cfg.HTTP.KeyFile)
	if l := cfg.HTTP.MetricsListen; l != "" {
		if _, _, err := net.SplitHostPort(l); err != nil {
			c.at("http.metrics_listen", fmt.Sprintf("%q is no host:port", l), "write 127.0.0.1:9095")
		}
	}
}

// Loopback reports whether only this machine has the host or address.
func Loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// unreadable reports a file that is not there.
func unreadable(at told, key, name string) {
	if name == "" {
		return
	}
	if _, err := os.Stat(name); err != nil {
		at(key, strings.TrimPrefix(err.Error(), "stat "), "name one that exists")
	}
}

func (c *checker) validateTimes(at told, disorder, lateness, idle time.Duration) {
	if disorder > lateness {
		at("disorder", fmt.Sprintf("disorder %v is more than lateness %v", disorder, lateness), "state must be kept at least as long as the watermark waits")
	}
	if lateness > 14*24*time.Hour {
		at("lateness", fmt.Sprintf("lateness %v is more than 14 days", lateness), "replay history with recorded: true instead")
	}
	if idle < time.Second {
		at("idle_after", fmt.Sprintf("idle_after %v is less than a second", idle), "a source that pauses is not idle; 30s is the default")
	}
}

func (c *checker) validateLimits(cfg *Config) {
	positive := func(path string, n int64) {
		if n <= 0 {
			c.at(path, "must be more than 0", "")
		}
	}
	positive("intake.max_body", int64(cfg.Intake.MaxBody))
	positive("intake.max_unpack", int64(cfg.Intake.MaxUnpack))
	positive("intake.max_record", int64(cfg.Intake.MaxRecord))
	positive("intake.backlog", cfg.Intake.Backlog)
	positive("intake.max_depth", int64(cfg.Intake.MaxDepth))
	positive("intake.max_fields", int64(cfg.Intake.MaxFields))
	positive("engine.keys_per_rule", int64(cfg.Engine.KeysPerRule))
	positive("engine.bytes_per_rule", int64(cfg.Engine.BytesPerRule))
	positive("engine.snapshot_every", int64(cfg.Engine.SnapshotEvery))
	positive("sqlite.max_bytes", int64(cfg.SQLite.MaxBytes))
	at := func(key, message, remedy string) { c.at("intake."+key, message, remedy) }
	c.validateTimes(at, cfg.Intake.Disorder, cfg.Intake.Lateness, cfg.Intake.IdleAfter)
	if cfg.DataDir == "" {
		c.at("data_dir", "is empty", "name a folder")
	}
}

func (c *checker) validateKafka(cfg *Config) {
	if len(cfg.Kafka.Brokers) == 0 {
		c.at("kafka.brokers", "is empty", "brokers: [127.0.0.1:9092]")
	}
	for i, b := range cfg.Kafka.Brokers {
		host, _, err := net.SplitHostPort(b)
		path := fmt.Sprintf("kafka.brokers[%d]", i)
		switch {
		case err != nil:
			c.at(path, fmt.Sprintf("%q is no host:port", b), "write broker.example:9093")
		case !Loopback(host) && !cfg.Kafka.TLS && !cfg.Kafka.Insecure:
			c.at(path, fmt.Sprintf("%q is not loopback and would be spoken to in plain text", b), "set kafka.tls: true, or kafka.insecure_i_know: true")
		}
	}
	if !prefixForm.MatchString(cfg.Kafka.Prefix) {
		c.at("kafka.prefix", fmt.Sprintf("%q is no topic prefix", cfg.Kafka.Prefix), "for example tocsin.")
	}
	if !nameForm.MatchString(cfg.Kafka.Group) {
		c.at("kafka.group", fmt.Sprintf("%q is no group name", cfg.Kafka.Group), "for example tocsin")
	}
	if cfg.Kafka.Partitions < 1 || cfg.Kafka.Partitions > 1024 {
		c.at("kafka.partitions", "must lie between 1 and 1024", "32 is the default")
	}
	if cfg.Kafka.SASL != "" && cfg.Kafka.User == "" {
		c.at("kafka.sasl", "needs kafka.user", "")
	}
	if cfg.Kafka.SASL != "" && cfg.Kafka.User != "" && cfg.Kafka.Password == "" {
		c.at("kafka.user", "has no password", "set TOCSIN_KAFKA_PASSWORD, or kafka.password_file")
	}
	c.readable("kafka.ca_file", cfg.Kafka.CAFile)
	c.validateCommands(cfg.Kafka)
}

func (c *checker) validateElasticsearch(cfg *Config) {
	if len(cfg.Elasticsearch.URLs) == 0 {
		c.at("elasticsearch.urls", "is empty", "urls: [https://127.0.0.1:9200]")
	}
	for i, text := range cfg.Elasticsearch.URLs {
		u, err := url.Parse(text)
		path := fmt.Sprintf("elasticsearch.urls[%d]", i)
		switch {
		case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
			c.at(path, "is no http or https address", "write https://es.example:9200")
		case u.User != nil:
			c.at(path, "holds a user or a password", "set elasticsearch.user and elasticsearch.password_file")
		case u.Scheme == "http" && !Loopback(u.Hostname()) && !cfg.Elasticsearch.Insecure:
			c.at(path, "is not loopback and would be spoken to in plain text", "use https, or elasticsearch.insecure_i_know: true")
		}
	}
	if !prefixForm.MatchString(cfg.Elasticsearch.Prefix) {
		c.at("elasticsearch.prefix", fmt.Sprintf("%q is no index prefix", cfg.Elasticsearch.Prefix), "for example tocsin-")
	}
	if cfg.Elasticsearch.User != "" && cfg.Elasticsearch.Password == "" {
		c.at("elasticsearch.user", "has no password", "set TOCSIN_ELASTICSEARCH_PASSWORD, or elasticsearch.password_file")
	}
	c.readable("elasticsearch.ca_file", cfg.Elasticsearch.CAFile)
}

func (c *checker) validateCommands(k Kafka) {
	if k.Commands.Topic == "" {
		return
	}
	if !prefixForm.MatchString(k.Commands.Topic) {
		c.at("kafka.commands.topic", fmt.Sprintf("%q is no topic", k.Commands.Topic), "for example tocsin.commands")
	}
	if slices.Contains([]string{k.Prefix + "matches", k.Prefix + "events", k.Prefix + "intake"}, k.Commands.Topic) {
		c.at("kafka.commands.topic", k.Commands.Topic+" is one of the daemon's own", "for example tocsin.commands")
	}
	if k.Commands.Actor == "" {
		c.at("kafka.commands.actor", "is empty", "name the system that gives the commands: it stands in the log")
	}
	if roles := []string{"analyst", "coordinator", "lead", "admin"}; !slices.Contains(roles, k.Commands.Role) {
		c.at("kafka.commands.role", fmt.Sprintf("%q gives no commands", k.Commands.Role), "one of "+strings.Join(roles, ", "))
	}
}
