package kafka

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"

	"tocsin/ingest"
)

// The headers of records that our own intake writes; see [Topic.Own].
const (
	headerSource   = ownHeaders + "source"
	headerTenant   = ownHeaders + "tenant"
	headerFormat   = ownHeaders + "format"
	headerReceived = ownHeaders + "received" // RFC 3339
)

// record makes an [ingest.Record] of r. A record above the limit keeps its bytes, for the dead-letter place.
func (p *Partition) record(r record) ingest.Record {
	out := ingest.Record{
		Source: cmp.Or(p.topic.Source, p.topic.Name), Tenant: cmp.Or(p.topic.Tenant, "default"), Format: p.topic.Format,
		Ref: p.ref(r.offset), Received: p.received(r.at), Value: r.value, Size: int64(len(r.value)),
	}
	if out.Value == nil {
		out.Value = []byte{} // a tombstone: the decoder says what it thinks of no bytes
	}
	if p.topic.Own {
		adopt(&out, r.headers)
	} else {
		out.Beside, out.Claim = r.foreign.beside(), claim(r.headers)
		if unwrap(&out); out.Fault != "" {
			p.shared.metrics.faults.WithLabelValues(p.topic.Name, out.Fault).Inc()
		}
	}
	if len(r.value) > p.shared.cfg.RecordLimit && out.Fault == "" {
		out.Fault = faultTooBig
		out.Detail = fmt.Sprintf("record of %d bytes, the limit is %d", len(r.value), p.shared.cfg.RecordLimit)
		p.shared.metrics.faults.WithLabelValues(p.topic.Name, faultTooBig).Inc()
	}
	return out
}

// The headers by which a record says who wrote it.
const (
	headerActor     = ownHeaders + "actor"
	headerAt        = ownHeaders + "at"
	headerSignature = ownHeaders + "signature"
)

// claim reads them. One that is there twice counts as its last.
func claim(headers []recordHeader) (c ingest.Claim) {
	for _, h := range headers {
		switch h.key {
		case headerActor:
			c.Actor = string(h.value)
		case headerAt:
			c.At = string(h.value)
		case headerSignature:
			c.Signature = string(h.value)
		}
	}
	return c
}

// received is the record's timestamp, but never more than five minutes ahead of our clock.
func (p *Partition) received(at time.Time) time.Time {
	if at.IsZero() {
		return at
	}
	if limit := p.shared.opts.Now().Add(clockSkew); at.After(limit) {
		return limit.UTC()
	}
	return at
}

// poisoned is the one record that stands for what the open batch could not deliver.
func (p *Partition) poisoned() ingest.Record {
	b := p.open
	from := max(b.next, p.next)
	p.shared.metrics.faults.WithLabelValues(p.topic.Name, b.fault).Inc()
	return ingest.Record{
		Source: cmp.Or(p.topic.Source, p.topic.Name), Tenant: cmp.Or(p.topic.Tenant, "default"), Format: p.topic.Format,
		Ref: p.ref(from), Fault: b.fault, Size: int64(max(0, b.size)),
		Detail: fmt.Sprintf("%s; concerns offsets %d to %d", b.detail, from, max(from, b.last)),
	}
}

// identities are the ids of the group's topics, asked for at most once in a while for all partitions together.
type identities struct {
	client *client
	topics []string
	now    func() time.Time

	mu    sync.Mutex
	asked time.Time
	known *clusterIDs
}

// of is the incarnation of the topic: the cluster's id and the topic's. Unless fresh, an answer may be half of
// verifyEvery old.
func (i *identities) of(ctx context.Context, topic string, fresh bool) (string, error) {
	known, err := i.ask(ctx, fresh)
	if err != nil {
		return "", err
	}
	if id := known.topics[topic]; id != "" {
		return known.cluster + "/" + id, nil
	}
	if _, there := known.counts[topic]; !there && !known.old {
		return "", kafka.UnknownTopicOrPartition
	}
	return known.cluster, nil
}

// forget makes the next question go to a broker.
func (i *identities) forget() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.known = nil
}

func (i *identities) ask(ctx context.Context, fresh bool) (*clusterIDs, error) {
	i.mu.Lock()
	defer i.mu.Unlock()
	now := i.now()
	if fresh || i.known == nil || now.Sub(i.asked) > verifyEvery/2 {
		ids, err := i.client.identify(ctx, i.topics)
		if err != nil {
			return nil, err
		}
		i.asked, i.known = now, ids
	}
	return i.known, nil
}
