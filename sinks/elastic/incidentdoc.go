package elastic

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"tocsin"
	"tocsin/sinks"
)

// appendIncident is an incident as it is stored, behind what b holds; text is its JSON. It is written by hand, as a check
// of a whole register holds every document against it.
func appendIncident(b []byte, i *tocsin.Incident, text []byte) []byte {
	b = appendDate(append(b, entryHead...), i.Opened)
	b = append(append(b, entryDoc...), text...)
	w := sheet{append(b, `,"event":{"kind":"state"},"tocsin":{`...)}
	w.incident(i)
	return append(w.b, `}}`...)
}

// incident writes the typed fields of register.md 4.2 in the order of their names. A time or a word that is not there has
// no field.
func (w *sheet) incident(i *tocsin.Incident) {
	w.number("alerts", i.Alerts)
	w.object("asset", func() { w.number("importance", int64(i.Asset)) })
	w.present("assignee", i.Assignee)
	w.flag("breached", sinks.Breached(i))
	w.object("category", func() { w.text("basis", i.Basis); w.class(i.Category) })
	w.present("category_iso", i.CategoryISO)
	w.object("cause", func() { w.texts("intent", i.Intent, "means", i.Means, "root", i.RootCause) })
	w.words("children", i.Children)
	w.clocks("clock", i.Clocks)
	w.present("confirm", i.Confirm)
	w.present("coordinator", i.Coordinator)
	w.object("crisis", func() { w.crisis(i) })
	w.words("degraded", i.Degraded)
	w.object("discovery", func() { w.text("method", i.Discovery) })
	w.present("disposition", i.Disposition)
	w.object("duration", func() { w.durations(i) })
	w.object("entity", func() { w.entities(i.Entities) })
	w.words("event", i.Events)
	w.number("event_count", int64(len(i.Events))+i.EventsCut)
	w.words("failed_controls", i.FailedControls)
	w.followUps("follow_up", i.FollowUps)
	w.object("hold", func() { w.hold(i) })
	w.present("id", i.ID)
	w.object("impact", func() {
		w.texts("business_loss", i.Impact.BusinessLoss, "functional", i.Impact.Functional, "information", i.Impact.Information,
			"recoverability", i.Impact.Recoverability, "social", i.Impact.Social)
	})
	w.number("late_evidence", i.LateEvidence)
	w.object("log", func() { w.text("head_hash", i.Head); w.number("head_seq", i.Revision) })
	w.present("merged_into", i.Into)
	w.object("metrics", func() { w.metrics(i) })
	w.text("mode", string(i.Mode))
	w.present("number", i.Number)
	w.object("order", func() { w.order(i) })
	w.present("pap", i.PAP)
	w.rest(i)
}

// rest are the fields from the letter P on.
func (w *sheet) rest(i *tocsin.Incident) {
	w.object("platform", func() { w.text("primary", i.Platform) })
	w.object("priority", func() {
		w.texts("current", i.Priority, "final", i.Priorities.Final, "highest", i.Priorities.Highest, "initial", i.Priorities.Initial)
	})
	w.words("recurrences", i.Recurs)
	w.present("recurs_of", i.RecursOf)
	w.words("relates", i.Related)
	w.number("reopen_count", int64(i.ReopenCount))
	w.present("review", i.Review)
	w.number("revision", i.Revision)
	if i.Rule != "" {
		w.object("rule", func() { w.text("id", i.Rule) })
	}
	w.words("rules", i.Rules)
	w.object("scale", func() { w.text("version", i.Scale) })
	w.object("severity", func() { w.texts("class", i.Class, "name", i.Severity) })
	if len(i.Shared) > 0 {
		w.words("shared", i.Shared)
	}
	w.object("sla", func() { w.targets(i) })
	w.words("split_into", i.SplitInto)
	w.present("split_of", i.SplitOf)
	w.text("status", string(i.Status))
	w.date("status_since", i.StatusSince)
	w.present("summary", i.Summary)
	values(w, "team", i.Teams)
	w.words("teams", teamNames(i.Teams))
	w.text("tenant", i.Tenant)
	w.object("timeline", func() { w.dates(i.Timeline) })
	w.present("title", i.Title)
	w.present("tlp", i.TLP)
	w.present("urgency", i.Urgency)
	w.present("visibility", i.Visibility)
	values(w, "vulnerability", i.Vulnerabilities)
	w.words("words", sinks.Words(i.Title))
}

func (w *sheet) class(category string) {
	class, kind, _ := strings.Cut(category, "/")
	w.texts("class", class, "type", kind)
}

func (w *sheet) crisis(i *tocsin.Incident) {
	c := &i.Crisis
	if c.State == "" {
		w.text("state", tocsin.NoneFound)
		return
	}
	w.date("at", c.At)
	w.text("owner", c.Owner)
	if !c.Returned.IsZero() {
		w.date("returned_at", c.Returned)
	}
	w.text("state", c.State)
}

// hold says whether the incident is on hold, and since when and why.
func (w *sheet) hold(i *tocsin.Incident) {
	n := len(i.Holds)
	if !i.Hold || n == 0 {
		w.flag("on", i.Hold)
		return
	}
	w.date("from", i.Holds[n-1].From)
	w.flag("on", i.Hold)
	w.text("reason", i.Holds[n-1].Reason)
}

