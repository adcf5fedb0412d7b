package config

import (
	"reflect"
	"slices"
)

// Changed names the keys whose values differ, in their order: of a list the whole.
func Changed(a, b Config) []string {
	return slices.Collect(func(yield func(string) bool) { changed(reflect.ValueOf(a), reflect.ValueOf(b), "", yield) })
}

// changed yields the keys below a path; false: nobody wants more.
func changed(a, b reflect.Value, path string, yield func(string) bool) bool {
	if a.Kind() != reflect.Struct {
		return reflect.DeepEqual(a.Interface(), b.Interface()) || yield(path)
	}
	for f := range fields(a.Type()) {
		key := f.name
		if path != "" {
			key = path + "." + f.name
		}
		if !changed(valueOf(a, f.name), valueOf(b, f.name), key, yield) {
			return false
		}
	}
	return true
}
