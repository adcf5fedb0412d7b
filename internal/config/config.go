// Package config reads the daemon's configuration: one YAML file, every key also from the environment as TOCSIN_…,
// secrets from the environment or from files alone. It is the only user of viper.
package config

import (
	"time"
)

// A Config is everything that can be set. Every field has a default ([Default]); the zero values are not all valid.
type Config struct {
	Mode          string        `mapstructure:"mode" enum:"embedded,kafka"` // embedded: SQLite journal and register; kafka: Kafka and Elasticsearch
	Roles         []string      `mapstructure:"roles" enum:"detect,correlate,registrar,api"`
	DataDir       string        `mapstructure:"data_dir"` // embedded register, token file
	Log           Log           `mapstructure:"log"`
	HTTP          HTTP          `mapstructure:"http"`
	OIDC          OIDC          `mapstructure:"oidc"`
	Intake        Intake        `mapstructure:"intake"`
	Sources       []Source      `mapstructure:"sources"`
	Rules         Rules         `mapstructure:"rules"`
	Scales        string        `mapstructure:"scales"`   // file; "" is the shipped scale
	Assets        string        `mapstructure:"assets"`   // file; "" is none
	Clocks        string        `mapstructure:"clocks"`   // file of regulatory regimes; "" is the shipped ones
	Notify        string        `mapstructure:"notify"`   // file of receivers and routes of notifications; "" is none
	Mappings      []string      `mapstructure:"mappings"` // mapping files for formats of your own
	Enrich        Enrich        `mapstructure:"enrich"`
	Engine        Engine        `mapstructure:"engine"`
	SQLite        SQLite        `mapstructure:"sqlite"`
	Kafka         Kafka         `mapstructure:"kafka"`
	Elasticsearch Elasticsearch `mapstructure:"elasticsearch"`
	Reports       Reports       `mapstructure:"reports"`
	Integrity     Integrity     `mapstructure:"integrity"`
}

// Reports is how people report something, and what reports of incidents look like.
type Reports struct {
	Open     bool   `mapstructure:"open"`     // on a loopback listener the form and the API take reports without a token
	Template string `mapstructure:"template"` // folder of templates that replace the shipped ones of the same name; "" is none
	Link     Secret `mapstructure:"link"`     // environment only: whoever has /report?link=… may report; "" for nobody
}

// Integrity is how the register is made to prove itself: a signed checkpoint of all log entries, kept in a second place.
type Integrity struct {
	CheckpointEvery time.Duration `mapstructure:"checkpoint_every"` // and only where the register grew
	Name            string        `mapstructure:"name"`             // of the register: first line of its checkpoints, and of its keys
	Key             Secret        `mapstructure:"key"`              // environment only: signing keys, comma-separated
	KeyFile         string        `mapstructure:"key_file"`         // signing keys, one a line; "": made in data_dir in mode embedded, nothing is signed in mode kafka
	AnchorFile      string        `mapstructure:"anchor_file"`      // checkpoints are appended to it; "": checkpoints.txt in data_dir in mode embedded
	AnchorTopic     string        `mapstructure:"anchor_topic"`     // mode kafka: checkpoints are written to it too
}

// Log is how the daemon speaks of itself.
type Log struct {
	Level  string `mapstructure:"level" enum:"debug,info,warn,error"`
	Format string `mapstructure:"format" enum:"text,json"`
}

// HTTP is the listener of the intake, the API, the page and, on loopback, the metrics.
type HTTP struct {
	Listen        string   `mapstructure:"listen"`          // host:port; port 0 takes a free one
	Hosts         []string `mapstructure:"hosts"`           // names the Host header may carry besides the listener's own
	CertFile      string   `mapstructure:"cert_file"`       // PEM; with key_file serves TLS
	KeyFile       string   `mapstructure:"key_file"`        //
	InsecureIKnow bool     `mapstructure:"insecure_i_know"` // plain HTTP off loopback
	MetricsListen string   `mapstructure:"metrics_listen"`  // "" serves /metrics with the rest, on loopback only
	TokensFile    string   `mapstructure:"tokens_file"`     // YAML list of {name, role, tenant, sha256}
	OpenIntake    string   `mapstructure:"open_intake" enum:"loopback,never"`
	ClientCAFile  string   `mapstructure:"client_ca_file"` // PEM; whoever has a certificate of it may use it in place of a token
	Peers         []string `mapstructure:"peers"`          // pages of the other daemons of this pipeline, as readers reach them: https://tocsin-2.example
	Teams         []string `mapstructure:"teams"`          // team=person: who is a member of which response team; members know of restricted incidents that the team was activated for
	RateLimit     int      `mapstructure:"rate_limit"`     // requests a second of one caller to API and page; 0: no limit
}

