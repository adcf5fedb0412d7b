package auth

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"tocsin"
)

// Secrets keep users and tokens by kind and name. What is kept are hashes. PutSecret puts value in the place of was, nil
// being nothing; the error wraps [tocsin.ErrConflict] where something else stands there, as another daemon may have put it.
type Secrets interface {
	PutSecret(ctx context.Context, kind, name string, was, value []byte) error
	Secrets(ctx context.Context, kind string) (map[string][]byte, error)
	DeleteSecret(ctx context.Context, kind, name string) error
}

// The kinds of secrets.
const (
	kindUser  = "user"
	kindToken = "token"
)

// The errors of a Directory that are the caller's doing; others are the store's.
var (
	ErrTaken    = errors.New("the name is taken")
	ErrName     = errors.New("a name has 1 to 64 letters, digits, dots, dashes, underscores or @")
	ErrPassword = errors.New("a password has 12 to 256 characters, and is not the name")
	ErrRole     = errors.New("no such role")
	ErrExpiry   = errors.New("it would have expired already")
)

// A User is somebody with a password of this daemon.
type User struct {
	Name   string    `json:"name"`
	Role   string    `json:"role"`
	Tenant string    `json:"tenant"` // the only one they may see; "" for all
	Made   time.Time `json:"made"`
}

// An Access is a token for a machine, without the token itself.
type Access struct {
	Name    string    `json:"name"`
	Role    string    `json:"role"`
	Tenant  string    `json:"tenant"`
	By      string    `json:"by"` // who made it
	Made    time.Time `json:"made"`
	Expires time.Time `json:"expires,omitzero"` // zero: never
	Used    time.Time `json:"used,omitzero"`    // last, since the daemon started
}

// storedUser and storedToken are what is kept.
type storedUser struct {
	User
	Password password `json:"password"`
	text     []byte   // as it stands in the store
}

type storedToken struct {
	Access
	SHA256 [32]byte `json:"sha256"`
}

// A Directory keeps the local users, and the tokens that were made while the daemon runs. Several daemons may have one
// over the same store: what one changes the others know with their next [Directory.Refresh].
type Directory struct {
	store  Secrets
	tokens *Tokens
	roles  []string
	now    func() time.Time
	hasher hasher
	// Changed, where set, is told the name of a user whose password is another now, or who is no more.
	Changed func(name string)

	// changing is held by who writes to the store; mu, for moments alone, by who looks: while a store is down, whoever
	// signed in before is still known.
	changing sync.Mutex
	mu       sync.Mutex
	users    map[string]storedUser
	made     map[string]storedToken
}

// storeWithin bounds how long the store may take to keep a change.
const storeWithin = 10 * time.Second

// OpenDirectory reads the users and tokens of a store; the tokens become known to tokens. roles are the words that a
// role may be.
func OpenDirectory(ctx context.Context, store Secrets, tokens *Tokens, roles []string, now func() time.Time) (*Directory, error) {
	d := &Directory{store: store, tokens: tokens, roles: roles, now: now, hasher: newHasher(), users: map[string]storedUser{}, made: map[string]storedToken{}}
	return d, d.Refresh(ctx)
}

func (t *storedToken) identity() Identity {
	return Identity{Actor: tocsin.Actor{Kind: "token", ID: t.Name, Role: t.Role}, Tenant: t.Tenant}
}

func (u *storedUser) identity() Identity {
	return Identity{Actor: tocsin.Actor{Kind: "person", ID: u.Name, Role: u.Role}, Tenant: u.Tenant}
}

// Empty reports whether there is no local user.
func (d *Directory) Empty() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.users) == 0
}

// Users lists the local users that a tenant may know of, "" for all, by name.
func (d *Directory) Users(tenant string) []User {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := []User{}
	for _, name := range slices.Sorted(maps.Keys(d.users)) {
		if u := d.users[name]; tenant == "" || tenant == u.Tenant {
			all = append(all, u.User)
		}
	}
	return all
}

var nameForm = regexp.MustCompile(`^[A-Za-z0-9._@-]{1,64}$`)

func (d *Directory) check(name, role string) error {
	switch {
	case !nameForm.MatchString(name):
		return ErrName
	case !slices.Contains(d.roles, role):
		return fmt.Errorf("%w: %.40q; there are %s", ErrRole, role, strings.Join(d.roles, ", "))
	}
	return nil
}

// NewPassword draws one that nobody guesses.
func NewPassword() string { return rand.Text() }

// AddUser makes a local user.
func (d *Directory) AddUser(ctx context.Context, u User, secret string) error {
	if err := d.check(u.Name, u.Role); err != nil {
		return err
	}
	u.Made = d.now().UTC().Truncate(time.Second)
	return d.putUser(ctx, u.Name, secret, func(_ storedUser, there bool) (User, error) {
		if there {
			return u, ErrTaken
		}
		return u, nil
	})
}

// SetPassword gives a user of a tenant ("" for any) another password; it ends their sessions.
func (d *Directory) SetPassword(ctx context.Context, name, tenant, secret string) error {
	return d.putUser(ctx, name, secret, func(u storedUser, there bool) (User, error) {
		if !there || tenant != "" && tenant != u.Tenant {
			return u.User, fmt.Errorf("user %.64q: %w", name, tocsin.ErrNotFound)
		}
		return u.User, nil
	})
}

