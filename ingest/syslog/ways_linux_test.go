package syslog

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"net"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"tocsin/ingest"
	"tocsin/internal/cputime"
)

// A tally is a journal that keeps nothing but how many records came.
type tally struct{ n atomic.Int64 }

func (c *tally) Append(_ context.Context, records []ingest.Record) (ingest.Result, error) {
	c.n.Add(int64(len(records)))
	return ingest.Result{Accepted: len(records)}, nil
}

// BenchmarkWay sends messages of 150 bytes over loopback to a listener, up to the journal, and to a reader that does
// nothing but read lines or datagrams. Its figures are of the processor's time of sender and reader together, and over UDP
// how many of a hundred messages the kernel dropped.
func BenchmarkWay(b *testing.B) {
	const messages = 50_000
	line := "<38>1 2026-11-20T12:00:00Z host1 sshd 1 - - " + strings.Repeat("Failed password for root from 203.0.113.7 ", 2) + "port 4711 ssh2\n"
	for _, network := range []string{"udp", "tcp", "tls"} {
		server := certificate(b, "127.0.0.1", nil)
		pool := x509.NewCertPool()
		pool.AddCert(server.Leaf)
		serving := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{server}}
		dial := func(address string) net.Conn {
			c, err := net.Dial(strings.Replace(network, "tls", "tcp", 1), address)
			if network == "tls" {
				c, err = tls.Dial("tcp", address, &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12})
			}
			if err != nil {
				b.Fatal(err)
			}
			return c
		}
		measure := func(b *testing.B, address string, n *atomic.Int64) {
			b.Helper()
			from, sent := cputime.Process(), 0
			for range b.N {
				c := dial(address)
				pour(b, c, line, messages, network == "udp")
				c.Close()
				sent += messages
				arrived(n, int64(sent))
			}
			b.ReportMetric(float64(n.Load())/(cputime.Process()-from).Seconds(), "records/cpu-s")
			b.ReportMetric(100*float64(int64(sent)-n.Load())/float64(sent), "lost-%")
		}
		b.Run(network+"/tocsin", func(b *testing.B) {
			j := &tally{}
			cfg := Config{Network: network}
			if network == "tls" {
				cfg.TLS = serving
			}
			address, _ := listenTo(b, cfg, j)
			measure(b, address, &j.n)
		})
		b.Run(network+"/plain", func(b *testing.B) {
			n := &atomic.Int64{}
			measure(b, plain(b, network, serving, n), n)
		})
	}
}

// pour sends messages: over UDP one a datagram, else many at once.
func pour(b *testing.B, c net.Conn, line string, messages int, each bool) {
	b.Helper()
	at := 500
	if each {
		at = 1
	}
	text := []byte(strings.Repeat(line, at))
	for range messages / at {
		if _, err := c.Write(text); err != nil {
			b.Fatal(err)
		}
	}
}

// arrived waits until so many messages came, or none for a while: what UDP has lost does not come.
func arrived(n *atomic.Int64, want int64) {
	last, since := n.Load(), time.Now()
	for last < want && time.Since(since) < 500*time.Millisecond {
		time.Sleep(time.Millisecond)
		if now := n.Load(); now != last {
			last, since = now, time.Now()
		}
	}
}

// plain reads lines or datagrams and counts them.
func plain(b *testing.B, network string, serving *tls.Config, n *atomic.Int64) (address string) {
	b.Helper()
	if network == "udp" {
		c, err := net.ListenPacket("udp", "127.0.0.1:0")
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { c.Close() })
		go func() {
			room := make([]byte, 64<<10)
			for {
				if _, _, err := c.ReadFrom(room); err != nil {
					return
				}
				n.Add(1)
			}
		}()
		return c.LocalAddr().String()
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	if network == "tls" {
		l = tls.NewListener(l, serving)
	}
	b.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				for lines := bufio.NewScanner(c); lines.Scan(); {
					n.Add(1)
				}
			}()
		}
	}()
	return l.Addr().String()
}
