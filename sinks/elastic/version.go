package elastic

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"tocsin/sinks"
)

// leastMajor is the oldest major version of Elasticsearch that is supported.
const leastMajor = 8

// refuseOld refuses a cluster that has a node of a version that is too old, naming it. Who may not ask is not refused.
func (s *Store) refuseOld(ctx context.Context) error {
	var reply struct {
		Nodes map[string]struct {
			Version string `json:"version"`
		} `json:"nodes"`
	}
	req := func() esapi.Request { return esapi.NodesInfoRequest{FilterPath: []string{"nodes.*.version"}} }
	err := s.ask(ctx, "nodes", req, &reply, func() error {
		if len(reply.Nodes) == 0 {
			return fmt.Errorf("nodes: none is named: %w", errOdd)
		}
		return nil
	})
	if denied(err) {
		s.health.recover(reading)
		return nil
	}
	if err != nil {
		return err
	}
	for _, id := range slices.Sorted(maps.Keys(reply.Nodes)) {
		version := reply.Nodes[id].Version
		major, _, _ := strings.Cut(version, ".")
		if n, err := strconv.Atoi(major); err == nil && n < leastMajor {
			return fmt.Errorf("elasticsearch %s is too old: version %d or later is needed: %w", version, leastMajor, sinks.ErrPermanent)
		}
	}
	return nil
}