func (d *Directory) putUser(ctx context.Context, name, secret string, decide func(storedUser, bool) (User, error)) error {
	d.mu.Lock()
	old, there := d.users[name]
	d.mu.Unlock()
	if _, err := decide(old, there); err != nil {
		return err
	}
	if n := len([]rune(secret)); n < 12 || n > 256 || strings.EqualFold(secret, name) {
		return ErrPassword
	}
	hash := d.hasher.hash(secret) // takes a while: under no lock
	d.changing.Lock()
	defer d.changing.Unlock()
	d.mu.Lock()
	old, there = d.users[name]
	d.mu.Unlock()
	u, err := decide(old, there)
	if err != nil {
		return err
	}
	now := storedUser{User: u, Password: hash}
	if now.text, err = d.put(ctx, kindUser, name, old.text, now); err != nil {
		return err
	}
	d.mu.Lock()
	d.users[name] = now
	d.mu.Unlock()
	d.told(name)
	return nil
}

// put keeps a value in the place of another, nil being none. What another daemon put there first is told as taken.
func (d *Directory) put(ctx context.Context, kind, name string, was []byte, value any) ([]byte, error) {
	now, err := json.Marshal(value)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, storeWithin)
	defer cancel()
	err = d.store.PutSecret(ctx, kind, name, was, now)
	if was == nil && errors.Is(err, tocsin.ErrConflict) {
		return nil, ErrTaken
	}
	return now, err
}

// remove takes a value out of the store. That another daemon has removed it already is none of the caller's doing.
func (d *Directory) remove(ctx context.Context, kind, name string) error {
	ctx, cancel := context.WithTimeout(ctx, storeWithin)
	defer cancel()
	if err := d.store.DeleteSecret(ctx, kind, name); !errors.Is(err, tocsin.ErrNotFound) {
		return err
	}
	return nil
}

func (d *Directory) told(name string) {
	if d.Changed != nil {
		d.Changed(name)
	}
}

// Knows reports whether there is a user of this name.
func (d *Directory) Knows(name string) bool {
	if d == nil {
		return false
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	_, ok := d.users[name]
	return ok
}

// RemoveUser removes a user of a tenant ("" for any), and ends their sessions.
func (d *Directory) RemoveUser(ctx context.Context, name, tenant string) error {
	d.changing.Lock()
	defer d.changing.Unlock()
	d.mu.Lock()
	u, ok := d.users[name]
	d.mu.Unlock()
	if !ok || tenant != "" && tenant != u.Tenant {
		return fmt.Errorf("user %.64q: %w", name, tocsin.ErrNotFound)
	}
	if err := d.remove(ctx, kindUser, name); err != nil {
		return err
	}
	d.mu.Lock()
	delete(d.users, name)
	d.mu.Unlock()
	d.told(name)
	return nil
}

// SignIn tells who has this name and password. still tells, later, whether they are still who they were: nobody
// removed them or set another password. An unknown name takes as long as a wrong password.
func (d *Directory) SignIn(name, secret string) (id Identity, still func() bool, ok bool) {
	d.mu.Lock()
	u, there := d.users[name]
	d.mu.Unlock()
	fits := d.hasher.fits(secret, u.Password)
	if !there || !fits {
		return Identity{}, nil, false
	}
	return u.identity(), func() bool {
		d.mu.Lock()
		defer d.mu.Unlock()
		now, there := d.users[name]
		return there && now.Password.same(u.Password)
	}, true
}

// Accesses lists the tokens that a tenant may know of, "" for all, by name.
func (d *Directory) Accesses(tenant string) []Access {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := []Access{}
	for _, name := range slices.Sorted(maps.Keys(d.made)) {
		t := d.made[name]
		if tenant != "" && tenant != t.Tenant {
			continue
		}
		t.Used = d.tokens.used(t.SHA256)
		all = append(all, t.Access)
	}
	return all
}

// Grant makes a token and returns it: it is not kept, its hash is.
func (d *Directory) Grant(ctx context.Context, a Access) (token string, err error) {
	if err := d.check(a.Name, a.Role); err != nil {
		return "", err
	}
	now := d.now().UTC().Truncate(time.Second)
	if !a.Expires.IsZero() && !a.Expires.After(now) {
		return "", ErrExpiry
	}
	token = "tocsin_" + rand.Text()
	a.Made, a.Used = now, time.Time{}
	t := storedToken{a, sha256.Sum256([]byte(token))}
	d.changing.Lock()
	defer d.changing.Unlock()
	d.mu.Lock()
	_, there := d.made[a.Name]
	d.mu.Unlock()
	if there {
		return "", ErrTaken
	}
	if _, err := d.put(ctx, kindToken, a.Name, nil, t); err != nil {
		return "", err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.made[a.Name] = t
	d.tokens.add(t.SHA256, t.identity(), t.Expires)
	return token, nil
}

// Revoke ends a token of a tenant ("" for any), and the sessions that were begun with it.
func (d *Directory) Revoke(ctx context.Context, name, tenant string) error {
	d.changing.Lock()
	defer d.changing.Unlock()
	d.mu.Lock()
	t, ok := d.made[name]
	d.mu.Unlock()
	if !ok || tenant != "" && tenant != t.Tenant {
		return fmt.Errorf("token %.64q: %w", name, tocsin.ErrNotFound)
	}
	if err := d.remove(ctx, kindToken, name); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.made, name)
	d.tokens.remove(t.SHA256)
	return nil
}
