package register

import (
	"context"

	"tocsin"
)

// A Chosen is one of several incidents that a command is given to, at the revision that it was decided on; 0: any.
type Chosen struct {
	Incident string
	Revision int64
}

// Each gives one command to several incidents, to each as a command of its own: what one is refused for keeps no other
// from being done, and given again with the same id, each is done once. told gets what became of each, in the order
// asked; an incident that is named twice is told of once. The error is that of a context that has ended: given again,
// the command goes on.
func Each(ctx context.Context, do func(context.Context, Command) (tocsin.Incident, error), cmd Command, chosen []Chosen, told func(Chosen, tocsin.Incident, error)) error {
	seen, id := map[string]bool{}, cmd.ID
	for _, c := range chosen {
		if seen[c.Incident] {
			continue
		}
		seen[c.Incident] = true
		cmd.ID, cmd.Incident, cmd.ExpectedRevision = id+":"+c.Incident, c.Incident, c.Revision
		i, err := do(ctx, cmd)
		told(c, i, err)
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}
