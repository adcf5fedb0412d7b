package elastic

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"tocsin/sinks"
)

// refuseRights refuses to start without a right that the daemon will need: what is found out when a write is turned away
// halts the daemon in the middle of its work.
func (s *Store) refuseRights(ctx context.Context) error { return s.lacking(ctx, "writer", s.role()) }

// Entitled names the rights of a role that the user lacks; see [sinks.Entitlement].
func (s *Store) Entitled(ctx context.Context, role string) error {
	rights := map[string]func() object{sinks.RoleRetention: s.retentionRole, sinks.RoleEraser: s.eraserRole}
	return s.lacking(ctx, role, rights[role]())
}

// lacking names each right of a role that the user lacks. A cluster without security, or one that does not tell, refuses
// nobody.
func (s *Store) lacking(ctx context.Context, role string, rights object) error {
	body, err := json.Marshal(object{"cluster": rights["cluster"], "index": needed(rights)})
	if err != nil {
		return fmt.Errorf("rights: %w", err)
	}
	var reply struct {
		User    string                     `json:"username"`
		Cluster map[string]bool            `json:"cluster"`
		Index   map[string]map[string]bool `json:"index"`
	}
	req := func() esapi.Request { return esapi.SecurityHasPrivilegesRequest{Body: bytes.NewReader(body)} }
	err = s.ask(ctx, "privileges", req, &reply, func() error { return nil })
	switch {
	case ctx.Err() != nil:
		return err
	case err != nil: // what is wrong with the login, the next request tells
		s.health.recover(reading)
		return nil //nolint:nilerr // it says nothing of the rights
	}
	var lacks []string
	on := func(what string, has map[string]bool) {
		rights := slices.DeleteFunc(slices.Sorted(maps.Keys(has)), func(right string) bool { return has[right] })
		if len(rights) > 0 {
			lacks = append(lacks, strings.Join(rights, ", ")+" on "+what)
		}
	}
	on("the cluster", reply.Cluster)
	for _, index := range slices.Sorted(maps.Keys(reply.Index)) {
		on(index, reply.Index[index])
	}
	if len(lacks) == 0 {
		return nil
	}
	return fmt.Errorf("elasticsearch user %q lacks rights: %s; give it the role %s%s that `tocsin setup elasticsearch` makes: %w",
		reply.User, strings.Join(lacks, "; "), s.config.Prefix, role, sinks.ErrPermanent)
}

// needed are the rights of a role, each on the name that it is for: who has them on more has them on it.
func needed(role object) []object {
	var all []object
	for _, o := range role["indices"].([]object) {
		names := slices.Clone(o["names"].([]string))
		for i, name := range names {
			if !strings.HasSuffix(name, "-*") {
				names[i] = strings.TrimSuffix(name, "*")
			}
		}
		all = append(all, object{"names": names, "privileges": o["privileges"]})
	}
	return all
}
