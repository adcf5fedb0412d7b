package decode

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tocsin"
	"tocsin/ingest"
)

// textsOf are the strings and numbers of a JSON object that are no keys.
func textsOf(t testing.TB, raw []byte) []string {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	texts := []string{}
	var open []bool // by depth: an object
	key := false    // a key comes next, if the object goes on
	for {
		tok, err := d.Token()
		if err == io.EOF {
			return texts
		}
		if err != nil {
			t.Fatal(err)
		}
		switch x := tok.(type) {
		case json.Delim:
			if x == '{' || x == '[' {
				open = append(open, x == '{')
			} else {
				open = open[:len(open)-1]
			}
		case string:
			if key {
				key = false
				continue
			}
			texts = append(texts, x)
		case json.Number:
			texts = append(texts, x.String())
		}
		key = len(open) > 0 && open[len(open)-1]
	}
}

// checkTexts holds that an alert knows its record's texts, all of them, or none.
func checkTexts(t testing.TB, a *tocsin.Alert) bool {
	t.Helper()
	if a.Texts == "" {
		return false
	}
	got := strings.Split(strings.TrimSuffix(a.Texts, string([]byte{tocsin.TextEnd})), string([]byte{tocsin.TextEnd}))
	if diff := cmp.Diff(textsOf(t, bytes.TrimSuffix(bytes.TrimPrefix(a.Raw, []byte("\xef\xbb\xbf")), []byte(","))), got); diff != "" {
		t.Fatalf("texts (-want +got):\n%s\n%q", diff, a.Raw)
	}
	return true
}

// TestTexts says which records' texts are known.
func TestTexts(t *testing.T) {
	d := newTest(t)
	for text, want := range map[string]bool{
		samples["suricata"]: true, samples["windows nxlog"]: true, samples["windows pairs"]: true, samples["cef"]: false,
		`{"a":"\u0041\n\\","b":[1,-2.5e3,true,null,"x"],"d":[{"c":""},{"c":[[]]}]}`: true,
		`{"a":"é"}`: true, `{"a":"\u00e9"}`: true, `{"a":"\ud800"}`: false, "{\"a\":\"\xe9\"}": false, `{"a":1,"a":2}`: false, `{"a":"` + strings.Repeat("x", 70_000) + `"}`: false, `{"a":true}`: false,
	} {
		a, rejected := d.Decode(ingest.Record{Value: []byte(text)})
		if rejected != nil {
			t.Fatal(rejected.Detail)
		}
		if got := checkTexts(t, &a); got != want {
			t.Errorf("known %v, want %v: %s", got, want, excerpt(text))
		}
	}
	known, objects := 0, 0
	for _, text := range samples { // of other formats none is kept
		if strings.HasPrefix(text, "{") {
			objects++
		}
	}
	for _, text := range slices.Concat(slices.Collect(maps.Values(samples)), hostileTexts()) {
		if a, rejected := d.Decode(ingest.Record{Value: []byte(text)}); rejected == nil && checkTexts(t, &a) {
			known++
		}
	}
	if known < objects*3/4 {
		t.Errorf("the texts of %d records of %d are known", known, objects)
	}
}
