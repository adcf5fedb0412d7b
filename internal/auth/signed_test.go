package auth

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestSigned(t *testing.T) {
	now := time.Date(2026, 11, 28, 20, 0, 0, 0, time.UTC)
	tokens := &Tokens{Now: func() time.Time { return now }}
	line := func(name, token, more string) string {
		sum := sha256.Sum256([]byte(token))
		return "- {name: " + name + ", role: analyst, sha256: " + hex.EncodeToString(sum[:]) + more + "}\n"
	}
	file := line("soar", "secret", "") + line("ticket", "other", ", tenant: north") + line("old", "expired", ", expires: 2026-11-01T00:00:00Z")
	if err := tokens.Load("t", []byte(file), []string{"analyst"}); err != nil {
		t.Fatal(err)
	}
	if err := tokens.OpenLocal(t.TempDir(), "root"); err != nil {
		t.Fatal(err)
	}
	const place, message = "tocsin.commands", `{"id":"x"}`
	good := Sign("secret", "soar", place, now, []byte(message))
	for name, c := range map[string]struct {
		s       Signature
		place   string
		message string
		written time.Time
		want    error
	}{
		"good":                        {good, place, message, now.Add(time.Second), nil},
		"not signed":                  {Signature{}, place, message, now, ErrUnsigned},
		"another message":             {good, place, message + " ", now, ErrSignature},
		"another topic":               {good, "tocsin.other", message, now, ErrSignature},
		"another's name":              {Signature{"ticket", good.At, good.Value}, place, message, now, ErrSignature},
		"another time":                {Signature{"soar", now.Add(time.Second).Format(time.RFC3339), good.Value}, place, message, now, ErrSignature},
		"no version":                  {Signature{"soar", good.At, strings.TrimPrefix(good.Value, "v1=")}, place, message, now, ErrSignature},
		"no hex":                      {Signature{"soar", good.At, "v1=zz"}, place, message, now, ErrSignature},
		"empty":                       {Signature{"soar", good.At, "v1="}, place, message, now, ErrSignature},
		"nobody":                      {Sign("secret", "nobody", place, now, []byte(message)), place, message, now, ErrSignature},
		"expired token":               {Sign("expired", "old", place, now, []byte(message)), place, message, now, ErrSignature},
		"a person's":                  {Sign("x", "root", place, now, []byte(message)), place, message, now, ErrSignature},
		"an hour later":               {good, place, message, now.Add(time.Hour), ErrReplay},
		"signed ahead":                {good, place, message, now.Add(-time.Hour), ErrReplay},
		"written at no time":          {good, place, message, time.Time{}, ErrReplay},
		"no time":                     {Sign("secret", "soar", place, now, []byte(message)), place, message, now.Add(6 * time.Minute), ErrReplay},
		"a line break in its name":    {Sign("secret", "soar\nx", place, now, []byte(message)), place, message, now, ErrSignature},
		"the token's hash as a token": {Sign("2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b", "soar", place, now, []byte(message)), place, message, now, ErrSignature},
	} {
		id, err := tokens.Signed(c.s, c.place, c.written, []byte(c.message))
		if !errors.Is(err, c.want) || (err == nil) != (id.Actor.ID == "soar") {
			t.Errorf("%s: %+v %v, want %v", name, id, err, c.want)
		}
	}
	if good.Value != "v1=b6e26f7ecbdc0af61518db1ac2c1273f85101f904999dbf51a5cd367fdf0dfc0" { // as docs/notifications.md has it
		t.Errorf("%s", good.Value)
	}
	id, err := tokens.Signed(Sign("other", "ticket", place, now, []byte(message)), place, now, []byte(message))
	if err != nil || id.Tenant != "north" || id.Actor.Role != "analyst" {
		t.Errorf("%+v %v", id, err)
	}
}
