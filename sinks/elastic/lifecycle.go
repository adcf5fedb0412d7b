package elastic

import (
	"encoding/json"

	"tocsin"
)

// lifecycleTypes are the fields of what people do about an incident beside its steps, by the type of their mapping.
func lifecycleTypes() map[string]string {
	return map[string]string{
		"date": "tocsin.team.activated tocsin.team.acknowledged tocsin.team.done tocsin.hold.from tocsin.crisis.at tocsin.crisis.returned_at tocsin.follow_up.due",
		"keyword": `tocsin.team.name tocsin.hold.reason tocsin.crisis.state tocsin.crisis.owner tocsin.cause.intent tocsin.cause.means tocsin.pap tocsin.visibility tocsin.shared
			tocsin.recurrences tocsin.split_of tocsin.split_into tocsin.failed_controls tocsin.follow_up.owner tocsin.follow_up.state
			tocsin.vulnerability.id tocsin.vulnerability.asset tocsin.vulnerability.owner tocsin.vulnerability.state`,
	}
}

func teamNames(teams []tocsin.Team) []string {
	names := make([]string, len(teams))
	for n, t := range teams {
		names[n] = t.Name
	}
	return names
}

// holdFields say whether the incident is on hold, and since when and why.
func holdFields(i *tocsin.Incident) object {
	fields := object{"on": i.Hold}
	if n := len(i.Holds); i.Hold && n > 0 {
		fields["reason"], fields["from"] = i.Holds[n-1].Reason, json.RawMessage(date(i.Holds[n-1].From))
	}
	return fields
}

func crisisFields(i *tocsin.Incident) object {
	if i.Crisis.State == "" {
		return object{"state": tocsin.NoneFound}
	}
	fields := object{"state": i.Crisis.State, "owner": i.Crisis.Owner, "at": json.RawMessage(date(i.Crisis.At))}
	if !i.Crisis.Returned.IsZero() {
		fields["returned_at"] = json.RawMessage(date(i.Crisis.Returned))
	}
	return fields
}

func followUpFields(i *tocsin.Incident) []object {
	fields := make([]object, len(i.FollowUps))
	for n, f := range i.FollowUps {
		fields[n] = object{"owner": f.Owner, "state": f.State}
		if !f.Due.IsZero() {
			fields[n]["due"] = json.RawMessage(date(f.Due))
		}
	}
	return fields
}
