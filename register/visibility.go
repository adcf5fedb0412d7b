package register

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"tocsin"
)

// A confidence is the payload of visibility, and part of the payloads by which an incident takes over who may know of
// another. An empty one changes nothing.
type confidence struct {
	Visibility string `json:"visibility,omitempty"` // one of [tocsin.Visibilities]
	Shared     string `json:"shared,omitempty"`     // people, a name a line: one text, as one commitment stands for it
}

// ReaderOf is what somebody may see of restricted incidents: a lead and an admin all, whoever else what names him.
func ReaderOf(by tocsin.Actor, teams func(name string) []string) *tocsin.Reader {
	if by.Role == "lead" || by.Role == "admin" {
		return nil
	}
	reader := &tocsin.Reader{Name: by.ID}
	if teams != nil && by.ID != "" {
		reader.Teams = teams(by.ID)
	}
	return reader
}

// ReaderOf is [ReaderOf] with the register's teams.
func (r *Register) ReaderOf(by tocsin.Actor) *tocsin.Reader { return ReaderOf(by, r.opts.Teams) }

// known reports an incident that whoever gives a command may not know of as one that is not there.
func (r *Register) known(ctx context.Context, incident string, cmd Command) error {
	known := true
	if err := r.look(ctx, incident, func(now view) { known = now.incident.KnownTo(cmd.reader) }); err != nil {
		return err
	}
	if !known {
		return fmt.Errorf("event %s: %w", cmd.Event, tocsin.ErrNotFound)
	}
	return nil
}

// confiding is the payload of visibility, and what its guards miss. Whoever restricts an incident and is not named by it
// is named by this.
func confiding(cmd Command, i tocsin.Incident) (any, []string) {
	var missing []string
	shared := union(nil, cmd.Shared...)
	slices.Sort(shared)
	switch {
	case cmd.Visibility == "":
		missing = append(missing, "a visibility: one of "+strings.Join(tocsin.Visibilities(), ", "))
	case cmd.Visibility == tocsin.VisibleToTeam && len(shared) > 0:
		missing = append(missing, "no people by name: what is visible to the team is known to everybody whose role allows it")
	}
	if cmd.Reason == "" {
		missing = append(missing, "a reason: say why this many may know of it, and no more")
	}
	for _, name := range shared {
		if len(name) > maxName || strings.ContainsAny(name, "\n\r") {
			missing = append(missing, fmt.Sprintf("names of at most %d bytes, in one line each: %.40q is none", maxName, name))
		}
	}
	if len(missing) > 0 {
		return nil, missing
	}
	if cmd.Visibility == tocsin.Restricted {
		i.Visibility, i.Shared = tocsin.Restricted, shared
		if !i.KnownTo(cmd.reader) {
			shared = union(shared, cmd.By.ID)
		}
	}
	return confidence{cmd.Visibility, strings.Join(shared, "\n")}, nil
}

// inherited is what an incident that comes out of another one has of it: whoever did it goes on knowing of both.
func inherited(from tocsin.Incident, cmd Command, more ...string) confidence {
	if from.Visibility != tocsin.Restricted {
		return confidence{}
	}
	shared := union(slices.Clone(more), from.Shared...)
	shared = union(shared, from.Coordinator, from.Assignee)
	if cmd.reader != nil {
		shared = union(shared, cmd.By.ID)
	}
	slices.Sort(shared)
	return confidence{tocsin.Restricted, strings.Join(shared, "\n")}
}

// confide takes it in. Names that were erased are nobody's: fewer may know.
func (s *state) confide(_ tocsin.LogEntry, c confidence) {
	i := &s.incident
	switch c.Visibility {
	case "":
	case tocsin.Restricted:
		i.Visibility, i.Shared = tocsin.Restricted, nil
		for name := range strings.SplitSeq(c.Shared, "\n") {
			i.Shared = union(i.Shared, name)
		}
	default:
		i.Visibility, i.Shared = "", nil
	}
}

// returning is what an incident has of the one that it is come back from: where that is restricted, this one is known to
// leads alone until somebody says who else is to know.
func (r *Register) returning(ctx context.Context, v tocsin.Verdict, founds bool) (c confidence, err error) {
	if !founds || v.RecursOf == "" {
		return c, nil
	}
	err = r.look(ctx, v.RecursOf, func(now view) {
		if now.incident.Visibility == tocsin.Restricted {
			c.Visibility = tocsin.Restricted
		}
	})
	return c, err
}
