package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"

	"tocsin"
	"tocsin/classify"
	"tocsin/internal/fault"
	"tocsin/internal/pipeline"
	"tocsin/register"
)

// A scaleSet is what events are judged by: the scales and the assets, and their files as they were read. It never changes.
type scaleSet struct {
	scales *classify.Scales
	assets *classify.Assets
	files  scaleFiles
	hash   string
}

// scaleFiles are the files that a scale set is made of. Shipped names the scales in the binary where there is no file of
// scales.
type scaleFiles struct {
	Shipped string     `json:"shipped,omitempty"`
	Scales  *scaleFile `json:"scales,omitempty"`
	Assets  *scaleFile `json:"assets,omitempty"`
}

type scaleFile struct {
	Name string `json:"name"`
	Text []byte `json:"text"`
}

// readScales reads the files that the configuration names; empty names are the shipped scale and no assets. The faults of
// both are told together.
func readScales(scales, assets string) (*scaleSet, error) {
	var f scaleFiles
	var faults fault.List
	for _, of := range []struct {
		name string
		into **scaleFile
	}{{scales, &f.Scales}, {assets, &f.Assets}} {
		if of.name == "" {
			continue
		}
		text, err := os.ReadFile(of.name)
		if err != nil {
			faults = append(faults, fault.Fault{File: of.name, Message: err.Error()})
			continue
		}
		*of.into = &scaleFile{of.name, text}
	}
	if f.Scales == nil {
		f.Shipped = classify.Default().ID()
	}
	return f.set(faults)
}

// set compiles the files; faults are those of reading them.
func (f scaleFiles) set(faults fault.List) (*scaleSet, error) {
	s := &scaleSet{scales: classify.Default(), files: f}
	load := func(of *scaleFile, load func(name string, text []byte) error) {
		if of == nil {
			return
		}
		err := load(of.Name, of.Text)
		if l, ok := errors.AsType[fault.List](err); ok {
			faults = append(faults, l...)
		} else if err != nil {
			faults = append(faults, fault.Fault{File: of.Name, Message: err.Error()})
		}
	}
	load(f.Scales, func(name string, text []byte) (err error) {
		s.scales, err = classify.LoadScales(name, text)
		return err
	})
	load(f.Assets, func(name string, text []byte) (err error) {
		s.assets, err = classify.LoadAssets(name, text)
		return err
	})
	if err := faults.Err(); err != nil {
		return nil, err
	}
	parts := []string{"scales", f.Shipped} // what the files are called is not part of what they say
	for _, of := range []*scaleFile{f.Scales, f.Assets} {
		if of == nil {
			of = &scaleFile{}
		}
		parts = append(parts, string(of.Text))
	}
	s.hash = tocsin.Hash(parts...)
	return s, nil
}

// scales are those in force.
func (a *App) scales() *classify.Scales { return a.judging.Load().scales }

// openScales reads the scales and the assets for the first time, and the regimes that go by them.
func (a *App) openScales() error {
	set, err := readScales(a.cfg.Scales, a.cfg.Assets)
	if err != nil {
		return err
	}
	a.judging.Store(set)
	return a.openClocks(set.scales)
}

// rescale reads the scales and the assets again and puts them in force where they are others. Files with a fault change
// nothing but what health says.
func (a *App) rescale(ctx context.Context, enforce func(context.Context, *scaleSet) error) {
	if a.cfg.Scales == "" && a.cfg.Assets == "" {
		return
	}
	set, err := readScales(a.cfg.Scales, a.cfg.Assets)
	if err == nil {
		_, err = loadClocks(a.cfg.Clocks, set.scales) // which name calendars of theirs
	}
	if err != nil {
		if a.health.Fail("scales", err, a.now()) {
			a.log.ErrorContext(ctx, "scales or assets have faults, the old ones stay in force", "err", err)
		}
		return
	}
	a.health.Heal("scales")
	if set.hash == a.judging.Load().hash {
		return
	}
	if enforce != nil {
		if err := enforce(ctx, set); err != nil {
			a.log.WarnContext(ctx, "scales were not put in force", "err", err)
			return
		}
	}
	a.judging.Store(set)
	a.log.InfoContext(ctx, "scales reloaded", "scales", set.scales.ID(), "set", set.hash)
}

