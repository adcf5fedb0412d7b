package api

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tocsin"
	"tocsin/register"
)

// A bulkItem is one of the incidents that a command is given to.
type bulkItem struct {
	ID       string  `json:"id" maxLength:"64" pattern:"^[0-9a-f-]+$"`
	Revision decided `json:"revision,omitempty" minimum:"0" doc:"that the command was decided on, as If-Match says it for one; left out: any"`
}

// A decided is a revision that a command was decided on. Null is none: who means any leaves it out.
type decided int64

// UnmarshalJSON implements [json.Unmarshaler].
func (d *decided) UnmarshalJSON(text []byte) error {
	if string(text) == "null" {
		return errors.New("revision: null is no revision: give the number that the command was decided on, or leave it out to act on any")
	}
	return json.Unmarshal(text, (*int64)(d))
}

type bulkInput struct {
	Key  string `header:"Idempotency-Key" minLength:"1" maxLength:"150" required:"true" doc:"the same command with the same key is carried out once on each incident"`
	Body struct {
		Incidents []bulkItem `json:"incidents" minItems:"1" maxItems:"200"`
		Command   Body       `json:"command"`
	}
}

// A BulkResult is what became of one incident.
type BulkResult struct {
	ID       string        `json:"id"`
	Done     bool          `json:"done"`
	Number   string        `json:"number,omitempty"`
	Status   tocsin.Status `json:"status,omitempty"`
	Revision int64         `json:"revision,omitempty"`
	Code     int           `json:"code" doc:"what the command on this one alone would have been answered with"`
	Detail   string        `json:"detail,omitempty" doc:"why it was refused"`
	Missing  []string      `json:"missing,omitempty" doc:"all that is missing, or who did what meanwhile"`
}

type bulkAnswer struct {
	Body []BulkResult
}

// bulkActions are the commands that make sense on many incidents at once.
var bulkActions = []tocsin.Action{tocsin.ActAssign, tocsin.ActAcknowledge, tocsin.ActClose, tocsin.ActReject, tocsin.ActComment}

// bulk registers them. Each incident has its own answer, in the order asked: what one is refused for keeps no other
// from being done.
func (a *routes) bulk() {
	for _, act := range bulkActions {
		role, ok := register.RoleFor(act)
		if !ok {
			continue
		}
		op := operation("bulk-"+string(act), http.MethodPost, "/bulk/"+string(act), role, "Command on many incidents: "+string(act), 422, 503)
		huma.Register(a.api, op, func(ctx context.Context, in *bulkInput) (*bulkAnswer, error) {
			out := &bulkAnswer{Body: []BulkResult{}}
			var chosen []register.Chosen
			for _, item := range in.Body.Incidents {
				chosen = append(chosen, register.Chosen{Incident: item.ID, Revision: int64(item.Revision)})
			}
			err := register.Each(ctx, a.Register.Do, command(ctx, act, in.Key, in.Body.Command), chosen, func(c register.Chosen, i tocsin.Incident, err error) {
				out.Body = append(out.Body, a.became(ctx, c.Incident, i, err))
			})
			if err != nil {
				return nil, a.problem(err)
			}
			return out, nil
		})
	}
}

// became tells what became of a command on one of many.
func (a *routes) became(ctx context.Context, id string, i tocsin.Incident, err error) BulkResult {
	if err == nil {
		return BulkResult{ID: i.ID, Done: true, Number: i.Number, Status: i.Status, Revision: i.Revision, Code: http.StatusOK}
	}
	result := BulkResult{ID: id, Code: http.StatusServiceUnavailable, Detail: "the store cannot be reached now; health says more"}
	if now, err := a.incident(ctx, id); err == nil {
		result.Number, result.Status, result.Revision = now.Number, now.Status, now.Revision
	}
	if p, ok := errors.AsType[*huma.ErrorModel](a.problem(err)); ok {
		result.Code, result.Detail = p.Status, p.Detail
		for _, e := range p.Errors {
			result.Missing = append(result.Missing, e.Message)
		}
	}
	return result
}