// OIDC is the identity provider that people sign on by.
type OIDC struct {
	Issuer           string   `mapstructure:"issuer"` // "": none
	ClientID         string   `mapstructure:"client_id"`
	ClientSecret     Secret   `mapstructure:"client_secret"` // environment only
	ClientSecretFile string   `mapstructure:"client_secret_file"`
	RedirectURL      string   `mapstructure:"redirect_url"` // this daemon's /login/oidc/callback
	Scopes           []string `mapstructure:"scopes"`       // beside openid
	Algorithms       []string `mapstructure:"algorithms" enum:"RS256,RS384,RS512,PS256,PS384,PS512,ES256,ES384,ES512,EdDSA"`
	NameClaim        string   `mapstructure:"name_claim"`
	RolesClaim       string   `mapstructure:"roles_claim"`
	TenantClaim      string   `mapstructure:"tenant_claim"` // "": everybody sees all tenants
	Roles            []string `mapstructure:"roles"`        // group=role
}

// Intake bounds what the HTTP intake takes, and says how its alerts are treated.
type Intake struct {
	Tenant    string        `mapstructure:"tenant"`
	Format    string        `mapstructure:"format"`
	MaxBody   Bytes         `mapstructure:"max_body"`   // of one request, as sent
	MaxUnpack Bytes         `mapstructure:"max_unpack"` // of one request or Kafka batch, decompressed
	MaxRecord Bytes         `mapstructure:"max_record"` // of one record
	Backlog   int64         `mapstructure:"backlog"`    // records accepted and not yet processed before 429
	Disorder  time.Duration `mapstructure:"disorder"`
	Lateness  time.Duration `mapstructure:"lateness"`
	IdleAfter time.Duration `mapstructure:"idle_after"`
	MaxDepth  int           `mapstructure:"max_depth"`  // of nested JSON
	MaxFields int           `mapstructure:"max_fields"` // of one record
}

// A Source is one input beside HTTP.
type Source struct {
	Name      string        `mapstructure:"name"`
	Kind      string        `mapstructure:"kind" enum:"kafka,file,http,syslog,elasticsearch,opensearch"`
	Topics    []string      `mapstructure:"topics"` // kafka
	Paths     []string      `mapstructure:"paths"`  // file
	Follow    bool          `mapstructure:"follow"` // file: go on reading as the files grow and rotate; paths may be patterns
	Encoding  string        `mapstructure:"encoding" enum:",utf-8,utf-16le,utf-16be,latin-1"`
	KeySHA256 []string      `mapstructure:"key_sha256"` // http: of the keys by which senders are this source
	Syslog    Syslog        `mapstructure:"syslog"`
	Search    Search        `mapstructure:"search"` // elasticsearch, opensearch
	Identity  Identity      `mapstructure:"identity"`
	Tenant    string        `mapstructure:"tenant"`
	Format    string        `mapstructure:"format"`
	Start     string        `mapstructure:"start" enum:"earliest,latest"`
	Disorder  time.Duration `mapstructure:"disorder"`
	Lateness  time.Duration `mapstructure:"lateness"`
	IdleAfter time.Duration `mapstructure:"idle_after"`
	Recorded  bool          `mapstructure:"recorded"` // history being replayed: data alone moves the watermark
	Store     string        `mapstructure:"store" enum:"all,matched,none"`
	Silence   string        `mapstructure:"silence"` // habit, off, or a duration: when it counts as silent
}

// Rules says where rules come from.
type Rules struct {
	Folders []string      `mapstructure:"folders"`
	Shipped bool          `mapstructure:"shipped"`      // also load the rules in the binary
	Reload  time.Duration `mapstructure:"reload_delay"` // how long a folder must be quiet before it is read again
	Sigma   Sigma         `mapstructure:"sigma"`
}

// Sigma says how Sigma rules are read.
type Sigma struct {
	Pipelines []string `mapstructure:"pipelines"` // files in pySigma's form, applied before the shipped ones
}

// Engine bounds the correlation state.
type Engine struct {
	KeysPerRule   int           `mapstructure:"keys_per_rule"`
	BytesPerRule  Bytes         `mapstructure:"bytes_per_rule"`
	SnapshotEvery time.Duration `mapstructure:"snapshot_every"`
}

// SQLite bounds the embedded store.
type SQLite struct {
	MaxBytes  Bytes         `mapstructure:"max_bytes"` // of the database; reaching it refuses intake and loses nothing
	Retention time.Duration `mapstructure:"retention"` // of alerts; incidents and their evidence stay
}

