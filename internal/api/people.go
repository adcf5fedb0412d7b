package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tocsin/internal/auth"
)

// A personID is the name of a user or of a token.
type personID struct {
	ID string `path:"id" minLength:"1" maxLength:"64" pattern:"^[A-Za-z0-9._@-]+$"`
}

type newUser struct {
	Body struct {
		Name     string `json:"name" minLength:"1" maxLength:"64" pattern:"^[A-Za-z0-9._@-]+$"`
		Role     string `json:"role" enum:"viewer,analyst,coordinator,lead,admin"`
		Tenant   string `json:"tenant,omitempty" maxLength:"100" doc:"the only one they may see; all where it is left out"`
		Password string `json:"password,omitempty" maxLength:"256" doc:"12 characters at least; one is drawn where it is left out"`
	}
}

type newPassword struct {
	ID   string `path:"id" minLength:"1" maxLength:"64" pattern:"^[A-Za-z0-9._@-]+$"`
	Body struct {
		Password string `json:"password,omitempty" maxLength:"256" doc:"12 characters at least; one is drawn where it is left out"`
	}
}

// A Drawn is a password or token that is told this once.
type Drawn struct {
	Name     string `json:"name"`
	Password string `json:"password,omitempty" doc:"where it was drawn; it is told this once"`
	Token    string `json:"token,omitempty" doc:"it is told this once"`
}

type drawnAnswer struct {
	Body Drawn
}

type newToken struct {
	Body struct {
		Name    string    `json:"name" minLength:"1" maxLength:"64" pattern:"^[A-Za-z0-9._@-]+$"`
		Role    string    `json:"role" enum:"viewer,analyst,coordinator,lead,admin"`
		Tenant  string    `json:"tenant,omitempty" maxLength:"100" doc:"the only one it may see; all where it is left out"`
		Expires time.Time `json:"expires,omitzero" doc:"never where it is left out"`
	}
}

type usersAnswer struct {
	Body struct {
		Items []auth.User `json:"items"`
	}
}

type tokensAnswer struct {
	Body struct {
		Items []auth.Access `json:"items"`
	}
}

// A Me is who asks.
type Me struct {
	Kind   string `json:"kind"`
	Name   string `json:"name"`
	Role   string `json:"role"`
	Tenant string `json:"tenant"`
}

type meAnswer struct {
	Body Me
}

func (a *routes) people() {
	huma.Register(a.api, operation("who-am-i", http.MethodGet, "/me", viewer, "Tell who asks"),
		func(ctx context.Context, _ *struct{}) (*meAnswer, error) {
			id := auth.From(ctx)
			return &meAnswer{Me{id.Actor.Kind, id.Actor.ID, id.Actor.Role, id.Tenant}}, nil
		})
	huma.Register(a.api, operation("list-users", http.MethodGet, "/users", admin, "List the local users", 404),
		func(ctx context.Context, _ *struct{}) (*usersAnswer, error) {
			if a.Directory == nil {
				return nil, errNoDirectory()
			}
			out := &usersAnswer{}
			out.Body.Items = a.Directory.Users(auth.From(ctx).Tenant)
			return out, nil
		})
	op := operation("add-user", http.MethodPost, "/users", admin, "Add a local user", 404, 409, 422, 503)
	op.DefaultStatus = http.StatusCreated
	huma.Register(a.api, op, a.addUser)
	huma.Register(a.api, operation("set-password", http.MethodPost, "/users/{id}/password", admin, "Give a local user another password, which ends their sessions", 404, 422, 503), a.setPassword)
	op = operation("remove-user", http.MethodDelete, "/users/{id}", admin, "Remove a local user, which ends their sessions", 404, 422, 503)
	op.DefaultStatus = http.StatusNoContent
	huma.Register(a.api, op, func(ctx context.Context, in *personID) (*empty, error) {
		if a.Directory == nil {
			return nil, errNoDirectory()
		}
		return nil, a.personProblem(a.Directory.RemoveUser(ctx, in.ID, auth.From(ctx).Tenant))
	})
	a.accesses()
}

// accesses are the tokens of machines.
func (a *routes) accesses() {
	huma.Register(a.api, operation("list-tokens", http.MethodGet, "/tokens", admin, "List the tokens that were made while the daemon ran", 404),
		func(ctx context.Context, _ *struct{}) (*tokensAnswer, error) {
			if a.Directory == nil {
				return nil, errNoDirectory()
			}
			out := &tokensAnswer{}
			out.Body.Items = a.Directory.Accesses(auth.From(ctx).Tenant)
			return out, nil
		})
	op := operation("create-token", http.MethodPost, "/tokens", admin, "Make a token for a machine", 404, 409, 422, 503)
	op.DefaultStatus = http.StatusCreated
	huma.Register(a.api, op, func(ctx context.Context, in *newToken) (*drawnAnswer, error) {
		if a.Directory == nil {
			return nil, errNoDirectory()
		}
		id, b := auth.From(ctx), in.Body
		token, err := a.Directory.Grant(ctx, auth.Access{Name: b.Name, Role: b.Role, Tenant: tenant(ctx, b.Tenant), By: id.Actor.ID, Expires: b.Expires})
		return &drawnAnswer{Drawn{Name: b.Name, Token: token}}, a.personProblem(err)
	})
	op = operation("revoke-token", http.MethodDelete, "/tokens/{id}", admin, "Revoke a token, which ends the sessions that were begun with it", 404, 422, 503)
	op.DefaultStatus = http.StatusNoContent
	huma.Register(a.api, op, func(ctx context.Context, in *personID) (*empty, error) {
		if a.Directory == nil {
			return nil, errNoDirectory()
		}
		return nil, a.personProblem(a.Directory.Revoke(ctx, in.ID, auth.From(ctx).Tenant))
	})
}

func (a *routes) addUser(ctx context.Context, in *newUser) (*drawnAnswer, error) {
	if a.Directory == nil {
		return nil, errNoDirectory()
	}
	b, out := in.Body, Drawn{Name: in.Body.Name}
	if b.Password == "" {
		b.Password = auth.NewPassword()
		out.Password = b.Password
	}
	err := a.Directory.AddUser(ctx, auth.User{Name: b.Name, Role: b.Role, Tenant: tenant(ctx, b.Tenant)}, b.Password)
	return &drawnAnswer{out}, a.personProblem(err)
}

func (a *routes) setPassword(ctx context.Context, in *newPassword) (*drawnAnswer, error) {
	if a.Directory == nil {
		return nil, errNoDirectory()
	}
	out, secret := Drawn{Name: in.ID}, in.Body.Password
	if secret == "" {
		secret = auth.NewPassword()
		out.Password = secret
	}
	return &drawnAnswer{out}, a.personProblem(a.Directory.SetPassword(ctx, in.ID, auth.From(ctx).Tenant, secret))
}

// errNoDirectory says where users and tokens are kept in mode kafka.
func errNoDirectory() error {
	return huma.Error404NotFound("this daemon keeps no users or tokens of its own: people sign on by the identity provider (oidc.issuer), and machines have their tokens in http.tokens_file")
}

// personProblem turns an error of the directory into problem details.
func (a *routes) personProblem(err error) error {
	switch {
	case errors.Is(err, auth.ErrTaken):
		return huma.Error409Conflict(err.Error())
	case errors.Is(err, auth.ErrName), errors.Is(err, auth.ErrPassword), errors.Is(err, auth.ErrRole), errors.Is(err, auth.ErrExpiry):
		return huma.Error422UnprocessableEntity(err.Error())
	}
	return a.problem(err)
}
