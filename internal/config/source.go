package config

import (
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// Syslog is what a source of kind syslog listens on, and within which limits.
type Syslog struct {
	Network        string        `mapstructure:"network" enum:",udp,tcp,tls"`
	Address        string        `mapstructure:"address"`         // host:port
	CertFile       string        `mapstructure:"cert_file"`       // tls
	KeyFile        string        `mapstructure:"key_file"`        // tls
	ClientCAFile   string        `mapstructure:"client_ca_file"`  // tls: senders must show a certificate of it
	Allow          []string      `mapstructure:"allow"`           // networks that may send; empty: all
	MaxMessage     Bytes         `mapstructure:"max_message"`     // of one message; longer ones go to the dead letters
	MaxConnections int           `mapstructure:"max_connections"` // tcp, tls
	Rate           int           `mapstructure:"rate"`            // messages a second of one address; 0: no limit
	Idle           time.Duration `mapstructure:"idle"`            // tcp, tls: a connection that says nothing for so long is closed
	ReceiveBuffer  Bytes         `mapstructure:"receive_buffer"`  // udp: of the kernel
	InsecureIKnow  bool          `mapstructure:"insecure_i_know"` // without TLS off loopback
}

// Search is what a source of kind elasticsearch or opensearch is pulled from.
type Search struct {
	URLs          []string      `mapstructure:"urls"`
	Indices       []string      `mapstructure:"indices"`
	TimeField     string        `mapstructure:"time_field"` // by which documents are read: best the time of their indexing
	LookBack      time.Duration `mapstructure:"look_back"`  // how much later than its time a document may become visible
	Every         time.Duration `mapstructure:"every"`
	Page          int           `mapstructure:"page"` // documents of one request
	User          string        `mapstructure:"user"`
	PasswordFile  string        `mapstructure:"password_file"`
	APIKeyFile    string        `mapstructure:"api_key_file"`
	CAFile        string        `mapstructure:"ca_file"`
	InsecureIKnow bool          `mapstructure:"insecure_i_know"` // plain HTTP off loopback
}

// Identity says when two alerts are one that came by two roads.
type Identity struct {
	Fields []string      `mapstructure:"fields"` // alerts of the same values are the same; none: as the format says
	Shared string        `mapstructure:"shared"` // sources of the same word are roads of the same alerts; "": the source alone
	Within time.Duration `mapstructure:"within"` // and of the same stretch of time so long, counted from 1970; 0: whenever
}

// defaultSource is what a source leaves unsaid.
func defaultSource() Source {
	return Source{
		Kind: "kafka", Tenant: "default", Format: "auto", Start: "earliest", Store: "all", Silence: "habit", Encoding: "utf-8",
		Disorder: 2 * time.Minute, Lateness: time.Hour, IdleAfter: 30 * time.Second,
		Syslog: Syslog{
			Network: "tcp", MaxMessage: 64 << 10, MaxConnections: 1000, Idle: 10 * time.Minute, ReceiveBuffer: 4 << 20,
		},
		Search: Search{TimeField: "@timestamp", LookBack: 2 * time.Minute, Every: 5 * time.Second, Page: 500},
	}
}

// SilentAfter is how long the source may be silent: 0 as long as its habit allows, negative for ever.
func (s *Source) SilentAfter() time.Duration {
	d, err := ParseDuration(s.Silence)
	switch {
	case s.Silence == "off", s.Recorded, s.Kind == "file" && !s.Follow:
		return -1
	case err != nil:
		return 0
	}
	return d
}

// A told reports a fault of one source at the place of its key, or at the source where the key is not said.
type told func(key, message, remedy string)

func (c *checker) validateSources(cfg *Config) {
	names := map[string]bool{"http": true, "tocsin": true}
	keys := map[string]string{}
	for i := range cfg.Sources {
		s := &cfg.Sources[i]
		at := func(key, message, remedy string) {
			path := fmt.Sprintf("sources[%d]", i)
			if _, ok := c.places[path+"."+key]; ok {
				path += "." + key
			}
			c.at(path, message, remedy)
		}
		switch {
		case !nameForm.MatchString(s.Name):
			at("name", fmt.Sprintf("%q is no source name", s.Name), "use lower-case letters, digits, dots and dashes")
		case names[s.Name]:
			at("name", fmt.Sprintf("a source %q is there already", s.Name), "give each source its own name; http is the intake's, tocsin the daemon's own")
		}
		names[s.Name] = true
		c.validateKind(at, cfg.Mode, s, keys)
		c.validateTimes(at, s.Disorder, s.Lateness, s.IdleAfter)
		if d, err := ParseDuration(s.Silence); s.Silence != "" && s.Silence != "habit" && s.Silence != "off" && (err != nil || d < time.Minute) {
			at("silence", fmt.Sprintf("%q is not habit, off or a duration of a minute or more", s.Silence), "silence: 15m")
		}
		if len(s.Identity.Fields) > 0 && s.Store == "none" {
			at("store", "alerts that are not stored cannot be told to be the same", "set store: all or matched")
		}
		if len(s.Identity.Fields) == 0 && (s.Identity.Shared != "" || s.Identity.Within != 0) {
			at("identity", "says nothing without fields", "fields: [event.id]")
		}
	}
}

func (c *checker) validateKind(at told, mode string, s *Source, keys map[string]string) {
	switch s.Kind {
	case "kafka":
		if len(s.Topics) == 0 {
			at("topics", "a kafka source needs topics", "topics: [alerts]")
		}
		if mode == "embedded" {
			at("kind", "kafka sources need mode: kafka", "set mode: kafka, or send the alerts over HTTP")
		}
	case "file":
		c.validateFile(at, mode, s)
	case "http":
		validateKeys(at, s, keys)
	case "syslog":
		c.validateSyslog(at, &s.Syslog)
	case "elasticsearch", "opensearch":
		c.validateSearch(at, &s.Search)
	}
}

func (c *checker) validateFile(at told, mode string, s *Source) {
	if len(s.Paths) == 0 {
		at("paths", "a file source needs paths", "paths: [alerts.ndjson]")
	}
	for _, p := range s.Paths {
		if _, err := filepath.Match(p, ""); s.Follow && err != nil {
			at("paths", fmt.Sprintf("%q is no pattern", p), "write /var/log/*.log")
		}
	}
	if mode == "kafka" && !s.Follow {
		at("kind", "files that are read once run in mode embedded only", "follow: true, send the file to a topic, or use mode: embedded")
	}
	if s.Follow && s.Recorded {
		at("recorded", "a file that is followed is no recording", "leave out recorded or follow")
	}
}

func validateKeys(at told, s *Source, keys map[string]string) {
	if len(s.KeySHA256) == 0 {
		at("key_sha256", "a http source needs the hash of a key", "key_sha256: [HASH], of printf %s KEY | sha256sum")
	}
	for _, hash := range s.KeySHA256 {
		b, err := hex.DecodeString(hash)
		switch {
		case err != nil || len(b) != 32:
			at("key_sha256", "is not 64 hex digits", "printf %s KEY | sha256sum")
		case keys[strings.ToLower(hash)] != "":
			at("key_sha256", fmt.Sprintf("source %s has the same key", keys[strings.ToLower(hash)]), "give each source a key of its own")
		}
		keys[strings.ToLower(hash)] = s.Name
	}
}

func (c *checker) validateSyslog(at told, s *Syslog) {
	host, _, err := net.SplitHostPort(s.Address)
	switch {
	case s.Address == "":
		at("syslog.address", "a syslog source needs syslog.address", "address: 127.0.0.1:5514")
	case err != nil:
		at("syslog.address", fmt.Sprintf("%q is no host:port", s.Address), "write 127.0.0.1:5514")
	case s.Network != "tls" && !Loopback(host) && !s.InsecureIKnow:
		at("syslog.address", fmt.Sprintf("%q is not loopback, and %s is neither secret nor authentic", s.Address, s.Network), "set network: tls, or insecure_i_know: true")
	}
	if s.Network == "tls" && (s.CertFile == "" || s.KeyFile == "") {
		at("syslog.network", "TLS needs a certificate and a key", "set cert_file and key_file")
	}
	if s.Network != "tls" && s.CertFile+s.KeyFile+s.ClientCAFile != "" {
		at("syslog.network", "certificates are for network: tls", "set network: tls, or leave them out")
	}
	for key, name := range map[string]string{"cert_file": s.CertFile, "key_file": s.KeyFile, "client_ca_file": s.ClientCAFile} {
		unreadable(at, "syslog."+key, name)
	}
	for _, text := range s.Allow {
		if _, err := netip.ParsePrefix(text); err != nil {
			at("syslog.allow", fmt.Sprintf("%q is no network", text), "write 192.0.2.0/24")
		}
	}
	for key, n := range map[string]int64{"max_message": int64(s.MaxMessage), "max_connections": int64(s.MaxConnections), "idle": int64(s.Idle)} {
		if n <= 0 {
			at("syslog."+key, key+" must be more than 0", "")
		}
	}
	if s.Rate < 0 {
		at("syslog.rate", "rate must not be less than 0", "0 is no limit")
	}
}

func (c *checker) validateSearch(at told, s *Search) {
	if len(s.URLs) == 0 {
		at("search.urls", "is empty", "urls: [https://siem.example:9200]")
	}
	for _, text := range s.URLs {
		message, remedy := wrongURL(text, s.InsecureIKnow)
		if message != "" {
			at("search.urls", fmt.Sprintf("%s: %s", redactURL(text), message), remedy)
		}
	}
	if len(s.Indices) == 0 {
		at("search.indices", "is empty", "indices: [.alerts-security.alerts-default]")
	}
	if slices.ContainsFunc(s.Indices, func(name string) bool { return name == "" || strings.ContainsAny(name, "/?#, ") }) {
		at("search.indices", "holds what is no index name or pattern", "one a line")
	}
	if s.LookBack < 0 || s.LookBack > 12*time.Hour {
		at("search.look_back", fmt.Sprintf("look_back %v is more than 12h", s.LookBack), "name the time of indexing as time_field instead")
	}
	if s.Every < time.Second {
		at("search.every", fmt.Sprintf("every %v is less than a second", s.Every), "5s is the default")
	}
	if s.Page < 1 || s.Page > 10_000 {
		at("search.page", "page must lie between 1 and 10000", "500 is the default")
	}
	if s.User != "" && s.PasswordFile == "" {
		at("search.user", "needs password_file", "")
	}
	if s.User != "" && s.APIKeyFile != "" {
		at("search.user", "is told beside an API key", "keep one of them")
	}
	for key, name := range map[string]string{"password_file": s.PasswordFile, "api_key_file": s.APIKeyFile, "ca_file": s.CAFile} {
		unreadable(at, "search."+key, name)
	}
}

// wrongURL says what is wrong with the address of a server, "" for nothing.
func wrongURL(text string, insecure bool) (message, remedy string) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		return "is no http or https address", "write https://siem.example:9200"
	case u.User != nil:
		return "holds a user or a password", "set user and password_file"
	case u.Scheme == "http" && !Loopback(u.Hostname()) && !insecure:
		return "is not loopback and would be spoken to in plain text", "use https, or insecure_i_know: true"
	}
	return "", ""
}

func redactURL(text string) string {
	if u, err := url.Parse(text); err == nil {
		return u.Redacted()
	}
	return "the address"
}
