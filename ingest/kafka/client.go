package kafka

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
)

const (
	dialTimeout    = 5 * time.Second
	requestTimeout = 10 * time.Second
	metadataTTL    = 3 * time.Second // how long a change of leader may go unnoticed
	// fetchTimeout leaves 1 MiB time to come through a link of 64 KB/s.
	fetchTimeout = 30 * time.Second
)

// A client asks the cluster: one connection pool for a group's life.
type client struct {
	transport *kafka.Transport
	api       *kafka.Client
	addr      net.Addr
	dialer    *kafka.Dialer // of the group's own connections
	conns     *connections
	versions  fetchVersions
}

func newClient(c Connection, topics []string) (*client, error) {
	tlsConfig, err := c.TLS.config()
	if err != nil {
		return nil, err
	}
	mechanism, err := c.SASL.mechanism()
	if err != nil {
		return nil, err
	}
	conns := &connections{open: map[net.Conn]struct{}{}}
	transport := &kafka.Transport{
		Dial: conns.dial, DialTimeout: dialTimeout, ClientID: clientName, TLS: tlsConfig, SASL: mechanism, MetadataTopics: topics,
		MetadataTTL: metadataTTL,
	}
	addr := kafka.TCP(c.Brokers...)
	return &client{
		transport: transport,
		api:       &kafka.Client{Addr: addr, Transport: transport, Timeout: requestTimeout},
		addr:      addr,
		dialer: &kafka.Dialer{
			ClientID: clientName, Timeout: dialTimeout, DialFunc: conns.dial, TLS: tlsConfig, SASLMechanism: mechanism,
		},
		conns: conns,
	}, nil
}

func (c *client) close() {
	c.transport.CloseIdleConnections()
	c.conns.closeAll()
}

// Connections knows the open connections, so that a shutdown need not wait for a broker that does not answer.
type connections struct {
	mu     sync.Mutex
	open   map[net.Conn]struct{}
	closed bool
}

// A knownConn takes itself off the list when it is closed.
type knownConn struct {
	net.Conn
	of *connections
}

func (k *knownConn) Close() error {
	k.of.mu.Lock()
	delete(k.of.open, k)
	k.of.mu.Unlock()
	return k.Conn.Close()
}

func (cs *connections) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	cs.mu.Lock()
	defer cs.mu.Unlock()
	if cs.closed {
		conn.Close()
		return nil, net.ErrClosed
	}
	known := &knownConn{Conn: conn, of: cs}
	cs.open[known] = struct{}{}
	return known, nil
}

// closeAll closes what is open and refuses to open more.
func (cs *connections) closeAll() {
	cs.mu.Lock()
	cs.closed = true
	open := cs.open
	cs.open = map[net.Conn]struct{}{}
	cs.mu.Unlock()
	for conn := range open {
		conn.(*knownConn).Conn.Close()
	}
}

// identify tells the cluster's id and the topics' ids. A broker before Kafka 2.8 tells no topic ids: then a
// re-created topic is known only by an end that lies below what was read.
func (c *client) identify(ctx context.Context, topics []string) (*clusterIDs, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	m, err := c.transport.RoundTrip(ctx, c.addr, &topicIDs{topics: topics})
	if ids, ok := m.(*clusterIDs); ok && err == nil {
		return ids, nil
	}
	// Only a broker that says so is an old one. One that is going down, or is cut off, would have every topic taken for
	// another one, and read from its beginning.
	if told, toldErr := c.tellsTopicIDs(ctx); told || toldErr != nil {
		return nil, errors.Join(err, toldErr)
	}
	old, oldErr := c.api.Metadata(ctx, &kafka.MetadataRequest{Topics: topics})
	if oldErr != nil {
		return nil, errors.Join(err, oldErr)
	}
	return &clusterIDs{cluster: old.ClusterID, old: true}, nil
}

// tellsTopicIDs asks the broker whether it knows the request for topic ids.
func (c *client) tellsTopicIDs(ctx context.Context) (bool, error) {
	res, err := c.api.ApiVersions(ctx, &kafka.ApiVersionsRequest{})
	if err != nil {
		return false, fmt.Errorf("api versions: %w", err)
	}
	if res.Error != nil {
		return false, fmt.Errorf("api versions: %w", res.Error)
	}
	for _, k := range res.ApiKeys {
		if k.ApiKey == int(protocol.Metadata) {
			return k.MaxVersion >= metadataVersion, nil
		}
	}
	return false, errors.New("api versions: the broker knows no metadata request")
}

