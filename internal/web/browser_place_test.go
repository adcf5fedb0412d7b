package web

import (
	"fmt"
	"net/http/httptest"
	"testing"

	"tocsin"
)

// TestBrowserKeepsThePlace: whoever reads on in the list, or goes through it by Tab, stays where they are when something
// more urgent comes in above.
func TestBrowserKeepsThePlace(t *testing.T) {
	b := chromium(t)
	w := newWorld(t, nil)
	var last tocsin.Incident
	for n := range 30 {
		last = w.incident(fmt.Sprintf("0f%02d", n), fmt.Sprintf("Password spray %d", n), fmt.Sprintf("user%d", n))
	}
	server := httptest.NewServer(w.handler)
	t.Cleanup(server.Close)
	b.as(coordinatorToken)
	b.view("light", 1280)
	for name, part := range map[string]string{"a link": `.title a`, "a box": `input`} {
		b.open(server.URL + "/")
		const place = `(e => e.closest('tr').id + ' ' + e.tagName + ' ' + Math.round(e.getBoundingClientRect().top))(document.activeElement)`
		_ = evaluate[int](b, `(() => { const e = [...document.querySelectorAll('#queue tbody tr')].at(-5).querySelector('`+part+`'); e.focus(); e.scrollIntoView({block: 'center'}); return 1; })()`)
		before, urgent := evaluate[string](b, place), w.urgent(name)
		b.until(`!!document.getElementById('i` + urgent.ID + `')`)
		if now := evaluate[string](b, `document.activeElement.closest('tr') ? `+place+` : 'nowhere'`); now != before {
			t.Errorf("%s: the reader was at %s and is at %s", name, before, now)
		}
	}
	// Who only scrolls keeps what is read in sight.
	const top = `Math.round(document.getElementById('%s').getBoundingClientRect().top)`
	_ = evaluate[int](b, `(() => { document.activeElement.blur(); document.getElementById('i`+last.ID+`').scrollIntoView({block: 'end'}); return 1; })()`)
	before, urgent := evaluate[int](b, fmt.Sprintf(top, "i"+last.ID)), w.urgent("scrolled")
	b.until(`!!document.getElementById('i` + urgent.ID + `')`)
	if now := evaluate[int](b, fmt.Sprintf(top, "i"+last.ID)); now != before {
		t.Errorf("what is read was at %d px and is at %d px", before, now)
	}
	b.none("the list", "faults", b.taken())
}

// urgent is an incident that stands above all others.
func (w *world) urgent(id string) tocsin.Incident {
	w.t.Helper()
	out, err := w.register.Apply(w.t.Context(), w.event(fmt.Sprintf("%x", id), "Ransomware, "+id, "carl "+id), tocsin.Assessment{
		State: tocsin.Promoted, Mode: tocsin.ModePropose, Priority: "P1", Category: "malicious-code/infected-system", Urgency: "active", Scale: "tocsin-default@2026.1",
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out.Incident
}
