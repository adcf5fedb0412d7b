package syslog

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// command finds a program or skips the test.
func command(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is not installed", name)
	}
	return path
}

// util-linux's logger, over UDP and over TCP in both framings.
func TestLogger(t *testing.T) {
	logger := command(t, "logger")
	for name, test := range map[string]struct {
		network string
		flags   []string
	}{
		"udp, RFC 5424":    {"udp", []string{"--udp", "--rfc5424"}},
		"udp, RFC 3164":    {"udp", []string{"--udp", "--rfc3164"}},
		"tcp, a line each": {"tcp", []string{"--tcp"}},
		"octet counting":   {"tcp", []string{"--tcp", "--octet-count"}},
	} {
		t.Run(name, func(t *testing.T) {
			j := newJournal()
			address, _ := listen(t, Config{Network: test.network}, j)
			host, port, _ := net.SplitHostPort(address)
			input := "Failed password for root from 203.0.113.7 port 4711 ssh2\nAccepted publickey for ann — 2\n"
			cmd := exec.Command(logger, append(test.flags, "--server", host, "--port", port, "--tag", "sshd", "--priority", "auth.info")...)
			cmd.Stdin = strings.NewReader(input)
			if text, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, text)
			}
			got := j.wait(t, 2)
			for i, want := range []string{"ssh2", "ann — 2"} {
				if v := string(got[i].Value); !strings.HasPrefix(v, "<38>") || !strings.HasSuffix(v, want) || !strings.Contains(v, "sshd") || got[i].Fault != "" {
					t.Errorf("%q", v)
				}
			}
		})
	}
}

// rsyslog's forwarding, over TCP in both framings and over TLS with certificates on both sides.
func TestRsyslog(t *testing.T) {
	rsyslogd := command(t, "rsyslogd")
	for name, test := range map[string]struct {
		secure bool
		action string
	}{
		"lines":          {false, `TCP_Framing="traditional"`},
		"octet counting": {false, `TCP_Framing="octet-counted"`},
		"tls":            {true, `TCP_Framing="octet-counted" StreamDriver="gtls" StreamDriverMode="1" StreamDriverAuthMode="x509/name" StreamDriverPermittedPeers="localhost"`},
	} {
		t.Run(name, func(t *testing.T) {
			j, dir, global := newJournal(), t.TempDir(), ""
			cfg := Config{}
			if test.secure {
				if found, _ := filepath.Glob("/usr/lib/*/rsyslog/lmnsd_gtls.so"); found == nil {
					t.Skip("rsyslog-gnutls is not installed")
				}
				global = tlsFiles(t, dir, &cfg)
			}
			address, _ := listen(t, cfg, j)
			_, port, _ := net.SplitHostPort(address)
			source := filepath.Join(dir, "source.log")
			const n = 2000
			var lines strings.Builder
			for i := range n {
				fmt.Fprintf(&lines, "message %d\n", i)
			}
			if err := os.WriteFile(source, []byte(lines.String()), 0o600); err != nil {
				t.Fatal(err)
			}
			conf := fmt.Sprintf(`global(workDirectory=%q %s)
module(load="imfile")
input(type="imfile" File=%q Tag="app:")
action(type="omfwd" target="127.0.0.1" port=%q protocol="tcp" %s)
`, dir, global, source, port, test.action)
			rsyslog(t, rsyslogd, dir, conf)
			var got []string
			for _, r := range j.wait(t, n) {
				if r.Fault != "" {
					t.Fatalf("%+v", r)
				}
				_, number, _ := strings.Cut(string(r.Value), "message ")
				got = append(got, number)
			}
			slices.Sort(got)
			if got = slices.Compact(got); len(got) != n || j.count() != n {
				t.Errorf("%d of %d came, %d in all", len(got), n, j.count())
			}
		})
	}
}

// rsyslog runs rsyslogd until the test ends.
func rsyslog(t *testing.T, path, dir, conf string) {
	t.Helper()
	name := filepath.Join(dir, "rsyslog.conf")
	if err := os.WriteFile(name, []byte(conf), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	cmd := exec.CommandContext(ctx, path, "-n", "-f", name, "-i", filepath.Join(dir, "pid"))
	var said strings.Builder
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // killed
		if t.Failed() {
			t.Log(said.String())
		}
	})
}

// tlsFiles makes certificates for both sides and returns rsyslog's settings for them.
func tlsFiles(t *testing.T, dir string, cfg *Config) string {
	t.Helper()
	ca := certificate(t, "ca", nil)
	server, client := certificate(t, "localhost", &ca), certificate(t, "rsyslog1", &ca)
	pool := x509.NewCertPool()
	pool.AddCert(ca.Leaf)
	cfg.Network = "tls"
	cfg.TLS = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{server}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert}
	file := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	key, err := x509.MarshalPKCS8PrivateKey(client.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("DefaultNetstreamDriverCAFile=%q DefaultNetstreamDriverCertFile=%q DefaultNetstreamDriverKeyFile=%q",
		file("ca.pem", "CERTIFICATE", ca.Certificate[0]), file("client.pem", "CERTIFICATE", client.Certificate[0]), file("client.key", "PRIVATE KEY", key))
}
