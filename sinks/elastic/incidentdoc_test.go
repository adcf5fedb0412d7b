package elastic

import (
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tocsin"
	"tocsin/sinks"
)

// The documents written by hand are what their fields would be.
func TestIncidentDocument(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i := anIncident(t)
		text, err := json.Marshal(i)
		if err != nil {
			t.Fatal(err)
		}
		want, err := stored(i.Opened, "state", incidentModel(&i), i)
		if got := appendIncident(nil, &i, text); err != nil || string(got) != string(want) {
			t.Fatalf("%v\n got %s\nwant %s", err, got, want)
		}
		for n := range i.Visits {
			v := &i.Visits[n]
			id := visitID(&i, v)
			want, err := stored(v.To, "metric", visitModel(&i, v, id), v)
			if err != nil {
				t.Fatal(err)
			}
			if got, err := appendVisit(nil, &i, v, id); err != nil || string(got) != string(want) {
				t.Fatalf("%v\n got %s\nwant %s", err, got, want)
			}
		}
	})
}

// anIncident fills every field of an incident, or leaves it out.
func anIncident(t *rapid.T) tocsin.Incident {
	var i tocsin.Incident
	fill(t, reflect.ValueOf(&i).Elem(), 0)
	i.Extra = nil
	if rapid.Bool().Draw(t, "declared") {
		i.Timeline = map[string]time.Time{"declared": time.Unix(1, 5), "Odd-name": time.Unix(2, 0), "closed": {}}
		i.Durations = map[string]int64{"resolve_s": 5, "stage_declared_s": 7, "x y": 1}
		i.Targets = map[string]tocsin.Target{"resolve": {Met: new(false)}, "own_target": {Escalated: 1}, "-": {}}
		i.Visits = append(i.Visits, tocsin.Visit{Status: tocsin.Declared, Seconds: 3, Number: 11}, tocsin.Visit{Status: tocsin.Declared, Seconds: 4, Number: 12})
		i.Status, i.Category = tocsin.Contained, "fraud/phishing"
	}
	return i
}

// words that are written otherwise than they read, and plain ones.
var someWords = rapid.SampledFrom([]string{"", "a", "P2", "änn", "<b>&\"\\", "line\nend\u2028", "\xff", "class/type", "web1 Guessed-passwords"})

func fill(t *rapid.T, v reflect.Value, depth int) {
	if rapid.IntRange(0, 3).Draw(t, "leave out") == 0 {
		return
	}
	if at, ok := reflect.TypeAssert[*time.Time](v.Addr()); ok {
		*at = time.Unix(rapid.Int64Range(0, 4e9).Draw(t, "seconds"), rapid.Int64Range(0, 999_999_999).Draw(t, "nanoseconds")).In(time.FixedZone("", 3600))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString(someWords.Draw(t, "word"))
	case reflect.Int, reflect.Int64:
		v.SetInt(rapid.Int64Range(-5, 1e6).Draw(t, "number"))
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "flag"))
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), depth+1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), rapid.IntRange(0, 3).Draw(t, "length"), 3))
		for n := range v.Len() {
			fill(t, v.Index(n), depth+1)
		}
	case reflect.Struct:
		for _, field := range v.Fields() {
			fill(t, field, depth+1)
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for _, name := range []string{"resolve", "detected", "resolve_s", "A"} {
			if v.Type().Elem().Kind() != reflect.Interface {
				value := reflect.New(v.Type().Elem()).Elem()
				fill(t, value, depth+1)
				v.SetMapIndex(reflect.ValueOf(name), value)
			}
		}
	default:
		t.Fatalf("a field of kind %s: this test does not know it", v.Kind())
	}
}

// incidentModel are the typed fields of register.md 4.2 as a tree. A time or a word that is not there has no field.
func incidentModel(i *tocsin.Incident) object {
	class, kind, _ := strings.Cut(i.Category, "/")
	fields := object{
		"id": i.ID, "number": i.Number, "tenant": i.Tenant, "revision": i.Revision, "title": i.Title, "summary": i.Summary,
		"status": i.Status, "status_since": json.RawMessage(date(i.StatusSince)), "mode": i.Mode, "discovery": object{"method": i.Discovery},
		"category":     object{"class": class, "type": kind, "basis": i.Basis},
		"category_iso": i.CategoryISO, "cause": object{"root": i.RootCause, "intent": i.Intent, "means": i.Means}, "scale": object{"version": i.Scale},
		"impact":   object{"functional": i.Impact.Functional, "information": i.Impact.Information, "recoverability": i.Impact.Recoverability, "business_loss": i.Impact.BusinessLoss, "social": i.Impact.Social},
		"urgency":  i.Urgency,
		"severity": object{"class": i.Class, "name": i.Severity}, "asset": object{"importance": i.Asset}, "platform": object{"primary": i.Platform},
		"priority": object{"current": i.Priority, "initial": i.Priorities.Initial, "highest": i.Priorities.Highest, "final": i.Priorities.Final},
		"timeline": datesModel(i.Timeline), "duration": durationsModel(i), "sla": targetsModel(i), "clock": clocksModel(i.Clocks),
		"event": i.Events, "alerts": i.Alerts, "entity": entityFields(i.Entities), "event_count": int64(len(i.Events)) + i.EventsCut,
		"coordinator": i.Coordinator, "assignee": i.Assignee, "teams": teamNames(i.Teams), "team": i.Teams, "disposition": i.Disposition,
		"review": i.Review, "confirm": i.Confirm, "hold": holdModel(i), "crisis": crisisModel(i), "reopen_count": i.ReopenCount,
		"merged_into": i.Into, "children": i.Children, "recurs_of": i.RecursOf, "relates": i.Related,
		"metrics": object{"countable": i.Countable, "counted_as": i.CountedAs()}, "degraded": i.Degraded, "late_evidence": i.LateEvidence, "tlp": i.TLP, "pap": i.PAP, "visibility": i.Visibility,
		"recurrences": i.Recurs, "split_of": i.SplitOf, "split_into": i.SplitInto, "failed_controls": i.FailedControls, "vulnerability": i.Vulnerabilities, "follow_up": followUpsModel(i),
		"log":   object{"head_seq": i.Revision, "head_hash": i.Head},
		"order": sinks.SortedIncident(i), "rules": i.Rules, "words": sinks.Words(i.Title), "breached": sinks.Breached(i),
	}
	if len(i.Shared) > 0 {
		fields["shared"] = i.Shared
	}
	if i.Rule != "" {
		fields["rule"] = object{"id": i.Rule}
	}
	if len(i.Teams) > 0 && i.Teams[0].Name != "" {
		fields["metrics"].(object)["team"] = i.Teams[0].Name
	}
	for name, value := range fields { // an absent word is no field
		if text, ok := value.(string); ok && text == "" && name != "tenant" {
			delete(fields, name)
		}
	}
	return fields
}

