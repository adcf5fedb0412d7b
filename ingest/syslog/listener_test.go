package syslog

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tocsin/ingest"
)

// A journal keeps records in memory; it takes none while it is shut.
type journal struct {
	mu      sync.Mutex
	records []ingest.Record
	shut    bool
	changed chan struct{}
}

func newJournal() *journal { return &journal{changed: make(chan struct{}, 1)} }

func (j *journal) Append(_ context.Context, records []ingest.Record) (ingest.Result, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.shut {
		return ingest.Result{}, ingest.ErrBacklog
	}
	j.records = append(j.records, records...)
	select {
	case j.changed <- struct{}{}:
	default:
	}
	return ingest.Result{Accepted: len(records)}, nil
}

func (j *journal) open(shut bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.shut = shut
}

func (j *journal) count() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.records)
}

// wait waits until there are n records and returns them.
func (j *journal) wait(t *testing.T, n int) []ingest.Record {
	t.Helper()
	limit := time.After(2 * time.Minute)
	for {
		j.mu.Lock()
		got := slices.Clone(j.records)
		j.mu.Unlock()
		if len(got) >= n {
			return got
		}
		select {
		case <-j.changed:
		case <-limit:
			t.Fatalf("%d records came, %d were sent", len(got), n)
		}
	}
}

// metered are metrics and where they are registered.
type metered struct {
	*Metrics
	reg *prometheus.Registry
}

// listen runs a listener until the test ends.
func listen(t *testing.T, cfg Config, j *journal) (address string, m *metered) {
	t.Helper()
	return listenTo(t, cfg, j)
}

func listenTo(t testing.TB, cfg Config, j ingest.Journal) (address string, m *metered) {
	t.Helper()
	cfg.Source, cfg.Address = "fw", "127.0.0.1:0"
	reg := prometheus.NewRegistry()
	m = &metered{NewMetrics(reg), reg}
	l, err := Listen(t.Context(), cfg, Options{Journal: j, Metrics: m.Metrics})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- l.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return l.Addr().String(), m
}

// valueOf is what a metric of the source says; label is its reason, "" for none.
func valueOf(t *testing.T, m *metered, name, reason string) int {
	t.Helper()
	families, err := m.reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		for _, metric := range f.GetMetric() {
			if labels := metric.GetLabel(); f.GetName() == "tocsin_intake_syslog_"+name && (reason == "" || labels[0].GetValue() == reason) {
				return int(metric.GetCounter().GetValue())
			}
		}
	}
	return 0
}

