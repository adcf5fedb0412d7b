package rules_test

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"tocsin/ingest"
	"tocsin/ingest/decode"
	"tocsin/rules"
)

// repository is a checkout of the public rules and their regression cases.
func repository(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("TOCSIN_SIGMA_REPOSITORY")
	if dir == "" {
		t.Skip("TOCSIN_SIGMA_REPOSITORY names no checkout of the public Sigma rules")
	}
	return dir
}

// repositoryRules loads all rules of a checkout that are meant to be used.
func repositoryRules(t *testing.T, dir string) (*rules.Set, []string) {
	t.Helper()
	var folders []string
	var sources []rules.Source
	for _, name := range []string{"rules", "rules-threat-hunting", "rules-emerging-threats"} {
		folder := filepath.Join(dir, name)
		folders = append(folders, folder)
		sources = append(sources, rules.Source{Name: name, FS: os.DirFS(folder)})
	}
	set, err := rules.Load(sources, rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return set, folders
}

// TestSigmaRepositoryLoads holds that of the public rules on Windows, Linux and clouds 98 in 100 load, and that each of the
// others says where and why and what helps.
func TestSigmaRepositoryLoads(t *testing.T) {
	set, folders := repositoryRules(t, repository(t))
	has, all := map[string]int{}, map[string]int{}
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(name string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(name) != ".yml" {
				return err
			}
			data, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			var doc struct {
				ID        string
				Logsource struct{ Product string }
			}
			if err := yaml.Unmarshal(data, &doc); err != nil {
				return err
			}
			kind := doc.Logsource.Product
			if slices.Contains([]string{"aws", "azure", "gcp", "m365", "okta", "github", "kubernetes", "bitbucket", "onelogin", "cisco_duo"}, kind) {
				kind = "cloud"
			}
			all[kind]++
			if set.Rule(doc.ID) != nil {
				has[kind]++
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, kind := range []string{"windows", "linux", "cloud"} {
		t.Logf("%s: %d of %d load", kind, has[kind], all[kind])
		if all[kind] == 0 || has[kind]*100 < all[kind]*98 {
			t.Errorf("%s: %d of %d load", kind, has[kind], all[kind])
		}
	}
	for _, f := range set.Refused {
		if f.Line == 0 || f.Excerpt == "" || f.Remedy == "" {
			t.Errorf("%s: without a place or a remedy", f)
		}
	}
}

// TestSigmaRepositoryCases holds that each regression case of a checkout is found by its rule, and that on its records every
// rule matches where it does when it is read naively.
func TestSigmaRepositoryCases(t *testing.T) {
	dir := repository(t)
	set, folders := repositoryRules(t, dir)
	naives := readNaives(t, folders, set)
	d, err := decode.New(decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	m := set.Matcher()
	cases, records, matches := 0, 0, 0
	for id, events := range regressionCases(t, filepath.Join(dir, "regression_data")) {
		if set.Rule(id) == nil {
			t.Errorf("%s: its rule is not loaded", id)
			continue
		}
		cases++
		found := false
		for _, event := range events {
			records++
			a, rejection := d.Decode(ingest.Record{Source: "test", Value: event})
			if rejection != nil {
				t.Errorf("%s: rejected: %s", id, rejection.Detail)
				continue
			}
			got, r := m.Fires(&a), readRecord(&a, event)
			var want []string
			for _, n := range naives {
				if n.fires(r) {
					want = append(want, n.id)
				}
			}
			if slices.Sort(want); !slices.Equal(got, want) {
				t.Errorf("%s: %v, one by one %v", id, titles(set, got), titles(set, want))
			}
			matches += len(got)
			found = found || slices.Contains(got, id)
		}
		if !found {
			t.Errorf("%s: %s does not match", id, set.Rule(id).Title)
		}
	}
	t.Logf("%d cases, %d records, %d matches of %d rules", cases, records, matches, len(naives))
	if cases < 100 {
		t.Errorf("%d cases only", cases)
	}
}

// regressionCases are the records of each rule that has some as JSON.
func regressionCases(t *testing.T, dir string) map[string][]json.RawMessage {
	t.Helper()
	out := map[string][]json.RawMessage{}
	err := filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasPrefix(filepath.Ext(name), ".json") {
			return err
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		dec := json.NewDecoder(strings.NewReader(strings.TrimPrefix(string(data), "\ufeff")))
		id := strings.TrimSuffix(filepath.Base(name), filepath.Ext(name))
		for dec.More() {
			var event json.RawMessage
			if err := dec.Decode(&event); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			var list []json.RawMessage
			if json.Unmarshal(event, &list) != nil {
				list = []json.RawMessage{event}
			}
			out[id] = append(out[id], list...)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
