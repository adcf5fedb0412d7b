package rules_test

import (
	"cmp"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"tocsin/ingest"
	"tocsin/ingest/decode"
)

// fieldUse is how often the rules of one log source ask for a field.
type fieldUse map[string]map[string]int

// usedFields lists the field names of rules by log source.
func usedFields(t *testing.T, folders []string) fieldUse {
	use := fieldUse{}
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(name string, d fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(name) != ".yml" {
				return err
			}
			data, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			var doc struct{ Logsource, Detection map[string]any }
			if err := yaml.Unmarshal(data, &doc); err != nil {
				return err
			}
			source := strings.Join(slices.Concat(strs(doc.Logsource["product"]), strs(doc.Logsource["category"]), strs(doc.Logsource["service"])), "/")
			var walk func(any)
			walk = func(v any) {
				switch x := v.(type) {
				case []any:
					for _, one := range x {
						walk(one)
					}
				case map[string]any:
					for key := range x {
						if field, _, _ := strings.Cut(key, "|"); field != "" {
							if use[source] == nil {
								use[source] = map[string]int{}
							}
							use[source][field]++
						}
					}
				}
			}
			for key, v := range doc.Detection {
				if key != "condition" {
					walk(v)
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return use
}

// TestSigmaFields holds that every field that a Windows rule asks for has a place in the records of its log source, and
// that decoding puts the field there from each shape in which events come: XML as JSON, Winlogbeat and NXLog.
func TestSigmaFields(t *testing.T) {
	p := readNaivePipelines(t)
	d, err := decode.New(decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	use := usedFields(t, sigmaRules(t))
	for _, source := range slices.Sorted(maps.Keys(use)) {
		product, rest, _ := strings.Cut(source, "/")
		if product != "windows" {
			continue
		}
		routes := slices.Concat(p.routesFor(map[string]any{"product": "windows", "category": cmp.Or(rest, "?")}), p.routesFor(map[string]any{"product": "windows", "service": cmp.Or(rest, "?")}))
		if rest == "" {
			routes = p.routesFor(map[string]any{"product": "windows"})
		}
		if len(routes) == 0 {
			t.Errorf("%s: no records are known", source)
			continue
		}
		for field := range use[source] {
			places, ok := routes[0].places(field)
			if !ok {
				t.Errorf("%s: %s has no place", source, field)
			}
			for shape, event := range windowsShapes(places[0]) {
				a, rejection := d.Decode(ingest.Record{Source: "test", Value: []byte(event)})
				if rejection != nil {
					t.Fatal(shape, rejection.Detail)
				}
				r := readRecord(&a, []byte(event))
				if shape == "NXLog" && slices.Contains(nxlogOwn, field) {
					continue
				}
				if !slices.ContainsFunc(places, func(place string) bool { return slices.Contains(r.values(place), "7") }) {
					t.Errorf("%s: %s is not at %v in %s: %s", source, field, places, shape, event)
				}
			}
		}
	}
}

// nxlogOwn are names that NXLog gives to parts of the header, so that data of the same name cannot be told from them.
var nxlogOwn = []string{"AccountName", "Provider"}

// windowsShapes is an event with the value 7 in one place, as each shipper writes it.
func windowsShapes(place string) map[string]string {
	const evtx = `{"Event":{"System":{"Provider":{"#attributes":{"Name":"%s"}},"EventID":%s,"Level":%s,"Task":%s,"Opcode":%s,"Keywords":"%s","Channel":"%s","Computer":"%s","TimeCreated":{"#attributes":{"SystemTime":"2026-03-01T10:00:00Z"}}},"EventData":{"%s":"7"},"RenderingInfo":{"Message":"%s"}}}`
	const beat = `{"@timestamp":"2026-03-01T10:00:00Z","message":"%[10]s","winlog":{"provider_name":"%[1]s","event_id":"%[2]s","level":"%[3]s","task":"%[4]s","opcode":"%[5]s","keywords":"%[6]s","channel":"%[7]s","computer_name":"%[8]s","event_data":{"%[9]s":"7"}}}`
	const nxlog = `{"EventTime":"2026-03-01 10:00:00","SourceName":"%[1]s","EventID":%[2]s,"Level":%[3]s,"Task":%[4]s,"Opcode":"%[5]s","Keywords":"%[6]s","Channel":"%[7]s","Hostname":"%[8]s","%[9]s":"7","Message":"%[10]s"}`
	const header = "winlog.provider_name winlog.event_id winlog.level winlog.task winlog.opcode winlog.keywords winlog.channel winlog.computer_name"
	with := []any{"P", "1", "1", "1", "1", "0", "C", "H"}
	data, message := "Other", "M"
	if rest, ok := strings.CutPrefix(place, "winlog.event_data."); ok {
		data = rest
	} else if i := slices.Index(strings.Fields(header), place); i >= 0 {
		with[i] = "7"
	} else if place == "message" {
		message = "7"
	}
	with = append(with, data, message)
	return map[string]string{"XML as JSON": fmt.Sprintf(evtx, with...), "Winlogbeat": fmt.Sprintf(beat, with...), "NXLog": fmt.Sprintf(nxlog, with...)}
}
