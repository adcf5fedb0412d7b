package integrity

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"tocsin"
	"tocsin/register"
)

// An exhibit that a log names.
type named struct{ incident, id string }

// span checks the logs of a span and the evidence that they name.
func (v *verification) span(ctx context.Context, span tocsin.LogRange) ([]*finding, error) {
	var all []*finding
	wanted := map[named]*finding{}
	err := v.store.Held(ctx, span, func(h tocsin.Held) error {
		f, fault := v.check(h)
		var ids []string
		if fault == nil {
			ids, fault = register.ExhibitIDs(h.Entries)
		}
		if fault == nil && h.State == nil {
			f.said, fault = register.Disposals(h.Entries)
		}
		f.fault, f.ids, all = fault, ids, append(all, f)
		for _, id := range ids {
			wanted[named{h.Log, id}] = f
		}
		return nil
	})
	if err != nil {
		return all, err
	}
	var odd []strange
	err = v.store.HeldExhibits(ctx, span, func(x tocsin.Exhibit, wrong error) error {
		name := named{x.Incident, x.ID}
		f := wanted[name]
		if f == nil {
			odd = append(odd, known(x, wrong))
			return nil
		}
		delete(wanted, name)
		f.exhibit(&x, wrong)
		return nil
	})
	for name, f := range wanted {
		if f.fault == nil {
			f.fault = fmt.Errorf("incident %s: evidence %s: the log names it and it is gone", name.incident, name.id)
		}
	}
	if err != nil || len(odd) == 0 {
		return all, err
	}
	return v.unnamed(ctx, span, all, odd)
}

// exhibit checks a copy that the log names.
func (f *finding) exhibit(x *tocsin.Exhibit, odd error) {
	f.exhibits++
	var fault error
	if odd != nil {
		fault = fmt.Errorf("evidence %s: whoever asks for it does not get it: %w", x.ID, odd)
	} else if fault = CheckExhibit(*x); fault == nil && x.Original == nil && x.Size > 0 {
		f.gone = append(f.gone, newVanished(x))
	}
	if fault != nil && f.fault == nil {
		f.fault = fmt.Errorf("incident %s: %w", x.Incident, fault)
	}
}

// unnamed tells of copies that no log names: they were put there. As a copy is written before the entry that names it, a
// log without another fault is looked at again. Of a daemon that was killed in between a copy may be left for good, of an
// alert that was then copied again: that is told as what it is. What became of its bytes is asked of it as of others.
func (v *verification) unnamed(ctx context.Context, span tocsin.LogRange, all []*finding, odd []strange) ([]*finding, error) {
	at := map[string]*finding{}
	for _, f := range all {
		at[f.log] = f
	}
	again := map[[3]string]bool{}
	err := v.store.HeldExhibits(ctx, span, func(x tocsin.Exhibit, wrong error) error {
		if f := at[x.Incident]; wrong == nil && f != nil && slices.Contains(f.ids, x.ID) {
			again[original(&x)] = true
		}
		return nil
	})
	for n := range odd {
		x := &odd[n]
		f := at[x.Incident]
		if f == nil {
			f = &finding{log: strings.Clone(x.Incident)}
			all, at[x.Incident] = append(all, f), f
		}
		switch {
		case again[original(&x.Exhibit)]:
			f.left = append(f.left, strings.Clone(x.ID))
			if x.bare {
				f.gone = append(f.gone, newVanished(&x.Exhibit))
			}
		case f.fault == nil:
			f.fault = fmt.Errorf("incident %s: evidence %.80s: no entry of its log names it: it was put there, or what names it is not written yet", x.Incident, x.ID)
		}
	}
	return all, err
}

// A strange exhibit is one that no log names, without its bytes.
type strange struct {
	tocsin.Exhibit
	bare bool // they were gone
}

// known is what is to be relied on of a copy that no log names.
func known(x tocsin.Exhibit, odd error) strange {
	bare := x.Original == nil && x.Size > 0
	if odd != nil || CheckExhibit(x) != nil {
		x.SHA256 = ""
	}
	x.Original = nil
	return strange{x, bare}
}

// original is what a copy is of.
func original(x *tocsin.Exhibit) [3]string { return [3]string{x.Incident, x.Alert, x.SHA256} }

// CheckExhibit checks that a copy's id is the hash of its manifest and, where its bytes are there, that they are those.
func CheckExhibit(x tocsin.Exhibit) error {
	id, err := register.ManifestID(x.Manifest)
	if err != nil || id != x.ID {
		return fmt.Errorf("evidence %s (alert %s): its manifest was changed after it was written", x.ID, x.Alert)
	}
	if x.Original == nil {
		return nil
	}
	if sum := sha256.Sum256(x.Original); hex.EncodeToString(sum[:]) != x.SHA256 || int64(len(x.Original)) != x.Size {
		return fmt.Errorf("evidence %s (alert %s): its bytes are not those that its manifest names", x.ID, x.Alert)
	}
	return nil
}
