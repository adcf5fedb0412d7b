package elastic

import "tocsin"

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
