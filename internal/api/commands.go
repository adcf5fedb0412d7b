package api

import (
	"context"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"tocsin"
	"tocsin/internal/auth"
	"tocsin/register"
)

// A Body is what a command carries. Members that an action does not need are ignored.
type Body struct {
	Effective   time.Time     `json:"effective,omitzero" doc:"when it happened; now where left out, never in the future"`
	Reason      string        `json:"reason,omitempty" maxLength:"2000"`
	Text        string        `json:"text,omitempty" maxLength:"20000" doc:"a comment, the summary of a hand-over"`
	Disposition string        `json:"disposition,omitempty" maxLength:"50"`
	RootCause   string        `json:"root_cause,omitempty" maxLength:"50"`
	Into        string        `json:"into,omitempty" maxLength:"64" doc:"merge: the incident that goes on"`
	Assignee    string        `json:"assignee,omitempty" maxLength:"200"`
	Coordinator string        `json:"coordinator,omitempty" maxLength:"200"`
	Proposal    string        `json:"proposal,omitempty" maxLength:"200" doc:"decline: one of the incident's proposals"`
	Teams       []string      `json:"teams,omitempty" maxItems:"50"`
	Team        string        `json:"team,omitempty" maxLength:"200" doc:"team: which one"`
	Step        string        `json:"step,omitempty" maxLength:"20" doc:"team: activated, acknowledged or done"`
	Owner       string        `json:"owner,omitempty" maxLength:"200" doc:"crisis: who leads in crisis management"`
	Events      []string      `json:"events,omitempty" maxItems:"1000" doc:"split: the events that move to an incident of their own"`
	FollowUp    *followUpBody `json:"follow_up,omitempty"`
	Index       int           `json:"index,omitempty" minimum:"0" maximum:"1000" doc:"follow_up: which one to replace, from 1; 0 adds one"`
	Title       string        `json:"title,omitempty" maxLength:"500"`
	Summary     string        `json:"summary,omitempty" maxLength:"20000"`
	Category    string        `json:"category,omitempty" maxLength:"100"`
	Impact      impactBody    `json:"impact,omitzero"`
	Urgency     string        `json:"urgency,omitempty" maxLength:"50"`
	Priority    string        `json:"priority,omitempty" maxLength:"2"`
	Platform    string        `json:"platform,omitempty" maxLength:"100"`
	TLP         string        `json:"tlp,omitempty" maxLength:"20"`
	Visibility  string        `json:"visibility,omitempty" maxLength:"20" doc:"visibility: team, or restricted to a lead, an admin and whom the incident names"`
	Shared      []string      `json:"shared,omitempty" maxItems:"100" doc:"visibility: the people who may know of what is restricted, beside those at work on it; all of them"`
	PAP         string        `json:"pap,omitempty" maxLength:"20"`
	// What was found out: set, resolve, review, close.
	Intent          string              `json:"intent,omitempty" maxLength:"50" doc:"deliberate, accidental, environmental or unknown"`
	Means           string              `json:"means,omitempty" maxLength:"50" doc:"technical or non_technical"`
	FailedControls  []string            `json:"failed_controls,omitempty" maxItems:"100" doc:"the controls that failed; [\"none\"] where that was looked into"`
	Vulnerabilities []vulnerabilityBody `json:"vulnerabilities,omitempty" maxItems:"100" doc:"involved or discovered; [{\"id\":\"none\"}] where that was looked into"`

	Occurred time.Time       `json:"occurred,omitzero" doc:"of the first hostile act, as far as known"`
	Entities []tocsin.Entity `json:"entities,omitempty" maxItems:"100"`

	Regime    string    `json:"regime,omitempty" maxLength:"64" doc:"clock commands: one of /regimes"`
	Stage     string    `json:"stage,omitempty" maxLength:"64" doc:"clock_submit, clock_waive: which report of the regime"`
	Anchored  time.Time `json:"anchored,omitzero" doc:"clock_start: when the anchor was; as the incident's marks say where left out"`
	Basis     string    `json:"basis,omitempty" maxLength:"1000" doc:"clock_start: by what that is known"`
	Reference string    `json:"reference,omitempty" maxLength:"1000" doc:"clock_submit: under what the authority took it"`
	SHA256    string    `json:"sha256,omitempty" maxLength:"64" doc:"clock_submit: of the content, in hex"`
}

