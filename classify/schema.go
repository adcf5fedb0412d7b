package classify

import (
	"go.yaml.in/yaml/v4"

	"tocsin"
	"tocsin/internal/schema"
)

// The tables below say which keys the mappings of scales and assets files have. The loaders read by them, and
// [ScalesSchema] and [AssetsSchema] are made of them. What a scale names itself (its classes of severity, its words of
// urgency and impact) only the loader can check.

const idPattern = `^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$`

func id() schema.Shape {
	return schema.With(schema.Text(), "pattern", idPattern)
}

func words() schema.Shape { return schema.List(schema.Text()) }

// scale is a mapping of words to numbers.
func scaleOf(least, most int) schema.Shape {
	return schema.With(schema.Values(idPattern, schema.Whole(least, most)), "minProperties", 1)
}

// durationOrNone is a positive duration, or none.
func durationOrNone() schema.Shape {
	return schema.Either(schema.Word("none"), positive())
}

// positive is a duration in one unit or in those of Go; days stand alone.
func positive() schema.Shape {
	return schema.Matching(`^([0-9]{1,5}d|\+?(([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h))+)$`)
}

func scalesKeys() []schema.Key {
	return []schema.Key{
		{Name: "scale", Mandatory: true, Shape: schema.Object(headKeys()...)},
		{Name: "category", Mandatory: true, Shape: categoryShape(), Says: "the primary scheme's classes and types, names of your own, and the crosswalk to ISO/IEC 27035-2"},
		{Name: "cause", Shape: schema.Object(causeKeys()...), Says: "causes, which people state on an incident"},
		{Name: "asset_importance", Mandatory: true, Shape: scaleOf(0, 10), Says: "words for 1, 2 and 3"},
		{Name: "impact", Mandatory: true, Shape: schema.Object(impactKeys()...), Says: "the axes: words from the least to the gravest, and the number that conditions see"},
		{Name: "urgency", Mandatory: true, Shape: scaleOf(0, 10), Says: "each word a number of its own"},
		{Name: "severity_class", Mandatory: true, Shape: schema.With(schema.List(schema.Object(severityKeys()...)), "minItems", 1), Says: "from the gravest to the least; the last always holds"},
		{Name: "calendars", Shape: schema.Values(idPattern, schema.Object(calendarKeys()...)), Says: "which hours count; business is Monday to Friday, 08:00-18:00 UTC, unless it stands here"},
		{Name: "targets", Mandatory: true, Shape: schema.Values(priorityForm.String(), schema.Object(targetKeys()...)), Says: "by priority, P1 the highest"},
		{Name: "hold", Shape: schema.Object(holdKeys()...)},
		{Name: "escalation", Shape: schema.Object(escalationKeys()...), Says: "who is told before, at and after a due time; clock is for the regulatory ones"},
		{Name: "priority_matrix", Mandatory: true, Shape: schema.Values(idPattern, schema.List(schema.Matching(priorityForm.String()))), Says: "severity class: a priority for each urgency, the most urgent first"},
		{Name: "profiles", Mandatory: true, Shape: schema.With(schema.Values("", schema.Object(profileKeys()...)), "required", []string{"*"}), Says: "what an event of a category starts from"},
		{Name: "promotion", Mandatory: true, Shape: schema.Object(promotionKeys()...), Says: "which events become incidents"},
		{Name: "reopen_window", Shape: positive()},
		{Name: "priority_change", Shape: schema.Object(changeKeys()...)},
		{Name: "sharing", Shape: schema.Object(sharingKeys()...)},
		{Name: "aux_scores", Shape: schema.Values("", schema.Values("", schema.Whole(0, 100))), Says: "scores for exchange with others"},
	}
}

func headKeys() []schema.Key {
	return []schema.Key{
		{Name: "id", Mandatory: true, Shape: id()},
		{Name: "version", Mandatory: true, Shape: id()},
		{Name: "primary_scheme", Mandatory: true, Shape: id(), Says: "under this key category has its classes"},
	}
}

// categoryShape knows the keys whose names no scheme decides.
func categoryShape() schema.Shape {
	return schema.Shape{
		"type": "object",
		"properties": schema.Shape{
			"local":      schema.Values(idPattern, schema.Object(localKeys()...)),
			"iso27035_2": words(),
		},
		"patternProperties":    schema.Shape{"^crosswalk_.+_to_iso$": schema.Values("", schema.Text())},
		"additionalProperties": schema.Values(idPattern, words()),
		"required":             []string{"iso27035_2"},
		"minProperties":        2,
	}
}

func localKeys() []schema.Key {
	return []schema.Key{{Name: "maps_to", Mandatory: true, Shape: schema.Text(), Says: "a type of the primary scheme"}}
}

func causeKeys() []schema.Key {
	return []schema.Key{
		{Name: "intent", Shape: words()},
		{Name: "means", Shape: words()},
		{Name: "root", Shape: schema.List(schema.Word(rootCauses()...))},
		{Name: "veris", Shape: schema.Object(verisKeys()...)},
	}
}

func verisKeys() []schema.Key {
	return []schema.Key{{Name: "actor", Shape: words()}, {Name: "action", Shape: words()}}
}

func impactKeys() []schema.Key {
	var keys []schema.Key
	for _, axis := range axisNames() {
		keys = append(keys, schema.Key{Name: axis, Mandatory: true, Shape: scaleOf(0, 10)})
	}
	return keys
}

