package rules

import (
	"slices"

	"go.yaml.in/yaml/v4"

	"tocsin/internal/ecs"
	"tocsin/internal/schema"
)

// The tables below say which keys the mappings of rule and exception files have. The loader reads by them, and
// [Schema] and [ExceptionsSchema] are made of them.

// The words that a rule file has in several places.
var (
	statuses = []string{Shadow, Testing, Stable, Deprecated}
	levels   = []string{"informational", "low", "medium", "high", "critical"}
	roles    = []string{"attacker", "victim", "related"}
	missings = []string{string(Drop), string(Null), string(Alone)}
)

func field() schema.Shape  { return schema.Ref("field") }
func fields() schema.Shape { return schema.List(field()) }
func texts() schema.Shape  { return schema.List(schema.Text()) }

func ruleKeys() []schema.Key {
	return []schema.Key{
		{Name: "id", Mandatory: true, Shape: schema.Matching(uuid.String()), Says: "a uuid, never reused: make one with uuidgen"},
		{Name: "title", Mandatory: true, Shape: schema.Text(), Says: "what the rule finds, in a few words"},
		{Name: "version", Mandatory: true, Shape: schema.Matching(`^[0-9]+\.[0-9]+\.[0-9]+`), Says: "semantic version"},
		{Name: "status", Mandatory: true, Shape: schema.Word(statuses...), Says: "shadow: runs and is never promoted; test: under trial; stable: runs; deprecated: is listed, does not run"},
		{Name: "level", Mandatory: true, Shape: schema.Word(levels...), Says: "how grave an event is that nothing else is known of"},
		{Name: "confidence", Shape: schema.Number(0, 1), Says: "how sure an event is a breach; 0.5 unless the rule says more"},
		{Name: "description", Shape: schema.Text()},
		{Name: "author", Shape: schema.Text()},
		{Name: "references", Shape: texts()},
		{Name: "falsepositives", Shape: texts(), Says: "what else the alerts may mean"},
		{Name: "tags", Shape: texts(), Says: "attack.t1110.003, attack.credential-access, tlp.amber"},
		{Name: "category", Mandatory: true, Shape: schema.Ref("category"), Says: "class/type of the scale in force"},
		{Name: "requires", Shape: fields(), Says: "fields without which the rule is blind"},
		{Name: "let", Shape: schema.Values(identifier.String(), schema.Condition()), Says: "conditions by name, for when, except, correlate and each other"},
		{Name: "when", Shape: schema.Condition(), Says: "which alerts match"},
		{Name: "except", Shape: schema.Either(schema.Condition(), schema.List(schema.Condition())), Says: "which matches are counted and go no further"},
		{Name: "correlate", Mandatory: true, Shape: schema.Ref("correlate"), Says: "when matches are an event"},
		{Name: "suppress", Shape: schema.Duration(), Says: "at least so long without a match before the next event begins"},
		{Name: "entities", Shape: schema.List(schema.Object(entityKeys()...)), Says: "the fields whose values an event names"},
		{Name: "incident", Shape: schema.Object(incidentKeys()...), Says: "which open incident an event joins"},
		{Name: "tests", Shape: schema.List(schema.Object(testKeys()...)), Says: "alerts, and the events that the rule must make of them"},
	}
}

func entityKeys() []schema.Key {
	return []schema.Key{
		{Name: "field", Mandatory: true, Shape: field()},
		{Name: "role", Shape: schema.Word(roles...), Says: "related unless the rule says more"},
	}
}

func incidentKeys() []schema.Key {
	return []schema.Key{
		{Name: "group_by", Mandatory: true, Shape: fields(), Says: "alternatives, in order"},
		{Name: "window", Shape: schema.Duration(), Says: "24h unless the rule says more"},
	}
}

func testKeys() []schema.Key {
	return []schema.Key{
		{Name: "name", Mandatory: true, Shape: schema.Text()},
		{Name: "shuffle", Shape: schema.Flag(), Says: "200 orders of arrival must settle the same"},
		{Name: "until", Shape: schema.Duration(), Says: "how far after the last alert time goes on"},
		{Name: "alerts", Mandatory: true, Shape: schema.List(schema.Object(testAlertKeys()...))},
		{Name: "expect", Mandatory: true, Shape: schema.List(schema.Object(expectationKeys()...)), Says: "the events; [] for none"},
	}
}

func testAlertKeys() []schema.Key {
	return []schema.Key{
		{Name: "at", Mandatory: true, Shape: schema.Duration(), Says: "after the start of the test"},
		{Name: "times", Shape: schema.Whole(1, maxTestAlerts)},
		{Name: "every", Shape: schema.Duration()},
		{Name: "set", Mandatory: true, Shape: schema.Ref("values"), Says: "field: value; ${i} counts from 1"},
	}
}

