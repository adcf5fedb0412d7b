package syslog

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"

	"tocsin/ingest"
)

// Config is what a listener listens on. Zero fields take their defaults.
type Config struct {
	Source, Tenant, Format string
	Network                string         // udp, tcp or tls; default tcp
	Address                string         // host:port; port 0 takes a free one
	TLS                    *tls.Config    // of network tls
	Allow                  []netip.Prefix // networks that may send; none: all
	MaxMessage             int            // bytes; default 64 KiB
	MaxConnections         int            // default 1,000
	Rate                   int            // messages a second of one address; 0: no limit
	Idle                   time.Duration  // default 10 m
	ReceiveBuffer          int            // bytes, of the kernel; 0: as it is
}

// Options are what a listener needs of its surroundings. Journal must be there.
type Options struct {
	Journal ingest.Journal
	Metrics *Metrics         // nil: unregistered ones
	Log     *slog.Logger     // nil: silent
	Now     func() time.Time // nil: time.Now
}

// A Listener takes messages from [Listen] on; [Listener.Run] makes them durable.
type Listener struct {
	cfg    Config
	opts   Options
	stream net.Listener // tcp, tls
	packet *net.UDPConn // udp
	rates  rates
}

// Listen opens the socket.
func Listen(ctx context.Context, cfg Config, opts Options) (*Listener, error) {
	cfg.Network, cfg.Tenant = cmp.Or(cfg.Network, "tcp"), cmp.Or(cfg.Tenant, "default")
	cfg.MaxMessage, cfg.MaxConnections, cfg.Idle = cmp.Or(cfg.MaxMessage, 64<<10), cmp.Or(cfg.MaxConnections, 1000), cmp.Or(cfg.Idle, 10*time.Minute)
	if opts.Metrics == nil {
		opts.Metrics = unregistered()
	}
	if opts.Log == nil {
		opts.Log = slog.New(slog.DiscardHandler)
	}
	if opts.Now == nil {
		opts.Now = time.Now
	}
	l := &Listener{cfg: cfg, opts: opts, rates: rates{limit: cfg.Rate}}
	lc := net.ListenConfig{Control: countLoss(cfg.Network)}
	switch cfg.Network {
	case "udp":
		c, err := lc.ListenPacket(ctx, "udp", cfg.Address)
		if err != nil {
			return nil, fmt.Errorf("syslog: %w", err)
		}
		l.packet = c.(*net.UDPConn) //nolint:forcetypeassert // of network udp
		if cfg.ReceiveBuffer > 0 {
			if err := l.packet.SetReadBuffer(cfg.ReceiveBuffer); err != nil {
				return nil, errors.Join(fmt.Errorf("syslog: receive buffer: %w", err), c.Close())
			}
		}
	case "tcp", "tls":
		if cfg.Network == "tls" && cfg.TLS == nil {
			return nil, errors.New("syslog: no certificate")
		}
		c, err := lc.Listen(ctx, "tcp", cfg.Address)
		if err != nil {
			return nil, fmt.Errorf("syslog: %w", err)
		}
		l.stream = c
	default:
		return nil, fmt.Errorf("syslog: network %q is none of udp, tcp, tls", cfg.Network)
	}
	return l, nil
}

// Addr is where the listener listens.
func (l *Listener) Addr() net.Addr {
	if l.packet != nil {
		return l.packet.LocalAddr()
	}
	return l.stream.Addr()
}

// Run takes messages until ctx is done; what was read by then is made durable, for five seconds at most. The error is
// one of the socket.
func (l *Listener) Run(ctx context.Context) error {
	if l.packet != nil {
		return l.datagrams(ctx)
	}
	return l.accept(ctx)
}

// Close closes the socket of a listener that does not run.
func (l *Listener) Close() error {
	if l.packet != nil {
		return l.packet.Close()
	}
	return l.stream.Close()
}

// accept serves connections, each by a goroutine of its own, and waits for them at the end.
func (l *Listener) accept(ctx context.Context) error {
	defer context.AfterFunc(ctx, func() { _ = l.stream.Close() })()
	var wg sync.WaitGroup
	defer wg.Wait()
	free := make(chan struct{}, l.cfg.MaxConnections)
	for {
		c, err := l.stream.Accept()
		switch {
		case ctx.Err() != nil:
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("syslog: %w", err)
		case err != nil: // of one connection, or too many files: the next one may fare better
			l.opts.Log.WarnContext(ctx, "a connection was not taken", "source", l.cfg.Source, "err", err)
			select {
			case <-time.After(50 * time.Millisecond):
			case <-ctx.Done():
			}
			continue
		}
		if why := l.refusal(c, free); why != "" {
			l.opts.Metrics.refused.WithLabelValues(l.cfg.Source, why).Inc()
			_ = c.Close()
			continue
		}
		wg.Go(func() {
			defer func() { <-free }()
			l.connection(ctx, c)
		})
	}
}

// refusal says why a connection is not taken, "" where it is: then it has taken a place in free.
func (l *Listener) refusal(c net.Conn, free chan struct{}) string {
	if !l.allowed(peerOf(c.RemoteAddr())) {
		return "network"
	}
	select {
	case free <- struct{}{}:
		return ""
	default:
		return "limit"
	}
}

func (l *Listener) allowed(peer netip.Addr) bool {
	return len(l.cfg.Allow) == 0 || slices.ContainsFunc(l.cfg.Allow, func(p netip.Prefix) bool { return p.Contains(peer) })
}

func peerOf(a net.Addr) netip.Addr {
	p, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Addr{}
	}
	return p.Addr().Unmap()
}

// deliver makes records durable, waiting for as long as the journal takes none; at the end of the daemon five seconds.
func (l *Listener) deliver(ctx context.Context, records []ingest.Record) error {
	if len(records) == 0 {
		return nil
	}
	wait, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(5*time.Second, cancel) })()
	patience := ingest.Patience{Refused: func(err error) {
		l.opts.Metrics.waits.WithLabelValues(l.cfg.Source).Inc()
		l.opts.Log.DebugContext(ctx, "the journal takes nothing, senders wait", "source", l.cfg.Source, "err", err)
	}}
	_, err := patience.Deliver(wait, func(ctx context.Context) (ingest.Result, error) { return l.opts.Journal.Append(ctx, records) })
	if err != nil {
		l.opts.Log.ErrorContext(ctx, "messages were lost: the journal took none of them until the end", "source", l.cfg.Source, "messages", len(records), "err", err)
		return err
	}
	size := 0
	for i := range records {
		size += len(records[i].Value)
		if f := records[i].Fault; f != "" {
			l.opts.Metrics.faults.WithLabelValues(l.cfg.Source, f).Inc()
		}
	}
	l.opts.Metrics.messages.WithLabelValues(l.cfg.Source).Add(float64(len(records)))
	l.opts.Metrics.bytes.WithLabelValues(l.cfg.Source).Add(float64(size))
	return nil
}

// record makes a record of a message of a peer.
func (l *Listener) record(f frame, beside []ingest.Beside) ingest.Record {
	return ingest.Record{
		Source: l.cfg.Source, Tenant: l.cfg.Tenant, Format: l.cfg.Format, Received: l.opts.Now().UTC(),
		Value: f.value, Fault: f.fault, Detail: f.detail, Size: f.size, Beside: beside,
	}
}

// besideOf is what a peer's address says of its messages.
func besideOf(peer netip.Addr) []ingest.Beside {
	return []ingest.Beside{{Field: "log.source.address", Texts: []string{peer.String()}}}
}
