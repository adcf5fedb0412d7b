package rules_test

import (
	"fmt"
	"testing/fstest"

	"tocsin"
	"tocsin/rules"
)

func ExampleLoad() {
	folder := fstest.MapFS{"identity/guessing.yml": {Data: []byte(`
id: 0b7c0a52-6c0e-4c8e-9a55-0c6f5d6e7a10
title: Many failed logins
version: 1.0.0
status: stable
level: medium
category: intrusion-attempts/brute-force
when: event.category == "authentication" and event.outcome == "failure"
correlate: {kind: count, group_by: [source.ip], span: 5m, at_least: 10}
`)}}
	set, err := rules.Load([]rules.Source{{Name: "my-rules", FS: folder}}, rules.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	alert := tocsin.Alert{Fields: tocsin.NewFields([]tocsin.Field{
		{Name: "event.category", Value: tocsin.StringsValue("authentication", "host")},
		{Name: "event.outcome", Value: tocsin.StringValue("failure")},
		{Name: "source.ip", Value: tocsin.StringValue("203.0.113.7")},
	})}
	for _, match := range set.Matcher().Match(&alert) {
		fmt.Println(set.Rule(match.Rule).Title, "for", match.Key[0].Text())
	}
	// Output: Many failed logins for 203.0.113.7
}

func ExampleLoad_faults() {
	folder := fstest.MapFS{"identity/guessing.yml": {Data: []byte(`
id: 0b7c0a52-6c0e-4c8e-9a55-0c6f5d6e7a10
title: Many failed logins
version: 1.0.0
status: stable
level: medium
category: intrusion-attempts/brute-force
when: event.catgory == "authentication"
correlate: {kind: count, group_by: [source.ip], span: 5, at_least: 10}
`)}}
	_, err := rules.Load([]rules.Source{{Name: "my-rules", FS: folder}}, rules.Options{})
	fmt.Println(err)
	// Output:
	// my-rules/identity/guessing.yml:8:7: unknown field "event.catgory"
	//     when: event.catgory == "authentication"
	//           ^
	//     did you mean event.category?
	// my-rules/identity/guessing.yml:9:55: "5" is no duration
	//     correlate: {kind: count, group_by: [source.ip], span: 5, at_least: 10}
	//                                                           ^
	//     write a number and its unit, ten years at most: 30s, 10m, 24h, 7d
}
