package dossier

import (
	"maps"
	"slices"
	"strings"
	"time"

	"tocsin"
)

// An incidentDoc is what the templates of one incident see, by these names.
type incidentDoc struct {
	Incident  tocsin.Incident `json:"incident"`
	Facts     []fact          `json:"facts"` // what is said of it, in an order for reading
	Log       []step          `json:"log"`
	Events    []event         `json:"events"`
	Gone      int64           `json:"events_gone"` // events that are not stored any more
	Durations []fact          `json:"durations"`
	Targets   []target        `json:"targets"`
	Clocks    []tocsin.Clock  `json:"clocks"`
	Missing   []string        `json:"missing"` // what ISO/IEC 27035-1 asks for and nobody said
	Entries   int             `json:"entries"`
	Broken    string          `json:"broken,omitempty"` // what is wrong with the log
	Made      time.Time       `json:"made"`
}

// A fact is a name and what is said of it.
type fact struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type step struct {
	Seq       int64     `json:"seq"`
	Effective time.Time `json:"effective"`
	Recorded  time.Time `json:"recorded"`
	What      string    `json:"what"`
	By        string    `json:"by"`
	Text      string    `json:"text"`
	Phase     string    `json:"phase"`
}

type event struct {
	ID      string    `json:"id"`
	Title   string    `json:"title"`
	Rule    string    `json:"rule"`
	Version string    `json:"version"`
	First   time.Time `json:"first"`
	Last    time.Time `json:"last"`
	Count   int64     `json:"count"`
}

type target struct {
	Name  string    `json:"name"`
	Due   time.Time `json:"due"`
	State string    `json:"state"` // met, missed or running
	Late  int64     `json:"late_s"`
}

func incidentData(f File, now time.Time) incidentDoc {
	i := f.Incident
	d := incidentDoc{
		Incident: i, Facts: facts(i), Log: []step{}, Events: []event{}, Gone: i.EventsCut + int64(len(i.Events)-len(f.Events)),
		Durations: durations(i), Targets: targets(i), Clocks: i.Clocks, Missing: Missing(f), Entries: len(f.Log), Made: now.UTC(),
	}
	if f.Intact != nil {
		d.Broken = f.Intact.Error()
	}
	for _, e := range f.Log {
		d.Log = append(d.Log, step{
			Seq: e.Seq, Effective: e.Effective, Recorded: e.Recorded, What: what(e), By: e.By.ID, Text: says(e), Phase: e.Phase,
		})
	}
	for _, e := range f.Events {
		d.Events = append(d.Events, event{ID: e.ID, Title: e.Rule.Title, Rule: e.Rule.ID, Version: e.Rule.Version, First: e.First, Last: e.Last, Count: e.Count})
	}
	return d
}

// what an entry did, with the change of status where there was one.
func what(e tocsin.LogEntry) string {
	text := strings.ReplaceAll(string(e.Action), "_", " ")
	if e.To != "" {
		text += ", now " + string(e.To)
	}
	if len(e.Skipped) == 0 {
		return text
	}
	skipped := make([]string, len(e.Skipped))
	for n, s := range e.Skipped {
		skipped[n] = string(s)
	}
	return text + ", skipping " + strings.Join(skipped, ", ")
}

// says is what an entry says: its reason, its text, and what a person's command set.
func says(e tocsin.LogEntry) string {
	var parts []string
	for _, s := range e.Said() {
		parts = append(parts, strings.ReplaceAll(s.Name, "_", " ")+" "+s.Text)
	}
	words, set := strings.TrimSpace(e.Reason+" "+e.Text), strings.Join(parts, "; ")
	if words == "" || set == "" {
		return words + set
	}
	return words + " (" + set + ")"
}