func send(t *testing.T, network, address, text string) {
	t.Helper()
	c, err := net.Dial(network, address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

func TestListener(t *testing.T) {
	for name, test := range map[string]struct {
		network, text string
		want          []string
	}{
		"a datagram":     {"udp", "<13>a\n", []string{"<13>a"}},
		"lines":          {"tcp", "<13>a\n<13>b\n", []string{"<13>a", "<13>b"}},
		"octet counting": {"tcp", "5 <13>a6 <13>b\n", []string{"<13>a", "<13>b\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			j := newJournal()
			address, m := listen(t, Config{Network: test.network, Tenant: "t1", Format: "cef"}, j)
			send(t, test.network, address, test.text)
			var got []string
			for _, r := range j.wait(t, len(test.want)) {
				got = append(got, string(r.Value))
				if r.Source != "fw" || r.Tenant != "t1" || r.Format != "cef" || r.Received.IsZero() || r.Beside[0].Field != "log.source.address" || r.Beside[0].Texts[0] != "127.0.0.1" {
					t.Errorf("%+v", r)
				}
			}
			if !slices.Equal(got, test.want) {
				t.Errorf("got %q", got)
			}
			await(t, m, "messages_total", len(got)) // behind the journal's answer
		})
	}
}

// await waits until so many are counted.
func await(t *testing.T, m *metered, name string, want int) {
	t.Helper()
	for limit := time.After(2 * time.Minute); ; {
		n := valueOf(t, m, name, "")
		if n == want {
			return
		}
		select {
		case <-time.After(time.Millisecond):
		case <-limit:
			t.Fatalf("%s counts %d, not %d", name, n, want)
		}
	}
}

// While the journal takes nothing a TCP sender is held back, and nothing of what it sent is lost.
func TestBackPressure(t *testing.T) {
	j := newJournal()
	j.open(true)
	address, m := listen(t, Config{}, j)
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	const most = 400_000
	sent := 0
	line := "<13>" + strings.Repeat("x", 195) + "\n"
	for ; sent < most; sent++ {
		_ = c.SetWriteDeadline(time.Now().Add(300 * time.Millisecond))
		n, err := c.Write([]byte(line))
		if err != nil {
			_ = c.SetWriteDeadline(time.Time{})
			j.open(false)
			if _, err := c.Write([]byte(line[n:])); err != nil {
				t.Fatal(err)
			}
			sent++
			break
		}
	}
	if sent == most {
		t.Fatal("the sender was never held back")
	}
	c.Close()
	j.wait(t, sent)
	if j.count() != sent || valueOf(t, m, "waits_total", "") == 0 {
		t.Errorf("%d sent, %d kept", sent, j.count())
	}
}

// What the kernel drops while the journal takes nothing is counted: sent is kept and dropped.
func TestDatagramsLost(t *testing.T) {
	j := newJournal()
	j.open(true)
	address, m := listen(t, Config{Network: "udp", ReceiveBuffer: 4 << 10}, j)
	c, err := net.Dial("udp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	const n = queueRecords + 3000
	for i := range n {
		if _, err := fmt.Fprintf(c, "<13>%d", i); err != nil {
			t.Fatal(err)
		}
	}
	j.open(false)
	lost := func() int { return valueOf(t, m, "dropped_total", "kernel") }
	sent := n
	for limit := time.After(2 * time.Minute); j.count()+lost() != sent; {
		select {
		case <-j.changed:
		case <-time.After(100 * time.Millisecond): // a datagram more brings the count
			fmt.Fprint(c, "<13>more")
			sent++
		case <-limit:
			t.Fatalf("%d sent, %d kept, %d lost", sent, j.count(), lost())
		}
	}
	if lost() == 0 {
		t.Error("nothing was lost: the test shows nothing")
	}
}

func TestRefused(t *testing.T) {
	j := newJournal()
	address, m := listen(t, Config{Allow: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24")}}, j)
	c, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	ended(t, c)
	if n := valueOf(t, m, "refused_total", "network"); n != 1 {
		t.Errorf("%v refused", n)
	}
	address, m = listen(t, Config{MaxConnections: 1}, j)
	first, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Close()
	fmt.Fprint(first, "<13>a\n")
	j.wait(t, 1)
	second, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer second.Close()
	ended(t, second)
	if n := valueOf(t, m, "refused_total", "limit"); n != 1 {
		t.Errorf("%v refused", n)
	}
	j = newJournal()
	address, _ = listen(t, Config{Idle: time.Second}, j)
	idle, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	fmt.Fprint(idle, "<13>b")
	ended(t, idle)
	if got := j.wait(t, 1); got[0].Fault != faultCut || string(got[0].Value) != "<13>b" {
		t.Errorf("what an idle connection had begun: %+v", got[0])
	}
}

// ended waits until the other side closes.
func ended(t *testing.T, c net.Conn) {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(2 * time.Minute))
	if n, err := c.Read(make([]byte, 1)); n != 0 || err == nil {
		t.Fatalf("the connection was not closed: %d, %v", n, err)
	} else if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		t.Fatal("the connection was not closed")
	}
}

func TestRates(t *testing.T) {
	now, peer := time.Unix(0, 0), netip.MustParseAddr("192.0.2.1")
	r := rates{limit: 10}
	taken := 0
	for range 25 {
		if r.take(peer, now) {
			taken++
		}
	}
	if taken != 10 || !r.take(netip.MustParseAddr("192.0.2.2"), now) || !r.take(peer, now.Add(100*time.Millisecond)) || r.take(peer, now.Add(100*time.Millisecond)) {
		t.Errorf("%d taken of 25", taken)
	}
	if wait := r.slow(netip.MustParseAddr("192.0.2.3"), 30, now); wait != 2*time.Second {
		t.Errorf("30 at once, of 10 a second: waits %v", wait)
	}
	for i := range 3 * maxPeers {
		r.take(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}), now)
	}
	if len(r.peers) > maxPeers {
		t.Errorf("%d addresses are remembered", len(r.peers))
	}
}

// certificate makes a certificate for a name, signed by parent or by itself.
func certificate(t testing.TB, name string, parent *tls.Certificate) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	from := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour), IsCA: parent == nil,
		BasicConstraintsValid: true, DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth, x509.ExtKeyUsageServerAuth},
	}
	signer, signed := any(key), from
	if parent != nil {
		signer, signed = parent.PrivateKey, parent.Leaf
	}
	der, err := x509.CreateCertificate(rand.Reader, from, signed, &key.PublicKey, signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// Over TLS with client certificates only who has one is heard, and its name is kept.
func TestTLS(t *testing.T) {
	ca := certificate(t, "ca", nil)
	pool := x509.NewCertPool()
	pool.AddCert(ca.Leaf)
	server, client, stranger := certificate(t, "tocsin", &ca), certificate(t, "fw1", &ca), certificate(t, "fw1", nil)
	j := newJournal()
	address, m := listen(t, Config{Network: "tls", TLS: &tls.Config{
		MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{server}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert,
	}}, j)
	for i, with := range [][]tls.Certificate{nil, {stranger}, {client}} {
		c, err := tls.Dial("tcp", address, &tls.Config{RootCAs: pool, Certificates: with, MinVersion: tls.VersionTLS12})
		if err != nil {
			continue
		}
		fmt.Fprint(c, "5 <13>a")
		if i < 2 {
			ended(t, c)
		}
		c.Close()
	}
	got := j.wait(t, 1)
	if len(got) != 1 || got[0].Beside[1].Texts[0] != "CN=fw1" {
		t.Errorf("%+v", got)
	}
	if n := valueOf(t, m, "refused_total", "tls"); n != 2 {
		t.Errorf("%v refused", n)
	}
}
