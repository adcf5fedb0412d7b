package http

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// split returns each piece as its text, with its fault before it.
func split(body string, text bool, limit int) []string {
	var out []string
	s := newSplitter([]byte(body), text, limit)
	for p, ok := s.next(); ok; p, ok = s.next() {
		t := string(p.value)
		if p.fault != "" {
			t = p.fault + ": " + t
		}
		out = append(out, t)
	}
	return out
}

func TestSplit(t *testing.T) {
	deep := strings.Repeat("[", 20000) + strings.Repeat("]", 20000)
	for name, test := range map[string]struct {
		body string
		text bool
		want []string
	}{
		"nothing":                  {body: " \n", want: nil},
		"no JSON":                  {body: "CEF:0|a|b", want: nil},
		"an object":                {body: ` {"a":1} `, want: []string{`{"a":1}`}},
		"an object over lines":     {body: "{\n \"a\": {\n}\n}\n", want: []string{"{\n \"a\": {\n}\n}"}},
		"a byte order mark":        {body: "\xef\xbb\xbf{\"a\":1}", want: []string{`{"a":1}`}},
		"a broken object":          {body: `{"a":`, want: []string{`json: {"a":`}},
		"an object with a comma":   {body: `{"a":1},{"b":2}`, want: []string{`json: {"a":1},{"b":2}`}},
		"NDJSON":                   {body: "{\"a\":1}\r\n\n{\"b\":\"}{\"}", want: []string{`{"a":1}`, `{"b":"}{"}`}},
		"NDJSON with a bad line":   {body: "{\"a\":1}\n{\"b\":\n{\"c\":3}\n", want: []string{`{"a":1}`, `json: {"b":`, `{"c":3}`}},
		"NDJSON, first line bad":   {body: "{\"a\":\n{\"c\":3}\n", want: []string{`json: {"a":`, `{"c":3}`}},
		"an array":                 {body: `[{"a":[1,2]},{"b":"],["} , 3]`, want: []string{`{"a":[1,2]}`, `{"b":"],["}`, `3`}},
		"an array over lines":      {body: "[\n{\"a\":1}\n,\n{\"b\":2}\n]\n", want: []string{`{"a":1}`, `{"b":2}`}},
		"an empty array":           {body: `[ ]`, want: nil},
		"a bad element":            {body: `[{"a":1},{"b":tru},{"c":3}]`, want: []string{`{"a":1}`, `json: {"b":tru}`, `{"c":3}`}},
		"a missing element":        {body: `[{"a":1},,{"c":3},]`, want: []string{`{"a":1}`, `json: `, `{"c":3}`, `json: `}},
		"wrong brackets":           {body: `[{"a":1],{"c":3}]`, want: []string{`json: {"a":1]`, `{"c":3}`}},
		"an array that ends early": {body: `[{"a":1},{"b":`, want: []string{`{"a":1}`, `json: {"b":`}},
		"an array not closed":      {body: `[{"a":1}`, want: []string{`json: {"a":1}`}},
		"an array and more":        {body: `[{"a":1}] {"b":2}`, want: []string{`{"a":1}`, `json: {"b":2}`}},
		"a string that never ends": {body: `["abc, {"a":1}]`, want: []string{`json: "abc, {"a":1}]`}},
		"too big":                  {body: `[{"a":"` + strings.Repeat("x", 100_000) + `"},{"c":3}]`, want: []string{`too_big: {"a":"` + strings.Repeat("x", 100_000) + `"}`, `{"c":3}`}},
		"too deep":                 {body: `[` + deep + `,{"c":3}]`, want: []string{"too_deep: " + deep, `{"c":3}`}},
		"text":                     {body: "CEF:0|a\n\n  [x]  \r\n", text: true, want: []string{"CEF:0|a", "  [x]  "}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, split(test.body, test.text, 90_000)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Any list of JSON values comes back as it was, as an array and as lines.
func TestSplitKeepsValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.MapOf(rapid.String(), rapid.String()), 1, 5).Draw(t, "values")
		var want []string
		for _, v := range values {
			b, err := json.Marshal(v)
			if err != nil {
				t.Fatal(err)
			}
			want = append(want, string(b))
		}
		for _, body := range []string{"[" + strings.Join(want, ",") + "]", strings.Join(want, "\n"), "[ " + strings.Join(want, " ,\n") + "]\n"} {
			if diff := cmp.Diff(want, split(body, false, 1<<20)); diff != "" {
				t.Fatal(body, diff)
			}
		}
	})
}

// Whatever is sent, it ends, invents no bytes, and yields no more pieces than the body has bytes.
func FuzzSplit(f *testing.F) {
	for _, s := range []string{`[{"a":1},{"b":tru},{"c":3}]`, "{\"a\":1}\n{", `[,]`, `["\\",`, `]`, "[[[", "{}}", "x\ny", "[]]"} {
		f.Add([]byte(s), false)
		f.Add([]byte(s), true)
	}
	f.Fuzz(func(t *testing.T, body []byte, text bool) {
		s := newSplitter(body, text, 64)
		n := 0
		for p, ok := s.next(); ok; p, ok = s.next() {
			if n++; n > len(body)+1 {
				t.Fatal("it does not end")
			}
			if !bytes.Contains(body, p.value) {
				t.Fatalf("%q is not of the body", p.value)
			}
			if p.fault == "" && !text && !json.Valid(p.value) {
				t.Fatalf("%q passed", p.value)
			}
		}
	})
}
