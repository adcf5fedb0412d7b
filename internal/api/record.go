package api

import (
	"context"
	"fmt"
	"slices"

	jsonv2 "github.com/go-json-experiment/json"

	"tocsin"
	"tocsin/internal/auth"
	"tocsin/register"
)

// A CommandRecord is a command as another system gives it: what a request of the API has in its path and its headers, and
// beside that the members of its body.
type CommandRecord struct {
	ID       string        `json:"id"`       // of the command: given twice, the second changes nothing
	Action   tocsin.Action `json:"action"`   // as in the log: contain, hand_over, …
	Incident string        `json:"incident"` // its id; "" for create, promote and dismiss
	Event    string        `json:"event"`    // promote, dismiss
	Revision int64         `json:"revision"` // that the command was decided on; 0: any
	Body
}

// ReadCommand reads a record and checks that its actor's role is enough. The error says why it can never be carried out.
func ReadCommand(ctx context.Context, data []byte, id auth.Identity) (register.Command, error) {
	var r CommandRecord
	if err := jsonv2.Unmarshal(data, &r, jsonv2.RejectUnknownMembers(true)); err != nil {
		return register.Command{}, fmt.Errorf("no command: %w", twice(err))
	}
	least, ok := register.RoleFor(r.Action)
	switch {
	case !ok:
		return register.Command{}, fmt.Errorf("no command has the action %.50q", r.Action)
	case !register.May(id.Actor.Role, r.Action):
		return register.Command{}, fmt.Errorf("%s needs the role %s, %s has %s", r.Action, least, id.Actor.ID, id.Actor.Role)
	case r.Incident == "" && !slices.Contains([]tocsin.Action{tocsin.ActCreate, tocsin.ActPromote, tocsin.ActDismiss}, r.Action):
		return register.Command{}, fmt.Errorf("%s names no incident", r.Action)
	}
	cmd := command(auth.With(ctx, id), r.Action, r.ID, r.Body)
	cmd.Incident, cmd.Event, cmd.ExpectedRevision = r.Incident, r.Event, r.Revision
	if r.Action == tocsin.ActCreate && cmd.Tenant == "" {
		cmd.Tenant = "default"
	}
	return cmd, nil
}
