package classify_test

import (
	"fmt"

	"tocsin"
	"tocsin/classify"
)

// An event is assessed by the shipped scale and an organisation's own assets.
func ExampleClassifier_Assess() {
	assets, err := classify.LoadAssets("assets.yml", []byte(`
assets:
  - id: payroll
    match: {host: payroll.example.com}
    importance: important
    owner: finance
    platform: linux
`))
	if err != nil {
		fmt.Println(err) // every fault of the file, each with a caret under its place
		return
	}
	a := classify.New(classify.Default(), assets).Assess(tocsin.Event{
		Rule:     tocsin.RuleRef{ID: "web-shell", Level: "high", Status: "stable", Category: "intrusions/application-compromise", Confidence: 0.7},
		Count:    3,
		Entities: []tocsin.Entity{{Field: "host.name", Value: "payroll.example.com", Role: "victim"}},
	})
	fmt.Println(a.State, a.Mode, a.Priority, a.Severity, a.Owner)
	fmt.Println(a.Why[len(a.Why)-1])
	// Output:
	// promoted propose P2 serious finance
	// promotion rule serious (propose): risk >= 50 || severity >= 2 holds with risk=75, severity=3; promoted
}

// A person who changes an incident's impact learns the priority that follows.
func ExampleScales_Rate() {
	r, err := classify.Default().Rate(classify.Input{
		Category: "availability/ddos",
		Impact:   tocsin.Impact{Functional: "high", Information: "none", Recoverability: "regular", BusinessLoss: "especially_serious", Social: "minor"},
		Urgency:  "active",
		Asset:    3,
	})
	fmt.Println(r.Class, r.Priority, err)
	// Output: IV P1 <nil>
}
