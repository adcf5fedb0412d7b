// Package elastic is the store for a daemon with Elasticsearch 8 or 9: alerts, events and the register, as documents
// that dashboards can aggregate. It is the one home of go-elasticsearch.
//
// Every write is a bulk whose items are accounted for one by one (see bulk.go); reads that decide something go by id,
// which is real-time, and only listings search. It runs with the rights to create and to read alone, plus to write on
// projections and to delete in the state index; [Store.Setup] needs more and is run by an administrator.
package elastic

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"time"

	"github.com/elastic/elastic-transport-go/v8/elastictransport"
	"github.com/prometheus/client_golang/prometheus"

	"tocsin/sinks"
)

// Config says where Elasticsearch is and how to speak with it.
type Config struct {
	Addresses []string // URLs of the nodes, at least one
	Username  string   // with Password; or APIKey instead
	Password  string
	APIKey    string // base64 of id:key
	CACert    []byte // PEM of the authorities to trust instead of the system's; nil: the system's
	Insecure  bool   // allow http to hosts other than loopback: passwords and alerts then go in the clear
	Prefix    string // of all index names: lower case, not starting with - _ or +; "": tocsin-

	Timeout   time.Duration // of one request; 0: 60 s
	BulkBytes int           // size that a bulk's body starts with; it adapts; 0: 4 MiB
	BulkMax   int           // size that a bulk's body never exceeds, unless one item does; 0: 16 MiB
	Compress  bool          // gzip bulk bodies: less network for more CPU
	Retry     sinks.Retry   // how failed requests are repeated; Cap 0: 10 s; its Told is left to the store

	Logger     *slog.Logger          // nil: no log
	Registerer prometheus.Registerer // nil: no metrics are exported
	// Transport replaces the HTTP transport, and with it CACert; nil: the store's own. For tests.
	Transport http.RoundTripper
}

var prefixPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,63}$`)

// withDefaults fills what was left out and returns all faults of the rest together.
func (c Config) withDefaults() (Config, []*url.URL, error) {
	if c.Prefix == "" {
		c.Prefix = "tocsin-"
	}
	if c.Timeout <= 0 {
		c.Timeout = time.Minute
	}
	if c.BulkMax <= 0 {
		c.BulkMax = 16 << 20
	}
	if c.BulkBytes <= 0 {
		c.BulkBytes = 4 << 20
	}
	c.BulkBytes = min(c.BulkBytes, c.BulkMax)
	if c.Retry.Cap <= 0 {
		c.Retry.Cap = 10 * time.Second // a node is up again in that order of time
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	var faults []error
	if !prefixPattern.MatchString(c.Prefix) {
		faults = append(faults, fmt.Errorf("index prefix %q: want lower-case letters, digits, '.', '_' and '-', and a letter or digit first", c.Prefix))
	}
	if len(c.Addresses) == 0 {
		faults = append(faults, errors.New("elasticsearch: no address"))
	}
	var urls []*url.URL
	for _, address := range c.Addresses {
		u, err := c.address(address)
		urls, faults = append(urls, u), append(faults, err)
	}
	return c, urls, errors.Join(faults...)
}

func (c *Config) address(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https"):
		return nil, errors.New("elasticsearch: an address is no http or https URL") // not shown: it may hold a password
	case u.User != nil:
		return nil, fmt.Errorf("elasticsearch: address of %s holds a user: use username and password", u.Host)
	case u.Scheme == "http" && !c.Insecure && !isLoopback(u.Hostname()):
		return nil, fmt.Errorf("elasticsearch: %s is not on this machine and not https: use https, or say insecure", u.Host)
	}
	return u, nil
}

func isLoopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || (ip != nil && ip.IsLoopback())
}

// transport makes the HTTP transport: TLS 1.2 at least, certificates always verified.
func (c *Config) transport() (http.RoundTripper, error) {
	trust := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.CACert != nil {
		trust.RootCAs = x509.NewCertPool()
		if !trust.RootCAs.AppendCertsFromPEM(c.CACert) {
			return nil, errors.New("elasticsearch: the CA file holds no certificate")
		}
	}
	return &http.Transport{
		Proxy: http.ProxyFromEnvironment, TLSClientConfig: trust, ForceAttemptHTTP2: true,
		MaxIdleConnsPerHost: 16, IdleConnTimeout: 90 * time.Second, TLSHandshakeTimeout: 10 * time.Second,
		DialContext: (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
	}, nil
}

// client makes the client, which chooses among the nodes and retries nothing: the store does.
func (c *Config) client(urls []*url.URL) (*elastictransport.Client, error) {
	client, err := elastictransport.New(elastictransport.Config{ //nolint:staticcheck // the newer form takes no Config; this one stays
		UserAgent: "tocsin", URLs: urls, Username: c.Username, Password: c.Password, APIKey: c.APIKey, DisableRetry: true, Transport: c.Transport,
	})
	if err != nil {
		return nil, fmt.Errorf("elasticsearch: %w", err)
	}
	return client, nil
}
