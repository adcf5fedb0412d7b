package config

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func write(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "tocsin.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestDefaultsAreSound(t *testing.T) {
	got, err := Load("", nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Default(), got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("with nothing said (-default +got):\n%s", diff)
	}
}

func TestFileAndEnvironment(t *testing.T) {
	file := write(t, `
mode: kafka
http: {listen: "127.0.0.1:9000"}
kafka: {brokers: [127.0.0.1:9092], user: u, sasl: scram-sha-256}
sources:
  - {name: siem, topics: [alerts, more], disorder: 30s, recorded: true}
`)
	got, err := Load(file, []string{"TOCSIN_HTTP_LISTEN=127.0.0.1:0", "TOCSIN_KAFKA_PASSWORD=hunter2", "TOCSIN_SQLITE_RETENTION=14d", "TOCSIN_ROLES=detect,api", "PATH=/bin"})
	if err != nil {
		t.Fatal(err)
	}
	src := got.Sources[0]
	for _, c := range []struct{ name, got, want any }{
		{"listen", got.HTTP.Listen, "127.0.0.1:0"},
		{"password", got.Kafka.Password.Reveal(), "hunter2"},
		{"retention", got.SQLite.Retention, 14 * 24 * time.Hour},
		{"roles", fmt.Sprint(got.Roles), "[detect api]"},
		{"topics", fmt.Sprint(src.Topics), "[alerts more]"},
		{"disorder", src.Disorder, 30 * time.Second},
		{"lateness by default", src.Lateness, time.Hour},
		{"tenant by default", src.Tenant, "default"},
		{"recorded", src.Recorded, true},
	} {
		if c.got != c.want {
			t.Errorf("%s: got %v, want %v", c.name, c.got, c.want)
		}
	}
}

func TestSourcesFromEnvironment(t *testing.T) {
	got, err := Load("", []string{"TOCSIN_MODE=kafka", "TOCSIN_SOURCES=[{name: a, topics: [x], lateness: 2h}]"})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Sources) != 1 || got.Sources[0].Lateness != 2*time.Hour || got.Sources[0].Store != "all" {
		t.Errorf("got %+v", got.Sources)
	}
}

// Five kinds of fault in one file are told in one go, each with its place and remedy.
func TestAllFaultsAtOnce(t *testing.T) {
	file := write(t, `http:
  listn: 127.0.0.1:1
  listen: 0.0.0.0:8080
mode: kafak
intake:
  disorder: soon
  max_body: 16MB
elasticsearch:
  password: hunter2
data_dir: a
data_dir: b
sources:
  - {name: "A b", kind: file}
`)
	_, err := Load(file, []string{"TOCSIN_HTP_LISTEN=x", "TOCSIN_INTAKE_BACKLOG=many"})
	if err == nil {
		t.Fatal("no faults")
	}
	for _, want := range []string{
		`:2:3: unknown key http.listn`, "did you mean http.listen?", "http.insecure_i_know",
		`:4:7: mode: "kafak" is not known here`, "did you mean kafka?",
		`:6:13: intake.disorder: "soon" is no duration`, `"16MB" is no size`,
		`elasticsearch.password stands in a file`, "TOCSIN_ELASTICSEARCH_PASSWORD",
		`:11:1: data_dir is set twice, first in line 10`,
		`"A b" is no source name`, `a file source needs paths`,
		`unknown variable TOCSIN_HTP_LISTEN`, `TOCSIN_INTAKE_BACKLOG: "many" is no whole number`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("not told: %s", want)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Error("a secret is in the faults")
	}
	if t.Failed() {
		t.Log(err)
	}
}

// A secret in a file is in no fault, whatever else its line has wrong.
func TestFaultsConcealSecrets(t *testing.T) {
	for _, text := range []string{
		"elasticsearch: {password: hunter2, prot: 1}\n",
		"kafka: {pasword: hunter2}\n",
		"api_key: hunter2\nmode: x\n",
		"kafka: {password: hunter2, session: hunter2}\n",
	} {
		_, err := Load(write(t, text), nil)
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s gives %v", text, err)
		}
	}
}

