package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"tocsin"
	"tocsin/internal/app"
	"tocsin/internal/client"
	"tocsin/internal/config"
)

// reach are the flags by which a command finds the register: a daemon's API, or, where none runs, the embedded store.
type reach struct {
	config    string
	url       string
	tokenFile string
}

func (r *reach) flags(cmd *cobra.Command) {
	configFlag(cmd, &r.config)
	cmd.Flags().StringVar(&r.url, "url", os.Getenv("TOCSIN_URL"), "`address` of a daemon; without it, that of the daemon of the data folder")
	cmd.Flags().StringVar(&r.tokenFile, "token-file", "", "`file` with the token; without it TOCSIN_TOKEN, else the token of the data folder")
}

// with runs do with a client. A daemon that cannot be reached, or refuses for want of a token, ends with exit code 3.
func (r *reach) with(cmd *cobra.Command, do func(ctx context.Context, c *client.Client) error) error {
	ctx := cmd.Context()
	cfg, err := config.Load(r.config, os.Environ())
	if err != nil {
		return coded(exitUnusable, err)
	}
	token, err := r.token(cfg)
	if err != nil {
		return coded(exitInput, err)
	}
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for tries := 1; ; tries++ {
		err := r.once(ctx, cfg, token, do)
		if tries == 60 || !errors.Is(err, app.ErrLocked) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-again.C: // a daemon starts, or another command comes to its end
		}
	}
}

// incident runs do with a client and an incident's path of the API. ref is its id or number.
func (r *reach) incident(cmd *cobra.Command, ref string, do func(ctx context.Context, c *client.Client, path string) error) error {
	return r.with(cmd, func(ctx context.Context, c *client.Client) error {
		id, err := find(ctx, c, ref)
		if err != nil {
			return err
		}
		return do(ctx, c, "/incidents/"+url.PathEscape(id))
	})
}

// once asks the daemon that runs, or the register itself. The error wraps [app.ErrLocked] where neither was possible yet.
func (r *reach) once(ctx context.Context, cfg config.Config, token string, do func(ctx context.Context, c *client.Client) error) error {
	address := cmp.Or(r.url, readLine(filepath.Join(cfg.DataDir, app.Address)))
	remedy := errors.New("start it with `tocsin run`, or say where it is by --url, or of which configuration it is by --config")
	if address != "" {
		c, err := client.New(address, token)
		if err != nil {
			return coded(exitUnusable, err)
		}
		err = do(ctx, c)
		if r.url != "" || !errors.Is(err, client.ErrUnreachable) {
			return answered(err)
		}
		remedy = err // of the one that was there
	}
	err := r.without(ctx, cfg, do)
	if errors.Is(err, app.ErrUnreachable) {
		err = coded(exitInput, fmt.Errorf("%w\n    %w", err, remedy))
	}
	return err
}

// without opens the embedded register where no daemon runs.
func (r *reach) without(ctx context.Context, cfg config.Config, do func(ctx context.Context, c *client.Client) error) (err error) {
	l, err := app.OpenLocal(ctx, app.Options{Config: cfg, Log: slog.New(slog.DiscardHandler), Now: time.Now})
	if err != nil {
		return coded(exitInput, err)
	}
	defer func() { err = errors.Join(err, l.Close(context.WithoutCancel(ctx))) }()
	token, err := r.token(cfg) // which opening made where there was none
	if err != nil {
		return coded(exitInput, err)
	}
	return answered(do(ctx, client.Local(l.Handler, token)))
}

// answered gives an answer's error its exit code: a refusal of the register is a finding about the arguments.
func answered(err error) error {
	if p, ok := errors.AsType[*client.Problem](err); ok && p.Status < 500 && p.Status != 401 && p.Status != 403 {
		return coded(exitUnusable, err)
	}
	if _, ok := errors.AsType[*codedError](err); ok {
		return err
	}
	return coded(exitInput, err)
}

// named reports whether a token says who gives the command: one that was given, not that of the data folder.
func (r *reach) named() bool { return r.tokenFile != "" || os.Getenv("TOCSIN_TOKEN") != "" }

func (r *reach) token(cfg config.Config) (string, error) {
	if r.tokenFile != "" {
		text, err := os.ReadFile(r.tokenFile)
		if err != nil {
			return "", fmt.Errorf("--token-file: %w", err)
		}
		return strings.TrimSpace(string(text)), nil
	}
	if token := os.Getenv("TOCSIN_TOKEN"); token != "" {
		return strings.TrimSpace(token), nil
	}
	return readLine(filepath.Join(cfg.DataDir, app.Token)), nil
}

// readLine is the text of a file of one line, "" where there is none.
func readLine(name string) string {
	text, err := os.ReadFile(name)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(text))
}

// find turns what a person calls an incident, its number or its id, into its id.
func find(ctx context.Context, c *client.Client, name string) (string, error) {
	return findBy(ctx, name, func(ctx context.Context, number string) (string, error) { return numberOf(ctx, c, number) })
}

// findBy is find for who asks by other ways than the API: ask gives the id of the incident that has a number, "" for nobody's.
func findBy(ctx context.Context, name string, ask func(ctx context.Context, number string) (string, error)) (string, error) {
	if err := nameable(name); err != nil {
		return "", err
	}
	if !numbered(name) {
		return name, nil
	}
	for tries := range numberTries {
		if tries > 0 {
			select {
			case <-ctx.Done():
				return "", ctx.Err()
			case <-time.After(numberPause):
			}
		}
		if id, err := ask(ctx, strings.ToUpper(name)); id != "" || err != nil {
			return id, err
		}
	}
	return "", coded(exitUnusable, fmt.Errorf("%w %s; `tocsin incident list` shows them", errNoSuch, name))
}

// In Elasticsearch a listing is a second behind at most: a number that nobody has may be of what was made a moment ago.
const (
	numberTries = 6
	numberPause = 250 * time.Millisecond
)

// numberOf is the id of the incident that has a number, "" where a listing tells of none.
func numberOf(ctx context.Context, c *client.Client, number string) (string, error) {
	all, err := client.All[tocsin.Incident](ctx, c, "/incidents", map[string][]string{"number": {number}}, 0)
	for _, i := range all {
		if i.Number == number { // a daemon of an earlier version gives all
			return i.ID, err
		}
	}
	return "", err
}

// errNoSuch says of a number that it is nobody's.
var errNoSuch = errors.New("no incident has the number")

// numbered reports whether a name is a number, not an id.
func numbered(name string) bool { return strings.HasPrefix(strings.ToUpper(name), "INC-") }

// nameable refuses what can be no incident's name.
func nameable(name string) error {
	if numbered(name) || strings.Contains(name, "-") && strings.Trim(name, "0123456789abcdef-") == "" {
		return nil
	}
	return coded(exitUnusable, fmt.Errorf("%q is neither the number of an incident (INC-…) nor an id; `tocsin incident list` shows them", name))
}

// userName is who runs the command.
func userName() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return ""
}
