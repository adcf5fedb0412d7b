package syslog

import (
	"net/netip"
	"sync"
	"time"
)

// maxPeers is how many addresses are remembered; beyond them those that said nothing for a second are
// forgotten, which gives them a fresh second.
const maxPeers = 10_000

// Rates hold each address to a number of messages a second, with a second's worth at once.
type rates struct {
	limit int // 0: none

	mu    sync.Mutex
	peers map[netip.Addr]*bucket
}

// A bucket is what an address may still send.
type bucket struct {
	left float64
	at   time.Time
}

// take reports whether one more message may be taken.
func (r *rates) take(peer netip.Addr, now time.Time) bool {
	if r.limit == 0 {
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.of(peer, now)
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

// slow notes n messages that were taken and returns how long to wait before the next ones.
func (r *rates) slow(peer netip.Addr, n int, now time.Time) time.Duration {
	if r.limit == 0 {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.of(peer, now)
	if b.left -= float64(n); b.left >= 0 {
		return 0
	}
	return time.Duration(-b.left / float64(r.limit) * float64(time.Second))
}

func (r *rates) of(peer netip.Addr, now time.Time) *bucket {
	b, ok := r.peers[peer]
	if !ok {
		if r.peers == nil {
			r.peers = map[netip.Addr]*bucket{}
		}
		if len(r.peers) >= maxPeers {
			r.forget(now)
		}
		b = &bucket{left: float64(r.limit), at: now}
		r.peers[peer] = b
	}
	b.left = min(float64(r.limit), b.left+now.Sub(b.at).Seconds()*float64(r.limit))
	b.at = now
	return b
}

// forget drops those that are back at their full second, and where none are, everybody.
func (r *rates) forget(now time.Time) {
	for peer, b := range r.peers {
		if now.Sub(b.at) >= time.Second {
			delete(r.peers, peer)
		}
	}
	if len(r.peers) >= maxPeers {
		clear(r.peers)
	}
}