// A key that a block does not have is held against what it has: the same name elsewhere would lead astray.
func TestUnknownKeyOfABlock(t *testing.T) {
	for text, want := range map[string]string{
		"sources: [{name: fw, kind: syslog, syslog: {listen: \"127.0.0.1:5514\"}}]\n": "known are: network, address",
		"sources: [{name: fw, kind: syslog}]\n":                                       "a syslog source needs syslog.address",
		"http: {tls: true}\n":                                                         "known are: listen, ",
		"listen: 127.0.0.1:1\n":                                                       "did you mean http.listen?",
		"http: {listn: x}\n":                                                          "did you mean http.listen?",
		"elasticsearch: {user: u, urls: [\"http://127.0.0.1:1\"]}\nmode: kafka\n":     "elasticsearch.user: has no password",
	} {
		_, err := Load(write(t, text), nil)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%snot told: %s\n%v", text, want, err)
		}
	}
}

func TestNotYAML(t *testing.T) {
	_, err := Load(write(t, "http: {listen: [\nmode: x"), nil)
	if err == nil || !strings.Contains(err.Error(), "not YAML") {
		t.Errorf("got %v", err)
	}
}

func TestSecretsAreRedacted(t *testing.T) {
	cfg := Default()
	cfg.Kafka.Password, cfg.Elasticsearch.APIKey = "hunter2", "hunter2"
	y, err := cfg.YAML()
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{string(y), fmt.Sprintf("%v %+v %#v %s", cfg, cfg, cfg, cfg.Kafka.Password)} {
		if strings.Contains(shown, "hunter2") {
			t.Errorf("a secret is shown: %s", shown)
		}
	}
}

// What `config show` prints is itself a configuration, and the same one.
func TestShowRoundTrip(t *testing.T) {
	cfg, err := Load("", []string{"TOCSIN_MODE=kafka", "TOCSIN_SOURCES=[{name: a, topics: [x]}]"})
	if err != nil {
		t.Fatal(err)
	}
	y, err := cfg.YAML()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Load(write(t, string(y)), nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, y)
	}
	if diff := cmp.Diff(cfg, again, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-shown +read):\n%s", diff)
	}
}

// Every key is in the commented example with its default, and the example loads.
func TestExampleIsComplete(t *testing.T) {
	example, err := os.ReadFile("../../deploy/tocsin.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var lines []string
	for line := range strings.Lines(string(example)) {
		trimmed := strings.TrimSpace(line)
		if rest, ok := strings.CutPrefix(trimmed, "#"); ok {
			trimmed = rest
		}
		lines = append(lines, strings.TrimPrefix(strings.TrimSpace(trimmed), "- "))
	}
	for _, k := range Keys() {
		name := k.Path[strings.LastIndex(k.Path, ".")+1:] + ":"
		found := false
		for _, l := range lines {
			found = found || strings.HasPrefix(l, name)
		}
		if !found {
			t.Errorf("%s is not in deploy/tocsin.yaml", k.Path)
		}
		if k.Env != "" && k.Secret && !strings.Contains(string(example), k.Env) {
			t.Errorf("%s is not in deploy/tocsin.yaml", k.Env)
		}
	}
	got, err := Load("../../deploy/tocsin.yaml", nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(Default(), got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("the example differs from the defaults (-default +example):\n%s", diff)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("mode: kafka\nsources: [{name: a, topics: [b]}]\n")
	f.Add("http: {listen: 1}\nx: &a [*a]\n")
	f.Fuzz(func(t *testing.T, text string) {
		if len(text) > 1<<12 {
			t.Skip("long")
		}
		_, _ = Load(write(t, text), nil)
	})
}
