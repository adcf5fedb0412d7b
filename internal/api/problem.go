package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tocsin"
	"tocsin/internal/integrity"
	"tocsin/register"
)

// problem turns an error of the register into problem details. What is not the caller's doing is logged and says
// nothing of the inside.
func (a *routes) problem(err error) error {
	if err == nil {
		return nil
	}
	if refusal, ok := errors.AsType[*register.Refusal](err); ok {
		var missing []error
		for _, m := range refusal.Missing {
			missing = append(missing, &huma.ErrorDetail{Message: m, Location: string(refusal.Action)})
		}
		if refusal.Reused { // as the draft on Idempotency-Key has it: not what is there is at odds with it, but what was asked
			return huma.Error422UnprocessableEntity(refusal.Error(), missing...)
		}
		return huma.Error409Conflict(refusal.Error(), missing...)
	}
	if stale, ok := errors.AsType[*register.StaleError](err); ok {
		details := []error{&huma.ErrorDetail{Message: "the current revision", Location: "header.If-Match", Value: etag(stale.Current.Revision)}}
		for i := range stale.Since { // who did what meanwhile
			e := &stale.Since[i]
			details = append(details, &huma.ErrorDetail{
				Message:  fmt.Sprintf("revision %d, %s: %s by %s", e.Seq, e.Recorded.UTC().Format(time.RFC3339), strings.ReplaceAll(string(e.Action), "_", " "), e.By.ID),
				Location: "log", Value: e.Seq,
			})
		}
		return huma.NewError(http.StatusPreconditionFailed, stale.Error(), details...)
	}
	if gone, ok := errors.AsType[*integrity.GoneError](err); ok {
		return huma.Error410Gone(gone.Error())
	}
	switch {
	case errors.Is(err, tocsin.ErrNotFound):
		return huma.Error404NotFound("there is no such thing")
	case errors.Is(err, tocsin.ErrQuery):
		return huma.Error422UnprocessableEntity("the cursor is of another listing, or cut: begin with the first page")
	case errors.Is(err, tocsin.ErrConflict):
		return huma.Error409Conflict("another change came first; read again and repeat")
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return huma.Error503ServiceUnavailable("the store did not answer in time")
	}
	a.Log.Error("request failed", "err", err)
	return huma.Error503ServiceUnavailable("the store cannot be reached now; health says more")
}
