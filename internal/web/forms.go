package web

import (
	"cmp"
	"net/http"
	"strings"
	"time"

	"tocsin"
	"tocsin/register"
)

// A form is one command of the lifecycle on an incident's page.
type form struct {
	Action  tocsin.Action
	Label   string
	Says    string // what the command means, in a line
	Fields  []input
	Always  bool     // it fits whatever the status is
	Note    string   // what the note for the log is where it must be there; "" where it may be empty
	Asks    []string // what else the incident lacks for it, with the remedy
	Targets []tocsin.Status
	Open    bool   // it was sent and refused: it is shown again as it was
	Written string // the note that was written in it
}

// An input is one field of a form.
type input struct {
	Name, Label string
	Kind        string // text, date, or select
	Choices     []string
	Options     []named // choices whose value says nothing to people, with what does
	Hints       []named // what a text may be, with what that means
	Required    bool
	Value       string // what was written in it
}

// allForms are the commands that the page has a form for, in the order in which they are needed.
func allForms() []form {
	choose := func(name, label string, choices []string, required bool) input {
		return input{Name: name, Label: label, Kind: "select", Choices: choices, Required: required}
	}
	text := func(name, label string, required bool) input {
		return input{Name: name, Label: label, Kind: "text", Required: required}
	}
	return []form{
		{Action: tocsin.ActDeclare, Label: "Declare", Says: "It is an incident, and you coordinate it.", Targets: []tocsin.Status{tocsin.Declared}},
		{Action: tocsin.ActReject, Label: "Reject", Says: "It is no incident.", Targets: []tocsin.Status{tocsin.Rejected}, Fields: []input{
			choose("disposition", "What it was", tocsin.Dispositions(), false), text("reason", "Why", true),
		}},
		{Action: tocsin.ActConfirm, Label: "Confirm", Says: "What the policy declared is an incident."},
		{Action: tocsin.ActAcknowledge, Label: "Acknowledge", Says: "Somebody works on it.", Targets: []tocsin.Status{tocsin.Acknowledged}},
		{Action: tocsin.ActContain, Label: "Contained", Says: "It does not spread any more.", Targets: []tocsin.Status{tocsin.Contained}},
		{Action: tocsin.ActEradicate, Label: "Eradicated", Says: "What caused it is gone.", Targets: []tocsin.Status{tocsin.Eradicated}},
		{Action: tocsin.ActRecover, Label: "Recovered", Says: "Operation is as before.", Targets: []tocsin.Status{tocsin.Recovered}},
		{Action: tocsin.ActResolve, Label: "Resolve", Says: "The response is over.", Targets: []tocsin.Status{tocsin.Resolved}, Fields: []input{
			choose("disposition", "What it was", tocsin.Dispositions(), false), choose("root_cause", "Root cause", tocsin.RootCauses(), false),
		}},
		{Action: tocsin.ActReview, Label: "Review", Says: "What is learnt from it.", Note: "What was learnt"},
		{Action: tocsin.ActClose, Label: "Close", Says: "Nothing is left to do.", Targets: []tocsin.Status{tocsin.ClosedIncident}, Fields: []input{
			choose("disposition", "What it was", tocsin.Dispositions(), false), choose("root_cause", "Root cause", tocsin.RootCauses(), false),
			text("failed_controls", "Controls that failed, with commas between them, or none", false),
			text("vulnerabilities", "Vulnerabilities found, with commas between them, or none", false),
		}},
		{Action: tocsin.ActReopen, Label: "Reopen", Says: "It is not over after all.", Fields: []input{text("reason", "Why", true)}},
		{Action: tocsin.ActAssign, Label: "Assign", Says: "Who works on it.", Fields: []input{text("assignee", "To whom", true)}},
		{Action: tocsin.ActHandOver, Label: "Hand over", Says: "Another coordinator takes over.", Note: "Summary: all that the one who takes over must know", Fields: []input{text("coordinator", "To whom", true)}},
		{Action: tocsin.ActSet, Label: "Reclassify", Says: "Correct how it is classified.", Always: true, Fields: []input{
			choose("priority", "Priority", priorities, false), text("title", "Title", false), text("category", "Category", false),
		}},
		{Action: tocsin.ActVisibility, Label: "Who may know", Says: "Everybody whose role allows it, or a lead, an admin, those at work on it and whom you name.", Always: true, Fields: []input{
			choose("visibility", "Visible to", tocsin.Visibilities(), true), text("shared", "Who else may know while it is restricted, with commas between them", false),
			text("reason", "Why", true),
		}},
		{Action: tocsin.ActTeam, Label: "Team", Says: "A response team is activated, took note or is done.", Fields: []input{
			text("team", "Which", true), choose("step", "Step", []string{"activated", "acknowledged", "done"}, true),
		}},
		{Action: tocsin.ActHold, Label: "Hold", Says: "Nobody can work on it for a while.", Fields: []input{text("reason", "What is waited for", true)}},
		{Action: tocsin.ActRelease, Label: "Release", Says: "The hold is over."},
		{Action: tocsin.ActCrisis, Label: "Hand to crisis management", Says: "Crisis management leads from now on.", Note: "All that it must know", Fields: []input{text("owner", "Who leads there", true)}},
		{Action: tocsin.ActReturn, Label: "Take back", Says: "Crisis management gave it back.", Note: "What it decided and left to do"},
		{Action: tocsin.ActClockStart, Label: "Start a legal clock", Says: "Reports to an authority may be due from now on.", Fields: []input{
			choose("regime", "By which regime", nil, true), text("basis", "By what that is known", true),
		}},
		{Action: tocsin.ActClockSubmit, Label: "Report made", Says: "A report to an authority was made; for a late one the note is the reason.", Fields: []input{
			choose("clock", "Which", nil, true), text("reference", "The authority's reference", false),
			text("sha256", "SHA-256 of what was sent, in hex", true),
		}},
		{Action: tocsin.ActClockWaive, Label: "No report is due", Says: "There is no duty to make it.", Fields: []input{
			choose("clock", "Which", nil, true), text("reason", "Why", true),
		}},
		{Action: tocsin.ActMerge, Label: "Merge", Says: "It is the same as another, which goes on.", Targets: []tocsin.Status{tocsin.MergedIncident}, Fields: []input{text("into", "Into which, by its number", true)}},
		{Action: tocsin.ActComment, Label: "Comment", Says: "A note for the log, and nothing else.", Note: "What is to be said", Always: true},
		{Action: tocsin.ActFollowUp, Label: "Follow-up", Says: "Work that outlives the incident.", Always: true, Fields: []input{
			text("follow_up", "What is to be done", true), text("owner", "By whom", false), {Name: "due", Label: "Until", Kind: "date"},
		}},
		{Action: tocsin.ActSplit, Label: "Split off", Says: "An event is another matter: it goes to an incident of its own.", Fields: []input{
			choose("event", "Which event", nil, true), text("title", "Title of the new incident", false),
		}},
		{Action: tocsin.ActDecline, Label: "Decline", Says: "What the register proposes is not so.", Fields: []input{choose("proposal", "Which proposal", nil, true)}},
	}
}