// followUpBody is a follow-up of which all but the text may be left out.
type followUpBody struct {
	Text  string    `json:"text" minLength:"1" maxLength:"2000"`
	Owner string    `json:"owner,omitempty" maxLength:"200"`
	Due   time.Time `json:"due,omitzero"`
	Done  bool      `json:"done,omitempty"`
	State string    `json:"state,omitempty" maxLength:"20" doc:"open, in_progress, done or dropped"`
}

// vulnerabilityBody is a vulnerability of which all but the id may be left out.
type vulnerabilityBody struct {
	ID    string `json:"id" minLength:"1" maxLength:"200"`
	Asset string `json:"asset,omitempty" maxLength:"200"`
	Owner string `json:"owner,omitempty" maxLength:"200"`
	State string `json:"state,omitempty" maxLength:"20" doc:"open, mitigated, fixed or accepted"`
}

func (b *Body) vulnerabilities() (all []tocsin.Vulnerability) {
	for _, v := range b.Vulnerabilities {
		all = append(all, tocsin.Vulnerability(v))
	}
	return all
}

// impactBody is an impact of which each axis may be left out.
type impactBody struct {
	Functional     string `json:"functional,omitempty"`
	Information    string `json:"information,omitempty"`
	Recoverability string `json:"recoverability,omitempty"`
	BusinessLoss   string `json:"business_loss,omitempty"`
	Social         string `json:"social,omitempty"`
}

type commandInput struct {
	ID      string `path:"id" maxLength:"64" pattern:"^[0-9a-f-]+$"` // in no embedded struct: huma reads none that is unexported
	IfMatch string `header:"If-Match" maxLength:"40" pattern:"^([*]|(W/)?\"?[1-9][0-9]{0,17}\"?)$" patternDescription:"a revision in quotes, or *" doc:"the revision the command was decided on, in quotes, or *"`
	Key     string `header:"Idempotency-Key" maxLength:"200" doc:"the same command with the same key is carried out once"`
	Body    Body
}

type createInput struct {
	Key  string `header:"Idempotency-Key" minLength:"1" maxLength:"200" required:"true"`
	Body Body
}

type eventCommandInput struct {
	ID   string `path:"id" maxLength:"64" pattern:"^[0-9a-f-]+$"`
	Key  string `header:"Idempotency-Key" maxLength:"200"`
	Body Body
}

type empty struct{}

// actions are the commands on an incident, in the order of its life.
var actions = []tocsin.Action{
	tocsin.ActDeclare, tocsin.ActReject, tocsin.ActAcknowledge, tocsin.ActContain, tocsin.ActEradicate, tocsin.ActRecover,
	tocsin.ActResolve, tocsin.ActClose, tocsin.ActReopen, tocsin.ActMerge, tocsin.ActAssign, tocsin.ActHandOver,
	tocsin.ActComment, tocsin.ActSet, tocsin.ActConfirm, tocsin.ActFollowUp, tocsin.ActReview,
	tocsin.ActHold, tocsin.ActRelease, tocsin.ActTeam, tocsin.ActCrisis, tocsin.ActReturn, tocsin.ActSplit, tocsin.ActDecline, tocsin.ActVisibility,
	tocsin.ActClockStart, tocsin.ActClockSubmit, tocsin.ActClockWaive,
}

func (a *routes) commands() {
	for _, act := range actions {
		role, ok := register.RoleFor(act)
		if !ok {
			continue
		}
		name := strings.ReplaceAll(string(act), "_", "-")
		op := operation(name+"-incident", http.MethodPost, "/incidents/{id}/"+name, role, "Command: "+strings.ReplaceAll(string(act), "_", " "), 404, 409, 412, 422, 428, 503)
		huma.Register(a.api, op, func(ctx context.Context, in *commandInput) (*incidentAnswer, error) { return a.command(ctx, act, in) })
	}
	role, _ := register.RoleFor(tocsin.ActCreate)
	op := operation("create-incident", http.MethodPost, "/incidents", role, "Report an incident", 409, 422, 503)
	op.DefaultStatus = http.StatusCreated
	huma.Register(a.api, op, func(ctx context.Context, in *createInput) (*incidentAnswer, error) {
		cmd := command(ctx, tocsin.ActCreate, in.Key, in.Body)
		if cmd.Tenant == "" {
			cmd.Tenant = "default"
		}
		i, err := a.Register.Do(ctx, cmd)
		if err != nil {
			return nil, a.problem(err)
		}
		return answer(i), nil
	})
}

