package auth

import (
	"context"
	"encoding/json"
	"fmt"
)

// Refresh reads the users and tokens of the store again, as another daemon may have changed them. Whose user is gone or
// has another password is no longer signed in, and a token that was revoked is refused. On an error all stays as it was.
func (d *Directory) Refresh(ctx context.Context) error {
	d.changing.Lock() // what is read is not older than what this daemon wrote
	defer d.changing.Unlock()
	users, texts, err := kept[storedUser](ctx, d.store, kindUser)
	if err != nil {
		return fmt.Errorf("local users: %w", err)
	}
	for name, u := range users {
		u.text = texts[name]
		users[name] = u
	}
	made, _, err := kept[storedToken](ctx, d.store, kindToken)
	if err != nil {
		return fmt.Errorf("tokens: %w", err)
	}
	for _, name := range d.replace(users, made) {
		d.told(name)
	}
	return nil
}

// replace puts what was read in the place of what was known, and returns whose password is another now, or gone.
func (d *Directory) replace(users map[string]storedUser, made map[string]storedToken) (changed []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for name, was := range d.users {
		if now, there := users[name]; !there || !now.Password.same(was.Password) {
			changed = append(changed, name)
		}
	}
	for name, was := range d.made {
		if now, there := made[name]; !there || now.SHA256 != was.SHA256 {
			d.tokens.remove(was.SHA256)
		}
	}
	for name, t := range made {
		if was, there := d.made[name]; !there || was.SHA256 != t.SHA256 {
			d.tokens.add(t.SHA256, t.identity(), t.Expires)
		}
	}
	d.users, d.made = users, made
	return changed
}

// kept are the values of a kind.
func kept[T any](ctx context.Context, s Secrets, kind string) (all map[string]T, texts map[string][]byte, err error) {
	texts, err = s.Secrets(ctx, kind)
	if err != nil {
		return nil, nil, err
	}
	all = make(map[string]T, len(texts))
	for name, text := range texts {
		var v T
		if err := json.Unmarshal(text, &v); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", name, err)
		}
		all[name] = v
	}
	return all, texts, nil
}
