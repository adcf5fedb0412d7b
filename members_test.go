package tocsin

import "testing"

func TestMemberTwice(t *testing.T) {
	for text, want := range map[string]string{
		`{"a":1,"b":{"a":2},"c":[{"a":3},{"a":4}]}`:        "",
		`{"a":"a","b":["a","a","b"]}`:                      "",
		`{"a":1,"a":1}`:                                    "/a",
		`{"text":"x","Text":"y"}`:                          "/Text",
		`{"status":"x","\u017ftatus":"y"}`:                 "/ſtatus",
		`{"x":[[{"k":{"a":[],"b":{}},"K":0,"\u212A":1}]]}`: "/x/0/0/K",
		`{"a":1}{"a":1}`:                                   "",
		`{"a":{`:                                           "",
		`["a","a"]`:                                        "",
		``:                                                 "",
	} {
		if got := MemberTwice([]byte(text)); got != want {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
	}
}
