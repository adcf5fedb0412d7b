package config

import (
	"slices"
	"testing"
)

func TestChanged(t *testing.T) {
	a, b := Default(), Default()
	if got := Changed(a, b); len(got) != 0 {
		t.Errorf("%v", got)
	}
	b.Log.Level, b.HTTP.Listen, b.Mappings, b.Kafka.Password = "debug", "127.0.0.1:9", []string{"x"}, "secret"
	b.Sources = []Source{{Name: "x"}}
	want := []string{"log.level", "http.listen", "sources", "mappings", "kafka.password"}
	if got := Changed(a, b); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