// fits reports whether a form is one for the incident as it stands. What is missing beside that, a guard tells.
func (f *form) fits(i *tocsin.Incident) bool {
	switch f.Action {
	case tocsin.ActClockStart:
		return i.Status.IsOpen() && i.Status != tocsin.Proposed
	case tocsin.ActSplit:
		return i.Status.IsOpen() && len(i.Events) > 1
	case tocsin.ActDecline:
		return len(i.Proposals) > 0
	case tocsin.ActClockSubmit, tocsin.ActClockWaive:
		return len(openClocks(i)) > 0
	case tocsin.ActConfirm:
		return i.Confirm == "needed"
	case tocsin.ActHold:
		return i.Status.IsOpen() && !i.Hold
	case tocsin.ActRelease:
		return i.Hold
	case tocsin.ActReturn:
		return i.Crisis.State == tocsin.CrisisHandedOver
	case tocsin.ActCrisis:
		return i.Status.IsOpen() && i.Status != tocsin.Proposed && i.Crisis.State != tocsin.CrisisHandedOver
	case tocsin.ActReview:
		return i.Review == "due" || i.Status == tocsin.Resolved
	case tocsin.ActReopen:
		return i.Status == tocsin.Resolved || i.Status == tocsin.ClosedIncident
	case tocsin.ActAssign, tocsin.ActTeam, tocsin.ActHandOver:
		return i.Status.IsOpen()
	}
	for _, to := range f.Targets {
		return i.Status.CanMove(to)
	}
	return f.Always
}

// openClocks are the reports to authorities that are still to be made, as regime/stage.
func openClocks(i *tocsin.Incident) (names []string) {
	for _, c := range i.Clocks {
		if c.IsOpen() {
			names = append(names, c.Name())
		}
	}
	return names
}

// formOf is the page's form for an action.
func formOf(action string) (form, bool) {
	for _, f := range allForms() {
		if string(f.Action) == action {
			return f, true
		}
	}
	return form{}, false
}

// fill reads what a form said into a command.
func (f *form) fill(r *http.Request, cmd *register.Command) {
	value := func(name string) string { return strings.TrimSpace(r.PostFormValue(name)) }
	for _, in := range f.Fields {
		switch v := value(in.Name); in.Name {
		case "clock":
			cmd.Regime, cmd.Stage, _ = strings.Cut(v, "/")
		case "follow_up", "due":
			cmd.FollowUp = cmp.Or(cmd.FollowUp, &tocsin.FollowUp{Owner: value("owner")})
			if in.Name == "follow_up" {
				cmd.FollowUp.Text = v
			} else {
				cmd.FollowUp.Due, _ = time.Parse(time.DateOnly, v) // a browser sends a day or nothing
			}
		case "event":
			cmd.Events = listed(v)
		case "shared":
			cmd.Shared = listed(v)
		case "failed_controls":
			cmd.FailedControls = listed(v)
		case "vulnerabilities":
			for _, id := range listed(v) {
				cmd.Vulnerabilities = append(cmd.Vulnerabilities, tocsin.Vulnerability{ID: id})
			}
		default:
			if into := cmdField(cmd, in.Name); into != nil {
				*into = v
			}
		}
	}
}

// cmdField is the command's member that a field of that name sets.
func cmdField(cmd *register.Command, name string) *string {
	return map[string]*string{
		"disposition": &cmd.Disposition, "root_cause": &cmd.RootCause, "reason": &cmd.Reason, "assignee": &cmd.Assignee,
		"coordinator": &cmd.Coordinator, "priority": &cmd.Priority, "title": &cmd.Title, "category": &cmd.Category, "team": &cmd.Team,
		"step": &cmd.Step, "visibility": &cmd.Visibility, "owner": &cmd.Owner, "into": &cmd.Into, "proposal": &cmd.Proposal, "regime": &cmd.Regime, "basis": &cmd.Basis, "reference": &cmd.Reference, "sha256": &cmd.SHA256,
	}[name]
}

// listed are the parts of a text between commas.
func listed(text string) []string {
	var all []string
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			all = append(all, part)
		}
	}
	return all
}
