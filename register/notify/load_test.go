package notify

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"tocsin/internal/fault"
)

// words are those of a small scale.
var words = Words{Priorities: []string{"P1", "P2", "P3", "P4", "P5"}, Categories: []string{"intrusions/burglary", "intrusions/system-compromise", "ransomware"}}

func TestLoad(t *testing.T) {
	dir := t.TempDir()
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("whsec_c2VjcmV0\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := func(name string) string { return map[string]string{"CHAT": "https://chat.example/T0/B0/xyz"}[name] }
	c, err := Load("notify.yml", []byte(`
page: https://tocsin.example/
receivers:
  soar: {kind: webhook, url: https://soar.example/hook, secret_file: `+secret+`, allow: [10.1.2.3, 10.9.0.0/16]}
  chat: {kind: slack, url_env: CHAT}
  mail: {kind: smtp, server: "mail.example:587", from: tocsin@example.org, to: [soc@example.org]}
  bus: {kind: kafka}
routes:
  - {name: urgent, to: [chat, mail], priority: [P1, P2], repeat: 15m, dedup: 5m}
  - {name: dpo, to: [mail], tell: [dpo]}
  - {name: every, to: [bus], actions: [revise, set], team: [windows]}
quiet:
  - {name: night, hours: 22:00-06:00, days: [sat, sun], zone: Europe/Vienna, routes: [dpo], except: [P1], then: summary}
  - {name: move, from: 2026-12-01T20:00:00Z, to: 2026-12-01T23:00:00Z}
templates: {title: "{{.Incident.Number}}", text: "{{.Entry.Text}} {{time .At}}"}
`), env, words)
	if err != nil {
		t.Fatal(err)
	}
	soar, chat := c.Receivers[3], c.Receivers[1]
	if soar.Secret != "whsec_c2VjcmV0" || chat.URL != "https://chat.example/T0/B0/xyz" || c.Receivers[0].Topic != "tocsin.incidents" || c.Receivers[2].TLS != "starttls" {
		t.Errorf("%+v", c.Receivers)
	}
	if c.Page != "https://tocsin.example" || c.Routes[0].Repeat != 15*time.Minute || c.Routes[1].Actions[0] != "escalate" || len(c.Routes[0].Actions) < 10 || c.Windows[1].Then != "send" {
		t.Errorf("%+v", c)
	}
}

// All faults come at once, each with its place, and none shows a secret.
func TestFaults(t *testing.T) {
	_, err := Load("notify.yml", []byte(`
page: tocsin
receivers:
  "a b": {kind: pager}
  chat: {kind: slack, url: http://chat.example/T0/hidden, secret: hidden}
  none: {kind: teams}
  soar: {kind: webhook, url: "https://u:hidden@soar.example", allow: [everywhere], topic: x}
  mail: {kind: smtp, server: mail.example, from: nobody, to: [], tls: ssl, password_env: NOT_SET}
  mail: {kind: kafka}
routes:
  - {name: one, to: [chta], actions: [declared], repeat: 5s}
  - {name: one, to: [chat], colour: red}
  - {to: chat}
  - {name: high, to: [chat], priority: [P1, P9], category: [intrusion, intrusions/burglry, ransomware]}
quiet:
  - {name: q, except: [P0]}
  - {name: r, hours: 22-6, zone: Mars, then: shout, routes: [two]}
  - {name: s, from: 2026-12-01T20:00:00Z, to: 2026-12-01T19:00:00Z}
templates: {title: "{{.Incident"}
rules: []
`), func(string) string { return "" }, words)
	list, ok := err.(fault.List) //nolint:errorlint // it is one
	if !ok {
		t.Fatal(err)
	}
	text := list.Error()
	for _, want := range []string{
		"page is no http", `"a b" is no name`, `kind: unknown word "pager"`, "spoken to in plain text", "secret stands in the file", "receiver none: the address is missing", "holds a user or a password",
		`"everywhere" is no address or network`, "a receiver of kind webhook has no topic", `"mail.example" is no host:port`, `"nobody" is no address`, "nobody to write to", `tls: unknown word "ssl"`,
		"the variable NOT_SET is not set", `"mail" is there twice`, `route to: unknown word "chta"`, "did you mean chat?", `actions: unknown word "declared"`, "route repeat must be", `route "one" is there twice`,
		`unknown key "colour"`, "the key name is missing", "route to must be a list", "quiet window q: once, or each day?", "hours: they are from and to", `no time zone is called "Mars"`, `then: unknown word "shout"`,
		`routes: unknown word "two"`, "quiet window s ends before it begins", "title: ",
		`route priority: unknown word "P9"`, "did you mean P1?", `route category: unknown word "intrusion"`, "did you mean intrusions?", "did you mean intrusions/burglary?", `except: unknown word "P0"`, `unknown key "rules"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not told", want)
		}
	}
	if strings.Contains(strings.ReplaceAll(text, "secret: hidden", ""), "hidden") {
		t.Error("a secret is shown")
	}
	for _, f := range list {
		if f.Line < 1 {
			t.Errorf("no place: %s", f)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add([]byte("receivers: {a: {kind: kafka}}\nroutes: [{name: a, to: [a]}]"))
	f.Add([]byte("receivers: {a: {kind: smtp, to: [x], tls: none}}\nquiet: [{name: x, hours: 22:00-06:00}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := Load("f.yml", data, func(string) string { return "" }, words)
		if (c == nil) == (err == nil) {
			t.Fatal("neither a configuration nor a fault")
		}
	})
}

func TestTheExampleIsSound(t *testing.T) {
	name := filepath.Join("..", "..", "deploy", "notify.example.yml")
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	c, err := Load(name, text, func(string) string { return "https://receiver.example/x" }, words)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := New(Options{Config: c, Publisher: &records{}, Now: time.Now}); err != nil {
		t.Fatal(err)
	}
}
