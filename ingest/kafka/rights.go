package kafka

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol"
	"github.com/segmentio/kafka-go/protocol/describegroups"
)

// ErrUnfit marks a cluster that no retry makes fit: it is too old, or a right is missing.
var ErrUnfit = errors.New("the cluster is not fit")

// Needs are what a daemon will do to a cluster.
type Needs struct {
	Read, Write, Groups []string // topics, topics, consumer groups
}

// Check refuses, with an error that wraps [ErrUnfit], a cluster that is too old and one that does not give the rights
// that are needed, naming each. What does not tell its rights is not refused: a broker before Kafka 2.8, and one whose
// coordinator of a group cannot be had for now.
func Check(ctx context.Context, conn Connection, n Needs) error {
	c, err := newClient(conn, nil)
	if err != nil {
		return err
	}
	defer c.close()
	if err := c.refuseOld(ctx); err != nil {
		return err
	}
	lacks, err := c.lacks(ctx, n)
	if err != nil || len(lacks) == 0 {
		return err
	}
	return fmt.Errorf("kafka user %q lacks rights: %s; have them granted: `kafka-acls.sh --add --allow-principal User:%s --operation …`: %w",
		conn.SASL.User, strings.Join(lacks, ", "), conn.SASL.User, ErrUnfit)
}

// refuseOld refuses brokers that do not answer fetches as we ask them.
func (c *client) refuseOld(ctx context.Context) error {
	res, err := c.api.ApiVersions(ctx, &kafka.ApiVersionsRequest{})
	if err == nil {
		err = res.Error
	}
	if err != nil {
		return fmt.Errorf("api versions: %w", err)
	}
	for _, k := range res.ApiKeys {
		if k.ApiKey == int(protocol.Fetch) && (k.MaxVersion < fetchByName || k.MinVersion > fetchByName) {
			return fmt.Errorf("kafka is too old or too new: it answers fetches of version %d to %d, and %d is needed: take Kafka 3 or 4: %w", k.MinVersion, k.MaxVersion, fetchByName, ErrUnfit)
		}
	}
	return nil
}

// The bits of the operations that a broker says are allowed (KIP-430).
const (
	mayRead  = 1 << 3
	mayWrite = 1 << 4
	untold   = math.MinInt32
)

// denied reports whether a right is missing. Who is answered may describe, which has a bit too: no bit at all says nothing.
func denied(rights, bit int32) bool { return rights != untold && rights != 0 && rights&bit == 0 }

// lacks names the rights that are missing.
func (c *client) lacks(ctx context.Context, n Needs) ([]string, error) {
	topics := slices.Concat(n.Read, n.Write)
	slices.Sort(topics)
	ids, err := c.identify(ctx, slices.Compact(topics))
	if err != nil {
		return nil, fmt.Errorf("rights on topics: %w", err)
	}
	var lacks []string
	on := func(topics []string, bit int32, right string) {
		for _, t := range topics {
			rights, told := ids.rights[t]
			if ids.codes[t] == kafka.TopicAuthorizationFailed || told && denied(rights, bit) {
				lacks = append(lacks, right+" on topic "+t)
			}
		}
	}
	on(n.Read, mayRead, "READ")
	on(n.Write, mayWrite, "WRITE")
	for _, group := range n.Groups {
		ok, err := c.mayJoin(ctx, group)
		if err != nil {
			return nil, err
		}
		if !ok {
			lacks = append(lacks, "READ on group "+group)
		}
	}
	return lacks, nil
}

// coordinatorTries bounds how often a group's coordinator is asked for: a fresh cluster needs some seconds to have one.
const coordinatorTries = 4

func (c *client) mayJoin(ctx context.Context, group string) (bool, error) {
	for range coordinatorTries {
		if code, rights := c.groupRights(ctx, group); code == kafka.GroupAuthorizationFailed {
			return false, nil
		} else if code == 0 {
			return !denied(rights, mayRead), nil
		}
		select {
		case <-ctx.Done():
			return false, ctx.Err()
		case <-time.After(joinBackoff):
		}
	}
	return true, nil // it is found out when the group is joined
}

// groupRights asks a group's coordinator; any code but 0 says that it cannot be had.
func (c *client) groupRights(ctx context.Context, group string) (kafka.Error, int32) {
	ctx, cancel := context.WithTimeout(ctx, requestTimeout)
	defer cancel()
	m, err := c.transport.RoundTrip(ctx, c.addr, &describegroups.Request{Groups: []string{group}, IncludeAuthorizedOperations: true})
	if code, ok := errors.AsType[kafka.Error](err); ok {
		return code, 0
	}
	res, ok := m.(*describegroups.Response)
	if err != nil || !ok || len(res.Groups) != 1 {
		return kafka.GroupCoordinatorNotAvailable, 0
	}
	return kafka.Error(res.Groups[0].ErrorCode), res.Groups[0].AuthorizedOperations
}
