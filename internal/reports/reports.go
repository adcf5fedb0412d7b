// Package reports takes what people report: by the form, by phone or mail through somebody who writes it down, or by the
// API (ISO/IEC 27035-1, 4.5.2 and 4.7.2). A report becomes an event that no rule found, which is assessed like any
// other. Who reported it goes to the place of the informants alone.
package reports

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tocsin"
	"tocsin/internal/fault"
)

// An Input is a report as it is given. All but What may be left out.
type Input struct {
	What    string
	When    string // RFC 3339, a date with or without a time (UTC), or words
	Where   string
	Kind    string // one of [Kinds]
	Ongoing bool   // it goes on now
	Name    string // of who tells it
	Contact string
	Channel string // one of [tocsin.Channels]; "" is form
}

// The limits of what one report holds.
const (
	MaxWhat = 10_000
	MaxLine = 500
)

// A Kind is what something looks like to who reports it.
type Kind struct{ Name, Text, category string }

// Kinds are what a form offers. Their categories are those of the shipped scales; a scale that has no such category
// takes its own for what is not known.
func Kinds() []Kind {
	return []Kind{
		{"message", "A suspicious message or call", "fraud/phishing"},
		{"lost_device", "A device or papers are lost or stolen", "intrusions/burglary"},
		{"strange_behaviour", "A computer or an account behaves strangely", "malicious-code/infected-system"},
		{"access", "Somebody got at something that they should not", "information-content-security/unauthorised-information-access"},
		{"wrong_recipient", "Data went to the wrong place", "information-content-security/data-leak"},
		{"not_available", "Something does not work any more", "availability/outage"},
		{"weakness", "A weakness that somebody could use", "vulnerable/vulnerable-system"},
		{"other", "Something else", ""},
	}
}

// A Fault lists all that is wrong with a report.
type Fault struct{ Faults []string }

// Error is all of it in one line.
func (f *Fault) Error() string { return strings.Join(f.Faults, "; ") }

// A Store keeps the events that reports become.
type Store interface {
	StoreEvents(ctx context.Context, events []tocsin.Event) error
	Event(ctx context.Context, id string) (tocsin.Event, error)
}

// A Vault keeps who reported something; see the contract in package sinks.
type Vault interface {
	PutInformant(ctx context.Context, i tocsin.Informant) error
	Informant(ctx context.Context, token string) (tocsin.Informant, error)
	EraseInformant(ctx context.Context, token string, e tocsin.Erasure) (tocsin.Informant, error)
}

// A Desk takes reports. All members are required.
type Desk struct {
	Store Store
	Vault Vault
	// Assess hands an event to the registrar: it is assessed and registered when it returns, or will be, in its order.
	Assess func(ctx context.Context, e tocsin.Event) error
	Now    func() time.Time
}

// Take makes an event of a report. The same key for a tenant is the same report: what was cut short is completed, and
// nothing is done twice. The error is a [*Fault] where the report cannot be taken.
func (d *Desk) Take(ctx context.Context, tenant, key string, in Input) (tocsin.Event, error) {
	now := d.Now().UTC().Round(0)
	occurred, err := in.check(now)
	if err != nil {
		return tocsin.Event{}, err
	}
	tenant, key = cmp.Or(tenant, "default"), cmp.Or(key, rand.Text())
	e, err := d.known(ctx, tenant, key, now)
	if errors.Is(err, tocsin.ErrNotFound) {
		e = in.event(tenant, key, now, occurred)
		if e.Report.Informant, e.Report.Commitment, err = d.hide(ctx, tenant, key, e.ID, in, now); err != nil {
			return tocsin.Event{}, err
		}
		err = d.Store.StoreEvents(ctx, []tocsin.Event{e})
	}
	if err != nil {
		return tocsin.Event{}, err
	}
	return e, d.Assess(ctx, e)
}

// known is the event that the report became before, this month or the last.
func (d *Desk) known(ctx context.Context, tenant, key string, now time.Time) (tocsin.Event, error) {
	e, err := d.Store.Event(ctx, eventID(tenant, key, now))
	if errors.Is(err, tocsin.ErrNotFound) {
		return d.Store.Event(ctx, eventID(tenant, key, now.AddDate(0, 0, -now.Day())))
	}
	return e, err
}

func eventID(tenant, key string, at time.Time) string {
	return tocsin.EventID(tenant, "report", nil, tocsin.Hash("report", key), at)
}

