package register

import "tocsin"

// Foresee tells what a command would be refused for on an incident as it stands, without giving it: nil where it would
// be carried out, else a [*Refusal]. Of a merger and a split, what other documents decide is not looked at.
func (r *Register) Foresee(i tocsin.Incident, cmd Command) error {
	if cmd.Effective.IsZero() {
		cmd.Effective = r.now()
	}
	if cmd.Action == tocsin.ActSplit { // its entries are made by a way of its own
		if !i.Status.IsOpen() {
			return &Refusal{Incident: i.ID, Action: cmd.Action, Status: i.Status, Missing: []string{"an open incident: reopen it first"}}
		}
		return nil
	}
	_, err := r.entry(cmd, view{incident: i, seq: i.Revision})
	return err
}
