package app

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"
)

// certificate is the listener's, read again when its files change.
type certificate struct {
	cert, key string
	log       *slog.Logger
	now       func() time.Time

	mu      sync.Mutex
	current *tls.Certificate
	changed [2]time.Time // when the files did, as of current
	looked  time.Time
}

// renewalEvery is how long after a renewal the old certificate may still be shown.
const renewalEvery = 5 * time.Second

func newCertificate(cert, key string, log *slog.Logger, now func() time.Time) (*certificate, error) {
	c := &certificate{cert: cert, key: key, log: log, now: now}
	return c, c.read()
}

// read takes the files in as they are.
func (c *certificate) read() error {
	changed, err := c.times()
	if err != nil {
		return fmt.Errorf("http.cert_file: %w", err)
	}
	pair, err := tls.LoadX509KeyPair(c.cert, c.key)
	if err != nil {
		return fmt.Errorf("http.cert_file and http.key_file: %w", err)
	}
	c.current, c.changed, c.looked = &pair, changed, c.now()
	return nil
}

func (c *certificate) times() (at [2]time.Time, err error) {
	for i, name := range []string{c.cert, c.key} {
		info, err := os.Stat(name)
		if err != nil {
			return at, err
		}
		at[i] = info.ModTime()
	}
	return at, nil
}

// get is the certificate of now. Files that do not belong together, as while they are being replaced, change nothing.
func (c *certificate) get(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now := c.now(); now.Sub(c.looked) >= renewalEvery {
		c.looked = now
		if at, err := c.times(); err != nil || at != c.changed {
			if err := c.read(); err != nil {
				c.log.Error("the new certificate cannot be used, the old one stays", "err", err)
			} else {
				c.log.Info("read the certificate again")
			}
		}
	}
	return c.current, nil
}

// renew reads the files again at once. On an error the certificate stays.
func (c *certificate) renew() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.read()
}

// version is the hash of the certificate of now.
func (c *certificate) version() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	sum := sha256.Sum256(slices.Concat(c.current.Certificate...))
	return hex.EncodeToString(sum[:])
}

var errNoCertificates = errors.New("holds no certificate")

// tlsConfig is how the listener speaks TLS.
func (a *App) tlsConfig() (*tls.Config, error) {
	c, err := newCertificate(a.cfg.HTTP.CertFile, a.cfg.HTTP.KeyFile, a.log, a.now)
	if err != nil {
		return nil, err
	}
	a.certificate = c
	t := &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.get}
	if name := a.cfg.HTTP.ClientCAFile; name != "" {
		pem, err := os.ReadFile(name)
		if err != nil {
			return nil, fmt.Errorf("http.client_ca_file: %w", err)
		}
		if t.ClientCAs = x509.NewCertPool(); !t.ClientCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("http.client_ca_file: %s %w", name, errNoCertificates)
		}
		t.ClientAuth = tls.VerifyClientCertIfGiven
	}
	return t, nil
}
