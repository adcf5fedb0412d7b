package app_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// A savedObject is one line of what Kibana imports.
type savedObject struct {
	Type                 string         `json:"type"`
	ID                   string         `json:"id"`
	Attributes           map[string]any `json:"attributes"`
	References           []reference    `json:"references"`
	CoreMigrationVersion string         `json:"coreMigrationVersion"`
	TypeMigrationVersion string         `json:"typeMigrationVersion"`
}

type reference struct{ Name, Type, ID string }

// imported says what of each type's attributes the import of Kibana 8.9 takes, and of which kind: of dashboards it refuses
// any other. "json" is a text that holds JSON.
var imported = map[string]map[string]string{
	"index-pattern": {"title": "string", "name": "string", "timeFieldName": "string"},
	"visualization": {"title": "string", "description": "string", "uiStateJSON": "json", "version": "float64", "visState": "json", "kibanaSavedObjectMeta": "map"},
	"dashboard": {
		"title": "string", "description": "string", "panelsJSON": "json", "optionsJSON": "json", "version": "float64",
		"timeRestore": "bool", "timeFrom": "string", "timeTo": "string", "kibanaSavedObjectMeta": "map",
	},
}

// newest are the versions beyond which Kibana 8.9 takes an object for one of a later Kibana.
var newest = map[string]string{"index-pattern": "8.0.0", "visualization": "8.5.0", "dashboard": "8.9.0"}

// TestKibanaTakes holds the saved objects against what an import asks of them.
func TestKibanaTakes(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "deploy", "kibana", "tocsin.ndjson"))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for line := range bytes.Lines(text) {
		d := json.NewDecoder(bytes.NewReader(line))
		d.DisallowUnknownFields()
		var o savedObject
		if err := d.Decode(&o); err != nil {
			t.Fatalf("%.80s: %v", line, err)
		}
		if key := o.Type + " " + o.ID; o.ID == "" || seen[key] {
			t.Errorf("%s: no id, or one that is there already", key)
		} else {
			seen[key] = true
		}
		for _, fault := range o.faults() {
			t.Errorf("%s %s: %s", o.Type, o.ID, fault)
		}
	}
	if len(seen) < 30 {
		t.Errorf("only %d objects", len(seen))
	}
}

// faults are what an import, or the application that opens the object, would stumble over.
func (o *savedObject) faults() (all []string) {
	bad := func(format string, args ...any) { all = append(all, fmt.Sprintf(format, args...)) }
	if o.References == nil || o.CoreMigrationVersion != "8.8.0" || o.TypeMigrationVersion > newest[o.Type] || o.TypeMigrationVersion == "" {
		bad("references %v, versions %q and %q", o.References, o.CoreMigrationVersion, o.TypeMigrationVersion)
	}
	for name, value := range o.Attributes {
		kind := imported[o.Type][name]
		text, _ := value.(string)
		if got := reflect.TypeOf(value).Kind().String(); kind != got && (kind != "json" || !json.Valid([]byte(text))) {
			bad("attribute %s is %s, wanted is %q", name, got, kind)
		}
	}
	if title, _ := o.Attributes["title"].(string); title == "" {
		bad("no title")
	}
	switch o.Type {
	case "visualization":
		all = append(all, o.visFaults()...)
	case "dashboard":
		all = append(all, o.panelFaults()...)
	}
	return all
}

// refers reports whether there is a reference of that name.
func (o *savedObject) refers(name string) bool {
	return slices.ContainsFunc(o.References, func(r reference) bool { return r.Name == name })
}

func (o *savedObject) visFaults() (all []string) {
	var state struct {
		Title, Type string
		Params      map[string]any
		Aggs        []struct {
			ID, Type, Schema string
			Enabled          bool
		}
	}
	text, _ := o.Attributes["visState"].(string)
	if err := json.Unmarshal([]byte(text), &state); err != nil {
		return []string{err.Error()}
	}
	if !slices.Contains([]string{"histogram", "line", "area", "table", "metric", "pie", "vega"}, state.Type) || state.Params == nil {
		all = append(all, "a visualization of type "+state.Type)
	}
	ids := map[string]bool{}
	metric := state.Type == "vega"
	for _, a := range state.Aggs {
		if ids[a.ID] || a.ID == "" || !a.Enabled {
			all = append(all, "aggregation "+a.ID+" is twice there or off")
		}
		ids[a.ID] = true
		metric = metric || a.Schema == "metric"
	}
	if !metric {
		all = append(all, "there is nothing to draw: no metric")
	}
	return append(all, o.sourceFaults()...)
}

// sourceFaults are those of the search that an object begins from.
func (o *savedObject) sourceFaults() []string {
	meta, _ := o.Attributes["kibanaSavedObjectMeta"].(map[string]any)
	text, _ := meta["searchSourceJSON"].(string)
	var source struct {
		Query        struct{ Query, Language string }
		Filter       []any
		IndexRefName string
	}
	if err := json.Unmarshal([]byte(text), &source); err != nil || len(meta) != 1 {
		return []string{fmt.Sprintf("search source %.80q: %v", text, err)}
	}
	if source.IndexRefName != "" && !o.refers(source.IndexRefName) {
		return []string{"its search refers to " + source.IndexRefName + ", and there is no such reference"}
	}
	return nil
}

func (o *savedObject) panelFaults() (all []string) {
	var panels []struct {
		Type, PanelIndex, PanelRefName string
		EmbeddableConfig               map[string]any
		GridData                       struct {
			X, Y, W, H int
			I          string
		}
	}
	text, _ := o.Attributes["panelsJSON"].(string)
	if err := json.Unmarshal([]byte(text), &panels); err != nil || len(panels) == 0 {
		return []string{fmt.Sprintf("%d panels (%v)", len(panels), err)}
	}
	taken := map[[2]int]string{}
	for _, p := range panels {
		g := p.GridData
		if p.Type != "visualization" || p.EmbeddableConfig == nil || g.I != p.PanelIndex || g.X < 0 || g.X+g.W > 48 || g.W < 1 || g.H < 1 {
			all = append(all, fmt.Sprintf("panel %+v", p))
		}
		if !o.refers(p.PanelIndex + ":" + p.PanelRefName) {
			all = append(all, "panel "+p.PanelIndex+" has no reference")
		}
		for x := range g.W {
			for y := range g.H {
				at := [2]int{g.X + x, g.Y + y}
				if other := taken[at]; other != "" {
					return append(all, strings.Join([]string{"panels", other, "and", p.PanelIndex, "overlap"}, " "))
				}
				taken[at] = p.PanelIndex
			}
		}
	}
	if len(o.References) != len(panels) {
		all = append(all, fmt.Sprintf("%d references of %d panels", len(o.References), len(panels)))
	}
	return append(all, o.sourceFaults()...)
}
