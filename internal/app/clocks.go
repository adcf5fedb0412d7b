package app

import (
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

// regimeNames are what the page offers.
func (a *App) regimeNames() []string {
	names := make([]string, len(a.regimes))
	for i := range a.regimes {
		names[i] = a.regimes[i].ID
	}
	return names
}
