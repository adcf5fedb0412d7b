package config

import (
	"reflect"
	"slices"
	"strings"
)

// A Key is one setting.
type Key struct {
	Path   string // dotted, as in the file: kafka.password_file
	Env    string // TOCSIN_KAFKA_PASSWORD_FILE
	Secret bool   // taken from the environment alone
	enum   []string
	typ    reflect.Type
}

// Keys lists every setting in the order of [Config]. The keys of a source are listed under `sources[]`, without an
// environment name of their own: TOCSIN_SOURCES holds the whole list as YAML.
func Keys() []Key { return keysOf(reflect.TypeFor[Config](), "") }

func keysOf(t reflect.Type, prefix string) []Key {
	var keys []Key
	for f := range fields(t) {
		path := prefix + f.name
		switch {
		case f.typ.Kind() == reflect.Struct:
			keys = append(keys, keysOf(f.typ, path+".")...)
			continue
		case isSources(f.typ):
			keys = append(keys, keysOf(f.typ.Elem(), path+"[].")...)
		}
		keys = append(keys, Key{Path: path, Env: envName(path), Secret: f.typ == reflect.TypeFor[Secret](), enum: f.enum, typ: f.typ})
	}
	return keys
}

func isSources(t reflect.Type) bool {
	return t.Kind() == reflect.Slice && t.Elem().Kind() == reflect.Struct
}

func envName(path string) string {
	if strings.Contains(path, "[]") {
		return ""
	}
	return "TOCSIN_" + strings.ToUpper(strings.ReplaceAll(path, ".", "_"))
}

type field struct {
	name string
	enum []string
	typ  reflect.Type
}

// fields yields the settings of a struct type by their names in the file.
func fields(t reflect.Type) func(func(field) bool) {
	return func(yield func(field) bool) {
		for f := range t.Fields() {
			var enum []string
			if words, ok := f.Tag.Lookup("enum"); ok {
				enum = strings.Split(words, ",")
			}
			if !yield(field{name: f.Tag.Get("mapstructure"), enum: enum, typ: f.Type}) {
				return
			}
		}
	}
}

func fieldNames(t reflect.Type) []string {
	var names []string
	for f := range fields(t) {
		names = append(names, f.name)
	}
	return names
}

func fieldOf(t reflect.Type, name string) (field, bool) {
	for f := range fields(t) {
		if f.name == name {
			return f, true
		}
	}
	return field{}, false
}

// allPaths lists every key path, for the remedy when a key stands in the wrong place.
func allPaths() []string {
	var paths []string
	for _, k := range Keys() {
		paths = append(paths, k.Path)
	}
	slices.Sort(paths)
	return paths
}
