package main

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strconv"
	"strings"

	"github.com/segmentio/kafka-go"
)

// A health is what a daemon says of itself.
type health struct {
	Status   string
	Troubles []struct{ Part, Detail string }
	Lags     []struct {
		Group, Topic string
		Partition    int32
		Next, Lag    int64
	}
}

// A place is a partition that a stage reads.
type place struct {
	group, topic string
	partition    int32
}

// healthOf asks one daemon; false where it does not answer.
func (p *play) healthOf(ctx context.Context, d *daemon) (h health, ok bool) {
	status, text := p.people.ask(ctx, d, http.MethodGet, "/api/v1/health", "", "")
	return h, status == http.StatusOK && json.Unmarshal(text, &h) == nil
}

// allTell reports whether every daemon is degraded and names a part as the reason.
func (p *play) allTell(ctx context.Context, part string) bool {
	for _, d := range p.fleet {
		h, ok := p.healthOf(ctx, d)
		named := false
		for _, t := range h.Troubles {
			named = named || t.Part == part && t.Detail != ""
		}
		if !ok || h.Status != "degraded" || !named {
			return false
		}
	}
	return true
}

// allWell reports whether no daemon has anything to complain of.
func (p *play) allWell(ctx context.Context) bool {
	for _, d := range p.fleet {
		if h, ok := p.healthOf(ctx, d); !ok || h.Status != "ok" {
			return false
		}
	}
	return true
}

// owned is which partition the daemons of now read that somebody writes to, and up to where.
func (p *play) owned(ctx context.Context) map[place]int64 {
	all := map[place]int64{}
	for _, d := range p.fleet {
		for at, next := range p.ownedBy(ctx, d) {
			all[at] = max(all[at], next)
		}
	}
	return all
}

func (p *play) ownedBy(ctx context.Context, d *daemon) map[place]int64 {
	all := map[place]int64{}
	h, _ := p.healthOf(ctx, d)
	for _, l := range h.Lags {
		if l.Topic != p.name+".intake" {
			all[place{l.Group, l.Topic, l.Partition}] = l.Next
		}
	}
	return all
}

// lags are how many records the daemons say that each stage is behind, by their metrics.
func (p *play) lags(ctx context.Context) map[string]int64 {
	all := map[string]int64{}
	for _, stage := range []string{"detect", "correlate", "registrar"} {
		all[stage] = int64(p.sumOf(ctx, "tocsin_kafka_lag_records", `group="`+p.name+"-"+stage+`"`))
	}
	return all
}

// sum adds a metric up over its labels and the daemons.
func (p *play) sum(ctx context.Context, metric string) float64 { return p.sumOf(ctx, metric, "") }

// sumOf adds up the series of a metric that have a label.
func (p *play) sumOf(ctx context.Context, metric, label string) (sum float64) {
	for _, d := range p.fleet {
		_, text := p.people.ask(ctx, d, http.MethodGet, "/metrics", "", "")
		sum += sumSeries(string(text), metric, label)
	}
	return sum
}

// sumSeries reads Prometheus' text format.
func sumSeries(text, metric, label string) (sum float64) {
	lines := bufio.NewScanner(strings.NewReader(text))
	for lines.Scan() {
		line := lines.Text()
		end := strings.LastIndexByte(line, ' ') + 1 // a label may hold spaces
		of, labels, _ := strings.Cut(strings.TrimSuffix(line[:end], " "), "{")
		if of != metric || label != "" && !strings.Contains(labels, label) {
			continue
		}
		if f, err := strconv.ParseFloat(line[end:], 64); err == nil {
			sum += f
		}
	}
	return sum
}

// bounds are the first offset of each partition of the input, and the one after the last.
func (p *play) bounds(ctx context.Context) (first, end []int64, err error) {
	var ask []kafka.OffsetRequest
	for n := range inputs {
		ask = append(ask, kafka.FirstOffsetOf(n), kafka.LastOffsetOf(n))
	}
	got, err := p.client().ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{p.topic(): ask}})
	if err != nil {
		return nil, nil, err
	}
	first, end = make([]int64, inputs), make([]int64, inputs)
	for _, of := range got.Topics[p.topic()] {
		if of.Error != nil {
			return nil, nil, of.Error
		}
		first[of.Partition], end[of.Partition] = of.FirstOffset, of.LastOffset
	}
	return first, end, nil
}

// committed is where the detect stage stands in each partition of the input.
func (p *play) committed(ctx context.Context) ([]int64, error) {
	topics := map[string][]int{p.topic(): {}}
	for n := range inputs {
		topics[p.topic()] = append(topics[p.topic()], n)
	}
	got, err := p.client().OffsetFetch(ctx, &kafka.OffsetFetchRequest{GroupID: p.name + "-detect", Topics: topics})
	if err != nil {
		return nil, err
	}
	at := make([]int64, inputs)
	for _, of := range got.Topics[p.topic()] {
		if of.Error != nil {
			return nil, of.Error
		}
		at[of.Partition] = max(of.CommittedOffset, 0)
	}
	return at, nil
}

// behind is how many records of the input wait to be taken, by what is committed.
func (p *play) behind(ctx context.Context) (n int64, err error) {
	_, end, err := p.bounds(ctx)
	if err != nil {
		return 0, err
	}
	at, err := p.committed(ctx)
	if err != nil {
		return 0, err
	}
	for i := range end {
		n += end[i] - at[i]
	}
	return n, nil
}
