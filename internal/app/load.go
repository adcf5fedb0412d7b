// Package app wires the stages into a daemon: it opens what the configuration names, starts it downstream first, reloads
// rules, and ends it upstream first within a deadline.
package app

import (
	"errors"
	"fmt"

	"tocsin/classify"
	"tocsin/ingest/decode"
	"tocsin/ingest/enrich"
	"tocsin/internal/config"
	"tocsin/internal/fault"
	"tocsin/rules"
	rulesd "tocsin/rules.d"
)

// NewDecoder makes a decoder with the configured limits and the given mapping files. A format other than auto must be
// known.
func NewDecoder(cfg config.Config, format string, mappings []string) (*decode.Decoder, error) {
	all, err := loadMappings(mappings)
	if err != nil {
		return nil, err
	}
	known, err := enrich.Read(enrichSpec(cfg.Enrich))
	if err != nil {
		return nil, err
	}
	return newDecoder(cfg, format, all, enrich.NewEnricher(known))
}

func newDecoder(cfg config.Config, format string, mappings []*decode.Mapping, enricher decode.Enricher) (*decode.Decoder, error) {
	o := decode.Options{Limits: decode.DefaultLimits(), Mappings: mappings, Enricher: enricher}
	o.Limits.Record = int(cfg.Intake.MaxRecord)
	o.Limits.Depth = cfg.Intake.MaxDepth
	o.Limits.Keys = cfg.Intake.MaxFields
	d, err := decode.New(o)
	if err != nil {
		return nil, err
	}
	if format != "" && format != "auto" && !d.Knows(format) {
		return nil, fmt.Errorf("unknown format %q; %s", format, fault.DidYouMean(format, d.Formats()))
	}
	return d, nil
}

// LoadScales reads the scales and the assets; empty names are the shipped scale and no assets. The faults of both are
// told together.
func LoadScales(scales, assets string) (*classify.Scales, *classify.Assets, error) {
	set, err := readScales(scales, assets)
	if err != nil {
		return nil, nil, err
	}
	return set.scales, set.assets, nil
}

// A RuleSet is a checked, compiled set of rules.
type RuleSet = rules.Set

// LoadRules reads the rules of folders and files and, if shipped, those in the binary; Sigma rules go through the pipelines of the
// named files first. The error is a [rules.Faults].
func LoadRules(names []string, shipped bool, scales *classify.Scales, pipelines ...string) (*rules.Set, error) {
	sources, faults := ruleSources(names)
	if shipped {
		sources = append(sources, rules.Source{Name: "shipped", FS: rulesd.FS()})
	}
	opts := rules.Options{Categories: scales.Categories()}
	opts.Pipelines, faults = pipelineFiles(pipelines, faults)
	set, err := rules.Load(sources, opts)
	if l, ok := errors.AsType[fault.List](err); ok {
		faults = append(faults, l...)
	} else if err != nil {
		faults = append(faults, fault.Fault{File: "rules", Message: err.Error()})
	}
	return set, faults.Err()
}
