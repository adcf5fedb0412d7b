package decode

import (
	"bytes"
	"encoding/json"
	"slices"
	"testing"
	"time"
	"unicode/utf8"

	"tocsin"
	"tocsin/ingest"
	"tocsin/internal/ecs"
)

// FuzzFlatten compares the scan with encoding/json: both take the same texts for objects and see the same leaves,
// wherever no limit and no duplicate key comes into play.
func FuzzFlatten(f *testing.F) {
	for _, text := range samples {
		f.Add([]byte(text))
	}
	f.Add([]byte(`{"a":{"b":[1,{"c":null},[true,"\u00e9\n"]]},"a.b":2,"":{"":0},"x":-1.5e+10}`))
	f.Add([]byte(bigEvent()))
	f.Fuzz(func(t *testing.T, text []byte) {
		if !utf8.Valid(text) {
			return
		}
		d := &doc{dict: newDictionary(), limits: DefaultLimits()}
		err := d.scan(text)
		var want map[string]any
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.UseNumber()
		ok := json.Valid(text) && dec.Decode(&want) == nil && want != nil
		if err != nil {
			if ok && err.reason == "json" {
				t.Fatalf("encoding/json reads what the scan refuses: %s\n%q", err.detail, text)
			}
			return
		}
		if !ok {
			t.Fatalf("the scan reads what encoding/json refuses: %q", text)
		}
		if len(d.marks) > 0 {
			return
		}
		leaves := map[string][]string{}
		for key, v := range want {
			flattenAny(leaves, key, v)
		}
		got := map[string][]string{}
		for _, l := range d.leaves[1:] {
			if l.name != nil {
				got[l.name.text] = values(l.value)
			}
		}
		for name, vs := range leaves {
			slices.Sort(vs) // arrays of arrays and objects may come in another order
			mine := got[name]
			slices.Sort(mine)
			if !slices.Equal(mine, vs) {
				t.Fatalf("%q: %q, want %q\n%q", name, mine, vs, text)
			}
		}
		if len(got) != len(leaves) {
			t.Fatalf("%d leaves, want %d\n%q", len(got), len(leaves), text)
		}
	})
}

func values(v tocsin.Value) []string {
	if v.Kind() == tocsin.Null {
		return []string{"null"}
	}
	vs := []string{}
	for _, item := range v.Items() {
		text := item.Text()
		if item.Kind() == tocsin.Null {
			text = "null"
		}
		vs = append(vs, text)
	}
	return vs
}

// flattenAny is the slow and obvious way.
func flattenAny(leaves map[string][]string, path string, v any) {
	switch x := v.(type) {
	case map[string]any:
		for key, inner := range x {
			flattenAny(leaves, path+"."+key, inner)
		}
	case []any:
		scalars := false
		for _, item := range x {
			switch item.(type) {
			case map[string]any, []any:
			default:
				scalars = true
			}
			flattenAny(leaves, path, item)
		}
		if !scalars && len(x) == 0 && leaves[path] == nil {
			leaves[path] = []string{}
		}
	case nil:
		leaves[path] = append(leaves[path], "null")
	case bool:
		leaves[path] = append(leaves[path], map[bool]string{true: "true", false: "false"}[x])
	case json.Number:
		leaves[path] = append(leaves[path], x.String())
	case string:
		leaves[path] = append(leaves[path], x)
	}
}

