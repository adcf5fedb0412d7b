package correlate

import (
	"maps"
	"slices"
	"strings"

	"tocsin"
)

// expectant is the tenant whose expected keys a silence waits for.
const expectant = "default"

// expect lets every silence with a list of keys wait for those that it does not know, from the watermark on. It does so
// once for each list: a key that was forgotten is waited for again when it is heard of.
func (e *Engine) expect() {
	if e.watermark == unset {
		return
	}
	for _, id := range slices.Sorted(maps.Keys(e.tracks)) {
		tk := e.tracks[id]
		if name := strings.Join(tk.plan.expect, "\n"); name != "" && tocsin.Hash("expect", name) != tk.awaited {
			tk.awaited = tocsin.Hash("expect", name)
			for _, v := range tk.plan.expect {
				e.await(tk, v)
			}
		}
	}
}

// await lets the silence of a key begin as if it had been heard of at the watermark.
func (e *Engine) await(tk *track, value string) {
	m := tocsin.Match{Tenant: expectant, Key: []tocsin.Value{tocsin.StringValue(value)}}
	if e.cfg.Owns != nil && !e.cfg.Owns(m.Tenant, tk.plan.id, m.Key) {
		return
	}
	if tk.states.find(e.addressOf(&m)) != nil {
		return
	}
	from := e.origin(&m)
	m.Alert.ID = tocsin.Hash("expected", tk.plan.id, value)
	st := e.state(tk, &m)
	before := st.bytes
	x, p := e.itemOf(&m, e.watermark, &from.origin)
	e.hold(st, &x, &p)
	e.settle(st, before, e.watermark)
}
