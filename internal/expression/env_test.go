package expression

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func envTestNames() map[string]EnvType {
	return map[string]EnvType{
		"asset": EnvInt, "risk": EnvFloat, "category": EnvString, "ioc": EnvBool,
		"rule.level": EnvString, "rule.tags": EnvList, "rule.confidence": EnvFloat,
	}
}

func TestConditionHolds(t *testing.T) {
	env := NewEnv(map[string]any{
		"asset": 3, "risk": 62.5, "category": "intrusions/burglary", "ioc": true,
		"rule.level": "high", "rule.tags": []string{"attack.t1110"}, "rule.confidence": 0.8,
	})
	for text, want := range map[string]bool{
		"true":                                    true,
		"asset == 3 && rule.confidence >= 0.8":    true,
		"max(asset, 1) >= 2 and ioc":              true,
		"max(risk, asset) == 62.5":                true,
		`category startsWith "intrusions/"`:       true,
		`rule.level in ["low", "medium"]`:         false,
		`"attack.t1110" in rule.tags`:             true,
		`any(rule.tags, # startsWith "attack.t")`: true,
		"let x = asset; x > 3":                    false,
	} {
		c, err := CompileEnv(text, envTestNames())
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got, err := c.Holds(env); got != want || err != nil {
			t.Errorf("%s = %v, %v; want %v", text, got, err, want)
		}
	}
}

func TestConditionFaults(t *testing.T) {
	for text, want := range map[string]EnvFaults{
		"asett == 3 && rule.levl == \"high\"": {
			{Line: 1, Column: 1, Message: `unknown name "asett"`, Remedy: "did you mean asset?"},
			{Line: 1, Column: 15, Message: `unknown name "rule.levl"`, Remedy: "did you mean rule.level?"},
		},
		"":           {{Line: 1, Column: 1, Message: "the expression is empty", Remedy: "write a condition, or true"}},
		"asset + 1":  {{Line: 1, Column: 1, Message: "the expression must be true or false: expected bool, but got int", Remedy: "compare it, e.g. … >= 2"}},
		"asset == ":  {{Line: 1, Column: 9, Message: "unexpected token EOF"}},
		"len(asset)": {{Line: 1, Column: 1, Message: "invalid argument for len (type int)"}},
		"repeat(\"x\", 9) == category": {
			{Line: 1, Column: 1, Message: `unknown name "repeat"`, Remedy: "known are: asset, category, ioc, risk, rule.confidence, rule.level, rule.tags"},
		},
	} {
		_, err := CompileEnv(text, envTestNames())
		got, _ := errors.AsType[EnvFaults](err)
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", text, diff)
		}
	}
}

func TestConditionReads(t *testing.T) {
	c, err := CompileEnv(`rule.level == "high" && category in ["a/b", "c/d"] && "x" in rule.tags && rule.level != "low" && category startsWith "e"`, envTestNames())
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"rule.level", "category", "rule.tags"}, c.Reads()); diff != "" {
		t.Errorf("reads (-want +got):\n%s", diff)
	}
	want := []EnvLiteral{
		{Name: "rule.level", Text: "high", Line: 1, Column: 15},
		{Name: "category", Text: "a/b", Line: 1, Column: 38},
		{Name: "category", Text: "c/d", Line: 1, Column: 45},
		{Name: "rule.tags", Text: "x", Line: 1, Column: 55},
		{Name: "rule.level", Text: "low", Line: 1, Column: 89},
	}
	if diff := cmp.Diff(want, c.Literals()); diff != "" {
		t.Errorf("literals (-want +got):\n%s", diff)
	}
}

func TestConditionErrorIsOfTheCondition(t *testing.T) {
	c, err := CompileEnv(`rule.tags[3] == "x"`, envTestNames())
	if err != nil {
		t.Fatal(err)
	}
	holds, err := c.Holds(NewEnv(map[string]any{"rule.tags": []string{}}))
	if holds || err == nil {
		t.Errorf("got %v, %v; want an error", holds, err)
	}
}

func FuzzCompileEnv(f *testing.F) {
	f.Add("asset == 3 && max(risk, 1) > 2")
	f.Add(`any(rule.tags, {# contains "x"})`)
	env := NewEnv(map[string]any{
		"asset": 3, "risk": 62.5, "category": "c", "ioc": true, "rule.level": "high", "rule.tags": []string{"t"}, "rule.confidence": 0.8,
	})
	f.Fuzz(func(t *testing.T, text string) {
		c, err := CompileEnv(text, envTestNames())
		if err != nil {
			if _, ok := errors.AsType[EnvFaults](err); !ok {
				t.Fatalf("the error is %T", err)
			}
			return
		}
		_, _ = c.Holds(env)
	})
}