func severityKeys() []schema.Key {
	return []schema.Key{
		{Name: "class", Mandatory: true, Shape: id()},
		{Name: "name", Mandatory: true, Shape: id()},
		{Name: "score", Mandatory: true, Shape: schema.Whole(0, 100)},
		{Name: "when", Mandatory: true, Shape: schema.Condition()},
	}
}

func targetKeys() []schema.Key {
	return []schema.Key{
		{Name: "assess", Shape: durationOrNone(), Says: "from detection; the others from the declaration"},
		{Name: "ack", Mandatory: true, Shape: durationOrNone()},
		{Name: "contain", Mandatory: true, Shape: durationOrNone()},
		{Name: "resolve", Mandatory: true, Shape: durationOrNone()},
		{Name: "calendar", Mandatory: true, Shape: id(), Says: "24x7, business, or one of calendars"},
		{Name: "review", Mandatory: true, Shape: schema.Word(reviews...)},
	}
}

// profileKeys are the axes and the urgency; an axis that a profile may leave out is the least.
func profileKeys() []schema.Key {
	keys := []schema.Key{{Name: "urgency", Mandatory: true, Shape: schema.Text()}}
	for _, axis := range axisNames() {
		keys = append(keys, schema.Key{Name: axis, Mandatory: axis != "recoverability", Shape: schema.Text()})
	}
	return keys
}

func promotionKeys() []schema.Key {
	return []schema.Key{
		{Name: "default_mode", Shape: schema.Word(defaultModes...)},
		{Name: "confirm_auto_within", Shape: durationOrNone()},
		{Name: "rules", Mandatory: true, Shape: schema.List(schema.Object(promotionRuleKeys()...)), Says: "the first whose condition holds"},
	}
}

func promotionRuleKeys() []schema.Key {
	return []schema.Key{
		{Name: "id", Mandatory: true, Shape: id()},
		{Name: "mode", Shape: schema.Word(ruleModes...)},
		{Name: "reason", Shape: schema.Word(tocsin.Dispositions()...), Says: "of mode dismiss"},
		{Name: "when", Mandatory: true, Shape: schema.Condition()},
	}
}

func changeKeys() []schema.Key {
	return []schema.Key{
		{Name: "record", Shape: schema.Word(records...)},
		{Name: "sla", Shape: schema.Word(slas...)},
		{Name: "report_by", Shape: schema.List(schema.Word(reportBys...))},
	}
}

func sharingKeys() []schema.Key {
	return []schema.Key{
		{Name: "default_tlp", Shape: schema.Word(tlp()...)},
		{Name: "default_pap", Shape: schema.Word(pap()...)},
		{Name: "export_max", Shape: schema.Values("", schema.Word(tlp()...))},
		{Name: "always_strip", Shape: words()},
	}
}

func assetKeys() []schema.Key {
	return []schema.Key{
		{Name: "id", Mandatory: true, Shape: schema.Text()},
		{Name: "match", Mandatory: true, Shape: schema.With(schema.Object(matchKeys()...), "minProperties", 1), Says: "how to recognise it"},
		{Name: "importance", Mandatory: true, Shape: schema.Either(schema.Whole(1, 3), schema.Word(importances...))},
		{Name: "owner", Shape: schema.Text()},
		{Name: "platform", Shape: schema.Text(), Says: "windows, linux, network, cloud, …"},
		{Name: "shared", Shape: schema.Flag(), Says: "many stand behind it: events never become one incident because they share it"},
	}
}

func matchKeys() []schema.Key {
	several := schema.Either(schema.Text(), words())
	return []schema.Key{
		{Name: "ip", Shape: several},
		{Name: "cidr", Shape: several},
		{Name: "host", Shape: several, Says: "in whatever case; * stands for any text"},
		{Name: "user", Shape: several},
	}
}

func assetsKeys() []schema.Key {
	return []schema.Key{{Name: "assets", Mandatory: true, Shape: schema.List(schema.Object(assetKeys()...))}}
}

// The vocabularies of a scales file that no other part of it names.
var (
	reviews      = []string{"required", "optional", "none"}
	defaultModes = []string{"propose", "auto", "manual"}
	ruleModes    = []string{"propose", "auto", "manual", "dismiss"}
	records      = []string{"all", "last"}
	slas         = []string{"segment", "final"}
	reportBys    = []string{"initial", "final", "highest"}
	importances  = []string{"ordinary", "important", "especially_important"}
)

// ScalesSchema is the JSON Schema of a scales file, for editors.
func ScalesSchema() ([]byte, error) {
	return schema.Document("Scales of tocsin", schema.Object(scalesKeys()...), nil)
}

// AssetsSchema is the JSON Schema of an assets file.
func AssetsSchema() ([]byte, error) {
	return schema.Document("Assets of tocsin", schema.Object(assetsKeys()...), nil)
}

// by reads a mapping by a table of its keys: each value goes to the reader of its key's name.
func (r *reader) by(n *yaml.Node, what string, table []schema.Key, readers map[string]func(*yaml.Node)) {
	known, required := map[string]func(*yaml.Node){}, []string{}
	for _, k := range table {
		known[k.Name] = readers[k.Name]
		if k.Mandatory {
			required = append(required, k.Name)
		}
	}
	r.keys(n, what, known, required...)
}
