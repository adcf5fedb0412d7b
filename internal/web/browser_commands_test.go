package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"tocsin"
	"tocsin/register"
)

// A walk is how one command is given in the browser: what must have happened before, and what the form is filled with.
type walk struct {
	before []register.Command
	again  bool // a second event of its group came after that
	auto   bool // policy declared it
	fields map[string]string
}

var (
	declared     = []register.Command{{Action: tocsin.ActDeclare}}
	acknowledged = append(slices.Clone(declared), register.Command{Action: tocsin.ActAcknowledge})
	contained    = append(slices.Clone(acknowledged), register.Command{Action: tocsin.ActContain})
	eradicated   = append(slices.Clone(contained), register.Command{Action: tocsin.ActEradicate})
	recovered    = append(slices.Clone(eradicated), register.Command{Action: tocsin.ActRecover})
	resolved     = append(slices.Clone(recovered), register.Command{Action: tocsin.ActResolve, Disposition: "false_positive"})
	proven       = append(slices.Clone(recovered), register.Command{Action: tocsin.ActResolve, Disposition: "true_positive_no_impact", RootCause: "human_error"})
	clocked      = append(slices.Clone(declared), register.Command{Action: tocsin.ActClockStart, Regime: "law", Basis: "a letter"})
)

// walks has every command that a page has a form for: one without a walk fails [TestBrowserCommands].
func walks(other string) map[tocsin.Action]walk {
	return map[tocsin.Action]walk{
		tocsin.ActDeclare:     {},
		tocsin.ActReject:      {fields: map[string]string{"disposition": "false_positive", "reason": "a scanner of ours"}},
		tocsin.ActConfirm:     {auto: true},
		tocsin.ActAcknowledge: {before: declared},
		tocsin.ActContain:     {before: acknowledged},
		tocsin.ActEradicate:   {before: contained},
		tocsin.ActRecover:     {before: eradicated},
		tocsin.ActResolve:     {before: recovered, fields: map[string]string{"disposition": "false_positive"}},
		tocsin.ActReview:      {before: resolved, fields: map[string]string{"text": "scanners are told of beforehand"}},
		tocsin.ActClose:       {before: resolved, fields: map[string]string{"disposition": "false_positive", "failed_controls": "none", "vulnerabilities": "none"}},
		tocsin.ActReopen:      {before: resolved, fields: map[string]string{"reason": "it came back"}},
		tocsin.ActAssign:      {before: declared, fields: map[string]string{"assignee": "dora"}},
		tocsin.ActHandOver:    {before: declared, fields: map[string]string{"coordinator": "dora", "text": "ann called twice"}},
		tocsin.ActSet:         {before: declared, fields: map[string]string{"priority": "P3", "title": "<b>Two</b> scanners"}},
		tocsin.ActVisibility:  {before: declared, fields: map[string]string{"visibility": "restricted", "shared": "ines, bert", "reason": "one of us"}},
		tocsin.ActTeam:        {before: declared, fields: map[string]string{"team": "network", "step": "activated"}},
		tocsin.ActHold:        {before: declared, fields: map[string]string{"reason": "the provider"}},
		tocsin.ActRelease:     {before: append(slices.Clone(declared), register.Command{Action: tocsin.ActHold, Reason: "the provider"})},
		tocsin.ActCrisis:      {before: declared, fields: map[string]string{"owner": "carl", "text": "all of it"}},
		tocsin.ActReturn:      {before: append(slices.Clone(declared), register.Command{Action: tocsin.ActCrisis, Owner: "carl", Text: "all of it"}), fields: map[string]string{"text": "decided"}},
		tocsin.ActClockStart:  {before: declared, fields: map[string]string{"regime": "law", "basis": "the analysis"}},
		tocsin.ActClockSubmit: {before: clocked, fields: map[string]string{"clock": "law/early", "reference": "A-1", "sha256": strings.Repeat("ab", 32)}},
		tocsin.ActClockWaive:  {before: clocked, fields: map[string]string{"clock": "law/early", "reason": "nobody is harmed"}},
		tocsin.ActMerge:       {before: declared, fields: map[string]string{"into": other}},
		tocsin.ActComment:     {fields: map[string]string{"text": "seen <script>alert(1)</script>"}},
		tocsin.ActFollowUp:    {before: declared, fields: map[string]string{"follow_up": "patch web1", "owner": "dora", "due": "2026-12-01"}},
		tocsin.ActSplit:       {before: declared, again: true, fields: map[string]string{"event": "202611-again-split", "title": "Another matter"}},
		tocsin.ActDecline:     {before: proven, again: true, fields: map[string]string{"proposal": "reopen:202611-again-decline"}},
	}
}

