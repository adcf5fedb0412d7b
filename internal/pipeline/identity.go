package pipeline

import (
	"strconv"
	"time"

	"tocsin"
)

// An Identity says when two alerts of a source, or of sources that share a word, are one alert that came by two roads:
// when their fields have the same values, and where Within is set when their times lie in the same stretch of it, counted
// from 1970. It depends on nothing but the alert, so whoever comes first, wherever it is processed, the other one is the
// duplicate. An alert that lacks one of the fields keeps its own id.
type Identity struct {
	Fields []string
	Shared string // "": the source's name
	Within time.Duration
}

// Identities are those of the sources that have one, by the source's name.
type Identities map[string]Identity

// give puts an alert under the id that its identity makes.
func (all Identities) give(a *tocsin.Alert) {
	i, ok := all[a.Source]
	if !ok || len(i.Fields) == 0 {
		return
	}
	key := make([]tocsin.Value, len(i.Fields))
	for n, name := range i.Fields {
		if key[n] = a.Fields.Get(name); key[n].IsAbsent() || key[n].Text() == "" {
			return
		}
	}
	road, stretch := "source "+a.Source, ""
	if i.Shared != "" {
		road = "shared " + i.Shared
	}
	if i.Within > 0 {
		at, within := a.Time.UnixNano(), i.Within.Nanoseconds()
		stretch = strconv.FormatInt(at-(at%within+within)%within, 10)
	}
	a.ID, a.Shared = tocsin.Hash("identity", a.Tenant, road, stretch, tocsin.KeyText(key)), true
}