func expectationKeys() []schema.Key {
	return []schema.Key{
		{Name: "group", Shape: schema.Ref("values"), Says: "values of the group key"},
		{Name: "count", Shape: schema.Whole(1, maxTestAlerts)},
		{Name: "first", Shape: schema.Duration(), Says: "when its first alert stands, after the start of the test"},
		{Name: "last", Shape: schema.Duration()},
		{Name: "entities", Shape: schema.Ref("values"), Says: "field: all the values that the event names of it"},
		{Name: "activity", Shape: schema.Word(activities...)},
		{Name: "incident", Shape: schema.Flag(), Says: "promoted, in any mode"},
		{Name: "priority", Shape: schema.Word(priorities...)},
		{Name: "category", Shape: schema.Text()},
	}
}

func exceptionKeys() []schema.Key {
	return []schema.Key{
		{Name: "rule", Mandatory: true, Shape: schema.Text(), Says: `a rule's id, or "*" for all`},
		{Name: "when", Mandatory: true, Shape: schema.Condition(), Says: "which matches are hidden"},
		{Name: "reason", Mandatory: true, Shape: schema.Text()},
		{Name: "owner", Mandatory: true, Shape: schema.Text()},
		{Name: "expires", Mandatory: true, Shape: schema.Day(), Says: "a day, which counts to its end, or a moment"},
	}
}

// correlateKeys are those of every kind.
func correlateKeys() []schema.Key {
	return []schema.Key{
		{Name: "kind", Mandatory: true, Shape: schema.Word(kindNames()...)},
		{Name: "group_by", Mandatory: true, Shape: schema.With(fields(), "maxItems", maxGroup), Says: "the fields whose values make a group; [] is one group for all"},
		{Name: "quiet", Shape: schema.Duration(), Says: "alerts of one event lie closer than this"},
		{Name: "max_open", Shape: schema.Duration(), Says: "an event that lasts longer is closed and another continues it; 24h"},
		{Name: "on_missing", Shape: schema.Word(missings...), Says: "what becomes of an alert that lacks a group field"},
		{Name: "explode", Shape: schema.Flag(), Says: "an array in a group field stands for each of its members"},
		{Name: "fold", Shape: schema.Flag(), Says: "values are compared without regard to case"},
		{Name: "limits", Shape: schema.Object(limitKeys()...), Says: "of state that the rule may hold"},
	}
}

func limitKeys() []schema.Key {
	return []schema.Key{
		{Name: "keys", Shape: schema.Whole(1, 100_000_000)},
		{Name: "bytes", Shape: schema.Whole(1<<10, 1<<40)},
	}
}

// kindKeys are the keys that some kinds have, see [kindSpec].
func kindKeys() []schema.Key {
	return append(noveltyKeys(), []schema.Key{
		{Name: "span", Shape: schema.Duration(), Says: "a window's alerts lie less than this apart"},
		{Name: "field", Shape: field(), Says: "whose values are counted"},
		{Name: "at_least", Shape: schema.Whole(1, maxAtLeast), Says: "the threshold"},
		{Name: "of", Shape: schema.With(schema.List(schema.Condition()), "minItems", 2), Says: "conditions, or their names in let"},
		{Name: "steps", Shape: schema.With(schema.List(stepShape()), "minItems", 2)},
		{Name: "capacity", Shape: schema.Whole(1, maxAtLeast-1), Says: "alerts that the bucket holds"},
		{Name: "leakspeed", Shape: schema.Duration(), Says: "in which the bucket loses one alert"},
		{Name: "until", Shape: schema.Condition(), Says: "what ends a sequence that it falls into"},
		{Name: "after", Shape: schema.Condition(), Says: "the condition that awaits an answer, or its name in let"},
		{Name: "without", Shape: schema.Condition(), Says: "the answer, or its name in let"},
		{Name: "within", Shape: schema.Duration(), Says: "in which the answer must come"},
		{Name: "values", Shape: fields(), Says: "the fields whose values are new"},
		{Name: "history", Shape: schema.Duration(), Says: "how long a value is remembered"},
		{Name: "learn", Shape: schema.Duration(), Says: "how long nothing fires at first; history unless the rule says more"},
		{Name: "expect", Shape: schema.Either(schema.Text(), texts()), Says: "the keys that must be heard of: list:NAME, or the keys"},
		{Name: "forget", Shape: schema.Duration(), Says: "after which a silent key is forgotten"},
		{Name: "measure", Shape: schema.Word(measures...), Says: "what is computed of the numbers of field"},
		{Name: "percentile", Shape: schema.Number(0, 100), Says: "which one; 50 is the median"},
		{Name: "bounds", Shape: schema.With(schema.Object(boundKeys()...), "minProperties", 1), Says: "what it must lie within: {gt: 100, lte: 200}"},
		{Name: "ratio", Shape: schema.Shape{"type": "number", "exclusiveMinimum": 0}, Says: "how many times its own baseline"},
		{Name: "baseline", Shape: schema.Duration(), Says: "over which a key's own rate is taken"},
		{Name: "score", Shape: schema.Condition(), Says: "what an event adds"},
		{Name: "tactics", Shape: schema.Whole(1, maxTactics), Says: "different ATT&CK tactics that the events name"},
		{Name: "decay", Shape: schema.Duration(), Says: "in which the score halves"},
		{Name: "distinct", Shape: field(), Says: "whose values pour once in the life of a bucket"},
	}...)
}

