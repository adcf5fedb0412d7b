package decode

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/valyala/fastjson"

	"tocsin"
	"tocsin/ingest"
	"tocsin/internal/cputime"
	"tocsin/internal/recordings"
)

// BenchmarkFlatten compares the ways to make dotted leaves of a Windows event of 3 kB: our own scan, fastjson,
// jsontext, and encoding/json. All of them copy the strings; only ours detects duplicate keys and keeps the limits.
func BenchmarkFlatten(b *testing.B) {
	text := []byte(bigEvent())
	b.Run("own", func(b *testing.B) {
		d := &doc{dict: newDictionary(), limits: DefaultLimits()}
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			if err := d.scan(text); err != nil {
				b.Fatal(err.detail)
			}
		}
	})
	b.Run("fastjson", func(b *testing.B) {
		var p fastjson.Parser
		leaves := make([]tocsin.Field, 0, 128)
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			v, err := p.ParseBytes(text)
			if err != nil {
				b.Fatal(err)
			}
			leaves = flattenFast(leaves[:0], "", v)
		}
	})
	b.Run("jsontext", func(b *testing.B) {
		leaves := make([]tocsin.Field, 0, 128)
		d := jsontext.NewDecoder(bytes.NewReader(text))
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			d.Reset(bytes.NewBuffer(text))
			var err error
			if leaves, err = flattenText(leaves[:0], "", d); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("encoding-json", func(b *testing.B) {
		b.SetBytes(int64(len(text)))
		b.ReportAllocs()
		for b.Loop() {
			var v map[string]any
			if err := json.Unmarshal(text, &v); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func flattenFast(leaves []tocsin.Field, path string, v *fastjson.Value) []tocsin.Field {
	if v.Type() == fastjson.TypeObject {
		o, _ := v.Object()
		o.Visit(func(key []byte, v *fastjson.Value) { leaves = flattenFast(leaves, join(path, string(key)), v) })
		return leaves
	}
	if v.Type() == fastjson.TypeString {
		return append(leaves, tocsin.Field{Name: path, Value: tocsin.StringValue(string(v.GetStringBytes()))})
	}
	return append(leaves, tocsin.Field{Name: path, Value: tocsin.StringValue(v.String())})
}

func flattenText(leaves []tocsin.Field, path string, d *jsontext.Decoder) ([]tocsin.Field, error) {
	tok, err := d.ReadToken()
	if err != nil {
		return leaves, err
	}
	if tok.Kind() != '{' {
		return append(leaves, tocsin.Field{Name: path, Value: tocsin.StringValue(tok.String())}), nil
	}
	for d.PeekKind() != '}' {
		key, err := d.ReadToken()
		if err != nil {
			return leaves, err
		}
		if leaves, err = flattenText(leaves, join(path, key.String()), d); err != nil {
			return leaves, err
		}
	}
	if _, err = d.ReadToken(); errors.Is(err, io.EOF) {
		err = nil
	}
	return leaves, err
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// BenchmarkDecode is the whole way from bytes to an alert, digest, id and related fields included.
func BenchmarkDecode(b *testing.B) {
	cases := map[string]string{"windows 3kB": bigEvent()}
	maps.Copy(cases, samples)
	for name, text := range cases {
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			d, err := New(Options{})
			if err != nil {
				b.Fatal(err)
			}
			r := ingest.Record{Source: "bench", Value: []byte(text)}
			b.SetBytes(int64(len(text)))
			b.ReportAllocs()
			for b.Loop() {
				if _, rejected := d.Decode(r); rejected != nil {
					b.Fatal(rejected.Detail)
				}
			}
		})
	}
}

// BenchmarkRecorded decodes recorded events into one buffer, with the digest and id of each and bare. Its own figure is
// the processor's time, which other work on the machine disturbs less.
func BenchmarkRecorded(b *testing.B) {
	for _, set := range [][2]string{
		{"windows", "campaigns/otrf_lsass_02_procdump/events.ndjson.zst"},
		{"beat", "sigma/evtx_mitre.ndjson.zst"},
		{"ecs", "campaigns/ait_ads/russellmitchell/alerts.ndjson.zst"},
		{"suricata", "campaigns/cptc2017/team5/eve.ndjson.zst"},
		{"cloudtrail", "sigma/stratus_cloudtrail.ndjson.zst"},
		{"zeek", "campaigns/apt29_zeek_day1/zeek.ndjson.zst"},
	} {
		for _, bare := range []bool{false, true} {
			b.Run(fmt.Sprintf("%s/bare=%v", set[0], bare), func(b *testing.B) { benchRecorded(b, recordings.Lines(b, set[1]), bare) })
		}
	}
}

func benchRecorded(b *testing.B, lines [][]byte, bare bool) {
	d, err := New(Options{Bare: bare})
	if err != nil {
		b.Fatal(err)
	}
	lines = lines[:min(len(lines), 2000)]
	size := 0
	for _, line := range lines {
		size += len(line)
	}
	var memory Buffer
	runtime.LockOSThread() // whose time is measured
	defer runtime.UnlockOSThread()
	b.SetBytes(int64(size / len(lines)))
	b.ReportAllocs()
	i, start := 0, cputime.Thread()
	for b.Loop() {
		if _, rejected := d.DecodeInto(&memory, ingest.Record{Source: "bench", Value: lines[i]}); rejected != nil {
			b.Fatal(rejected.Detail)
		}
		if i++; i == len(lines) {
			i = 0
		}
	}
	b.ReportMetric(float64(cputime.Thread()-start)/float64(b.N), "cpu-ns/op")
}

// BenchmarkLines decodes the synthetic lines of CEF, LEEF and syslog into one buffer, digest and id included: 300,000 a
// second of a core are wanted of each.
func BenchmarkLines(b *testing.B) {
	for _, name := range slices.Sorted(maps.Keys(samples)) {
		if format, _, _ := strings.Cut(name, " "); samples[name][0] != '{' && (format == "cef" || format == "leef" || format == "syslog") {
			b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) { benchRecorded(b, [][]byte{[]byte(samples[name])}, false) })
		}
	}
}
