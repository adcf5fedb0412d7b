package config

import (
	"bytes"
	"fmt"
	"os"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/go-viper/mapstructure/v2"
	"github.com/spf13/viper"
	"go.yaml.in/yaml/v4"

	"tocsin/internal/fault"
)

// Load reads the file (none for ""), then the environment, then the secrets' files, and checks the whole. The error
// is a [fault.List] that names every fault; values of secrets are in none of them.
func Load(file string, environ []string) (Config, error) {
	c := &checker{file: file, places: map[string]place{}}
	if file != "" {
		src, err := os.ReadFile(file)
		if err != nil {
			return Config{}, fault.List{{File: file, Message: strings.TrimPrefix(cause(err), file+": "), Remedy: "name a file that can be read, or none for the defaults"}}
		}
		c.src = src
		c.checkFile()
	}
	env := c.environment(environ)
	src := c.src
	if len(c.faults) > 0 {
		src = c.sound
	}
	cfg, err := merge(src, env)
	if err != nil && len(c.faults) > 0 {
		return Config{}, c.told() // the same once more, in other words
	}
	if err != nil {
		c.faults = append(c.faults, fault.Fault{File: orEnvironment(file), Message: err.Error()})
		return Config{}, c.told()
	}
	c.secrets(&cfg)
	c.validate(&cfg)
	if err := c.told(); err != nil {
		return Config{}, err
	}
	return cfg, nil
}

// merge lets viper lay the environment over the file over the defaults.
func merge(src []byte, env map[string]string) (Config, error) {
	v := viper.New()
	v.SetConfigType("yaml")
	if err := v.ReadConfig(bytes.NewReader(src)); err != nil {
		return Config{}, err
	}
	for path, text := range env {
		v.Set(path, text)
	}
	for _, path := range []string{"sources", "enrich.lists"} {
		text, ok := env[path]
		if !ok {
			continue
		}
		var list []any
		if err := yaml.Unmarshal([]byte(text), &list); err != nil {
			return Config{}, fmt.Errorf("%s is no YAML list: %w", envName(path), err)
		}
		v.Set(path, list)
	}
	cfg := Default()
	err := v.UnmarshalExact(&cfg, viper.DecodeHook(mapstructure.ComposeDecodeHookFunc(decodeText, decodeSource, decodeList)))
	return cfg, err
}

// decodeText turns the text of a setting into its type, and a comma-separated text into a list.
func decodeText(from, to reflect.Type, data any) (any, error) {
	text, ok := data.(string)
	if from.Kind() != reflect.String || !ok {
		return data, nil
	}
	switch {
	case to == reflect.TypeFor[time.Duration]():
		return ParseDuration(text)
	case to == reflect.TypeFor[Bytes]():
		return ParseBytes(text)
	case to.Kind() == reflect.Slice && to.Elem().Kind() == reflect.String:
		return splitList(text), nil
	}
	return data, nil
}

func splitList(text string) []string {
	var items []string
	for item := range strings.SplitSeq(text, ",") {
		if item = strings.TrimSpace(item); item != "" {
			items = append(items, item)
		}
	}
	return items
}

// decodeSource starts each source from the defaults of a source.
func decodeSource(_, to reflect.Type, data any) (any, error) {
	given, ok := data.(map[string]any)
	if to != reflect.TypeFor[Source]() || !ok {
		return data, nil
	}
	src := defaultSource()
	dec, err := mapstructure.NewDecoder(&mapstructure.DecoderConfig{Result: &src, ErrorUnused: true, WeaklyTypedInput: true, DecodeHook: decodeText})
	if err != nil {
		return nil, err
	}
	if err := dec.Decode(given); err != nil {
		return nil, err
	}
	return src, nil
}

// environment picks the settings out of TOCSIN_… variables and reports those that name no key. TOCSIN_CONFIG and
// TOCSIN_TEST_… are not settings.
func (c *checker) environment(environ []string) map[string]string {
	known := map[string]Key{}
	var names []string
	for _, k := range Keys() {
		if k.Env != "" {
			known[k.Env] = k
			names = append(names, k.Env)
		}
	}
	found := map[string]string{}
	for _, pair := range environ {
		name, text, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, "TOCSIN_") || strings.HasPrefix(name, "TOCSIN_TEST_") || slices.Contains(notSettings, name) {
			continue
		}
		k, ok := known[name]
		if !ok {
			c.faults = append(c.faults, fault.Fault{File: "environment", Message: "unknown variable " + name, Remedy: fault.DidYouMean(name, names)})
			continue
		}
		if message, remedy := wrongEnv(k, text); message != "" {
			c.faults = append(c.faults, fault.Fault{File: "environment", Message: name + ": " + message, Remedy: remedy})
			continue
		}
		found[k.Path] = text
	}
	return found
}

// notSettings are the variables that the command line and long tests read themselves.
var notSettings = []string{"TOCSIN_CONFIG", "TOCSIN_LONG", "TOCSIN_TOKEN", "TOCSIN_URL"}

func wrongEnv(k Key, text string) (message, remedy string) {
	switch {
	case k.Secret || isSources(k.typ):
		return "", ""
	case k.typ.Kind() == reflect.Slice:
		for _, item := range splitList(text) {
			if message, remedy = wrongScalar(item, k.typ.Elem(), k.enum); message != "" {
				return message, remedy
			}
		}
		return "", ""
	default:
		return wrongScalar(text, k.typ, k.enum)
	}
}

// secrets reads the files that hold secrets. A value from the environment wins.
func (c *checker) secrets(cfg *Config) {
	for _, s := range []struct {
		path, file string
		into       *Secret
	}{
		{"kafka.password_file", cfg.Kafka.PasswordFile, &cfg.Kafka.Password},
		{"oidc.client_secret_file", cfg.OIDC.ClientSecretFile, &cfg.OIDC.ClientSecret},
		{"elasticsearch.password_file", cfg.Elasticsearch.PasswordFile, &cfg.Elasticsearch.Password},
		{"elasticsearch.api_key_file", cfg.Elasticsearch.APIKeyFile, &cfg.Elasticsearch.APIKey},
	} {
		if s.file == "" || *s.into != "" {
			continue
		}
		text, err := os.ReadFile(s.file)
		if err != nil {
			c.at(s.path, cause(err), "name a file that the daemon may read")
			continue
		}
		*s.into = Secret(strings.TrimSpace(string(text)))
	}
}

// at reports a fault of meaning at the place of a key: in the file, else in the environment.
func (c *checker) at(path, message, remedy string) {
	message = path + ": " + message
	if p, ok := c.places[path]; ok {
		c.faults = append(c.faults, fault.At(c.file, c.src, p.line, p.column, message, remedy))
		return
	}
	c.faults = append(c.faults, fault.Fault{File: orEnvironment(c.file), Message: message, Remedy: remedy})
}

func orEnvironment(file string) string {
	if file == "" {
		return "environment"
	}
	return file
}

// cause is the part of a file error that says what went wrong.
func cause(err error) string {
	text := err.Error()
	return strings.TrimPrefix(text, "open ")
}
