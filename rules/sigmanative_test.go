package rules_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tocsin"
	"tocsin/ingest"
	"tocsin/ingest/decode"
	"tocsin/internal/recordings"
	"tocsin/rules"
)

// nativeOf writes the recorded Sigma rules as native ones and loads these.
func nativeOf(t *testing.T) (sigma, native *rules.Set, naives []*naive) {
	folders := sigmaRules(t)
	var sources []rules.Source
	for _, f := range folders {
		sources = append(sources, rules.Source{Name: f, FS: os.DirFS(f)})
	}
	sigma, err := rules.Load(sources, rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	imported, from, err := rules.ImportSigma(sources, nil, rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var files []rules.File
	for _, one := range imported {
		if one.Reason != "" {
			t.Logf("not written: %s: %s", one.Title, one.Reason)
			continue
		}
		files = append(files, rules.File{Name: one.Name, Path: one.Name, Data: one.YAML})
	}
	if len(files) < len(sigma.Rules())*99/100 || len(from.Refused) != len(sigma.Refused) {
		t.Errorf("%d of %d rules are written, %d refused instead of %d", len(files), len(sigma.Rules()), len(from.Refused), len(sigma.Refused))
	}
	native, err = rules.LoadFiles(files, rules.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return sigma, native, readNaives(t, folders, sigma)
}

// TestSigmaNative holds that a Sigma rule and the native rule that it is written as match the same alerts, on recorded
// ones and on what chance makes of them, and that both agree with reading the rule by itself.
func TestSigmaNative(t *testing.T) {
	sigma, native, naives := nativeOf(t)
	d, err := decode.New(decode.Options{})
	if err != nil {
		t.Fatal(err)
	}
	var alerts []tocsin.Alert
	add := func(raw []byte) {
		if a, rejection := d.Decode(ingest.Record{Source: "test", Value: raw}); rejection == nil {
			alerts = append(alerts, a)
		}
	}
	for _, line := range recordings.Lines(t, "sigma", "regression.jsonl") {
		var c struct{ Events, Winlogbeat []json.RawMessage }
		if err := json.Unmarshal(line, &c); err != nil {
			t.Fatal(err)
		}
		for _, e := range slices.Concat(c.Events, c.Winlogbeat) {
			add(e)
		}
	}
	for _, name := range []string{"evtx_mitre.ndjson.zst", "stratus_cloudtrail.ndjson.zst"} {
		for _, line := range recordings.Lines(t, "sigma", name) {
			add(line)
		}
	}
	a, b := sigma.Matcher(), native.Matcher()
	without := map[string]bool{} // rules that no native rule says
	for _, r := range sigma.Rules() {
		without[r.ID] = native.Rule(r.ID) == nil
	}
	compare := func(t interface{ Errorf(string, ...any) }, alert *tocsin.Alert, alone bool) {
		one, other := a.Fires(alert), b.Fires(alert)
		if kept := slices.DeleteFunc(slices.Clone(one), func(id string) bool { return without[id] }); !slices.Equal(kept, other) {
			t.Errorf("as Sigma %v, as native rules %v", titles(sigma, one), titles(sigma, other))
		}
		if !alone {
			return
		}
		r, want := readRecord(alert, alert.Raw), []string(nil)
		for _, n := range naives {
			if n.fires(r) {
				want = append(want, n.id)
			}
		}
		if slices.Sort(want); !slices.Equal(one, want) {
			t.Errorf("%v, one by one %v", titles(sigma, one), titles(sigma, want))
		}
	}
	for i := range alerts {
		compare(t, &alerts[i], false)
	}
	rapid.Check(t, func(t *rapid.T) {
		from := alerts[rapid.IntRange(0, len(alerts)-1).Draw(t, "alert")]
		with := alerts[rapid.IntRange(0, len(alerts)-1).Draw(t, "values of")]
		changed := from
		changed.Fields = mutated(t, from.Fields, with.Fields)
		compare(t, &changed, true)
	})
}

// mutated is the fields with some of their values gone, exchanged, cut or written otherwise.
func mutated(t *rapid.T, fields, others tocsin.Fields) tocsin.Fields {
	var pool []tocsin.Value
	for _, v := range others.All() {
		pool = append(pool, v)
	}
	var out []tocsin.Field
	for name, v := range fields.All() {
		text := v.Text()
		switch rapid.IntRange(0, 12).Draw(t, "what") {
		case 0:
			continue
		case 1:
			v = rapid.SampledFrom(pool).Draw(t, "value")
		case 2:
			v = tocsin.StringValue(strings.ToUpper(text))
		case 3:
			v = tocsin.StringValue("")
		case 4:
			v = tocsin.NullValue()
		case 5:
			v = tocsin.StringValue(strings.NewReplacer("-", "/", "/", "\u2013", `\`, "*").Replace(text))
		case 6:
			v = tocsin.ListValue(v, rapid.SampledFrom(pool).Draw(t, "member"))
		case 7:
			v = tocsin.StringValue(text + "\n")
		}
		if v.Kind() == tocsin.List && slices.ContainsFunc(v.Items(), func(i tocsin.Value) bool { return i.Kind() == tocsin.List }) {
			continue
		}
		out = append(out, tocsin.Field{Name: name, Value: v})
	}
	return tocsin.NewFields(out)
}
