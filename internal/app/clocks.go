package app

import (
	"context"
	"os"

	"tocsin/classify"
	"tocsin/internal/pipeline"
	"tocsin/register"
)

// loadClocks reads the regulatory regimes; an empty name is the shipped ones. The error is a [fault.List].
func loadClocks(name string, scales *classify.Scales) ([]register.Regime, error) {
	if name == "" {
		return pipeline.Regimes(classify.DefaultRegimes()), nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	all, err := classify.LoadRegimes(name, text, scales)
	return pipeline.Regimes(all), err
}

// openClocks reads the regimes for the first time.
func (a *App) openClocks(scales *classify.Scales) error {
	all, err := loadClocks(a.cfg.Clocks, scales)
	a.regimes.Store(&all)
	return err
}

// rereadClocks reads the regimes again: clocks that are started from then on go by them, those that run keep what they
// were started with. A file with faults changes nothing but what health says.
func (a *App) rereadClocks(ctx context.Context) {
	if a.cfg.Clocks == "" {
		return
	}
	all, err := loadClocks(a.cfg.Clocks, a.scales())
	if err != nil {
		if a.health.Fail("clocks", err, a.now()) {
			a.log.ErrorContext(ctx, "the file of clocks has faults, the old ones stay in force", "err", err)
		}
		return
	}
	a.health.Heal("clocks")
	a.took("clocks", a.cfg.Clocks)
	a.regimes.Store(&all)
}

// regimesInForce are those whose clocks may be started.
func (a *App) regimesInForce() []register.Regime { return *a.regimes.Load() }
