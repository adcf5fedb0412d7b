// Package schema says as data what a YAML file may hold. A file's loader takes its keys from there, and so does the JSON
// Schema from which editors complete the file and mark what is wrong in it.
package schema

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
)

// A Key is a key of a mapping.
type Key struct {
	Name      string
	Mandatory bool
	Shape     Shape
	Says      string // what an author reads about it
}

// A Shape is what a value looks like: a fragment of JSON Schema, draft 7. What it cannot say, the loader checks alone.
type Shape map[string]any

// Text is any scalar: YAML's numbers and truths are read as they are written.
func Text() Shape { return Shape{"type": []string{"string", "number", "boolean"}} }

// Matching is text of a form.
func Matching(pattern string) Shape { return Shape{"type": "string", "pattern": pattern} }

// Word is one of some words.
func Word(words ...string) Shape { return Shape{"enum": words} }

// Flag is true or false.
func Flag() Shape { return Shape{"type": "boolean"} }

// Whole is a whole number from least to most.
func Whole(least, most int) Shape {
	return Shape{"type": "integer", "minimum": least, "maximum": most}
}

// Number is a number from least to most.
func Number(least, most float64) Shape {
	return Shape{"type": "number", "minimum": least, "maximum": most}
}

// Duration is a number with its unit: 90s, 10m, 1h30m, 7d.
func Duration() Shape {
	const units = `([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)`
	return Matching(`^([0-9]{1,4}d(\+?(` + units + `)+)?|\+?(` + units + `)+)$`)
}

// Day is a day or a moment.
func Day() Shape {
	return Matching(`^[0-9]{4}-[0-9]{2}-[0-9]{2}([Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}.*)?$`)
}

// Condition is an expression.
func Condition() Shape { return Shape{"type": []string{"string", "boolean"}} }

// List is a list of values of one shape.
func List(of Shape) Shape { return Shape{"type": "array", "items": of} }

// Either is a value of one of some shapes.
func Either(shapes ...Shape) Shape { return Shape{"anyOf": shapes} }

// Values is a mapping with whatever keys fit the pattern, each with a value of one shape.
func Values(pattern string, of Shape) Shape {
	return Shape{"type": "object", "patternProperties": Shape{pattern: of}, "additionalProperties": false}
}

// Ref is a shape that the document defines by name.
func Ref(name string) Shape { return Shape{"$ref": "#/definitions/" + name} }

// Object is a mapping with these keys and no others.
func Object(keys ...Key) Shape {
	properties, required := Shape{}, []string{}
	for _, k := range keys {
		shape := k.Shape
		if k.Says != "" {
			shape = With(shape, "description", k.Says)
		}
		properties[k.Name] = shape
		if k.Mandatory {
			required = append(required, k.Name)
		}
	}
	s := Shape{"type": "object", "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		slices.Sort(required)
		s["required"] = required
	}
	return s
}

// With is the shape with one more keyword.
func With(s Shape, keyword string, value any) Shape {
	out := maps.Clone(s)
	if ref, ok := s["$ref"]; ok { // beside $ref nothing counts in draft 7
		out = Shape{"allOf": []Shape{{"$ref": ref}}}
	}
	out[keyword] = value
	return out
}

// Document is the JSON Schema of a file, indented, with a line end. The same shapes give the same bytes.
func Document(title string, root Shape, definitions map[string]Shape) ([]byte, error) {
	doc := With(root, "$schema", "http://json-schema.org/draft-07/schema#")
	doc["title"] = title
	if len(definitions) > 0 {
		doc["definitions"] = definitions
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", " ")
	if err := enc.Encode(doc); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