func boundKeys() []schema.Key {
	var keys []schema.Key
	for _, is := range comparisons {
		keys = append(keys, schema.Key{Name: is, Shape: schema.Shape{"type": "number"}})
	}
	return keys
}

func stepKeys() []schema.Key {
	return []schema.Key{
		{Name: "when", Shape: schema.Condition(), Says: "what the step's alerts meet"},
		{Name: "absent", Shape: schema.Condition(), Says: "what must not come here"},
		{Name: "within", Shape: schema.Duration(), Says: "at most so long after the last alert of the step before"},
		{Name: "at_least", Shape: schema.Whole(1, maxStep), Says: "alerts, or values where distinct names a field"},
		{Name: "distinct", Shape: field(), Says: "whose different values are counted"},
	}
}

// stepShape is a step: something that comes or something that does not.
func stepShape() schema.Shape {
	return schema.With(schema.Object(stepKeys()...), "anyOf", []schema.Shape{{"required": []string{"when"}}, {"required": []string{"absent"}}})
}

// Schema is the JSON Schema of one rule as a rule file has it, for editors. categories are the class/type pairs of the
// scale in force; nil names none.
func Schema(categories []string) ([]byte, error) {
	var kinds, stepped []schema.Shape
	var names []string
	for _, k := range kindNames() {
		kinds = append(kinds, correlateShape(Kind(k)))
		if kindOf(Kind(k)).steps {
			names = append(names, k)
		}
	}
	root := schema.Object(ruleKeys()...)
	conditions := schema.Shape{"properties": schema.Shape{"correlate": schema.Shape{"properties": schema.Shape{"kind": schema.Word(names...)}}}}
	root["allOf"] = append(stepped, schema.Shape{
		"if": conditions, "then": schema.Shape{"properties": schema.Shape{"when": false}}, "else": schema.Shape{"required": []string{"when"}},
	})
	definitions := fieldShapes()
	definitions["correlate"] = schema.Shape{"oneOf": kinds}
	definitions["category"] = schema.Matching("^[^/]+/.+")
	if len(categories) > 0 {
		definitions["category"] = schema.Either(schema.Word(categories...), schema.Matching("^[^/]+/.+"))
	}
	return schema.Document("A rule of tocsin", root, definitions)
}

// ExceptionsSchema is the JSON Schema of a file of exceptions: one, or a list of them.
func ExceptionsSchema() ([]byte, error) {
	one := schema.Ref("exception")
	return schema.Document("Exceptions to rules of tocsin", schema.Either(one, schema.List(one)), map[string]schema.Shape{
		"exception": schema.Object(exceptionKeys()...),
	})
}

func kindOf(k Kind) kindSpec { return kinds[k] }

// correlateShape is the mapping correlate of one kind.
func correlateShape(k Kind) schema.Shape {
	keys := correlationKeys(k)
	keys[0].Shape = schema.Word(string(k))
	return schema.Object(keys...)
}

// correlationKeys are the keys that correlate has for a kind.
func correlationKeys(k Kind) []schema.Key {
	keys, spec := correlateKeys(), kindOf(k)
	for _, name := range append(slices.Clone(spec.mandatory), spec.optional...) {
		key := schema.Key{Name: name}
		if i := slices.IndexFunc(kindKeys(), func(x schema.Key) bool { return x.Name == name }); i >= 0 {
			key = kindKeys()[i]
		}
		key.Mandatory = slices.Contains(spec.mandatory, name)
		keys = append(keys, key)
	}
	return keys
}

// fieldShapes define what rule files say of fields: their names, and fields with values. Editors complete the names of
// ECS; others are allowed, as fields of one's own are.
func fieldShapes() map[string]schema.Shape {
	var names []string
	for name, t := range ecs.All() {
		if t != ecs.Object {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	value := schema.Shape{"type": []string{"string", "number", "boolean", "null"}}
	return map[string]schema.Shape{
		"field":  schema.Either(schema.Word(names...), schema.Matching(`^[^\s]+$`)),
		"value":  schema.Either(value, schema.List(schema.Ref("value"))),
		"values": {"type": "object", "propertyNames": field(), "additionalProperties": schema.Ref("value")},
	}
}

// by reads a mapping by a table of its keys: each value goes to the reader of its key's name.
func (r *reader) by(n *yaml.Node, what string, table []schema.Key, readers map[string]func(*yaml.Node)) {
	keys := make([]key, len(table))
	for i, k := range table {
		keys[i] = key{k.Name, k.Mandatory, readers[k.Name]}
	}
	r.mapping(n, what, keys...)
}