func visitModel(i *tocsin.Incident, v *tocsin.Visit, id string) object {
	class, kind, _ := strings.Cut(i.Category, "/")
	return object{
		"id": id, "incident": i.ID, "tenant": i.Tenant, "status": v.Status, "priority": object{"current": v.Priority}, "platform": object{"primary": v.Platform},
		"category": object{"class": class, "type": kind}, "visit": v.Number, "seconds": v.Seconds,
		"from_at": json.RawMessage(date(v.From)), "to_at": json.RawMessage(date(v.To)),
	}
}

func datesModel(marks map[string]time.Time) object {
	fields := object{}
	for name, at := range marks {
		if isPlain(name) && !at.IsZero() {
			fields[name] = json.RawMessage(date(at))
		}
	}
	return fields
}

func durationsModel(i *tocsin.Incident) object {
	fields := object{}
	for name, value := range i.Durations {
		if isPlain(name) {
			fields[name] = value
		}
	}
	for name, v := range i.Measure().Values {
		if strings.HasPrefix(name, "stage_") {
			fields[name] = v
		}
	}
	return fields
}

func targetsModel(i *tocsin.Incident) object {
	fields := object{}
	for name, t := range i.Targets {
		if !isPlain(name) {
			continue
		}
		sla := object{"due": json.RawMessage(date(t.Due)), "breached_by_s": t.BreachedS, "escalated": t.Escalated}
		if t.Met != nil {
			sla["met"] = *t.Met
		}
		if state, known := i.Measure().Words["target_"+name]; known {
			sla["state"] = state
		}
		fields[name] = sla
	}
	return fields
}

func clocksModel(clocks []tocsin.Clock) []object {
	out := make([]object, 0, len(clocks))
	for _, c := range clocks {
		o := object{
			"regime": c.Regime, "stage": c.Stage, "anchor": c.Anchor, "reference": c.Reference, "set_by": c.SetBy, "submitted_by": c.SubmittedBy,
			"waived": c.Waived, "open": c.IsOpen(), "breached_by_s": c.BreachedS,
		}
		if c.Met != nil {
			o["met"] = *c.Met
		}
		maps.Copy(o, datesModel(map[string]time.Time{"due": c.Due, "from": c.From, "pessimistic": c.Pessimistic, "submitted": c.Submitted}))
		out = append(out, o)
	}
	return out
}

func holdModel(i *tocsin.Incident) object {
	fields := object{"on": i.Hold}
	if n := len(i.Holds); i.Hold && n > 0 {
		fields["reason"], fields["from"] = i.Holds[n-1].Reason, json.RawMessage(date(i.Holds[n-1].From))
	}
	return fields
}

func crisisModel(i *tocsin.Incident) object {
	if i.Crisis.State == "" {
		return object{"state": tocsin.NoneFound}
	}
	fields := object{"state": i.Crisis.State, "owner": i.Crisis.Owner, "at": json.RawMessage(date(i.Crisis.At))}
	if !i.Crisis.Returned.IsZero() {
		fields["returned_at"] = json.RawMessage(date(i.Crisis.Returned))
	}
	return fields
}

func followUpsModel(i *tocsin.Incident) []object {
	fields := make([]object, len(i.FollowUps))
	for n, f := range i.FollowUps {
		fields[n] = object{"owner": f.Owner, "state": f.State}
		if !f.Due.IsZero() {
			fields[n]["due"] = json.RawMessage(date(f.Due))
		}
	}
	return fields
}

func TestIsPlain(t *testing.T) {
	for name, want := range map[string]bool{
		"": false, "a": true, "resolve_s": true, "a9": true, "9a": false, "_a": false, "A": false, "a-b": false, "ä": false, strings.Repeat("a", 64): true, strings.Repeat("a", 65): false,
	} {
		if isPlain(name) != want {
			t.Error(fmt.Sprintf("%q", name), !want)
		}
	}
}