// hide puts who reported it where only a lead looks, and returns the token and the commitment that stand for it.
func (d *Desk) hide(ctx context.Context, tenant, key, event string, in Input, now time.Time) (token, commitment string, err error) {
	if in.Name == "" && in.Contact == "" {
		return "", "", nil
	}
	i := tocsin.Informant{
		Token: tocsin.Hash("informant", tenant, key, event), Tenant: tenant, Event: event, Name: in.Name, Contact: in.Contact, Salt: rand.Text(), At: now,
	}
	i.Commitment = i.Seal()
	err = d.Vault.PutInformant(ctx, i)
	if errors.Is(err, tocsin.ErrConflict) { // the same report before, cut short
		i, err = d.Vault.Informant(ctx, i.Token)
	}
	if err != nil {
		return "", "", fmt.Errorf("informant: %w", err)
	}
	return i.Token, i.Commitment, nil
}

// event is the report as an event: found by no rule, about no alert.
func (in Input) event(tenant, key string, now, occurred time.Time) tocsin.Event {
	kinds := map[string]string{}
	for _, k := range Kinds() {
		kinds[k.Name] = k.category
	}
	level := "medium"
	if in.Ongoing {
		level = "high"
	}
	first := now
	if !occurred.IsZero() {
		first = occurred
	}
	return tocsin.Event{
		ID: eventID(tenant, key, now), Tenant: tenant, Activity: tocsin.Closed, Milestone: tocsin.MilestoneOpened, Revision: 1,
		Rule:  tocsin.RuleRef{Title: "Reported: " + title(in.What), Level: level, Category: kinds[in.Kind], Confidence: 0.5, Tags: []string{}},
		First: first, Last: first, Opened: now, Detected: now, At: now, Group: tocsin.Group{}, Entities: []tocsin.Entity{},
		Evidence: tocsin.Evidence{Alerts: []tocsin.AlertRef{}, Events: []string{}}, Completeness: tocsin.Completeness{Degraded: []string{}, AbsentFields: map[string]int64{}},
		Report: &tocsin.Report{
			Channel: cmp.Or(in.Channel, "form"), Kind: in.Kind, What: in.What, When: in.When, Where: in.Where, Ongoing: in.Ongoing,
		},
	}
}

// title is the first words of a report.
func title(what string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(what), "\n")
	words := []rune(strings.Join(strings.Fields(line), " "))
	if len(words) > 80 {
		return string(words[:79]) + "…"
	}
	return string(words)
}

// check refuses what cannot be taken, and reads the time, if When is one.
func (in Input) check(now time.Time) (occurred time.Time, err error) {
	var faults []string
	if strings.TrimSpace(in.What) == "" {
		faults = append(faults, "what: say what happened")
	}
	for name, v := range map[string]struct {
		text string
		most int
	}{
		"what": {in.What, MaxWhat}, "when": {in.When, MaxLine}, "where": {in.Where, MaxLine}, "name": {in.Name, MaxLine}, "contact": {in.Contact, MaxLine},
	} {
		if len(v.text) > v.most {
			faults = append(faults, fmt.Sprintf("%s: at most %d bytes", name, v.most))
		}
	}
	var kinds []string
	for _, k := range Kinds() {
		kinds = append(kinds, k.Name)
	}
	for name, v := range map[string]struct {
		word  string
		words []string
	}{"kind": {in.Kind, kinds}, "channel": {in.Channel, tocsin.Channels()}} {
		if v.word != "" && !slices.Contains(v.words, v.word) {
			faults = append(faults, unknown(name, v.word, v.words))
		}
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04", "2006-01-02"} {
		if at, err := time.Parse(layout, strings.TrimSpace(in.When)); err == nil {
			occurred = at.UTC()
			break
		}
	}
	if occurred.After(now) {
		faults = append(faults, "when: "+occurred.Format(time.RFC3339)+" is in the future")
	}
	if len(faults) > 0 {
		slices.Sort(faults)
		return occurred, &Fault{Faults: faults}
	}
	return occurred, nil
}

// unknown says that a word is none of those that may be given, and which was meant.
func unknown(name, word string, words []string) string {
	text := fmt.Sprintf("%s: %.80q is none of %s", name, word, strings.Join(words, ", "))
	if near := fault.Nearest(word, words); near != "" {
		text += "; did you mean " + near + "?"
	}
	return text
}