// Kafka is the cluster that the kafka sources and, in mode kafka, the internal topics live in.
type Kafka struct {
	Brokers      []string      `mapstructure:"brokers"`
	Group        string        `mapstructure:"group"`      // consumer groups are group-detect, group-correlate, group-registrar
	Prefix       string        `mapstructure:"prefix"`     // of the internal topics: prefix + matches, events, intake
	Partitions   int           `mapstructure:"partitions"` // of prefix + matches; fixed for life
	Replication  int           `mapstructure:"replication"`
	TLS          bool          `mapstructure:"tls"`
	CAFile       string        `mapstructure:"ca_file"`
	CertFile     string        `mapstructure:"cert_file"`
	KeyFile      string        `mapstructure:"key_file"`
	SASL         string        `mapstructure:"sasl" enum:",plain,scram-sha-256,scram-sha-512"`
	User         string        `mapstructure:"user"`
	Password     Secret        `mapstructure:"password"` // environment only
	PasswordFile string        `mapstructure:"password_file"`
	Session      time.Duration `mapstructure:"session"`
	Commands     Commands      `mapstructure:"commands"`
	Insecure     bool          `mapstructure:"insecure_i_know"` // plain text off loopback
}

// Commands is the topic by which a ticketing or SOAR system gives commands on incidents. Who may write to it is the
// cluster's to say (ACL); what comes by it counts as the one actor that stands here, or as whoever signed it.
type Commands struct {
	Topic  string `mapstructure:"topic"`  // e.g. tocsin.commands; "" is none
	Actor  string `mapstructure:"actor"`  // who gives the commands, in the log
	Role   string `mapstructure:"role"`   // viewer, analyst, coordinator, lead or admin
	Tenant string `mapstructure:"tenant"` // the only one whose incidents it may touch; "" for all
	// Signed records alone are carried out, each as the token that signed it: actor, role and tenant are the token's.
	Signed bool `mapstructure:"signed"`
}

// Elasticsearch is the register's store in mode kafka.
type Elasticsearch struct {
	URLs         []string `mapstructure:"urls"`
	Prefix       string   `mapstructure:"prefix"`
	CAFile       string   `mapstructure:"ca_file"`
	User         string   `mapstructure:"user"`
	Password     Secret   `mapstructure:"password"` // environment only
	PasswordFile string   `mapstructure:"password_file"`
	APIKey       Secret   `mapstructure:"api_key"` // environment only
	APIKeyFile   string   `mapstructure:"api_key_file"`
	Replicas     int      `mapstructure:"replicas"`
	Shards       int      `mapstructure:"shards"`
	Insecure     bool     `mapstructure:"insecure_i_know"` // plain HTTP off loopback
}

// Default is the configuration of a daemon that was told nothing: HTTP intake and page on loopback, an embedded
// register below ./tocsin-data, the shipped rules and scale.
func Default() Config {
	return Config{
		Mode: "embedded", Roles: []string{"detect", "correlate", "registrar", "api"}, DataDir: "tocsin-data",
		Log:  Log{Level: "info", Format: "text"},
		HTTP: HTTP{Listen: "127.0.0.1:8080", OpenIntake: "loopback", RateLimit: 100},
		OIDC: OIDC{Scopes: []string{"profile"}, Algorithms: []string{"RS256", "ES256"}, NameClaim: "preferred_username", RolesClaim: "groups"},
		Intake: Intake{
			Tenant: "default", Format: "auto", MaxBody: 16 << 20, MaxUnpack: 64 << 20, MaxRecord: 1 << 20, Backlog: 200_000,
			Disorder: 2 * time.Minute, Lateness: time.Hour, IdleAfter: 30 * time.Second,
			MaxDepth: 32, MaxFields: 2000,
		},
		Rules:         Rules{Shipped: true, Reload: 500 * time.Millisecond},
		Enrich:        defaultEnrich(),
		Engine:        Engine{KeysPerRule: 1_000_000, BytesPerRule: 512 << 20, SnapshotEvery: time.Minute},
		SQLite:        SQLite{MaxBytes: 20 << 30, Retention: 90 * 24 * time.Hour},
		Kafka:         Kafka{Brokers: []string{"127.0.0.1:9092"}, Group: "tocsin", Prefix: "tocsin.", Partitions: 32, Replication: 1, Session: 10 * time.Second, Commands: Commands{Actor: "commands", Role: "analyst"}},
		Elasticsearch: Elasticsearch{URLs: []string{"http://127.0.0.1:9200"}, Prefix: "tocsin-", Replicas: 1, Shards: 1},
		Integrity:     Integrity{CheckpointEvery: 5 * time.Minute, Name: "tocsin"},
	}
}
