package api

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"

	jsonv2 "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/danielgtaylor/huma/v2"
)

// unmarshal reads the body of a request, strictly: an object with a member twice is refused, as two readers of it would not do
// the same, and so is a member that is another one's name in other letters.
func unmarshal(data []byte, v any) error {
	return twice(jsonv2.Unmarshal(data, v, jsonv2.RejectUnknownMembers(true), jsontext.AllowInvalidUTF8(true)))
}

// twice says in plain words that a member stands twice in one object; any other error is as it was.
func twice(err error) error {
	if !errors.Is(err, jsontext.ErrDuplicateName) {
		return err
	}
	name := ""
	if at, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		name = at.JSONPointer.LastToken()
	}
	return fmt.Errorf("the member %.60q stands twice in one object: give it once", name)
}

// formats are those of bodies and answers: JSON alone.
func formats() map[string]huma.Format {
	strict := huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: unmarshal}
	return map[string]huma.Format{"application/json": strict, "json": strict}
}

// packed refuses a body that is packed: commands are small, and what unpacks them would have to bound what comes out.
func (a *routes) packed(ctx huma.Context, next func(huma.Context)) {
	coding := ctx.Header("Content-Encoding")
	plain := !slices.ContainsFunc(strings.Split(coding, ","), func(c string) bool {
		c = strings.TrimSpace(c)
		return c != "" && !strings.EqualFold(c, "identity")
	})
	if plain {
		next(ctx)
		return
	}
	ctx.SetHeader("Accept-Encoding", "identity") // RFC 9110, 15.5.16
	a.refuse(ctx, http.StatusUnsupportedMediaType, fmt.Sprintf("the content encoding %.40q is not read here: send the body as it is", coding))
}
