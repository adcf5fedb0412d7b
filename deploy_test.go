package tocsin_test

import (
	"encoding/json"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Dashboards and alarms name only metrics that the daemon has.
func TestDeployedMetrics(t *testing.T) {
	known := map[string]bool{}
	for _, f := range goFiles(t, os.DirFS(".")) {
		if f.test {
			continue
		}
		for _, m := range regexp.MustCompile(`"(?:tocsin_)?([a-z][a-z_]*)"`).FindAllStringSubmatch(read(t, os.DirFS("."), f.name), -1) {
			known[m[1]] = true
		}
	}
	named := 0
	err := filepath.WalkDir("deploy", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.Contains(name, "prometheus") && !strings.Contains(name, "grafana") {
			return err
		}
		text := read(t, os.DirFS("."), filepath.ToSlash(name))
		if filepath.Ext(name) == ".json" && !json.Valid([]byte(text)) {
			t.Errorf("%s is no JSON", name)
		}
		for _, m := range regexp.MustCompile(`tocsin_([a-z_]+)`).FindAllStringSubmatch(text, -1) {
			named++
			if metric := strings.TrimSuffix(m[1], "_bucket"); !known[metric] && !known[strings.TrimPrefix(metric, "kafka_")] {
				t.Errorf("%s: the daemon has no metric tocsin_%s", name, metric)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if named == 0 {
		t.Error("no metric is named: the files have moved")
	}
}