// judge is the registrar stage of a register, by scales that stay as they are.
func (a *App) judge(of *register.Register, by *scaleSet) pipeline.Assessor {
	regimes := *a.regimes.Load()
	return pipeline.Assessor{Classifier: classify.New(by.scales, by.assets), Register: of.With(func(o *register.Options) {
		pipeline.Rescale(o, by.scales)
		o.Regimes, o.Renew = regimes, nil
	})}
}

// registerOptions are those of a register over a store, which goes by the scales in force at any time.
func (a *App) registerOptions(s register.Store, by *scaleSet) register.Options {
	o := pipeline.RegisterOptions(by.scales)
	o.Store, o.Now, o.Logger, o.Regimes = s, a.now, a.log, *a.regimes.Load()
	o.Wrote, o.Meters = a.wrote, a.reg
	o.Exhibits, _ = s.(register.Exhibits)
	o.Tool, o.Teams = tool(), a.teamsOf
	o.Renew = func(o *register.Options) {
		pipeline.Rescale(o, a.scales())
		o.Regimes = *a.regimes.Load()
	}
	return o
}

// current is the registrar stage of a register, by the scales in force at any time.
type current struct {
	*App
	of *register.Register
}

// Apply implements [pipeline.Registrar].
func (c current) Apply(ctx context.Context, events []tocsin.Event) error {
	return c.judge(c.of, c.judging.Load()).Apply(ctx, events)
}

func (c current) one(ctx context.Context, e tocsin.Event) error {
	return c.Apply(ctx, []tocsin.Event{e})
}

// enforceScales stores a scale set under its hash before the events log names it: whoever reads it finds what to judge by.
func (k *kafkaStages) enforceScales(ctx context.Context, set *scaleSet) error {
	if !slices.Contains(k.cfg.Roles, "correlate") && !slices.Contains(k.cfg.Roles, "api") {
		return nil // it writes no events
	}
	text, err := json.Marshal(set.files)
	if err != nil {
		return err
	}
	return k.retry.Do(ctx, "elasticsearch", func() error { return k.store.StoreScales(ctx, set.hash, text) })
}

// A scaledBy is the registrar stage of a register by the scales of a hash.
type scaledBy struct {
	*kafkaStages
	of *register.Register
}

// find finds the stage; the error wraps [tocsin.ErrNotFound] where nobody here can judge by them.
func (k scaledBy) find(ctx context.Context, hash string) (pipeline.Registrar, error) {
	if own := k.judging.Load(); own.hash == hash {
		return k.judge(k.of, own), nil
	}
	text, err := k.store.ScalesOf(ctx, hash)
	if err != nil {
		return nil, err
	}
	set, err := k.storedScales(ctx, hash, text)
	if err != nil {
		return nil, err
	}
	return k.judge(k.of, set), nil
}

// storedScales are scales that were stored under a hash; the error wraps [tocsin.ErrNotFound] where they cannot be used here.
func (a *App) storedScales(ctx context.Context, hash string, text []byte) (*scaleSet, error) {
	if text == nil {
		return nil, fmt.Errorf("scales %s: %w", hash, tocsin.ErrNotFound)
	}
	var files scaleFiles
	if err := json.Unmarshal(text, &files); err != nil {
		return nil, fmt.Errorf("scales %s: %w", hash, err)
	}
	set, err := files.set(nil)
	if err == nil && files.Scales == nil && files.Shipped != classify.Default().ID() {
		err = fmt.Errorf("those that are shipped are %s here, not %s", classify.Default().ID(), files.Shipped)
	}
	if err != nil { // another version of the daemon took them
		a.log.ErrorContext(ctx, "stored scales cannot be used here", "scales", hash, "err", err)
		return nil, fmt.Errorf("scales %s: %w", hash, tocsin.ErrNotFound)
	}
	return set, nil
}