func facts(i tocsin.Incident) []fact {
	var teams []string
	for _, t := range i.Teams {
		teams = append(teams, t.Name)
	}
	all := []fact{
		{"Status", string(i.Status)},
		{"Priority", i.Priority},
		{"Severity", strings.TrimSpace("class " + i.Class + " " + i.Severity)},
		{"Category", i.Category},
		{"ISO/IEC 27035-2", i.CategoryISO},
		{"Impact, functional", i.Impact.Functional},
		{"Impact, information", i.Impact.Information},
		{"Recoverability", i.Impact.Recoverability},
		{"Business loss", i.Impact.BusinessLoss},
		{"Social impact", i.Impact.Social},
		{"Urgency", i.Urgency},
		{"Platform", i.Platform},
		{"Detected", stamp(i.Timeline["detected"])},
		{"Reported", stamp(i.Timeline["reported"])},
		{"How it came", i.Discovery},
		{"Informant", i.Informant},
		{"Declared by", i.DeclaredBy},
		{"Coordinator", i.Coordinator},
		{"Assignee", i.Assignee},
		{"Teams", strings.Join(teams, ", ")},
		{"Crisis management", strings.TrimSpace(i.Crisis.State + " " + i.Crisis.Owner)},
		{"Disposition", i.Disposition},
		{"Root cause", i.RootCause},
		{"Intent", i.Intent},
		{"Means", i.Means},
		{"Failed controls", strings.Join(i.FailedControls, ", ")},
		{"Recurs of", i.RecursOf},
		{"Came back as", strings.Join(i.Recurs, ", ")},
		{"Split off", i.SplitOf},
		{"Merged into", i.Into},
		{"TLP", i.TLP},
		{"PAP", i.PAP},
	}
	return slices.DeleteFunc(all, func(f fact) bool { return f.Value == "" || f.Value == "class" })
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}

func durations(i tocsin.Incident) []fact {
	var all []fact
	for _, name := range slices.Sorted(maps.Keys(i.Durations)) {
		all = append(all, fact{strings.ReplaceAll(strings.TrimSuffix(name, "_s"), "_", " "), duration(i.Durations[name])})
	}
	return all
}

func targets(i tocsin.Incident) []target {
	var all []target
	for _, name := range slices.Sorted(maps.Keys(i.Targets)) {
		t := i.Targets[name]
		state := "running"
		if t.Met != nil {
			state = map[bool]string{true: "met", false: "missed"}[*t.Met]
		}
		all = append(all, target{Name: name, Due: t.Due, State: state, Late: t.BreachedS})
	}
	return all
}

// Missing lists what a report must say by ISO/IEC 27035-1 (4.7.2 and 4.7.4) and this one does not, at the stage that
// the incident has reached.
func Missing(f File) []string {
	i := f.Incident
	stage := slices.Index(tocsin.Stages(), i.Status)
	reached := func(s tocsin.Status) bool { return stage >= slices.Index(tocsin.Stages(), s) }
	harmful := tocsin.IsTruePositive(i.Disposition)
	var missing []string
	for _, c := range []struct {
		asked, said bool
		what        string
	}{
		{true, !i.Timeline["detected"].IsZero(), "date and time of the detection"},
		{true, i.Discovery != "", "how it was noticed, and by whom"},
		{true, i.Summary != "", "the circumstances and facts"},
		{true, len(f.Log) > 0, "the log"},
		{reached(tocsin.Declared), i.Category != "", "category"},
		{reached(tocsin.Declared), i.Impact != (tocsin.Impact{}), "impact"},
		{reached(tocsin.Declared), i.Priority != "", "priority"},
		{reached(tocsin.Declared), i.DeclaredBy != "", "who declared it"},
		{reached(tocsin.Declared), i.Coordinator != "", "coordinator"},
		{reached(tocsin.Acknowledged), i.Assignee != "" || len(i.Teams) > 0, "who responds: a team or an assignee"},
		{reached(tocsin.Resolved), !i.Timeline["contained"].IsZero(), "when it was contained"},
		{reached(tocsin.Resolved), !i.Timeline["recovered"].IsZero(), "when what it broke worked again"},
		{reached(tocsin.Resolved), i.Disposition != "", "how it turned out (disposition)"},
		{reached(tocsin.Resolved) && harmful, i.RootCause != "", "root cause"},
		{reached(tocsin.Resolved) && harmful, i.Intent != "" || i.RootCause != "", "whether it was deliberate, accidental or environmental (intent)"},
		{reached(tocsin.Resolved) && harmful, i.Means != "", "technical or non-technical means"},
		{reached(tocsin.Resolved) && harmful, len(i.FailedControls) > 0, "controls that failed, or none"},
		{reached(tocsin.Resolved) && harmful, len(i.Vulnerabilities) > 0, "vulnerabilities involved or discovered, or none"},
		{reached(tocsin.ClosedIncident) && harmful, len(i.Lessons) > 0, "what was learnt"},
	} {
		if c.asked && !c.said {
			missing = append(missing, c.what)
		}
	}
	for n, f := range i.FollowUps {
		if !f.Done && (f.Owner == "" || f.Due.IsZero()) {
			missing = append(missing, "owner and due date of follow-up "+ordinal(n+1))
		}
	}
	return missing
}
