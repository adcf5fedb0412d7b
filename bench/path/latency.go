package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/segmentio/kafka-go"

	"tocsin/bench/internal/given"
)

// latency produces records at a steady rate to a live source and measures how long each takes from there until a search
// finds its alert: Elasticsearch's own refresh, once in a second, is a part of it.
func latency(ctx context.Context, o options, in input, rate float64) (text string, err error) {
	s := &stand{options: o, name: fmt.Sprintf("tl%d", time.Now().UnixNano()), live: true}
	defer func() {
		err = errors.Join(err, given.Wipe(context.WithoutCancel(ctx), s.client(), s.elastic, s.name, s.topic()))
	}()
	if err := s.setUp(ctx); err != nil {
		return "", err
	}
	d, err := s.start(ctx)
	if err != nil {
		return "", err
	}
	defer func() {
		_, stopped := d.stop()
		err = errors.Join(err, stopped)
	}()
	if err := s.owned(ctx, d); err != nil {
		return "", err
	}
	sent := make(chan []time.Time, 1)
	produced := make(chan error, 1)
	go func() {
		times, err := s.steadily(ctx, in.lines, rate)
		sent <- times
		produced <- err
	}()
	var seen []time.Time // when so many were found
	var counts []int
	total := -1
	var times []time.Time
	err = poll(ctx, 20*time.Millisecond, func() (bool, error) {
		n, err := s.found(ctx)
		seen, counts = append(seen, time.Now()), append(counts, n)
		select {
		case times = <-sent:
			total = len(times)
		default:
		}
		return total >= 0 && n >= total, err
	})
	if err = errors.Join(err, <-produced); err != nil {
		return "", err
	}
	took := delays(times, seen, counts)
	return fmt.Sprintf("at %.0f records/s for %s: from produced to found by a search %s in the middle, %s at the 99th of 100, %s at most",
		rate, o.latency, rounded(took[len(took)/2]), rounded(took[len(took)*99/100]), rounded(took[len(took)-1])), nil
}

func rounded(d time.Duration) time.Duration { return d.Round(time.Millisecond) }

// owned waits until all partitions of the input are read.
func (s *stand) owned(ctx context.Context, d fleet) error {
	return poll(ctx, 100*time.Millisecond, func() (bool, error) {
		h, err := d.health(ctx)
		n := 0
		for _, l := range h.Lags {
			if l.Topic == s.topic() {
				n++
			}
		}
		return n == inputs, err
	})
}

// steadily writes records a fiftieth of a second at a time, and returns when each was given to the writer.
func (s *stand) steadily(ctx context.Context, lines [][]byte, rate float64) ([]time.Time, error) {
	w := &kafka.Writer{Addr: kafka.TCP(s.kafka...), Topic: s.topic(), RequiredAcks: kafka.RequireAll, BatchTimeout: time.Millisecond, BatchBytes: 900_000, Balancer: &kafka.RoundRobin{}}
	defer w.Close()
	var times []time.Time
	began := time.Now()
	for tick := range time.Tick(20 * time.Millisecond) {
		since := tick.Sub(began)
		if since > s.latency {
			return times, nil
		}
		var messages []kafka.Message
		for float64(len(times)+len(messages)) < rate*since.Seconds() {
			messages = append(messages, kafka.Message{Value: lines[(len(times)+len(messages))%len(lines)]})
		}
		now := time.Now()
		if err := w.WriteMessages(ctx, messages...); err != nil {
			return times, err
		}
		for range messages {
			times = append(times, now)
		}
	}
	return times, nil
}

// found is how many alerts a search finds: none while the index is being made.
func (s *stand) found(ctx context.Context) (int, error) {
	var answer struct{ Count int }
	err := s.call(ctx, http.MethodGet, "/"+s.name+"-alerts-*/_count", nil, &answer)
	if status, ok := errors.AsType[given.StatusError](err); ok && status == http.StatusServiceUnavailable {
		return 0, nil
	}
	return answer.Count, err
}

// delays are how long each record took, sorted: the n-th was found when n were.
func delays(sent, seen []time.Time, counts []int) []time.Duration {
	var took []time.Duration
	at := 0
	for i, t := range sent {
		for at < len(counts)-1 && counts[at] <= i {
			at++
		}
		took = append(took, max(seen[at].Sub(t), 0))
	}
	slices.Sort(took)
	return took
}
