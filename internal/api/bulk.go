package api

import (
	"context"
	"errors"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"tocsin"
	"tocsin/register"
)

// A bulkItem is one of the incidents that a command is given to.
type bulkItem struct {
	ID       string `json:"id" maxLength:"64" pattern:"^[0-9a-f-]+$"`
	Revision int64  `json:"revision,omitempty" minimum:"0" doc:"that the command was decided on, as If-Match says it for one; left out: any"`
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
			seen := map[string]bool{}
			for _, item := range in.Body.Incidents {
				if seen[item.ID] {
					continue
				}
				seen[item.ID] = true
				out.Body = append(out.Body, a.one(ctx, act, in, item))
				if err := ctx.Err(); err != nil {
					return nil, a.problem(err) // given again with the same key, it goes on
				}
			}
			return out, nil
		})
	}
}

// one carries out a command on one of many.
func (a *routes) one(ctx context.Context, act tocsin.Action, in *bulkInput, item bulkItem) BulkResult {
	cmd := command(ctx, act, in.Key+":"+item.ID, in.Body.Command)
	cmd.Incident, cmd.ExpectedRevision = item.ID, item.Revision
	i, err := a.Register.Do(ctx, cmd)
	if err == nil {
		return BulkResult{ID: i.ID, Done: true, Number: i.Number, Status: i.Status, Revision: i.Revision, Code: http.StatusOK}
	}
	result := BulkResult{ID: item.ID, Code: http.StatusServiceUnavailable, Detail: "the store cannot be reached now; health says more"}
	if now, err := a.incident(ctx, item.ID); err == nil {
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