func (a *routes) command(ctx context.Context, act tocsin.Action, in *commandInput) (*incidentAnswer, error) {
	if in.IfMatch == "" {
		return nil, huma.NewError(http.StatusPreconditionRequired, "If-Match is needed: the incident's ETag, or * to act on any revision")
	}
	if strings.HasPrefix(in.IfMatch, "W/") {
		return nil, huma.NewError(http.StatusPreconditionFailed, "If-Match compares strongly (RFC 9110, 13.1.1), so that a weak tag never matches: give the incident's ETag without W/, or * to act on any revision")
	}
	expected, ok := revision(in.IfMatch)
	if !ok {
		return nil, huma.Error422UnprocessableEntity("If-Match is no revision: write the incident's ETag, or *")
	}
	cmd := command(ctx, act, in.Key, in.Body)
	cmd.Incident, cmd.ExpectedRevision = in.ID, expected
	if in.Key == "" { // without a key, the command at this revision is what is done once
		cmd.ID = tocsin.Hash("command", in.ID, string(act), cmd.By.ID, in.IfMatch, a.Now().UTC().Format(time.RFC3339Nano))
	}
	i, err := a.Register.Do(ctx, cmd)
	if err != nil {
		return nil, a.problem(err)
	}
	return answer(i), nil
}

// command fills a register's command from a request.
func command(ctx context.Context, act tocsin.Action, key string, b Body) register.Command {
	id := auth.From(ctx)
	return register.Command{
		ID: key, Action: act, Tenant: id.Tenant, By: id.Actor, Effective: b.Effective, Reason: b.Reason, Text: b.Text,
		Disposition: b.Disposition, RootCause: b.RootCause, Into: b.Into, Assignee: b.Assignee, Coordinator: b.Coordinator, Teams: b.Teams,
		FollowUp: (*tocsin.FollowUp)(b.FollowUp), Index: b.Index, Title: b.Title, Summary: b.Summary, Category: b.Category, Impact: tocsin.Impact(b.Impact),
		Urgency: b.Urgency, Priority: b.Priority, Platform: b.Platform, TLP: b.TLP, PAP: b.PAP, Team: b.Team, Step: b.Step, Owner: b.Owner, Events: b.Events,
		Intent: b.Intent, Means: b.Means, FailedControls: b.FailedControls, Vulnerabilities: b.vulnerabilities(), Proposal: b.Proposal, Occurred: b.Occurred, Entities: b.Entities, Visibility: b.Visibility, Shared: b.Shared,
		Regime: b.Regime, Stage: b.Stage, Anchored: b.Anchored, Basis: b.Basis, Reference: b.Reference, SHA256: b.SHA256,
	}
}

// eventCommands are the verdicts that a person gives on a pending event.
func (a *routes) eventCommands() {
	for act, status := range map[tocsin.Action]int{tocsin.ActPromote: http.StatusOK, tocsin.ActDismiss: http.StatusNoContent} {
		role, ok := register.RoleFor(act)
		if !ok {
			continue
		}
		op := operation(string(act)+"-event", http.MethodPost, "/events/{id}/"+string(act), role, "Verdict on a pending event: "+string(act), 404, 409, 422, 503)
		op.DefaultStatus = status
		run := func(ctx context.Context, in *eventCommandInput) (tocsin.Incident, error) {
			cmd := command(ctx, act, in.Key, in.Body)
			cmd.Event = in.ID
			if in.Key == "" { // without a key, each is a command of its own
				cmd.ID = tocsin.Hash("command", in.ID, string(act), cmd.By.ID, a.Now().UTC().Format(time.RFC3339Nano))
			}
			return a.Register.Do(ctx, cmd)
		}
		if act == tocsin.ActDismiss {
			huma.Register(a.api, op, func(ctx context.Context, in *eventCommandInput) (*empty, error) {
				_, err := run(ctx, in)
				return nil, a.problem(err)
			})
			continue
		}
		huma.Register(a.api, op, func(ctx context.Context, in *eventCommandInput) (*incidentAnswer, error) {
			i, err := run(ctx, in)
			if err != nil {
				return nil, a.problem(err)
			}
			return answer(i), nil
		})
	}
}
