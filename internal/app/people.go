package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"tocsin/internal/auth"
	"tocsin/register"
)

// people is how the daemon knows who asks.
type people struct {
	tokens    *auth.Tokens
	directory *auth.Directory // nil where the store keeps no users
	oidc      *auth.OIDC      // nil where none is configured
	// limits are of requests by caller, attempts of sign-ins by address and name, failures of refusals by address.
	limits, attempts, failures *auth.Limits
}

// AdminPassword is the file in the data folder with the first user's password, mode 0600, until they have another.
const AdminPassword = "admin-password"

// firstUser is who can sign in after the first start.
const firstUser = "admin"

// people opens what people are known by. In a store without any user the first one is made.
func (a *App) people(ctx context.Context, st any, tokens *auth.Tokens) (*people, error) {
	p := &people{
		tokens: tokens, oidc: a.oidc(),
		// Somebody who mistypes tries a few times; who guesses needs thousands.
		attempts: auth.NewLimits(10.0/300, 10, a.now), failures: auth.NewLimits(1, 60, a.now),
	}
	if n := a.cfg.HTTP.RateLimit; n > 0 {
		p.limits = auth.NewLimits(float64(n), 5*n, a.now)
	}
	store, ok := st.(auth.Secrets)
	if !ok {
		return p, nil
	}
	var err error
	if p.directory, err = auth.OpenDirectory(ctx, store, tokens, register.Roles(), a.now); err != nil {
		return nil, err
	}
	if err := a.firstUser(ctx, p.directory); err != nil {
		return nil, err
	}
	p.directory.Changed = func(name string) {
		if name != firstUser {
			return
		}
		if err := os.Remove(filepath.Join(a.cfg.DataDir, AdminPassword)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			a.log.Warn("the file with a password that is no more was not removed", "err", err)
		}
	}
	if a.cfg.Mode == "kafka" {
		a.runs("people", func(ctx context.Context) error { return a.refresh(ctx, p.directory) })
	}
	return p, nil
}

// refreshEvery is how long a daemon may not know of a user or token that another one changed.
const refreshEvery = 3 * time.Second

// refresh keeps up with what other daemons over the same store change. While the store is down, who was known stays so.
func (a *App) refresh(ctx context.Context, d *auth.Directory) error {
	tick := time.NewTicker(refreshEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if err := d.Refresh(ctx); err != nil && ctx.Err() == nil {
			a.log.WarnContext(ctx, "users and tokens were not read again", "err", err)
		}
	}
}

// firstUser makes the first user where there is none, with a password that stands in a file that only the daemon's own
// user can read.
func (a *App) firstUser(ctx context.Context, d *auth.Directory) error {
	if !d.Empty() {
		return nil
	}
	name, secret := filepath.Join(a.cfg.DataDir, AdminPassword), auth.NewPassword()
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("first user: %w", err)
	}
	if err := os.WriteFile(name, []byte(secret+"\n"), 0o600); err != nil {
		return fmt.Errorf("first user: %w", err)
	}
	if err := d.AddUser(ctx, auth.User{Name: firstUser, Role: "admin"}, secret); errors.Is(err, auth.ErrTaken) {
		return errors.Join(os.Remove(name), d.Refresh(ctx)) // another daemon made the user, and tells the password
	} else if err != nil {
		return fmt.Errorf("first user: %w", err)
	}
	a.log.InfoContext(ctx, "made the first user; the password is in the file", "user", firstUser, "file", name)
	return nil
}

// oidc is the configured identity provider, nil for none.
func (a *App) oidc() *auth.OIDC {
	c := a.cfg.OIDC
	if c.Issuer == "" {
		return nil
	}
	return auth.NewOIDC(auth.OIDCConfig{
		Issuer: c.Issuer, ClientID: c.ClientID, ClientSecret: c.ClientSecret.Reveal(), RedirectURL: c.RedirectURL, Scopes: c.Scopes,
		Algorithms: c.Algorithms, NameClaim: c.NameClaim, RolesClaim: c.RolesClaim, TenantClaim: c.TenantClaim, Roles: c.RoleOf(),
		Ranks: register.Roles(), Now: a.now,
	})
}