// lawful is a world in which a law's clocks can be started.
func lawful(t *testing.T) *world {
	return newWorld(t, func(o *Options) {
		law := register.Regime{ID: "law", Title: "A law", Anchor: "aware", Stages: []register.Stage{{ID: "early", Title: "Early warning", Within: 24 * time.Hour, Anchor: "aware"}}}
		o.Regimes = func() []register.Regime { return []register.Regime{law} }
		o.Register = register.New(register.Options{Store: o.Store.(register.Store), Now: o.Now, Regimes: []register.Regime{law}})
		o.OpenReports = true
	})
}

// bring makes an incident on which a walk can begin.
func (w *world) bring(name string, k walk) tocsin.Incident {
	w.t.Helper()
	reg := w.opts.Register.(*register.Register)
	found := func(id string) tocsin.Incident {
		w.t.Helper()
		mode := tocsin.ModePropose
		if k.auto {
			mode = tocsin.ModeAuto
		}
		out, err := reg.Apply(w.t.Context(), w.event(id, "Walk "+name, name), tocsin.Assessment{
			State: tocsin.Promoted, Mode: mode, Priority: "P2", Category: "intrusion-attempts/brute-force", Urgency: "active", Impact: tocsin.Impact{Functional: "low"},
			Class: "II", Severity: "less_serious", Policy: "serious", Basis: "profile", Scale: "tocsin-default@2026.1",
		})
		if err != nil {
			w.t.Fatal(err)
		}
		return out.Incident
	}
	i := found("first-" + name)
	for n, cmd := range k.before {
		cmd.ID, cmd.Incident, cmd.By = fmt.Sprint(name, n), i.ID, tocsin.Actor{Kind: "person", ID: "eve", Role: "lead"}
		if _, err := reg.Do(w.t.Context(), cmd); err != nil {
			w.t.Fatalf("%s: %v", name, err)
		}
	}
	if k.again {
		found("again-" + name)
	}
	i, err := reg.Incident(w.t.Context(), i.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return i
}

// TestBrowserCommands gives every command of an incident's page in the browser: its form is reached, opened and sent by
// the keyboard, and the log has it.
func TestBrowserCommands(t *testing.T) {
	b := chromium(t)
	w := lawful(t)
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)
	b.as(leadToken)
	all := walks(w.incident("0e9", "Another", "another").Number)
	for n, f := range allForms() {
		k, ok := all[f.Action]
		if !ok {
			t.Errorf("%s is not tried in the browser: give it a walk", f.Action)
		}
		if !ok || testing.Short() && n > 3 {
			continue
		}
		i := w.bring(string(f.Action), k)
		b.open(server.URL + "/incidents/" + i.ID)
		b.give(string(f.Action), k.fields)
		b.until(fmt.Sprintf(`!document.querySelector('.refused') && +document.querySelector('input[name=revision]')?.value > %d`, i.Revision))
		entries, err := w.store.Entries(t.Context(), i.ID, i.Revision+1)
		if err != nil || !slices.ContainsFunc(entries, func(e tocsin.LogEntry) bool { return e.Action == f.Action && e.By.ID == "lena" }) {
			t.Errorf("%s: its log has %v (%v)", f.Action, entries, err)
		}
		b.none(string(f.Action), "faults", b.taken())
	}
}

// give fills in a command's form and sends it by the keyboard.
func (b *browser) give(action string, fields map[string]string) {
	b.t.Helper()
	values, err := json.Marshal(fields)
	if err != nil {
		b.t.Fatal(err)
	}
	form := `document.querySelector('form[data-action=` + action + `]')`
	if !evaluate[bool](b, `!!`+form) {
		b.t.Fatalf("%s has no form: %s", action, evaluate[string](b, `document.querySelector('.commands')?.innerText ?? 'no commands'`))
	}
	_ = evaluate[int](b, form+`.closest('details').querySelector('summary').focus(), 1`)
	b.press("\r")
	b.until(form + `.closest('details').open`)
	missing := evaluate[[]string](b, `(() => { const f = `+form+`, v = `+string(values)+` ?? {}, wrong = [];
		for (const [name, value] of Object.entries(v)) { f.elements[name].value = value; if (f.elements[name].value !== value) wrong.push(name); }
		for (const e of f.elements) if (!e.checkValidity()) wrong.push(e.name + ' is empty');
		f.querySelector('textarea').focus();
		return wrong; })()`)
	b.none(action, "fields that cannot be filled in", missing)
	b.press("\t") // from the note to the button
	b.press("\r")
}

