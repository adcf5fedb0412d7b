package main

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// A link carries connections to one broker, quickly or slowly, until they are cut.
type link struct {
	net.Listener
	to   string
	slow atomic.Bool

	mu    sync.Mutex
	conns map[net.Conn]bool
}

// A slow link carries a piece of at most this size at a time, and each takes that long: 160 kB/s.
const (
	linkPiece = 8 << 10
	linkDelay = 50 * time.Millisecond
)

// newLink listens on an address and carries what comes there to another.
func newLink(at, to string) (*link, error) {
	l, err := net.Listen("tcp", at) //nolint:noctx // loopback, at once
	if err != nil {
		return nil, err
	}
	k := &link{Listener: l, to: to, conns: map[net.Conn]bool{}}
	go k.serve()
	return k, nil
}

func (k *link) serve() {
	for {
		in, err := k.Accept()
		if err != nil {
			return
		}
		go func() {
			out, err := net.Dial("tcp", k.to) //nolint:noctx // loopback, at once
			if err != nil {
				in.Close()
				return
			}
			k.mu.Lock()
			k.conns[in], k.conns[out] = true, true
			k.mu.Unlock()
			go k.carry(in, out)
			k.carry(out, in)
		}()
	}
}

func (k *link) carry(to, from net.Conn) {
	piece := make([]byte, linkPiece)
	for {
		n, err := from.Read(piece)
		if k.slow.Load() {
			time.Sleep(linkDelay)
		}
		if _, fault := to.Write(piece[:n]); fault != nil || err != nil {
			break
		}
	}
	to.Close()
	from.Close()
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.conns, to)
	delete(k.conns, from)
}

// cut ends all connections.
func (k *link) cut() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for c := range k.conns {
		c.Close()
	}
}

func (k *link) close() {
	k.Close()
	k.cut()
}
