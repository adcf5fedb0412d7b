package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/sasl"
	"github.com/segmentio/kafka-go/sasl/plain"
	"github.com/segmentio/kafka-go/sasl/scram"
)

// A Connection says how to reach the cluster. It means the same as the consumers' Connection in ingest/kafka, which
// this package may not import.
type Connection struct {
	Brokers    []string // host:port of one or more brokers
	TLS        bool     // on also where CAFile or CertFile is set; verified, 1.2 or later
	CAFile     string   // PEM; empty: the system's
	CertFile   string   // PEM, with KeyFile: a client certificate
	KeyFile    string   // PEM
	ServerName string   // empty: the broker's host name
	Mechanism  string   // plain, scram-sha-256 or scram-sha-512; empty: no login
	User       string
	Password   string
	Insecure   bool // allows plain text to a broker that is not on loopback
}

const (
	dialTimeout    = 5 * time.Second
	requestTimeout = 10 * time.Second
)

// transport opens nothing yet: connections are made when they are needed.
func (c Connection) transport() (*kafka.Transport, error) {
	if len(c.Brokers) == 0 {
		return nil, errors.New("brokers: there is none")
	}
	config, err := c.tls()
	if err != nil {
		return nil, err
	}
	for _, b := range c.Brokers {
		host, _, err := net.SplitHostPort(b)
		if err != nil {
			return nil, fmt.Errorf("brokers: %q is not host:port", b)
		}
		ip := net.ParseIP(host)
		if local := host == "localhost" || ip != nil && ip.IsLoopback(); !local && config == nil && !c.Insecure {
			return nil, fmt.Errorf("brokers: %q is not on this machine and tls is off: set tls, or insecure_i_know", b)
		}
	}
	mechanism, err := c.mechanism()
	if err != nil {
		return nil, err
	}
	return &kafka.Transport{
		Dial: (&net.Dialer{Timeout: dialTimeout}).DialContext, DialTimeout: dialTimeout, ClientID: "tocsin", TLS: config, SASL: mechanism,
	}, nil
}

func (c Connection) tls() (*tls.Config, error) {
	if !c.TLS && c.CAFile == "" && c.CertFile == "" {
		return nil, nil
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, ServerName: c.ServerName}
	if c.CAFile != "" {
		pem, err := os.ReadFile(c.CAFile)
		if err != nil {
			return nil, fmt.Errorf("ca_file: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("ca_file: %s holds no PEM certificate", c.CAFile)
		}
	}
	if c.CertFile != "" {
		pair, err := tls.LoadX509KeyPair(c.CertFile, c.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("cert_file: %w", err)
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

func (c Connection) mechanism() (sasl.Mechanism, error) {
	switch strings.ToLower(c.Mechanism) {
	case "":
		return nil, nil
	case "plain":
		return plain.Mechanism{Username: c.User, Password: c.Password}, nil
	case "scram-sha-256":
		return scram.Mechanism(scram.SHA256, c.User, c.Password)
	case "scram-sha-512":
		return scram.Mechanism(scram.SHA512, c.User, c.Password)
	default:
		return nil, fmt.Errorf("sasl: %q is none of plain, scram-sha-256, scram-sha-512", c.Mechanism)
	}
}
