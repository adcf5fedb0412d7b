package notify

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// rebinding is a resolver whose name leads to one address when it is asked first, and to another ever after.
func rebinding(t *testing.T, first, then net.IP) *net.Resolver {
	t.Helper()
	var asked atomic.Int64
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	go func() {
		buf := make([]byte, 512)
		for {
			n, from, err := conn.ReadFrom(buf)
			if err != nil {
				return // closed
			}
			end := 12
			for end < n && buf[end] != 0 {
				end += int(buf[end]) + 1
			}
			question := buf[12 : end+5] // name, type, class
			reply := append([]byte{buf[0], buf[1], 0x81, 0x80, 0, 1, 0, 0, 0, 0, 0, 0}, question...)
			if binary.BigEndian.Uint16(question[len(question)-4:]) == 1 { // A
				ip := then
				if asked.Add(1) == 1 {
					ip = first
				}
				reply[7] = 1
				reply = append(reply, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
				reply = append(reply, ip.To4()...)
			}
			_, _ = conn.WriteTo(reply, from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

// A name that led to an address that may be spoken to, and leads into our own network the next time, is not followed.
func TestRebindingGainsNothing(t *testing.T) {
	listen := func(address string, hits *atomic.Int64) net.Addr {
		t.Helper()
		l, err := net.Listen("tcp", address)
		if err != nil {
			t.Skipf("this machine has no second loopback address on that port: %v", err)
		}
		s := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) })}}
		s.Start()
		t.Cleanup(s.Close)
		return l.Addr()
	}
	var outside, inside atomic.Int64
	_, port, _ := net.SplitHostPort(listen("127.0.0.2:0", &outside).String())
	listen("127.0.0.1:"+port, &inside)
	d, err := dialer([]string{"127.0.0.2/32"})
	if err != nil {
		t.Fatal(err)
	}
	d.Resolver = rebinding(t, net.IPv4(127, 0, 0, 2), net.IPv4(127, 0, 0, 1))
	send := func() error {
		client := &http.Client{Transport: &http.Transport{DialContext: d.DialContext, DisableKeepAlives: true}}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://soar.example:"+port+"/", strings.NewReader("{}"))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(req)
		if err == nil {
			resp.Body.Close()
		}
		return err
	}
	if err := send(); err != nil {
		t.Fatalf("where it may be sent: %v", err)
	}
	if err := send(); !errors.Is(err, errAddress) {
		t.Errorf("behind the change of address: %v", err)
	}
	if outside.Load() != 1 || inside.Load() != 0 {
		t.Errorf("%d outside, %d inside", outside.Load(), inside.Load())
	}
}
