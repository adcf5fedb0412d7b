package register

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"time"

	"tocsin"
)

// sameCommand refuses a command id that was used for something else: another action, by somebody else, or with another
// content. The same command again is what a client sends that did not get its answer.
func (r *Register) sameCommand(ctx context.Context, cmd Command, i tocsin.Incident) error {
	var seq int64
	if err := r.look(ctx, i.ID, func(now view) { seq = now.commands[cmd.ID] }); err != nil {
		return err
	}
	entries, err := r.store.Entries(ctx, i.ID, 1)
	if err != nil || seq < 1 || seq > int64(len(entries)) {
		return err
	}
	e, otherwise := entries[seq-1], ""
	if e.Action == cmd.Action && e.By.ID == cmd.By.ID {
		same := e.Reason == cmd.Reason && (e.Text == cmd.Text || cmd.Text == "") && cmd.sameTime(&e)
		if same && !slices.ContainsFunc(entries[seq:], func(o tocsin.LogEntry) bool { return o.Action == tocsin.ActErase }) {
			same, err = r.saysTheSame(cmd, entries[:seq])
		}
		if same || err != nil {
			return err
		}
		otherwise = ", with another content"
	}
	return reused(cmd, i.ID, e.Action, e.By, otherwise)
}

// reused refuses a command id that was used for something else.
func reused(cmd Command, on string, was tocsin.Action, by tocsin.Actor, otherwise string) error {
	return &Refusal{Incident: on, Action: cmd.Action, Reused: true, Missing: []string{
		fmt.Sprintf("a command id of its own: %q was used for %s by %s%s", cmd.ID, was, by.ID, otherwise),
	}}
}

// longest is more than any command waits between its check and its entry in the log.
const longest = time.Hour

// sameTime reports whether a command says of its time what the one of an entry said: that moment, or, where it says none,
// the moment at which it was given.
func (c Command) sameTime(e *tocsin.LogEntry) bool {
	if !c.at.IsZero() {
		return c.at.Equal(e.Effective)
	}
	return e.Recorded.Sub(e.Effective) < longest
}

// saysTheSame reports whether a command would have written the last of some entries, the log up to it: in all that is the
// person's own, so that a scale which changed since makes no other command of it.
func (r *Register) saysTheSame(cmd Command, log []tocsin.LogEntry) (bool, error) {
	before, e := newState(), log[len(log)-1]
	for _, o := range log[:len(log)-1] {
		if err := before.apply(o); err != nil {
			return false, err
		}
	}
	if e.Action == tocsin.ActSplit {
		return sameEvents(cmd, e)
	}
	cmd.Effective = e.Effective
	var again *tocsin.LogEntry
	var err error
	if e.Action == tocsin.ActCreate {
		again, err = r.reported(cmd, e.Tenant, "")
	} else {
		again, err = r.entry(cmd, viewOf(before))
	}
	if _, refused := errors.AsType[*Refusal](err); refused {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	said, err := cmd.said(e.Data)
	if err != nil {
		return false, err
	}
	says, err := cmd.said(again.Data)
	return reflect.DeepEqual(said, says), err
}

// sameEvents reports whether a split names the events that went.
func sameEvents(cmd Command, e tocsin.LogEntry) (bool, error) {
	p, err := unpack[parting](e)
	went := map[string]bool{}
	for _, of := range p.Events {
		went[of.ID] = true
	}
	asked := map[string]bool{}
	for _, id := range cmd.Events {
		asked[id] = true
	}
	return maps.Equal(went, asked), err
}

// said is what a payload has of the person who gave the command: without what scales, targets, regimes and the counter of
// numbers made of it.
func (c Command) said(data json.RawMessage) (map[string]any, error) {
	all := map[string]any{}
	if len(data) == 0 {
		return all, nil
	}
	if err := json.Unmarshal(data, &all); err != nil {
		return nil, fmt.Errorf("data of %s: %w", c.Action, err)
	}
	made := []string{"targets", "due", "review", "confirm", "stops", "number", "severity", "class", "category_iso", "scale", "asset"}
	if c.Priority == "" {
		made = append(made, "priority")
	}
	if c.Action == tocsin.ActClockStart {
		made = append(made, "clocks")
	}
	parts := []map[string]any{all}
	if rated, ok := all["assessment"].(map[string]any); ok {
		parts = append(parts, rated)
	}
	for _, part := range parts {
		for _, name := range made {
			delete(part, name)
		}
	}
	return all, nil
}
