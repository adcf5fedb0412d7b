package main

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Records are what is written to the input, in their order.
type records interface {
	// next is one record, and false where there is none any more.
	next() ([]byte, bool)
}

// A stream writes records, a function of its seed: noise, attacks that the rules see, and bytes that are no alert. The
// times of the records grow.
type stream struct {
	rng     *rand.Rand
	at      time.Time
	n       int
	attacks []attack
}

// An attack is what one address is about to do.
type attack struct {
	ip   string
	user int
	left int  // failures
	wins bool // then succeeds
}

// attacksAtOnce is how many addresses attack at any time.
const attacksAtOnce = 6

func newStream(seed uint64) *stream {
	s := &stream{rng: rand.New(rand.NewPCG(seed, 1)), at: time.Date(2026, 3, 2, 6, 0, 0, 0, time.UTC)} //nolint:gosec // to be repeatable
	for range attacksAtOnce {
		s.attacks = append(s.attacks, s.attack())
	}
	return s
}

func (s *stream) attack() attack {
	return attack{
		ip: fmt.Sprintf("203.0.113.%d", 1+s.rng.IntN(250)), user: s.rng.IntN(1000), left: 4 + s.rng.IntN(30), wins: s.rng.IntN(3) == 0,
	}
}

// next writes one record; it never ends.
func (s *stream) next() ([]byte, bool) { return s.record(), true }

func (s *stream) record() []byte {
	s.n++
	s.at = s.at.Add(time.Duration(100+s.rng.IntN(400))*time.Millisecond + time.Duration(s.rng.IntN(1e6)))
	switch p := s.rng.IntN(1000); {
	case p < 5:
		return fmt.Appendf(nil, "no alert %d, and no JSON", s.n)
	case p < 15:
		return s.line("chaos-stopped", fmt.Sprintf(`"host":{"name":"h%d"}`, s.rng.IntN(200)))
	case p < 23:
		return s.line("chaos-started", fmt.Sprintf(`"host":{"name":"h%d"}`, s.rng.IntN(200)))
	case p < 26:
		return s.line("chaos-indicator", fmt.Sprintf(`"host":{"name":"h%d"}`, s.rng.IntN(200)))
	case p < 250:
		return s.strike(s.rng.IntN(len(s.attacks)))
	default:
		return s.line("chaos-read", fmt.Sprintf(`"host":{"name":"h%d"},"url":{"path":"/page/%d"}`, s.rng.IntN(200), s.rng.IntN(5000)))
	}
}

// strike is one step of an attack; the next one begins where it ends.
func (s *stream) strike(i int) []byte {
	a := &s.attacks[i]
	who := fmt.Sprintf(`"source":{"ip":%q},"user":{"name":"u%d"}`, a.ip, a.user+a.left%5)
	if a.left > 0 {
		a.left--
		return s.line("chaos-failed", who)
	}
	wins := a.wins
	*a = s.attack()
	if wins {
		return s.line("chaos-succeeded", who)
	}
	return s.line("chaos-read", who)
}

func (s *stream) line(action, more string) []byte {
	return fmt.Appendf(nil, `{"@timestamp":%q,"event":{"kind":"alert","action":%q,"sequence":%d},%s}`, s.at.Format(time.RFC3339Nano), action, s.n, more)
}
