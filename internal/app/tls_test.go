package app

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"tocsin/internal/config"
)

// issue writes a certificate and its key, signed by itself, or by a parent.
func issue(t *testing.T, dir, name string, serial int64, parent *tls.Certificate) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"localhost"}, IsCA: parent == nil, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
	by, signer := c, any(key)
	if parent != nil {
		by, signer = parent.Leaf, parent.PrivateKey
	}
	der, err := x509.CreateCertificate(rand.Reader, c, by, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	certPEM, keyPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: secret})
	for file, text := range map[string][]byte{name + ".crt": certPEM, name + ".key": keyPEM} {
		if err := os.WriteFile(filepath.Join(dir, file), text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pair, err := tls.X509KeyPair(certPEM, keyPEM)
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

// TestCertificateIsReadAgain: a renewed certificate is taken, half of one is not.
func TestCertificateIsReadAgain(t *testing.T) {
	dir, now := t.TempDir(), time.Date(2026, 11, 2, 10, 0, 0, 0, time.UTC)
	issue(t, dir, "server", 1, nil)
	cert, key := filepath.Join(dir, "server.crt"), filepath.Join(dir, "server.key")
	c, err := newCertificate(cert, key, slog.New(slog.DiscardHandler), func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	serial := func() int64 {
		t.Helper()
		pair, err := c.get(nil)
		if err != nil {
			t.Fatal(err)
		}
		return pair.Leaf.SerialNumber.Int64()
	}
	touch := func(at time.Time) {
		t.Helper()
		for _, name := range []string{cert, key} {
			if err := os.Chtimes(name, at, at); err != nil {
				t.Fatal(err)
			}
		}
	}
	issue(t, dir, "server", 2, nil)
	touch(now.Add(time.Hour))
	if serial() != 1 {
		t.Error("the files are looked at for each connection")
	}
	now = now.Add(renewalEvery)
	if serial() != 2 {
		t.Error("the renewed certificate is not taken")
	}
	if err := os.WriteFile(key, []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	touch(now.Add(2 * time.Hour))
	now = now.Add(renewalEvery)
	if serial() != 2 {
		t.Error("half a certificate is taken")
	}
	issue(t, dir, "server", 3, nil)
	touch(now.Add(3 * time.Hour))
	now = now.Add(renewalEvery)
	if serial() != 3 {
		t.Error("the daemon does not recover from half a certificate")
	}
}

// TestClientCertificate: a machine with a certificate of the authority is who the tokens' file says; a stranger's is no
// connection, and none is nobody.
func TestClientCertificate(t *testing.T) {
	dir := t.TempDir()
	ca := issue(t, dir, "ca", 1, nil)
	issue(t, dir, "server", 2, &ca)
	tokens := filepath.Join(dir, "tokens.yaml")
	if err := os.WriteFile(tokens, []byte("- {name: siem, role: analyst, certificate: siem}\n- {name: past, role: viewer, certificate: past, expires: 2020-01-01T00:00:00Z}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cfg := config.Default()
	cfg.DataDir, cfg.Rules.Shipped, cfg.HTTP.Listen = filepath.Join(dir, "data"), false, "127.0.0.1:0"
	cfg.HTTP.Hosts, cfg.HTTP.TokensFile, cfg.HTTP.ClientCAFile = []string{"localhost"}, tokens, filepath.Join(dir, "ca.crt")
	cfg.HTTP.CertFile, cfg.HTTP.KeyFile = filepath.Join(dir, "server.crt"), filepath.Join(dir, "server.key")
	a, err := New(t.Context(), Options{Config: cfg, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	roots := x509.NewCertPool()
	roots.AddCert(ca.Leaf)
	ask := func(own ...tls.Certificate) (status int) {
		t.Helper()
		client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, ServerName: "localhost", Certificates: own}, DisableKeepAlives: true}}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, a.URL()+"/api/v1/tokens", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(r)
		if err != nil {
			return 0
		}
		defer resp.Body.Close()
		if resp.Header.Get("Strict-Transport-Security") == "" || resp.Header.Get("X-Request-Id") == "" {
			t.Error("headers are missing")
		}
		return resp.StatusCode
	}
	other := t.TempDir()
	for name, c := range map[string]struct {
		own  []tls.Certificate
		want int
	}{
		"none":            {nil, http.StatusUnauthorized},
		"known":           {[]tls.Certificate{issue(t, dir, "siem", 3, &ca)}, http.StatusForbidden}, // an analyst, not an admin
		"not in the file": {[]tls.Certificate{issue(t, dir, "soar", 4, &ca)}, http.StatusUnauthorized},
		"expired there":   {[]tls.Certificate{issue(t, dir, "past", 5, &ca)}, http.StatusUnauthorized},
		"a stranger's":    {[]tls.Certificate{issue(t, other, "siem", 6, nil)}, http.StatusUnauthorized}, // not even sent: its authority is not asked for
	} {
		if got := ask(c.own...); got != c.want {
			t.Errorf("%s: %d, want %d", name, got, c.want)
		}
	}
	if info, err := os.Stat(filepath.Join(cfg.DataDir, AdminPassword)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the first user's password: %v, %v", info, err)
	}
}
