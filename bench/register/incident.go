package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"tocsin"
)

// year is the one in which everything happens.
var year = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// incident makes one of some size: what a day's work leaves, with a log of so many entries. Most are closed, as in a
// register that is a year old.
func incident(rng *rand.Rand, n, entries int) (tocsin.Incident, []tocsin.LogEntry) {
	pick := func(words ...string) string { return words[rng.IntN(len(words))] }
	declared := year.Add(time.Duration(rng.IntN(364*86400)) * time.Second)
	spent := time.Duration(rng.ExpFloat64()*float64(20*time.Hour)) + time.Minute
	resolved := declared.Add(spent)
	met := spent < 24*time.Hour
	i := tocsin.Incident{
		ID: tocsin.IncidentID("default", fmt.Sprint("event ", n), declared, 0), Number: fmt.Sprintf("INC-2026-%06d", n), Tenant: "default", Revision: int64(entries),
		Title: "Passwords are guessed on many accounts", Summary: "Passwords are guessed on many accounts: 211 alerts in 1 event, source.ip 203.0.113.7, user.name ann", Status: tocsin.ClosedIncident,
		Mode: tocsin.ModePropose, Discovery: "event", Category: pick("intrusion-attempts", "malicious-code", "availability", "fraud", "information-gathering") + "/brute-force", CategoryISO: "technical_attack",
		Impact: tocsin.Impact{Functional: "low", Information: "privacy"}, Urgency: "active", Severity: "less_serious", Class: "II", Asset: 2, Platform: pick("linux", "windows", "cloud", "network"),
		Priority: pick("P1", "P2", "P2", "P3", "P3", "P3", "P4"), Basis: "profile", Why: []string{"rule level high: risk 75", "asset 2: web1 is important", "policy serious: risk >= 50 || severity >= 2"},
		Opened: declared, Last: declared, StatusSince: resolved, Rule: fmt.Sprintf("rule-%02d", rng.IntN(60)), Disposition: pick("true_positive_impact", "true_positive_no_impact", "false_positive", ""),
		RootCause: pick("human_error", "malicious_action", "system_failure"), Teams: []tocsin.Team{{Name: pick("soc", "network", "servers", "cloud"), Activated: declared}},
		Timeline: map[string]time.Time{
			"occurred": declared.Add(-time.Hour), "first_alert": declared.Add(-time.Hour), "detected": declared.Add(-10 * time.Minute), "declared": declared,
			"acknowledged": declared.Add(spent / 10), "contained": declared.Add(spent / 2), "resolved": resolved, "first_resolved": resolved, "closed": resolved.Add(time.Hour),
		},
		Targets: map[string]tocsin.Target{"acknowledge": {Due: declared.Add(time.Hour), Met: new(true)}, "resolve": {Due: declared.Add(24 * time.Hour), Met: &met}},
		Visits: []tocsin.Visit{
			{Status: tocsin.Declared, Priority: "P2", From: declared, To: declared.Add(spent / 10), Seconds: int64((spent / 10).Seconds())},
			{Status: tocsin.Acknowledged, Priority: "P2", From: declared.Add(spent / 10), To: declared.Add(spent / 2), Seconds: int64((spent/2 - spent/10).Seconds()), Number: 1},
			{Status: tocsin.Contained, Priority: "P2", From: declared.Add(spent / 2), To: resolved, Seconds: int64((spent / 2).Seconds()), Number: 2},
		},
		Events:   []string{declared.Format("200601") + "-" + tocsin.Hash("event", strconv.Itoa(n))},
		Entities: []tocsin.Entity{{Field: "source.ip", Value: fmt.Sprintf("203.0.%d.%d", n/250%250, n%250), Role: "attacker"}, {Field: "user.name", Value: fmt.Sprint("user", n%5000), Role: "victim"}},
		Alerts:   211, Countable: true, Review: "none", Confirm: "none", TLP: "AMBER+STRICT", Head: tocsin.Hash("head", strconv.Itoa(n)),
	}
	i.Durations = map[string]int64{}
	for name, span := range map[string][2]string{
		"detect_s": {"occurred", "detected"}, "assess_s": {"detected", "declared"}, "acknowledge_s": {"declared", "acknowledged"}, "contain_s": {"detected", "contained"},
		"resolve_s": {"declared", "resolved"}, "first_resolve_s": {"declared", "first_resolved"}, "close_s": {"declared", "closed"}, "dwell_s": {"occurred", "contained"},
	} {
		i.Durations[name] = int64(i.Timeline[span[1]].Sub(i.Timeline[span[0]]).Seconds())
	}
	i.Durations["active_s"] = i.Durations["resolve_s"]
	if rng.IntN(50) == 0 { // still worked on
		i.Status = tocsin.Acknowledged
		delete(i.Timeline, "resolved")
		delete(i.Durations, "resolve_s")
	}
	return i, log(&i, entries)
}

// log is as long as it is asked for: the founding, the steps of the lifecycle, and what people remark. Its entries follow
// one another as the register wants it; what their hashes are of is not worked out, as no question here asks.
func log(i *tocsin.Incident, entries int) []tocsin.LogEntry {
	all := make([]tocsin.LogEntry, entries)
	head := ""
	for n := range all {
		e := tocsin.LogEntry{
			Incident: i.ID, Tenant: i.Tenant, Seq: int64(n + 1), Command: tocsin.Hash("command", i.ID, strconv.Itoa(n)), Action: tocsin.ActComment, Phase: "respond",
			By: tocsin.Actor{Kind: "person", ID: "ann", Role: "analyst"}, Recorded: i.Opened, Effective: i.Opened.Add(time.Duration(n) * time.Minute),
			Text: "asked the owner of web1 whether the accounts are in use; two of them are, the others were locked", Prev: head, Hash: tocsin.Hash("hash", i.ID, strconv.Itoa(n)),
		}
		switch n {
		case 0:
			e.Action, e.To, e.By, e.Event = tocsin.ActPromote, tocsin.Proposed, tocsin.Actor{Kind: "policy", ID: "serious"}, i.Events[0]
			e.Data, _ = json.Marshal(map[string]any{ // plain values: it cannot fail
				"number": i.Number, "title": i.Title, "discovery": "event", "opened": i.Opened, "detected": i.Timeline["detected"],
				"assessment": tocsin.Assessment{Category: i.Category, Priority: i.Priority, Platform: i.Platform, Impact: i.Impact, Why: i.Why},
				"event":      map[string]any{"id": i.Events[0], "revision": 1, "rule": i.Rule, "count": i.Alerts, "first": i.Opened, "last": i.Last, "entities": i.Entities},
			})
		case 1:
			e.Action, e.From, e.To = tocsin.ActDeclare, tocsin.Proposed, tocsin.Declared
		case 2:
			e.Action, e.From, e.To = tocsin.ActAcknowledge, tocsin.Declared, tocsin.Acknowledged
		}
		all[n], head = e, e.Hash
	}
	return all
}