func (w *sheet) entities(all []tocsin.Entity) {
	var values, roles []string
	for n := range all {
		values = append(values, all[n].Value)
		roles = append(roles, all[n].Role+":"+all[n].Field+"="+all[n].Value)
	}
	w.words("role", roles)
	w.words("value", values)
}

func (w *sheet) followUps(name string, all []tocsin.FollowUp) {
	w.objects(name, len(all), func(n int) {
		if f := &all[n]; !f.Due.IsZero() {
			w.date("due", f.Due)
		}
		w.texts("owner", all[n].Owner, "state", all[n].State)
	})
}

// clocks are the regulatory clocks of an incident. A time that has not come has no field.
func (w *sheet) clocks(name string, all []tocsin.Clock) {
	w.objects(name, len(all), func(n int) {
		c := &all[n]
		w.text("anchor", c.Anchor)
		w.number("breached_by_s", c.BreachedS)
		w.come("due", c.Due)
		w.come("from", c.From)
		if c.Met != nil {
			w.flag("met", *c.Met)
		}
		w.flag("open", c.IsOpen())
		w.come("pessimistic", c.Pessimistic)
		w.texts("reference", c.Reference, "regime", c.Regime, "set_by", c.SetBy, "stage", c.Stage)
		w.come("submitted", c.Submitted)
		w.text("submitted_by", c.SubmittedBy)
		w.flag("waived", c.Waived)
	})
}

// metrics say what statistics count the incident as.
func (w *sheet) metrics(i *tocsin.Incident) {
	w.flag("countable", i.Countable)
	w.text("counted_as", i.CountedAs())
	if len(i.Teams) > 0 {
		w.present("team", i.Teams[0].Name)
	}
}

// order is what incidents are sorted by; see [sinks.SortedIncident].
func (w *sheet) order(i *tocsin.Incident) {
	for _, field := range []string{
		"assignee", "category", "coordinator", "disposition", "due", "last", "number", "opened", "platform", "priority", "status", "status_since", "title", "updated",
	} {
		switch field {
		case "due", "last", "opened", "status_since", "updated":
			w.number(field, sinks.TimeOf(field, i))
		default:
			w.text(field, sinks.RankOf(field, i))
		}
	}
}

// durations are those that the incident says itself, and the times of its stages.
func (w *sheet) durations(i *tocsin.Incident) {
	var few [24]duration
	all := few[:0]
	for name, seconds := range i.Durations {
		if isPlain(name) {
			all = append(all, duration{name, seconds})
		}
	}
	for name, seconds := range i.StageTimes() {
		all = slices.DeleteFunc(all, func(d duration) bool { return d.name == name })
		all = append(all, duration{name, seconds})
	}
	slices.SortFunc(all, func(a, b duration) int { return strings.Compare(a.name, b.name) })
	for _, d := range all {
		w.number(d.name, d.seconds)
	}
}

type duration struct {
	name    string
	seconds int64
}

func (w *sheet) targets(i *tocsin.Incident) {
	var few [8]string
	for _, name := range plainNames(few[:0], i.Targets) {
		t := i.Targets[name]
		w.object(name, func() {
			w.number("breached_by_s", t.BreachedS)
			w.date("due", t.Due)
			w.number("escalated", int64(t.Escalated))
			if t.Met != nil {
				w.flag("met", *t.Met)
			}
			if slices.Contains(tocsin.TargetNames(), name) {
				w.text("state", i.TargetState(name))
			}
		})
	}
}

func (w *sheet) dates(marks map[string]time.Time) {
	var few [16]string
	for _, name := range plainNames(few[:0], marks) {
		w.come(name, marks[name])
	}
}

// plainNames are the names of members that may become fields, behind all, in their order.
func plainNames[V any](all []string, of map[string]V) []string {
	for name := range of {
		if isPlain(name) {
			all = append(all, name)
		}
	}
	slices.Sort(all)
	return all
}

// isPlain reports whether a mark, duration or target may become a field by its name: a small letter, and up to 63 more,
// digits and underscores. Others are in doc alone.
func isPlain(name string) bool {
	for n := range len(name) {
		c := name[n]
		if (c < 'a' || c > 'z') && (n == 0 || c != '_' && (c < '0' || c > '9')) {
			return false
		}
	}
	return name != "" && len(name) <= 64
}

// appendVisit is the document of one visit that is over, behind what b holds.
func appendVisit(b []byte, i *tocsin.Incident, v *tocsin.Visit, id string) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	b = appendDate(append(b, entryHead...), v.To)
	b = append(append(b, entryDoc...), text...)
	w := sheet{append(b, `,"event":{"kind":"metric"},"tocsin":{`...)}
	w.object("category", func() { w.class(i.Category) })
	w.date("from_at", v.From)
	w.texts("id", id, "incident", i.ID)
	w.object("platform", func() { w.text("primary", v.Platform) })
	w.object("priority", func() { w.text("current", v.Priority) })
	w.number("seconds", v.Seconds)
	w.texts("status", string(v.Status), "tenant", i.Tenant)
	w.date("to_at", v.To)
	w.number("visit", int64(v.Number))
	return append(w.b, `}}`...), nil
}
