package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"tocsin/internal/pipeline"
)

// A kind of fault.
type kind string

// The faults. What each does is told in [run.fault].
const (
	kill       kind = "kill -9 of a daemon"
	failpoint  kind = "kill -9 of a daemon at a named point"
	killAll    kind = "kill -9 of all daemons at once"
	zombie     kind = "a daemon stopped past its session, then continued"
	storm      kind = "daemons join and leave"
	brokerKill kind = "kill -9 of a broker, restart"
	brokerStop kind = "a broker stopped, then continued"
	storeKill  kind = "kill -9 of Elasticsearch, restart"
	storeStop  kind = "Elasticsearch stopped, then continued"
	floodStage kind = "indices are read-only, as in a flood stage"
	http429    kind = "HTTP 429"
	item429    kind = "429 for half of the items of each bulk"
	lostReply  kind = "replies lost after the writes"
	slowStore  kind = "a slow link to Elasticsearch"
	slowBroker kind = "a slow link to the brokers"
	reload     kind = "rules change, for all daemons at about the same time"
	rescale    kind = "scales change, for all daemons at about the same time"
	upgrade    kind = "one daemon after the other is replaced by another build"
	cutBroker  kind = "all connections to the brokers cut"
	forbid     kind = "writes to Elasticsearch forbidden, as by a role revoked"
	blackout   kind = "kill -9 of all daemons, brokers and Elasticsearch at once, restart"
)

// kills are the faults that end a process at once.
var kills = map[kind]bool{kill: true, failpoint: true, killAll: true, brokerKill: true, storeKill: true, blackout: true}

// A step of the schedule.
type step struct {
	kind   kind
	after  time.Duration // of calm before it
	lasts  time.Duration
	target int    // which daemon or broker
	point  string // of a failpoint
}

func (s step) String() string {
	text := string(s.kind)
	if s.point != "" {
		text += fmt.Sprintf(" (%s)", s.point)
	}
	return text
}

// weights say how often each kind comes; those that need servers of our own, or links, only where there are some. In a
// hurry, those alone that are over at once.
func weights(servers, links, hurry bool) []kind {
	if hurry {
		return []kind{kill, failpoint, failpoint, killAll, reload}
	}
	all := []kind{
		kill, kill, kill, kill, failpoint, failpoint, failpoint, failpoint, failpoint, failpoint, killAll, zombie, zombie, storm, reload, rescale, upgrade,
		floodStage, http429, item429, lostReply, slowStore, forbid,
	}
	if servers {
		all = append(all, brokerKill, brokerKill, brokerStop, storeKill, storeKill, storeStop, blackout)
	}
	if links {
		all = append(all, slowBroker, cutBroker)
	}
	return all
}

// schedule is a function of the seed: steps until so many processes were killed. The kinds are dealt, so that a run has
// some of each, and is about as long whatever its seed.
func schedule(o options) []step {
	rng := rand.New(rand.NewPCG(o.seed, 2)) //nolint:gosec // to be repeatable
	next, point := dealt(rng, weights(o.servers, o.links, o.hurry)), dealt(rng, pipeline.Failpoints())
	killed := 0
	var steps []step
	for killed < o.kills {
		s := step{
			kind: next(), after: o.calm/2 + time.Duration(rng.Int64N(int64(o.calm))), lasts: 3*time.Second + time.Duration(rng.Int64N(int64(5*time.Second))),
			target: rng.IntN(1 << 16),
		}
		if s.kind == failpoint {
			s.point = point()
		}
		if kills[s.kind] {
			killed++
		}
		steps = append(steps, s)
	}
	return steps
}

// dealt deals cards from a shuffled deck: all of them before any comes again.
func dealt[T any](rng *rand.Rand, cards []T) func() T {
	var deck []int
	return func() T {
		if len(deck) == 0 {
			deck = rng.Perm(len(cards))
		}
		c := cards[deck[0]]
		deck = deck[1:]
		return c
	}
}