// FuzzDecode feeds every format: a record is one alert or one rejection, its document is JSON, and its ECS fields hold
// what their types promise.
func FuzzDecode(f *testing.F) {
	for _, text := range samples {
		f.Add([]byte(text), uint8(0))
	}
	for i, format := range formats() {
		f.Add([]byte(samples[format.name]), uint8(i+1))
	}
	f.Add([]byte(`<1>1 - - - - - [a b="`), uint8(0))
	f.Add([]byte(`CEF:0|a|b|c|d|e|f|=x a=\`), uint8(0))
	f.Add([]byte(`type=EXECVE msg=audit(1.2:3): a0=4 msg='x='`), uint8(0))
	f.Add([]byte(`{"EventData":{"Data":[{"Name":"x"},[{"Name":"x"}],1]},"System":{"EventID":1}}`), uint8(0))
	f.Add([]byte(`{"time":1,"sourcetype":"x","event":"{\"time\":1,\"sourcetype\":\"x\",\"event\":\"{}\"}"}`), uint8(0))
	f.Add([]byte(`LEEF:2.0|a|b|c|d|0x|=x^a=`), uint8(0))
	f.Add([]byte(`<Event><System><EventID>1</x></System><EventData><Data/><Data Name="a">&#x0;</Data>`), uint8(0))
	f.Add([]byte(`{"e":"","e x.y":"","e.d":"","e.d x.y":""}`), uint8(0))
	f.Add([]byte(`- [01/Mar/2026:11:00:00 +0100] "\x16\x03" 400`), uint8(0))
	m, err := LoadMapping("m", []byte(acme))
	if err != nil {
		f.Fatal(err)
	}
	d, err := New(Options{Mappings: []*Mapping{m}})
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte, format uint8) {
		r := ingest.Record{Value: text, Format: "auto"}
		if names := d.Formats(); format > 0 {
			r.Format = names[int(format)%len(names)]
		}
		a, rejected := d.Decode(r)
		if rejected != nil {
			if rejected.Reason == "" || rejected.ID == "" {
				t.Fatalf("rejection %+v", rejected)
			}
			return
		}
		if a.ID == "" || a.Format == "" {
			t.Fatalf("alert %+v", a)
		}
		checkTypes(t, a)
		checkTexts(t, &a)
		doc, err := Document(a, "")
		if err != nil || !json.Valid(doc) {
			t.Fatalf("document: %v\n%s", err, doc)
		}
		var c Clock
		c.Settle(&a, time.Time{})
	})
}

func checkTypes(t *testing.T, a tocsin.Alert) {
	t.Helper()
	for name, v := range a.Fields.All() {
		kind, _ := ecs.Lookup(name)
		for _, item := range v.Items() {
			k := item.Kind()
			switch {
			case !utf8.ValidString(item.Text()):
				t.Fatalf("%s holds bytes that are no text: %q", name, item.Text())
			case kind == ecs.Long && k != tocsin.Int, kind == ecs.Boolean && k != tocsin.Bool,
				(kind == ecs.Keyword || kind == ecs.Text) && k != tocsin.String && k != tocsin.Null:
				if k != tocsin.Null {
					t.Fatalf("%s is %v: %q", name, kind, item.Text())
				}
			case kind == ecs.IP:
				if _, ok := canonicalIP(item.Text()); !ok {
					t.Fatalf("%s is %q", name, item.Text())
				}
			case kind == ecs.Object:
				t.Fatalf("%s has a value of its own: %q", name, item.Text())
			}
		}
	}
}

// FuzzLoadMapping reads mapping files: a mapping or faults, and a mapping makes a decoder.
func FuzzLoadMapping(f *testing.F) {
	f.Add([]byte(acme))
	f.Fuzz(func(t *testing.T, text []byte) {
		m, err := LoadMapping("m.yml", text)
		if err != nil {
			return
		}
		d, err := New(Options{Mappings: []*Mapping{m}})
		if err != nil {
			t.Fatal(err)
		}
		d.Decode(ingest.Record{Value: []byte(samples["json"])})
	})
}

// FuzzParseTime reads times: none panics, and what is written again reads the same.
func FuzzParseTime(f *testing.F) {
	for _, text := range []string{"2026-03-01T10:00:00.5+02:00", "Mar  1 10:00:00", "1772359200.25", "01/Mar/2026:10:00:00 +0100"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at, ok := parseTime(text)
		if !ok || at.Year() < 1 || at.Year() > 9999 {
			return
		}
		again, ok := parseTime(at.UTC().Format(time.RFC3339Nano))
		if !ok || !again.Equal(at) {
			t.Fatalf("%q is %v, then %v", text, at, again)
		}
	})
}

// FuzzUnwrap takes records out of lines.
func FuzzUnwrap(f *testing.F) {
	f.Add([]byte(`{"id":"x","a":{"b":"c"}}`), "a.b")
	f.Fuzz(func(t *testing.T, line []byte, field string) {
		raw, _, err := Unwrap(line, field)
		if err == nil && raw == nil {
			t.Fatal("neither a record nor an error")
		}
	})
}
