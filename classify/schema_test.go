package classify

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"tocsin/internal/schema/schematest"
)

func compiled(t *testing.T, make func() ([]byte, error)) *schematest.Schema {
	t.Helper()
	text, err := make()
	if err != nil {
		t.Fatal(err)
	}
	return schematest.Compile(t, text)
}

func rootOf(t *testing.T, data []byte) *yaml.Node {
	t.Helper()
	var doc yaml.Node
	if err := yaml.Load(data, &doc); err != nil {
		t.Fatal(err)
	}
	return doc.Content[0]
}

const smallAssets = `assets:
  - {id: db, match: {ip: 192.0.2.1, cidr: [198.51.100.0/24], host: ["db*", db2], user: svc}, importance: 3, owner: x, platform: linux, shared: true}
  - {id: lb, match: {ip: 192.0.2.2}, importance: important}
`

func TestSchemaFits(t *testing.T) {
	example, err := os.ReadFile("../deploy/assets.example.yml")
	if err != nil {
		t.Fatal(err)
	}
	shipped, err := os.ReadFile("default.yml")
	if err != nil {
		t.Fatal(err)
	}
	scales, assets := compiled(t, ScalesSchema), compiled(t, AssetsSchema)
	if err := scales.Validate(rootOf(t, shipped)); err != nil {
		t.Error(err)
	}
	for _, text := range [][]byte{example, []byte(smallAssets)} {
		if err := assets.Validate(rootOf(t, text)); err != nil {
			t.Error(err)
		}
	}
}

// TestSchemaAgreesWithTheLoader puts values of every kind in the place of every value, and leaves out and misspells every
// key. What the loader takes the schema takes, and what the schema takes has no fault that is one of shape.
func TestSchemaAgreesWithTheLoader(t *testing.T) {
	shipped, err := os.ReadFile("default.yml")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		schema *schematest.Schema
		text   string
		every  int // of the changes one of so many is tried: a scales file takes milliseconds to load
		load   func(data []byte) error
	}{
		"scales": {compiled(t, ScalesSchema), string(shipped), 13, func(data []byte) error { _, err := LoadScales("s.yml", data); return err }},
		"assets": {compiled(t, AssetsSchema), smallAssets, 1, func(data []byte) error { _, err := LoadAssets("a.yml", data); return err }},
	} {
		tried := 0
		schematest.Change([]byte(c.text), func(what string, data []byte) {
			if tried++; tried%c.every != 0 {
				return
			}
			var doc yaml.Node
			if yaml.Load(data, &doc) != nil {
				return // a comment that a change has put where none can be
			}
			err, invalid := c.load(data), c.schema.Validate(doc.Content[0])
			if err == nil && invalid != nil {
				t.Errorf("%s%s: the loader takes it, the schema does not: %v", name, what, invalid)
			}
			if err != nil && invalid == nil && ofShape(err.Error()) {
				t.Errorf("%s%s: the schema takes it, the loader does not: %v", name, what, err)
			}
		})
		if tried < 150 {
			t.Errorf("%s: %d changes", name, tried)
		}
	}
}

// ofShape reports whether a fault is one that a schema could have told.
func ofShape(fault string) bool {
	for _, s := range []string{"must be", "unknown key", "is missing"} {
		if strings.Contains(fault, ": category: ") || strings.Contains(fault, "priority_matrix: ") {
			return false // keys that the scale names itself
		}
		if strings.Contains(fault, s) && !strings.Contains(fault, "must be text") && !strings.Contains(fault, "must be a whole number") && !strings.Contains(fault, "must be true or false: ") {
			return true
		}
	}
	return false
}

func TestSchemaFiles(t *testing.T) {
	for file, make := range map[string]func() ([]byte, error){"scales.json": ScalesSchema, "assets.json": AssetsSchema, "regimes.json": RegimesSchema} {
		want, err := make()
		if err != nil {
			t.Fatal(err)
		}
		schematest.Kept(t, filepath.Join("../docs/schema", file), want, *update)
	}
}

func TestSchemaRefuses(t *testing.T) {
	assets := compiled(t, AssetsSchema)
	for name, text := range map[string]string{
		"no id":         "assets: [{match: {ip: 192.0.2.1}, importance: 1}]",
		"no criterion":  "assets: [{id: a, match: {}, importance: 1}]",
		"a wrong key":   "assets: [{id: a, match: {ipv4: 192.0.2.1}, importance: 1}]",
		"importance 4":  "assets: [{id: a, match: {ip: 192.0.2.1}, importance: 4}]",
		"no list":       "assets: {id: a}",
		"a wrong word":  "assets: [{id: a, match: {ip: 192.0.2.1}, importance: huge}]",
		"shared is yes": "assets: [{id: a, match: {ip: 192.0.2.1}, importance: 1, shared: 'yes'}]",
	} {
		if assets.Validate(rootOf(t, []byte(text))) == nil {
			t.Errorf("%s: the schema takes it", name)
		}
	}
}