// partitions counts the partitions of each topic, as they are now. It is an error that hardly a retry cures, wrapping
// [ErrUnusable], where one is not there or may not be seen.
func (c *client) partitions(ctx context.Context, topics []string) (map[string]int, error) {
	ids, err := c.identify(ctx, topics) // kafka-go's own answers are some seconds old
	if err != nil {
		return nil, fmt.Errorf("metadata: %w", err)
	}
	if ids.old {
		m, err := c.api.Metadata(ctx, &kafka.MetadataRequest{Topics: topics})
		if err != nil {
			return nil, fmt.Errorf("metadata: %w", err)
		}
		ids.counts, ids.codes = map[string]int{}, map[string]kafka.Error{}
		for _, t := range m.Topics {
			ids.counts[t.Name] = len(t.Partitions)
			if code, ok := errors.AsType[kafka.Error](t.Error); ok {
				ids.codes[t.Name] = code
			}
		}
	}
	var faults []error
	for _, t := range topics {
		switch code := ids.codes[t]; code {
		case 0:
		case kafka.UnknownTopicOrPartition, kafka.TopicAuthorizationFailed, kafka.InvalidTopic:
			faults = append(faults, fmt.Errorf("topic %q: %w: %w", t, ErrUnusable, code))
		default:
			return nil, fmt.Errorf("topic %q: %w", t, code)
		}
	}
	return ids.counts, errors.Join(faults...)
}

// refuseCompacted reads each topic's cleanup.policy. Without the right to read it nothing is said: unknown is not
// compacted, and the fetches bear a compacted log.
func (c *client) refuseCompacted(ctx context.Context, topics []string) error {
	req := &kafka.DescribeConfigsRequest{}
	for _, t := range topics {
		req.Resources = append(req.Resources, kafka.DescribeConfigRequestResource{
			ResourceType: kafka.ResourceTypeTopic, ResourceName: t, ConfigNames: []string{"cleanup.policy"},
		})
	}
	res, err := c.api.DescribeConfigs(ctx, req)
	if err != nil {
		return fmt.Errorf("describe configs: %w", err)
	}
	var faults []error
	for _, r := range res.Resources {
		for _, e := range r.ConfigEntries {
			if e.ConfigName == "cleanup.policy" && slices.Contains(strings.Split(e.ConfigValue, ","), "compact") {
				faults = append(faults, fmt.Errorf("topic %q: %w: it is compacted (cleanup.policy=%s), so records of it are gone that were never read; read a topic with cleanup.policy=delete",
					r.ResourceName, ErrUnusable, e.ConfigValue))
			}
		}
	}
	return errors.Join(faults...)
}

// bounds tells the first offset of a partition and the one after its last.
func (c *client) bounds(ctx context.Context, topic string, partition int32) (first, end int64, err error) {
	p, err := c.listOffsets(ctx, topic, kafka.FirstOffsetOf(int(partition)), kafka.LastOffsetOf(int(partition)))
	return p.FirstOffset, p.LastOffset, err
}

// offsetAt tells the offset of the first record at or after t; the end where there is none.
func (c *client) offsetAt(ctx context.Context, topic string, partition int32, t time.Time) (int64, error) {
	p, err := c.listOffsets(ctx, topic, kafka.TimeOffsetOf(int(partition), t))
	if err != nil {
		return 0, err
	}
	for offset := range p.Offsets {
		if offset >= 0 {
			return offset, nil
		}
	}
	_, end, err := c.bounds(ctx, topic, partition)
	return end, err
}

func (c *client) listOffsets(ctx context.Context, topic string, ask ...kafka.OffsetRequest) (kafka.PartitionOffsets, error) {
	res, err := c.api.ListOffsets(ctx, &kafka.ListOffsetsRequest{Topics: map[string][]kafka.OffsetRequest{topic: ask}})
	if err != nil {
		return kafka.PartitionOffsets{}, fmt.Errorf("list offsets: %w", err)
	}
	of := res.Topics[topic]
	if len(of) == 0 {
		return kafka.PartitionOffsets{}, fmt.Errorf("list offsets: %w", kafka.UnknownTopicOrPartition)
	}
	return of[0], of[0].Error
}