// TestBrowserBulk gives every command of the queue to two incidents at once, chosen by the keyboard.
func TestBrowserBulk(t *testing.T) {
	b := chromium(t)
	w := lawful(t)
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)
	b.as(leadToken)
	before := map[tocsin.Action][]register.Command{tocsin.ActAssign: declared, tocsin.ActAcknowledge: declared, tocsin.ActReject: nil, tocsin.ActClose: resolved}
	for _, a := range bulkActions() {
		past, ok := before[a.Action]
		if !ok {
			t.Errorf("%s is not tried on several: say what comes before", a.Action)
		}
		one, two := w.bring("bulk"+string(a.Action)+"one", walk{before: past}), w.bring("bulk"+string(a.Action)+"two", walk{before: past})
		b.open(server.URL + "/?title=bulk" + string(a.Action))
		b.press("jxjx")
		_ = evaluate[int](b, `(() => { const f = document.getElementById('bulk'); f.elements.text.value = 'all the same'; f.elements.disposition.value = 'false_positive'; f.querySelector('button[value=`+string(a.Action)+`]').focus(); return 1; })()`)
		b.press("\r")
		b.until(`location.pathname === '/incidents' && document.body.innerText.includes('2 of 2 incidents')`)
		for _, i := range []tocsin.Incident{one, two} {
			entries, err := w.store.Entries(t.Context(), i.ID, i.Revision+1)
			if err != nil || len(entries) == 0 || entries[0].Action != a.Action {
				t.Errorf("%s: %v (%v)", a.Action, entries, err)
			}
		}
		b.none(string(a.Action), "faults", b.taken())
	}
}

// TestBrowserForms sends the forms that are no commands of an incident.
func TestBrowserForms(t *testing.T) {
	b := chromium(t)
	var redriven []string
	w := newWorld(t, func(o *Options) {
		o.OpenReports = true
		o.Dispose = func(_ context.Context, id, _ string, action tocsin.DispositionAction, by tocsin.Actor, why string) error {
			redriven = append(redriven, string(action)+" "+by.ID+" "+why)
			return nil
		}
	})
	i := w.incident("0e1", "Password spray", "ann")
	w.letter("json", "invalid character '<'", "<b>no alert")
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)

	// Somebody signs in by the keyboard, reports, and signs out.
	b.open(server.URL + "/login?next=/report")
	_ = evaluate[int](b, `document.getElementById('token').focus(), 1`)
	b.press(leadToken + "\r")
	b.until(`location.pathname === '/report' && document.querySelector('.who').innerText.includes('lena')`)
	_ = evaluate[int](b, `document.getElementById('what').focus(), 1`)
	b.press("A letter asks for my password")
	_ = evaluate[int](b, `document.querySelector('form[action="/report"] button').focus(), 1`)
	b.press("\r")
	b.until(`!document.getElementById('what') && /\d{6}-/.test(document.querySelector('main').innerText)`)

	// A dead letter is sent to the intake again.
	b.open(server.URL + "/dead-letters")
	_ = evaluate[int](b, `document.querySelector('#letters input[type=checkbox]').focus(), 1`)
	b.press(" ")
	_ = evaluate[int](b, `document.getElementById('why').value = 'mended', document.querySelector('button[value=redriven]').focus(), 1`)
	b.press("\r")
	b.until(`document.body.innerText.includes('1 dead letter redriven')`)
	if !slices.Equal(redriven, []string{"redriven lena mended"}) {
		t.Errorf("redriven: %v", redriven)
	}

	// A draft of an exception is changed and checked again.
	b.open(server.URL + "/rules/r1/draft?kind=exception&event=202611-0e1")
	_ = evaluate[int](b, `document.getElementById('draft-text').value = 'a fault of mine', document.querySelector('.draft button').focus(), 1`)
	b.press("\r")
	b.until(`document.body.innerText.includes('It has faults')`)

	// A report is looked at before it is sent.
	b.open(server.URL + "/incidents/" + i.ID)
	_ = evaluate[int](b, `document.querySelector('a[href$="?preview=1#report"]').focus(), 1`)
	b.press("\r")
	b.until(`!!document.querySelector('.record[aria-label="The report as it is now"]')`)
	_ = evaluate[int](b, `document.querySelector('form[action="/logout"] button').focus(), 1`)
	b.press("\r")
	b.until(`document.querySelector('.who').innerText.includes('Sign in')`)
	b.none("forms", "faults", b.taken())
}
