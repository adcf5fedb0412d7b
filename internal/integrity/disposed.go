package integrity

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"tocsin"
	"tocsin/register"
)

// A Listed exhibit is one as it is listed: without its bytes, and with what became of them.
type Listed struct {
	tocsin.Exhibit
	Disposed *tocsin.Disposal `json:"disposed,omitempty" doc:"when, by whom and why its original was deleted: what is said of it stays"`
}

// A GoneError says that the original of an exhibit is there no more.
type GoneError struct {
	Exhibit  string
	Disposed *tocsin.Disposal // nil: no entry of the custody says that it was disposed of
}

func (e *GoneError) Error() string {
	if e.Disposed == nil {
		return fmt.Sprintf("the original of exhibit %s is gone, and no entry of the custody says that it was disposed of: verify the register", e.Exhibit)
	}
	return fmt.Sprintf("the original of exhibit %s was disposed of on %s by %s: %s", e.Exhibit, e.Disposed.At.UTC().Format(time.DateOnly), e.Disposed.By, e.Disposed.Reason)
}

// listed says of exhibits which were disposed of. Where an entry says so and the bytes are there all the same, as after a
// run that was cut short, it is not so yet.
func (c Custodian) listed(ctx context.Context, i tocsin.Incident, all []tocsin.Exhibit) ([]Listed, error) {
	out := make([]Listed, len(all))
	custody, err := c.Custody(ctx, i)
	if err != nil {
		return nil, err
	}
	said, err := register.Disposals(custody)
	if err != nil {
		return nil, err
	}
	var named []string
	for n, x := range all {
		if out[n].Exhibit = x; x.Size > 0 {
			if _, ok := said[x.ID]; ok {
				named = append(named, x.ID)
			}
		}
	}
	there, err := c.Store.Exhibits(ctx, i.ID, named, true)
	if err != nil {
		return nil, err
	}
	for _, x := range there {
		n := slices.IndexFunc(out, func(l Listed) bool { return l.ID == x.ID })
		if d := said[x.ID]; n >= 0 && x.Original == nil {
			out[n].Disposed = &d
		}
	}
	return out, nil
}

// disposals are what a check of a whole register has read of originals that are gone, by the log of custody: the two are
// found in any order.
type disposals struct {
	gone map[string]map[string]vanished // by custody and exhibit
	said map[string]map[string]bool     // by custody and exhibit
}

// A vanished exhibit has no bytes, and its manifest says that it had some.
type vanished struct{ incident, id, alert string }

func newVanished(x *tocsin.Exhibit) vanished {
	return vanished{strings.Clone(x.Incident), strings.Clone(x.ID), strings.Clone(x.Alert)}
}

func (d *disposals) missing(v vanished) {
	custody := register.CustodyID(v.incident)
	if d.gone == nil {
		d.gone = map[string]map[string]vanished{}
	}
	if d.gone[custody] == nil {
		d.gone[custody] = map[string]vanished{}
	}
	d.gone[custody][v.id] = v
}

// tell takes in what a custody says.
func (d *disposals) tell(log string, said map[string]tocsin.Disposal) {
	for id := range said {
		if d.said == nil {
			d.said = map[string]map[string]bool{}
		}
		if d.said[log] == nil {
			d.said[log] = map[string]bool{}
		}
		d.said[log][id] = true
	}
}

// unexplained are the logs of custody that do not say what became of an original that is gone.
func (d *disposals) unexplained() (logs []string) {
	for _, custody := range slices.Sorted(maps.Keys(d.gone)) {
		for id := range d.gone[custody] {
			if !d.said[custody][id] {
				logs = append(logs, custody)
				break
			}
		}
	}
	return logs
}

// reread reads custodies once more: an original may have been disposed of between the two reads.
func (v *verification) reread(ctx context.Context, logs []string) error {
	for _, log := range logs {
		err := v.store.Held(ctx, tocsin.Only(log), func(h tocsin.Held) error {
			if h.Odd != nil || register.VerifyChain(h.Entries) != nil {
				return nil //nolint:nilerr // that it is not intact was told where it was looked at
			}
			said, err := register.Disposals(h.Entries)
			v.disposals.tell(log, said)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// settle says what became of the originals that are gone, and of those that ought to be.
func (d *disposals) settle(r *Report) {
	for _, custody := range d.unexplained() {
		for _, id := range slices.Sorted(maps.Keys(d.gone[custody])) {
			if gone := d.gone[custody][id]; !d.said[custody][id] {
				r.fault("incident %s: %w", gone.incident, unsaid(gone.id, gone.alert))
				break
			}
		}
	}
	lingering := 0
	for custody, ids := range d.said {
		for id := range ids {
			if _, gone := d.gone[custody][id]; gone {
				r.Disposed++
			} else {
				lingering++
			}
		}
	}
	r.lingering(lingering)
}

func unsaid(id, alert string) error {
	return fmt.Errorf("evidence %s (alert %s): its bytes are gone, and no entry of the custody says that they were disposed of", id, alert)
}

// lingering tells of originals that entries say were disposed of.
func (r *Report) lingering(n int) {
	if n > 0 {
		r.Notes = append(r.Notes, tocsin.Counted(n, "original")+" there still, of which the custody says that they were disposed of: `tocsin retention run --evidence` completes it")
	}
}
