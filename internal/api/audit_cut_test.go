package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"tocsin"
	"tocsin/register"
	"tocsin/sinks/memory"
)

// A doomed store dies at one of its writes, before it takes effect or after, as a daemon does: nothing that comes later is
// kept.
type doomed struct {
	*memory.Store
	at, n int
	after bool
}

var errDead = errors.New("dead")

func (d *doomed) write(do func() error) error {
	d.n++
	switch {
	case d.at == 0 || d.n < d.at:
		return do()
	case d.n == d.at && d.after:
		return errors.Join(do(), errDead)
	}
	return errDead
}

func (d *doomed) Audit(ctx context.Context, e tocsin.AuditEntry) error {
	return d.write(func() error { return d.Store.Audit(ctx, e) })
}

func (d *doomed) Append(ctx context.Context, e tocsin.LogEntry) error {
	return d.write(func() error { return d.Store.Append(ctx, e) })
}

func (d *doomed) PutIncident(ctx context.Context, i tocsin.Incident) error {
	return d.write(func() error { return d.Store.PutIncident(ctx, i) })
}

// Wherever a daemon dies in a write, what is in the register is in the audit log; and what the audit log cannot take is
// not done.
func TestEveryWriteIsAuditedWhereverItIsCut(t *testing.T) {
	for _, after := range []bool{false, true} {
		for n := 1; n <= 5; n++ {
			t.Run(fmt.Sprintf("write %d, after %t", n, after), func(t *testing.T) {
				var d *doomed
				w := newWorld(t, func(o *Options) {
					d = &doomed{Store: o.Whole.(*memory.Store)}
					o.Trail.Store = d
					o.Register = register.New(register.Options{Store: d, Now: o.Now})
				})
				i := w.fill()
				d.at, d.after = d.n+n, after
				a := w.do("coordinator", http.MethodPost, "/incidents/"+i.ID+"/declare", "{}", "If-Match", "*")
				entries, err := w.store.Entries(t.Context(), i.ID, i.Revision+1)
				if err != nil {
					t.Fatal(err)
				}
				noted := 0
				for what := range w.kept() {
					if strings.HasPrefix(what, "coordinator declare-incident") {
						noted++
					}
				}
				if len(entries) > 0 && noted == 0 {
					t.Error("done, and not in the audit log")
				}
				if n == 1 && !after && (len(entries) > 0 || a.StatusCode != http.StatusServiceUnavailable) {
					t.Errorf("%s with %d entries, though the audit log could not be written", a.Status, len(entries))
				}
				if a.StatusCode < 300 && (len(entries) != 1 || noted == 0) {
					t.Errorf("%s with %d entries, noted %d times", a.Status, len(entries), noted)
				}
			})
		}
	}
}

// kept counts what the audit log holds, read past the API.
func (w *world) kept() map[string]int {
	w.t.Helper()
	page, err := w.store.AuditEntries(w.t.Context(), tocsin.AuditQuery{Limit: 500})
	if err != nil {
		w.t.Fatal(err)
	}
	all := map[string]int{}
	for _, e := range page.Items {
		all[e.By.ID+" "+e.Action+" "+string(e.Outcome)]++
	}
	return all
}
