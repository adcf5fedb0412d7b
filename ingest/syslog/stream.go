package syslog

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"time"

	"tocsin/ingest"
)

const (
	readSize  = 32 << 10
	handshake = 10 * time.Second
)

// connection reads one connection to its end. All messages that one read completes are made durable before the next
// read: a sender is never further ahead of the journal than the kernel's buffers and one read.
func (l *Listener) connection(ctx context.Context, c net.Conn) {
	m := l.opts.Metrics
	m.connections.WithLabelValues(l.cfg.Source).Inc()
	defer m.connections.WithLabelValues(l.cfg.Source).Dec()
	defer c.Close()
	defer context.AfterFunc(ctx, func() { _ = c.SetReadDeadline(time.Unix(1, 0)) })()
	peer := peerOf(c.RemoteAddr())
	beside := besideOf(peer)
	if l.cfg.Network == "tls" {
		secured, err := l.secure(ctx, c)
		if err != nil {
			m.refused.WithLabelValues(l.cfg.Source, "tls").Inc()
			l.opts.Log.WarnContext(ctx, "a sender's TLS was refused", "source", l.cfg.Source, "peer", peer, "err", err)
			return
		}
		if certificates := secured.ConnectionState().PeerCertificates; len(certificates) > 0 {
			beside = append(beside, ingest.Beside{Field: "tls.client.subject", Texts: []string{certificates[0].Subject.String()}})
		}
		c = secured
	}
	f := &framer{limit: l.cfg.MaxMessage}
	b := make([]byte, readSize)
	for {
		if ctx.Err() == nil {
			_ = c.SetReadDeadline(time.Now().Add(l.cfg.Idle)) // one that cannot be set closes with the next read
		}
		if ctx.Err() != nil { // after the deadline was set, which might have undone the end's
			_ = c.SetReadDeadline(time.Unix(1, 0))
		}
		n, err := c.Read(b)
		f.feed(b[:n])
		records := l.frames(f, beside)
		if err != nil {
			if last, ok := f.end(errors.Is(err, io.EOF)); ok {
				records = append(records, l.record(last, beside))
			}
		}
		if l.deliver(ctx, records) != nil || err != nil || f.broken {
			return
		}
		if wait := l.rates.slow(peer, len(records), time.Now()); wait > 0 {
			select {
			case <-time.After(wait):
			case <-ctx.Done():
			}
		}
	}
}

// secure does the handshake.
func (l *Listener) secure(ctx context.Context, c net.Conn) (*tls.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, handshake)
	defer cancel()
	secured := tls.Server(c, l.cfg.TLS)
	return secured, secured.HandshakeContext(ctx)
}

// frames are the records of the messages whose end has come.
func (l *Listener) frames(f *framer, beside []ingest.Beside) []ingest.Record {
	var records []ingest.Record
	for got, ok := f.next(); ok; got, ok = f.next() {
		records = append(records, l.record(got, beside))
	}
	return records
}
